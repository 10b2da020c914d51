import { computed, signal } from '@preact/signals';
import { age, dash, kilowatts, percent } from '../format';
import { has, lang, named, plural, t } from '../i18n';
import { reworded } from '../said';
import { choose, follow, route } from '../route';
import { ageOf, rows, type Row } from '../store';
import { query, useAnswer } from './data';
import { Select, Trouble } from './pickers';
import type { Figures } from './types';
import { moment } from './words';

const columns = ['name', 'trade', 'power', 'load', 'quarter', 'highest', 'allowed', 'known', 'quality', 'age'] as const;
type Column = (typeof columns)[number];
const kinds = ['', 'loaded', 'doubtful', 'working', 'in-realisation', 'idle'];
/** loadedFrom is the load in percent of the declared power from which a resident counts as loaded. */
const loadedFrom = 80;

const search = signal('');
/** order is that of the last time somebody asked for one: no row moves by itself. */
const order = signal<{ by: Column; down: boolean; ids: string[] }>({ by: 'name', down: false, ids: [] });

type Book = Map<string, Figures>;

/** Residents is everybody in the zone: load against what is declared, the last quarter, the month's maximum. */
export function Residents() {
  const answer = useAnswer<{ time: string; month: string; residents: Figures[] }>(query('residents/figures', {}), 60).value;
  const book: Book = new Map(answer.data?.residents.map((f) => [f.id, f]));
  const { show = '' } = route.value.chosen;
  const words = search.value.toLocaleLowerCase(lang.value).trim();
  const ids = order.value.ids;
  const place = (r: Row) => { const i = ids.indexOf(r.id); return i < 0 ? ids.length : i; };
  const list = [...rows.value]
    .filter((r) => kept(r, show) && `${r.fixed.value.name} ${named('trade.', r.fixed.value.trade)} ${r.id}`.toLocaleLowerCase(lang.value).includes(words))
    .sort((a, b) => place(a) - place(b));
  return (
    <section class="panel" id="resident-list" aria-labelledby="resident-list-title" data-asking={answer.asking && !answer.data}>
      <div class="head">
        <h2 id="resident-list-title">
          {t('residents.title')} <span class="count">{plural('residents.count', list.length)}</span>
        </h2>
        {answer.data && <span class="muted num" id="figures-at">{t('resident.books', { time: moment(answer.data.time), month: answer.data.month })}</span>}
      </div>
      <div class="bar-of-choice">
        <label class="select">
          <span>{t('residents.filter')}</span>
          <input type="search" id="find-resident" value={search} onInput={(e) => (search.value = e.currentTarget.value)} />
        </label>
        <Select id="resident-kind" label={t('resident.show')} value={show} options={kinds.map((k) => ({ value: k, text: t('resident.show.' + (k || 'all')) }))} onChoose={(k) => choose({ show: k || undefined }, true)} />
        <a class="button" id="residents-csv" download href={`/api/v1/residents.csv?style=${lang.value === 'en' ? 'plain' : 'excel'}`}>CSV</a>
      </div>
      {!answer.data && answer.failure && <Trouble failure={answer.failure} asking={false} />}
      <div class="scroll books-table cards" tabIndex={0} role="group" aria-labelledby="resident-list-title">
        <table>
          <thead>
            <tr>{columns.map((c) => <Head key={c} by={c} book={book} />)}</tr>
          </thead>
          <tbody>
            {list.map((r) => <Line key={r.id} row={r} f={book.get(r.id)} />)}
            {!list.length && <tr><td colSpan={columns.length} class="muted empty">{t('residents.none', { text: search.value || t('resident.show.' + (show || 'all')) })}</td></tr>}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function kept(r: Row, show: string): boolean {
  const f = r.fixed.value;
  if (show === 'loaded') return (r.live.peek().load_pct ?? 0) >= loadedFrom;
  if (show === 'doubtful') return f.points.length > 0 && (r.live.peek().freshness !== 'fresh' || r.live.peek().quality !== 'good' || !!r.live.peek().partial);
  return !show || f.state === show;
}

const numeric = (c: Column) => ['power', 'quarter', 'highest', 'allowed', 'known', 'age'].includes(c);

function Head({ by, book }: { by: Column; book: Book }) {
  const on = order.value.by === by && order.value.ids.length > 0;
  const title = has('col.' + by) ? t('col.' + by) : t('resident.col.' + by);
  return (
    <th scope="col" class={numeric(by) ? 'right' : undefined} aria-sort={on ? (order.value.down ? 'descending' : 'ascending') : undefined}>
      <button type="button" data-sort={by} title={t('residents.sort', { column: title })} onClick={() => arrange(by, book)}>
        {title}
        {['power', 'quarter', 'highest', 'allowed'].includes(by) && <span class="unit">, {t('unit.kW')}</span>}
        <span aria-hidden="true">{on ? (order.value.down ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
}

/** arrange sorts once; what is not known stands at the end in either direction. */
function arrange(by: Column, book: Book): void {
  const now = order.peek();
  const down = now.by === by && now.ids.length > 0 ? !now.down : !['name', 'trade', 'quality'].includes(by);
  const words = new Intl.Collator([lang.peek(), 'ru'], { numeric: true });
  const keys = new Map(rows.peek().map((r) => [r.id, key(r, by, book.get(r.id))]));
  const ids = [...rows.peek()]
    .sort((a, b) => {
      const [x, y] = [keys.get(a.id), keys.get(b.id)];
      if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1;
      const d = typeof x === 'string' ? words.compare(x, y as string) : x - (y as number);
      return (down ? -d : d) || words.compare(a.fixed.peek().name, b.fixed.peek().name);
    })
    .map((r) => r.id);
  order.value = { by, down, ids };
}

function key(r: Row, by: Column, f: Figures | undefined): number | string | undefined {
  const fixed = r.fixed.peek();
  const live = r.live.peek();
  switch (by) {
    case 'name':
      return fixed.name;
    case 'trade':
      return named('trade.', fixed.trade);
    case 'power':
      return live.power_w;
    case 'load':
      return live.load_pct;
    case 'quarter':
      return f?.last?.power_w;
    case 'highest':
      return f?.highest?.power_w;
    case 'allowed':
      return fixed.allowed_w;
    case 'known':
      return f?.expected ? f.known / f.expected : undefined;
    case 'quality':
      return live.quality;
    case 'age':
      return live.at && -Date.parse(live.at);
  }
}

function Line({ row, f }: { row: Row; f?: Figures }) {
  const fixed = row.fixed.value;
  const { live } = row;
  const seconds = computed(() => ageOf(live.value.at));
  const load = computed(() => live.value.load_pct);
  return (
    <tr data-id={row.id} data-freshness={computed(() => live.value.freshness)} data-over={computed(() => String((load.value ?? 0) > 100))}>
      <th scope="row">
        <a {...follow('resident', { id: row.id })}>{fixed.name}</a>
        {fixed.state !== 'working' && <span class="state">{named('state.', fixed.state)}</span>}
      </th>
      <td class="muted">{named('trade.', fixed.trade)}</td>
      <td class="right num power" data-unit={t('unit.kW')}>{computed(() => (live.value.partial ? '≥ ' : '') + kilowatts(live.value.power_w))}</td>
      <td class="load num"><LoadBar pct={load} /></td>
      <td class="right num" data-label={t('resident.col.quarter')} data-unit={t('unit.kW')} title={f?.last && moment(f.last.start)}>
        {f?.last ? kilowatts(f.last.power_w) : dash} {f?.last && f.last.grade !== 'A' && <i class={`grade g-${f.last.grade}`}>{f.last.grade}</i>}
      </td>
      <td class="right num" data-label={t('resident.col.highest')} data-unit={t('unit.kW')} title={f?.highest && moment(f.highest.start)}>
        {f?.highest ? kilowatts(f.highest.power_w) : dash} {f?.highest && fixed.allowed_w > 0 && <span class="muted">{percent((100 * f.highest.power_w) / fixed.allowed_w)}</span>}
      </td>
      <td class="right num muted" data-label={t('col.allowed')}>{fixed.allowed_w > 0 ? kilowatts(fixed.allowed_w) : dash}</td>
      <td class="right num" data-label={t('resident.col.known')}>{f?.expected ? percent((100 * f.known) / f.expected) : dash}</td>
      <td class="quality" title={computed(() => reworded(live.value.reason))}><span class="q">{computed(() => (fixed.points.length ? named('quality.', live.value.partial ? 'partial' : live.value.quality) : t('quality.unmetered')))}</span></td>
      <td class="right num age" data-label={t('col.age')}>{computed(() => (seconds.value === undefined ? dash : age(seconds.value)))}</td>
    </tr>
  );
}

/** LoadBar is a load against what is declared; the number beside it says the same. */
export function LoadBar({ pct }: { pct: { value: number | undefined } }) {
  return (
    <div class="loadbar">
      <div class="track" aria-hidden="true"><div class="fill" style={computed(() => `width:${Math.min(100, Math.max(0, pct.value ?? 0)).toFixed(1)}%`)} /></div>
      <span class="pct">{computed(() => ((pct.value ?? 0) > 100 ? '▲ ' : '') + percent(pct.value))}</span>
    </div>
  );
}
