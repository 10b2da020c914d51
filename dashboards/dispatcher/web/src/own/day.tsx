// The profile of today over that of yesterday.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { age, hourMinute, kilowatts, power } from '../format';
import { decimal, t } from '../i18n';
import { ageS, ask, localDay, now, type Span, type Spans } from './ask';
import { grade } from './grade';

const quarters = 96; // the site's zone has no summer time; a day that had would be drawn in its own quarters
const today = signal<Spans | null>(null);
const yesterday = signal<Spans | null>(null);
const failed = signal('');

async function fetchDays(): Promise<void> {
  try {
    [today.value, yesterday.value] = await Promise.all([
      ask<Spans>(`intervals?from=${localDay(0)}&to=${localDay(1)}`),
      ask<Spans>(`intervals?from=${localDay(-1)}&to=${localDay(0)}`),
    ]);
    failed.value = '';
  } catch (e) {
    failed.value = e instanceof Error ? e.message : String(e);
  }
}

export function Day() {
  useEffect(() => {
    void fetchDays();
    const again = setInterval(() => !document.hidden && void fetchDays(), 60_000);
    return () => clearInterval(again);
  }, []);
  const a = today.value;
  return (
    <section class="panel own-wide" aria-labelledby="own-day-title">
      <h2 id="own-day-title">{t('own.day')}</h2>
      {failed.value && <p class="note" role="status">{t('own.failed', { reason: failed.value })}</p>}
      {a && yesterday.value && <Profile today={a} yesterday={yesterday.value} />}
    </section>
  );
}

function Profile(p: { today: Spans; yesterday: Spans }) {
  const zone = now.value?.time_zone ?? 'UTC';
  const allowed = p.today.declared?.at(-1)?.power_w;
  const powers = [...p.today.intervals, ...p.yesterday.intervals].flatMap((s) => s.mean_w ?? []);
  const peak = Math.max(1, ...powers);
  const drawn = allowed !== undefined && allowed < 2.5 * peak;
  const top = Math.max(peak, drawn ? allowed : 0) * 1.06;
  const last = p.today.intervals.at(-1);
  const greatest = p.today.intervals.reduce<Span | undefined>((most, s) => ((s.mean_w ?? -1) > (most?.mean_w ?? -1) ? s : most), undefined);
  const energy = p.today.intervals.reduce((sum, s) => sum + (s.energy_wh ?? 0), 0);
  const doubtful = p.today.intervals.filter((s) => s.grade === 'S' || s.grade === 'E').length;
  const unknown = p.today.intervals.filter((s) => s.grade === 'N').length;
  return (
    <>
      <div class="own-chart">
        <span class="own-top num">{power(top)}</span>
        <svg viewBox={`0 0 ${quarters} 100`} preserveAspectRatio="none" role="img" aria-label={t('own.chart')}>
          {[24, 48, 72].map((x) => (
            <line class="grid" x1={x} x2={x} y1="0" y2="100" />
          ))}
          {drawn && <line class="limit" x1="0" x2={quarters} y1={100 - (allowed / top) * 100} y2={100 - (allowed / top) * 100} />}
          <path class="ghost" d={steps(p.yesterday, top)} />
          <path class="line" d={steps(p.today, top)} />
          {p.today.intervals.map((s) => s.grade !== 'A' && s.grade !== 'F' && <rect class={'grade-' + s.grade} x={place(s, p.today)} width="1" y="96" height="4" />)}
        </svg>
        <div class="own-hours num" aria-hidden="true">
          {['00', '06', '12', '18', '24'].map((h) => (
            <span>{h}</span>
          ))}
        </div>
      </div>
      <p class="own-legend">
        <span class="key line">{t('own.today')}</span> <span class="key ghost">{t('own.yesterday')}</span>
        {allowed !== undefined && <span class="key limit">{drawn ? t('own.allowed') : t('own.allowed.above', { allowed: power(allowed) })}</span>}
      </p>
      <p class="own-line" id="own-day-sum">
        {t('own.day.energy', { energy: decimal(energy / 1e3, 1) })}
        {greatest?.mean_w !== undefined && ' · ' + t('own.day.peak', { power: power(greatest.mean_w), at: hourMinute(Date.parse(greatest.start), zone) })}
      </p>
      <p class="note">
        {last ? t('own.day.until', { at: hourMinute(Date.parse(last.end), zone) }) : t('value.none')}
        {last?.recorded_at && ' · ' + t('own.age', { age: age(ageS(last.recorded_at)) })}
        {doubtful + unknown === 0 ? ' · ' + grade('A') : ' · ' + t('own.day.doubtful', { doubtful: String(doubtful), unknown: String(unknown) })}
      </p>
      <details>
        <summary>{t('own.as_table')}</summary>
        <table class="own-table">
          <thead>
            <tr>
              <th scope="col">{t('own.time')}</th>
              <th scope="col" class="right">{t('unit.kW')}</th>
              <th scope="col" class="right">{t('unit.kWh')}</th>
              <th scope="col">{t('own.quality')}</th>
            </tr>
          </thead>
          <tbody>
            {[...p.today.intervals].reverse().map((s) => (
              <tr>
                <td class="num">{hourMinute(Date.parse(s.start), zone)}</td>
                <td class="num right">{kilowatts(s.mean_w)}</td>
                <td class="num right">{s.energy_wh === undefined ? '—' : decimal(s.energy_wh / 1e3, 1)}</td>
                <td>{grade(s.grade)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

function place(s: Span, day: Spans): number {
  return Math.round((Date.parse(s.start) - Date.parse(day.from)) / 900_000);
}

/** steps draws quarters as steps; where nothing is known the line breaks. */
function steps(day: Spans, top: number): string {
  let path = '';
  let end = -1;
  for (const s of day.intervals) {
    if (s.mean_w === undefined) continue;
    const x = place(s, day);
    const y = (100 - (s.mean_w / top) * 100).toFixed(2);
    path += x === end ? `V${y}H${x + 1}` : `M${x} ${y}H${x + 1}`;
    end = x + 1;
  }
  return path;
}
