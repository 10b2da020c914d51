import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { decimal, plural, t } from '../i18n';
import { choose, route } from '../route';
import { named, priorities } from './data';

interface Count {
  alarm: string;
  times: number;
}

interface Known {
  announced: number;
  per_hour: number;
  per_10_min: number;
  most_10_min: number;
  flood: number;
  top_10: number;
  answered_in_time: number;
  worst: Count[];
  chattering: Count[];
  fleeting: Count[];
  stale: string[];
  split: Record<string, number>;
}

const figures = signal<Known | null>(null);
const failure = signal('');
const lengths = ['1', '7', '30', '90'];

/** Figures is how many alarms a dispatcher was given, and what they were worth, beside what is good practice. */
export function Figures() {
  const days = lengths.find((l) => l === route.value.chosen.days) ?? '30';
  useEffect(() => {
    void fetch('/api/v1/alarms/figures?days=' + days).then(async (a) => {
      const body = await a.json();
      failure.value = a.ok ? '' : (body.detail ?? String(a.status));
      if (a.ok) figures.value = body;
    }, (e: unknown) => (failure.value = String(e)));
  }, [days]);
  const f = figures.value;
  const share = (x: number) => decimal(100 * x, 1) + ' %';
  const rows: [string, string, string, boolean][] = f
    ? [
        ['per_hour', decimal(f.per_hour, 2), '≤ 6', f.per_hour > 12],
        ['per_10_min', decimal(f.per_10_min, 2), '≤ 1', f.per_10_min > 2],
        ['most_10_min', String(f.most_10_min), '≤ 10', f.most_10_min > 10],
        ['flood', share(f.flood), '< 1 %', f.flood >= 0.01],
        ['top', share(f.top_10), '1–5 %', false],
        ['answered', share(f.answered_in_time), '100 %', f.answered_in_time < 0.9],
        ['chattering', String(f.chattering.length), '0', f.chattering.length > 0],
        ['fleeting', String(f.fleeting.length), '0', f.fleeting.length > 0],
        ['stale', String(f.stale.length), '< 5', f.stale.length >= 5],
        ['split', priorities.map((p) => `${t(`alarm.${p}.letter`)} ${share(f.split[p] ?? 0)}`).join(' · '), '5 · 15 · 80 %', false],
      ]
    : [];
  return (
    <section class="panel" id="alarm-figures" aria-labelledby="figures-title">
      <div class="head">
        <h2 id="figures-title">{t('alarms.figures')} {f && <span class="count">{plural('alarms.count', f.announced)}</span>}</h2>
        <div class="switch" role="group" aria-label={t('alarms.days')}>
          {lengths.map((l) => <button type="button" key={l} aria-pressed={l === days} onClick={() => choose({ days: l })}>{plural('alarms.of-days', Number(l))}</button>)}
        </div>
      </div>
      {failure.value && <p class="muted empty">{failure.value}</p>}
      {f && (
        <div class="scroll books-table" tabIndex={0} role="group" aria-labelledby="figures-title">
          <table>
            <thead><tr><th scope="col">{t('figure.what')}</th><th scope="col">{t('figure.is')}</th><th scope="col">{t('figure.aim')}</th></tr></thead>
            <tbody>
              {rows.map(([name, is, aim, poor]) => (
                <tr key={name} data-figure={name} data-poor={poor}>
                  <th scope="row">{t('figure.' + name)}</th><td class="num">{is}{poor && ` — ${t('figure.poor')}`}</td><td class="num muted">{aim}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {f && f.worst.length > 0 && <p class="alarm-worst">{t('figure.worst')}: {f.worst.map((w) => `${named(w.alarm)} ×${w.times}`).join(', ')}</p>}
    </section>
  );
}
