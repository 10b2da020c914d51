// Pictures of one use, drawn as SVG: what lies behind a finding, no live data.
import { t } from '../i18n';
import type { UseView } from './types';
import { kilowatts, kw, monthLong, monthShort, share, written } from './words';

const box = { width: 620, height: 250, left: 52, right: 118, top: 10, bottom: 26 };
const wide = box.width - box.left - box.right;
const high = box.height - box.top - box.bottom;

interface Line {
  name: string;
  w: number;
}

/** lines are the technical conditions, what would be left of them, and the need. */
function lines(u: UseView): Line[] {
  const list: Line[] = [{ name: 'tu', w: u.tu_w }];
  if (u.retain_w !== undefined && u.retain_w < u.tu_w) list.push({ name: 'retain', w: u.retain_w });
  if (u.need_w !== undefined) list.push({ name: 'need', w: u.need_w });
  return list;
}

/** step is a round distance of the marks of an axis. */
function step(most: number): number {
  const size = 10 ** Math.floor(Math.log10(most / 4));
  return [1, 2, 5, 10].map((k) => k * size).find((s) => most / s <= 5) ?? most;
}

/** Frame draws axes and the three levels; their names stand at the right and never on one another. */
function Frame({ u, most, label, children }: { u: UseView; most: number; label: string; children: preact.ComponentChildren }) {
  const y = (w: number) => box.top + high * (1 - w / most);
  const marks: number[] = [];
  for (let w = 0; w <= most; w += step(most)) marks.push(w);
  let above = -Infinity;
  const named = lines(u)
    .sort((a, b) => b.w - a.w)
    .map((l) => {
      above = Math.max(y(l.w) + 4, above + 14);
      return { ...l, at: above };
    });
  return (
    <svg class="cap-chart" viewBox={`0 0 ${box.width} ${box.height}`} role="img" aria-label={label}>
      <g class="frame">
        {marks.map((w) => (
          <g key={w}>
            <path d={`M${box.left} ${y(w)}h${wide}`} class={w === 0 ? 'zero' : ''} />
            <text class="end" x={box.left - 6} y={y(w) + 4}>{kw(w)}</text>
          </g>
        ))}
      </g>
      {children}
      {named.map((l) => (
        <g key={l.name} class={`level l-${l.name}`}>
          <path d={`M${box.left} ${y(l.w)}h${wide}`} />
          <text x={box.left + wide + 6} y={l.at}>
            {t('level.' + l.name)} {kw(l.w)}
          </text>
        </g>
      ))}
    </svg>
  );
}

const top = (u: UseView) => 1.08 * Math.max(u.tu_w, u.max_w, 1000);

/** Duration is the load duration curve: which power is exceeded during which share of the time. */
export function Duration({ u }: { u: UseView }) {
  const most = top(u);
  const n = u.curve_w.length - 1;
  if (n < 1) return <p class="muted empty">{t('use.nocurve')}</p>;
  const x = (i: number) => box.left + (wide * i) / n;
  const y = (w: number) => box.top + high * (1 - w / most);
  const curve = u.curve_w.map((w, i) => `${i ? 'L' : 'M'}${x(i).toFixed(1)} ${y(w).toFixed(1)}`).join('');
  const label = t('use.curve.label', { max: kilowatts(u.curve_w[0]), half: kilowatts(u.curve_w[Math.round(n / 2)]), least: kilowatts(u.curve_w[n]) });
  return (
    <Frame u={u} most={most} label={label}>
      <path class="cap-area" d={`${curve}V${y(0)}H${box.left}Z`} />
      <path class="cap-line" d={curve} />
      <g class="frame">
        {[0, 25, 50, 75, 100].map((p) => (
          <text key={p} x={x((n * p) / 100)} y={box.height - 8} text-anchor="middle">{p}{p === 100 ? '\u00a0%' : ''}</text>
        ))}
      </g>
    </Frame>
  );
}

/** Maxima are the daily maxima of the year. The ten highest are marked: the tenth of them is what counts. */
export function Maxima({ u }: { u: UseView }) {
  const most = top(u);
  const known = u.days.filter((d) => d.w !== undefined);
  if (!known.length) return <p class="muted empty">{t('use.nodays')}</p>;
  const highest = [...known].sort((a, b) => b.w! - a.w!).slice(0, 10);
  const tenth = highest.length === 10 ? highest[9]! : undefined;
  const x = (i: number) => box.left + (wide * (i + 0.5)) / u.days.length;
  const y = (w: number) => box.top + high * (1 - w / most);
  const column = Math.max(0.6, wide / u.days.length - 0.4);
  const months = u.days.map((d, i) => ({ d, i })).filter(({ d }) => d.day.endsWith('-01'));
  const label = t('use.days.label', { highest: kilowatts(highest[0]!.w), tenth: kilowatts(tenth?.w), unknown: String(u.days.length - known.length) });
  return (
    <Frame u={u} most={most} label={label}>
      {u.days.map((d, i) =>
        d.w === undefined ? (
          <rect key={d.day} class="cap-gap" x={x(i) - column / 2} y={box.top} width={column} height={high} />
        ) : (
          <rect key={d.day} class={highest.includes(d) ? 'cap-day high' : 'cap-day'} x={x(i) - column / 2} y={y(d.w)} width={column} height={Math.max(0.5, y(0) - y(d.w))}>
            <title>{`${written(d.day)}: ${kilowatts(d.w)}`}</title>
          </rect>
        ),
      )}
      {highest.map((d, n) => (
        <circle key={d.day} class={d === tenth ? 'cap-dot tenth' : 'cap-dot'} cx={x(u.days.indexOf(d))} cy={y(d.w!) - 4} r={d === tenth ? 4 : 2.2}>
          <title>{t('use.rank', { n: String(n + 1), day: written(d.day), power: kilowatts(d.w) })}</title>
        </circle>
      ))}
      <g class="frame">
        {months.map(({ d, i }, n) => (
          <text key={d.day} x={x(i)} y={box.height - 8} text-anchor={n === months.length - 1 && i > u.days.length * 0.94 ? 'end' : 'start'}>{monthShort(d.day)}</text>
        ))}
      </g>
    </Frame>
  );
}

/** Months are how well each month is known. */
export function Months({ u }: { u: UseView }) {
  return (
    <ul class="cap-months">
      {u.months.map((m) => (
        <li key={m.month} data-month={m.month} data-low={String(m.coverage < 0.8)} title={t('use.month', { month: monthLong(m.month), coverage: share(m.coverage), max: kilowatts(m.max_w) })}>
          <span class="track"><i style={`height:${(100 * m.coverage).toFixed(1)}%`} /></span>
          <b class="num">{(m.coverage < 0.8 ? '▲ ' : '') + share(m.coverage)}</b>
          <span class="muted">{monthShort(m.month)}</span>
        </li>
      ))}
    </ul>
  );
}
