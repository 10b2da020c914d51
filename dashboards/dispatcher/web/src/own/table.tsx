// The resident's intervals as a file.
import { signal } from '@preact/signals';
import { t } from '../i18n';
import { localDay, type Now } from './ask';

const from = signal('');
const to = signal(''); // the last day, included
const step = signal('15m');
const point = signal('');

function after(day: string): string {
  const d = new Date(day + 'T00:00:00Z');
  d.setUTCDate(d.getUTCDate() + 1);
  return d.toISOString().slice(0, 10);
}

export function Table({ now: n }: { now: Now }) {
  const first = from.value || localDay(-1);
  const last = to.value || localDay(0);
  const quarters = ((Date.parse(last) - Date.parse(first)) / 86_400_000 + 1) * 96;
  const most = step.value === '15m' ? 5000 : Infinity;
  const wrong = !(quarters > 0) ? t('own.csv.order') : quarters > 400 * 96 || quarters > most ? t('own.csv.long') : '';
  const ask = new URLSearchParams({ from: first, to: after(last), step: step.value, style: 'excel', limit: '5000' });
  if (point.value) ask.set('point', point.value);
  return (
    <section class="panel" aria-labelledby="own-csv-title">
      <h2 id="own-csv-title">{t('own.csv')}</h2>
      <div class="own-form">
        <label>
          {t('own.csv.from')}
          <input type="date" id="own-from" value={first} max={localDay(0)} onInput={(e) => (from.value = e.currentTarget.value)} />
        </label>
        <label>
          {t('own.csv.to')}
          <input type="date" id="own-to" value={last} max={localDay(0)} onInput={(e) => (to.value = e.currentTarget.value)} />
        </label>
        <label>
          {t('own.csv.step')}
          <select id="own-step" value={step.value} onChange={(e) => (step.value = e.currentTarget.value)}>
            {['15m', '30m', '60m', 'day', 'month'].map((s) => (
              <option value={s}>{t('own.step.' + s)}</option>
            ))}
          </select>
        </label>
        <label>
          {t('own.csv.point')}
          <select id="own-point" value={point.value} onChange={(e) => (point.value = e.currentTarget.value)}>
            <option value="">{t('own.csv.all')}</option>
            {n.points.map((p) => (
              <option value={p.id}>{p.name || p.id}</option>
            ))}
          </select>
        </label>
      </div>
      {wrong ? <p class="note" role="status">{wrong}</p> : <a class="own-button" id="own-csv" href={'/api/v1/own/intervals.csv?' + ask} download>{t('own.csv.get')}</a>}
    </section>
  );
}
