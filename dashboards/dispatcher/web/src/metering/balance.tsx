import { dash } from '../format';
import { decimal, plural, t } from '../i18n';
import { reworded } from '../said';
import { choose, follow, route } from '../route';
import { query, useAnswer } from './data';
import { addDays, dayOf, today } from './days';
import { Deviation } from './deviation';
import { chosenSpan, SpanPicker, spanTitle, Trouble } from './pickers';
import type { NodeBalance } from './types';
import { figure, share, signed, stretch, thousand } from './words';

const nbsp = '\u00a0';
type Balances = { balances: NodeBalance[] };

/** BalanceView is where energy is lost on paper: what came into each node against what went out. */
export function BalanceView() {
  const { chosen } = route.value;
  const { span, day, from, to: end } = chosenSpan(chosen, 'week');
  const tomorrow = addDays(today(), 1);
  const to = end < tomorrow || from >= tomorrow ? end : tomorrow; // nothing balances in the future
  const totals = useAnswer<Balances>(query('balance', { from, to }), 300).value;
  const list = totals.data?.balances ?? [];
  const node = chosen.node ?? list[0]?.node;
  const step = span === 'day' ? '15m' : span === 'week' ? '60m' : 'day';
  const course = useAnswer<Balances>(node ? query('balance', { node, from, to, step }) : null, 300).value;
  const steps = course.data?.balances ?? [];
  const worst = [...steps].filter((b) => b.culprits?.length).sort((a, b) => Math.abs(b.imbalance_pct ?? 0) - Math.abs(a.imbalance_pct ?? 0))[0];
  const looked = steps.find((b) => b.start === chosen.at) ?? worst;
  return (
    <>
      <section class="panel bar-of-choice" aria-label={t('books.choice')}>
        <SpanPicker span={span} day={day} />
      </section>
      <section class="panel" id="balance" aria-labelledby="balance-title" data-asking={totals.asking}>
        <div class="head">
          <h2 id="balance-title">
            {t('balance.title')} <span class="unit">{spanTitle(span, day)}</span>
          </h2>
        </div>
        {!totals.data && <Trouble failure={totals.failure} asking={totals.asking} />}
        {totals.data && list.length === 0 && <p class="muted empty">{t('balance.none')}</p>}
        {list.length > 0 && <Nodes list={list} node={node} />}
      </section>
      {node && (
        <section class="panel" id="course" aria-labelledby="course-title" data-asking={course.asking}>
          <div class="head">
            <h2 id="course-title">
              {t('balance.course')} <span class="unit">{list.find((b) => b.node === node)?.name ?? node}</span>
            </h2>
            <ul class="keys-of-grades">
              <li><i class="key-band" /> {t('balance.permitted')}</li>
              <li>● {t('balance.actual')}</li>
              <li>▲ {t('balance.beyond')}</li>
              <li>○ {t('balance.incomplete')}</li>
            </ul>
          </div>
          {!course.data && <Trouble failure={course.failure} asking={course.asking} />}
          {steps.length > 0 && <Deviation steps={steps} chosen={looked?.start} onChoose={(b) => choose({ at: b.start }, true)} />}
        </section>
      )}
      {looked && <Suspects b={looked} />}
    </>
  );
}

function Nodes({ list, node }: { list: NodeBalance[]; node: string | undefined }) {
  const modelled = list.some((b) => b.model_loss_wh !== undefined);
  return (
    <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="balance-title">
      <table id="nodes">
        <thead>
          <tr>
            <th scope="col">{t('balance.node')}</th>
            {['in', 'out', 'own', 'loss', 'imbalance', ...(modelled ? ['model', 'unexplained'] : [])].map((c) => (
              <th scope="col" class="right" key={c}>{t('balance.' + c)}<span class="unit">, {t('unit.kWh')}</span></th>
            ))}
            <th scope="col" class="right">{t('balance.actual')}</th>
            <th scope="col" class="right">{t('balance.permitted')}</th>
            <th scope="col">{t('balance.verdict')}</th>
            <th scope="col" class="right">{t('balance.stood')}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((b) => (
            <tr key={b.node} data-node={b.node} data-beyond={b.beyond ?? false} aria-current={b.node === node}>
              <th scope="row">
                <button type="button" class="link" onClick={() => choose({ node: b.node, at: undefined })}>
                  {b.name || b.node}
                </button>
              </th>
              {[b.in_wh, b.out_wh, b.own_needs_wh, b.loss_wh, b.imbalance_wh, ...(modelled ? [b.model_loss_wh, b.unexplained_wh] : [])].map((v, i) => (
                <td class="right num" key={i} title={i > 4 && b.model_covered !== undefined ? t('balance.covered', { share: share(b.model_covered) }) : undefined}>{thousand(v)}</td>
              ))}
              <td class="right num strong">{b.imbalance_pct === undefined ? dash : signed(b.imbalance_pct, 2) + nbsp + '%'}</td>
              <td class="right num">{b.permitted_pct === undefined ? dash : '±' + decimal(b.permitted_pct, 2) + nbsp + '%'}</td>
              <td title={why(b)}>{verdict(b)}</td>
              <td class="right num">{share(b.stood_in_share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const why = (b: NodeBalance) => [reworded(b.reason), b.missing?.length ? t('load.missing', { points: b.missing.join(', ') }) : '', ...(b.remarks ?? []).map(reworded)].filter(Boolean).join(' · ');

/** verdict is a sign and a word. A balance that is not complete accuses nobody. */
function verdict(b: NodeBalance): string {
  if (b.imbalance_pct === undefined) return `– ${t('balance.unknown')}`;
  if (!b.complete) return `○ ${t('balance.incomplete')}`;
  return b.beyond ? `▲ ${t('balance.beyond')}` : `● ${t('balance.within')}`;
}

/** Suspects is whose error would explain the imbalance, with the figures that say so. */
function Suspects({ b }: { b: NodeBalance }) {
  const remarks = why(b);
  return (
    <section class="panel" id="culprits" aria-labelledby="culprits-title">
      <div class="head">
        <h2 id="culprits-title">
          {t('balance.culprits')} <span class="unit">{stretch(b.start, b.end)}</span>
        </h2>
        <span class="num">
          {verdict(b)} {b.imbalance_pct !== undefined && `${signed(b.imbalance_pct, 2)}${nbsp}% / ±${decimal(b.permitted_pct ?? 0, 2)}${nbsp}%`}
        </span>
      </div>
      {remarks && <p class="muted empty">{remarks}</p>}
      {!b.culprits?.length && <p class="muted empty">{t('balance.nobody')}</p>}
      <ol class="culprits">
        {(b.culprits ?? []).map((c) => (
          <li key={c.point}>
            <a {...follow('profile', { point: c.point, span: 'day', day: dayOf(Date.parse(b.start)) })}>{c.name || c.point}</a>
            <span class="num muted">{plural('balance.score', Math.round(100 * c.score))}</span>
            <span>{reworded(c.reason)}</span>
            {!!c.numbers?.length && <span class="muted num">{c.numbers.map(figure).join(' · ')}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
