// The imbalance over time against what the accuracy classes permit. What is beyond
// is another shape and not only another colour; what is incomplete is hollow.
import { signal } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { decimal, t } from '../i18n';
import { reworded } from '../said';
import { dayOf, shortDay } from './days';
import type { NodeBalance } from './types';
import { clock, signed, stretch } from './words';

const height = 200;
const left = 46;
const top = 8;
const floor = height - 22;

export function Deviation({ steps, chosen, onChoose }: { steps: NodeBalance[]; chosen?: string; onChoose: (b: NodeBalance) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  const at = useMemo(() => signal<number | null>(null), []);
  useEffect(() => {
    const el = box.current!;
    const size = new ResizeObserver(() => setWidth(Math.max(280, el.clientWidth)));
    size.observe(el);
    return () => size.disconnect();
  }, []);
  const right = width - 10;
  const a = Date.parse(steps[0]!.start);
  const z = Date.parse(steps.at(-1)!.end);
  const x = (iso: string) => left + ((right - left) * (Date.parse(iso) - a)) / (z - a);
  const most = Math.max(0.5, ...steps.map((b) => Math.max(Math.abs(b.imbalance_pct ?? 0), b.permitted_pct ?? 0))) * 1.12;
  const y = (pct: number) => (top + floor) / 2 - ((floor - top) / 2) * (pct / most);
  const find = (px: number) => {
    const i = steps.findIndex((b) => x(b.end) > px);
    return i >= 0 && px >= left ? i : null;
  };
  const byKey = (e: KeyboardEvent) => {
    const i = at.value ?? steps.findIndex((b) => b.start === chosen);
    const to = { ArrowRight: Math.min(steps.length - 1, i + 1), ArrowLeft: Math.max(0, i - 1), Home: 0, End: steps.length - 1 }[e.key];
    if (to !== undefined) {
      at.value = to;
      e.preventDefault();
    } else if (e.key === 'Enter' && steps[i]) onChoose(steps[i]);
  };
  const shown = at.value === null ? steps.find((b) => b.start === chosen) : steps[at.value];
  const marks = marked(steps, (right - left) / 52);
  return (
    <div class="bars" ref={box}>
      <p class="readout num" id="course-readout">
        {shown ? (
          <>
            <b>{stretch(shown.start, shown.end)}</b> {shown.imbalance_pct === undefined ? t('value.none') : `${signed(shown.imbalance_pct, 2)} %`}
            {shown.permitted_pct !== undefined && ` / ±${decimal(shown.permitted_pct, 2)} %`} {shown.reason && `· ${reworded(shown.reason)}`}
          </>
        ) : (
          <span class="muted">{t('balance.hint')}</span>
        )}
      </p>
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        tabIndex={0}
        role="group"
        aria-label={t('balance.chart')}
        aria-describedby="course-readout"
        onKeyDown={byKey}
        onPointerMove={(e) => (at.value = find(e.offsetX))}
        onPointerLeave={() => (at.value = null)}
        onBlur={() => (at.value = null)}
        onClick={(e) => {
          const i = find(e.offsetX);
          if (i !== null) onChoose(steps[i]!);
        }}
      >
        <path class="band" d={band(steps, x, y)} />
        <g class="frame">
          {[-most / 1.12, 0, most / 1.12].map((v) => (
            <g key={v}>
              <path d={`M${left} ${y(v).toFixed(1)}H${right}`} class={v === 0 ? 'zero' : undefined} />
              <text x={left - 6} y={y(v) + 4} class="end">{v ? signed(v, 1) : '0'} %</text>
            </g>
          ))}
          {marks.map((m) => (
            <text key={m.start} x={x(m.start)} y={height - 6}>
              {m.text}
            </text>
          ))}
        </g>
        {steps.map((b) => (
          <Dot key={b.start} b={b} x={(x(b.start) + x(b.end)) / 2} y={y} />
        ))}
        {shown && <rect class="mark shown" x={x(shown.start)} y={top} width={Math.max(2, x(shown.end) - x(shown.start))} height={floor - top} />}
      </svg>
    </div>
  );
}

/** marked are the names of the time axis, at most so many: hours of one day, else the days where they begin. */
function marked(steps: NodeBalance[], most: number): { start: string; text: string }[] {
  const daily = Date.parse(steps.at(-1)!.end) - Date.parse(steps[0]!.start) > 26 * 3_600_000;
  const all = steps.map((b) => ({ start: b.start, text: daily ? shortDay(dayOf(Date.parse(b.start))) : clock(b.start) }));
  const first = all.filter((m, i) => m.text !== all[i - 1]?.text);
  const every = Math.max(1, Math.ceil(first.length / most));
  return first.filter((_, i) => i % every === 0);
}

function band(steps: NodeBalance[], x: (iso: string) => number, y: (pct: number) => number): string {
  return steps
    .filter((b) => b.permitted_pct !== undefined)
    .map((b) => `M${x(b.start).toFixed(1)} ${y(b.permitted_pct!).toFixed(1)}H${x(b.end).toFixed(1)}V${y(-b.permitted_pct!).toFixed(1)}H${x(b.start).toFixed(1)}Z`)
    .join('');
}

function Dot({ b, x, y }: { b: NodeBalance; x: number; y: (pct: number) => number }) {
  if (b.imbalance_pct === undefined) {
    return <circle class="dot incomplete" cx={x} cy={y(0)} r={2.5} />;
  }
  const py = y(b.imbalance_pct);
  if (b.beyond && b.complete) return <path class="dot beyond" d={`M${x} ${py - 5}l5 8h-10Z`} />;
  return <circle class={`dot ${b.complete ? '' : 'incomplete'}`} cx={x} cy={py} r={2.5} />;
}
