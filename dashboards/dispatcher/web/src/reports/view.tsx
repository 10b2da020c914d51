import { useSignal } from '@preact/signals';
import { lang, langs, t, type Lang } from '../i18n';
import { choose, follow, route } from '../route';
import { addDays, bounds, isDay, today } from './period';

const kinds = ['daily', 'profile', 'balance', 'peaks', 'alarms'] as const;
type Kind = (typeof kinds)[number];
const blocks = ['15m', '30m', '60m'] as const;
const tongues: Record<Lang, string> = { ru: 'Русский', kk: 'Қазақша', en: 'English' };
/** blocked are the reports in which the length of a block matters. */
const blocked = (kind: Kind) => kind === 'profile' || kind === 'peaks';

/** ReportsView is where a report is chosen, and opened to be printed or taken along. What is chosen stands in the address. */
export function ReportsView() {
  const { chosen } = route.value;
  const wanted = useSignal<Lang | ''>(''); // the page's own language until another one is chosen
  const now = today();
  const kind = kinds.find((k) => k === chosen.kind) ?? 'daily';
  const span = kind !== 'daily' && chosen.span === 'month' ? 'month' : 'day';
  const day = isDay(chosen.day) ? chosen.day : addDays(now, -1);
  const block = blocks.find((b) => b === chosen.block) ?? '30m';
  const tongue = wanted.value || lang.value;
  const { from, to } = bounds(span, day);
  const href = (format: string) => `/api/v1/reports/${kind}?${new URLSearchParams({ from, to, ...(blocked(kind) ? { block } : {}), lang: tongue, format })}`;
  return (
    <section class="panel reports" id="reports" aria-labelledby="reports-title">
      <div class="head"><h2 id="reports-title">{t('reports.title')}</h2></div>
      <ul class="report-kinds" aria-label={t('reports.kind')}>
        {kinds.map((k) => (
          <li key={k}>
            <button type="button" class="report-kind" aria-pressed={k === kind} data-kind={k} onClick={() => choose({ kind: k === 'daily' ? undefined : k })}>
              <b>{t('reports.kind.' + k)}</b> <span>{t('reports.about.' + k)}</span>
            </button>
          </li>
        ))}
      </ul>
      <div class="report-choice">
        {kind !== 'daily' && (
          <div class="switch" role="group" aria-label={t('reports.span')}>
            {(['day', 'month'] as const).map((s) => (
              <button type="button" key={s} aria-pressed={s === span} data-span={s} onClick={() => choose({ span: s === 'day' ? undefined : s })}>{t('reports.span.' + s)}</button>
            ))}
          </div>
        )}
        {span === 'day' ? (
          <label>{t('reports.day')} <input type="date" id="report-day" required value={day} max={now} onChange={(e) => isDay(e.currentTarget.value) && choose({ day: e.currentTarget.value }, true)} /></label>
        ) : (
          <label>{t('reports.month')} <input type="month" id="report-month" required value={day.slice(0, 7)} max={now.slice(0, 7)} onChange={(e) => isDay(e.currentTarget.value + '-01') && choose({ day: e.currentTarget.value + '-01' }, true)} /></label>
        )}
        {blocked(kind) && (
          <label>
            {t('reports.block')}{' '}
            <select id="report-block" value={block} onChange={(e) => choose({ block: e.currentTarget.value }, true)}>
              {blocks.map((b) => <option key={b} value={b}>{t('reports.block.minutes', { n: b.slice(0, 2) })}</option>)}
            </select>
          </label>
        )}
        <label>
          {t('reports.lang')}{' '}
          <select id="report-lang" value={tongue} onChange={(e) => (wanted.value = e.currentTarget.value as Lang)}>
            {langs.map((l) => <option key={l} value={l}>{tongues[l]}</option>)}
          </select>
        </label>
      </div>
      {from > now ? (
        <p class="muted empty">{t('reports.future')}</p>
      ) : (
        <>
          {to > now && <p class="report-note" id="report-running">{t('reports.running')}</p>}
          <p class="report-take">
            <a class="button" id="report-open" target="_blank" rel="noopener" href={href('html')}>{t('reports.open')}</a>
            <span class="muted">{t('reports.take')}</span>
            <a class="button" id="report-xlsx" href={href('xlsx')}>XLSX</a>
            <a class="button" id="report-csv" href={href('csv')}>CSV</a>
          </p>
        </>
      )}
      <p class="report-note"><a {...follow('capacity')}>{t('reports.season')}</a></p>
    </section>
  );
}
