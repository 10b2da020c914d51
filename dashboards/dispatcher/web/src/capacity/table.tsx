import { signal } from '@preact/signals';
import { lang, plural, t } from '../i18n';
import { reworded } from '../said';
import { choose, follow, route } from '../route';
import { useAnswer, query, type Answer } from './data';
import { Export } from './export';
import { columns, sorted, turned, type Column, type Sort } from './order';
import { ClassSign, Picked, State } from './parts';
import { ByNode, Totals } from './sums';
import type { ConditionRow, ConditionsView } from './types';
import { day, kilowatts, kw, lastDay, share } from './words';

const sort = signal<Sort>({ by: '', down: false });
const search = signal('');

/** Table is who uses its technical conditions how. */
export function Table() {
  const { chosen } = route.value;
  const answer = useAnswer<ConditionsView>(query('conditions', { as_of: chosen.as_of }), 600).value;
  const view = answer.data;
  if (!view) return <section class="panel"><State answer={answer} /></section>;
  const shown = visible(view.residents, chosen.class, chosen.at);
  return (
    <>
      <Totals view={view} shown={chosen.class} />
      <Rows view={view} shown={shown} answer={answer} />
      <ByNode view={view} />
      {view.notes.length > 0 && (
        <section class="panel cap-notes" aria-label={t('capacity.notes')}>
          <ul>{view.notes.map((n) => <li key={n}>{reworded(n)}</li>)}</ul>
        </section>
      )}
    </>
  );
}

/** visible are the rows that class, node and search let through, in the order that was asked for. */
function visible(rows: ConditionRow[], cls: string | undefined, node: string | undefined): ConditionRow[] {
  const words = search.value.toLocaleLowerCase(lang.value).trim();
  return sorted(
    rows.filter((r) => (!cls || r.class === cls) && (!node || r.node === node) && `${r.name} ${r.node_name} ${r.resident}`.toLocaleLowerCase(lang.value).includes(words)),
    sort.value,
  );
}

function Rows({ view, shown, answer }: { view: ConditionsView; shown: ConditionRow[]; answer: Answer<ConditionsView> }) {
  const { chosen } = route.value;
  const nodes = [...new Map(view.residents.map((r) => [r.node, r.node_name]))];
  return (
    <section class="panel" id="conditions" aria-labelledby="conditions-title" data-asking={answer.asking}>
      <div class="head">
        <h2 id="conditions-title">
          {t('conditions.title')} <span class="count">{plural('conditions.count', shown.length)}</span>
        </h2>
        <span class="muted num" id="conditions-year">{t('conditions.year', { from: day(view.from), to: lastDay(view.to), minutes: String(view.block_minutes), rules: view.rules })}</span>
      </div>
      <State answer={answer} />
      <div class="bar-of-choice">
        <label class="select">
          <span>{t('residents.filter')}</span>
          <input type="search" id="find-condition" value={search} onInput={(e) => (search.value = e.currentTarget.value)} />
        </label>
        <Picked id="at-node" label={t('conditions.node')} value={chosen.at ?? ''} options={nodes} empty={t('conditions.everywhere')} onChoose={(at) => choose({ at }, true)} />
        <Export view={view} rows={shown} />
      </div>
      <div class="scroll books-table cards" tabIndex={0} role="group" aria-labelledby="conditions-title">
        <table>
          <thead>
            <tr>
              {columns.map((c) => <Head key={c} by={c} />)}
              <th scope="col">{t('conditions.case')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((r) => <Row key={r.resident + '@' + r.node} r={r} asOf={chosen.as_of} />)}
            {shown.length === 0 && (
              <tr>
                <td colSpan={columns.length + 1} class="muted empty">{t('conditions.none')}</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const figures: Column[] = ['tu', 'need', 'retain', 'reclaim'];

function Head({ by }: { by: Column }) {
  const on = sort.value.by === by;
  const name = t('column.' + by);
  return (
    <th scope="col" class={figures.includes(by) || by === 'coverage' ? 'right' : ''} aria-sort={on ? (sort.value.down ? 'descending' : 'ascending') : undefined}>
      <button type="button" data-sort={by} title={t('residents.sort', { column: name })} onClick={() => (sort.value = turned(sort.peek(), by))}>
        {name}
        {figures.includes(by) && <span class="unit">, {t('unit.kW')}</span>}
        <span class="arrow" aria-hidden="true">{on ? (sort.value.down ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
}

function Row({ r, asOf }: { r: ConditionRow; asOf?: string }) {
  return (
    <tr data-resident={r.resident} data-node={r.node} data-class={r.class}>
      <th scope="row">
        <a {...follow('capacity', { resident: r.resident, node: r.node, as_of: asOf })}>{r.name}</a>
      </th>
      <td class="muted">{r.node_name}</td>
      <td class="right num" data-label={t('column.tu')}>{kw(r.tu_w)}</td>
      <td class="right num" data-label={t('column.need')}>{kw(r.need_w)}</td>
      <td><Bar r={r} /></td>
      <td title={reworded(r.reason)}><ClassSign of={r.class} /></td>
      <td class="right num muted" data-label={t('column.retain')}>{kw(r.retain_w)}</td>
      <td class="right num strong" data-label={t('column.reclaim')}>{r.reclaim_w ? kw(r.reclaim_w) : r.reclaim_w === 0 ? '0' : kw(undefined)}</td>
      <td class="right num" data-label={t('column.coverage')} title={r.enough_from ? t('conditions.enough', { date: day(r.enough_from) }) : undefined}>{share(r.coverage)}</td>
      <td>{r.case && <a {...follow('capacity', { tab: 'cases', case: r.case })}>{r.case}</a>}</td>
    </tr>
  );
}

/** Bar is the need against the technical conditions, with a mark at what would be left. */
function Bar({ r }: { r: ConditionRow }) {
  if (r.utilisation === undefined) return <span class="muted">{t('conditions.unknown')}</span>;
  const at = (w: number) => `${Math.min(100, (100 * w) / r.tu_w).toFixed(1)}%`;
  const label = t('conditions.bar', { pct: share(r.utilisation), need: kilowatts(r.need_w), tu: kilowatts(r.tu_w), retain: kilowatts(r.retain_w) });
  return (
    <div class="loadbar cap-bar" role="img" aria-label={label} title={label}>
      <div class="track">
        <div class="fill" style={`width:${at(r.need_w ?? 0)}`} />
        {r.retain_w !== undefined && r.retain_w < r.tu_w && <i class="armour" style={`left:${at(r.retain_w)}`} />}
      </div>
      <span class="pct num">{(r.utilisation > 1 ? '▲ ' : '') + share(r.utilisation)}</span>
    </div>
  );
}
