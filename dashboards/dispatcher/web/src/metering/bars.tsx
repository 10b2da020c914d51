// The profile as bars. What was measured is filled, what was substituted hatched,
// what was estimated cross-hatched, and where nothing is known there is nothing.
import { signal } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { decimal, t } from '../i18n';
import { reworded } from '../said';
import type { Entry, Grade, IntervalList } from './types';
import { amount, amountOf, clock, flagWords, gradeWord, isWorse, mean, meanOf, meanUnit, methodWord, moment } from './words';
import { dayOf, shortDay } from './days';

const height = 280;
const left = 52;
const top = 10;
const strip = 15; // of letters, under the bars
const floor = height - 24 - strip;

interface Scale {
  x: (iso: string | number) => number;
  y: (w: number) => number;
  ticks: number[];
  right: number;
}

/** Allowed is a power that holds from a moment on, as long as nothing else is said. */
export interface Allowed {
  power_w: number;
  from: number;
  text: string;
}

export function Bars(p: { list: IntervalList; from: string; to: string; chosen?: string; allowed?: Allowed; onChoose: (e: Entry) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  const at = useMemo(() => signal<number | null>(null), []);
  useEffect(() => {
    const el = box.current!;
    const size = new ResizeObserver(() => setWidth(Math.max(280, el.clientWidth)));
    size.observe(el);
    return () => size.disconnect();
  }, []);
  const entries = p.list.intervals;
  const scale = useMemo(() => scaleOf(p, width), [p.list, width]);
  const find = (px: number) => {
    const i = entries.findIndex((e) => scale.x(e.end) > px);
    return i >= 0 && scale.x(entries[i]!.start) <= px ? i : null;
  };
  const byKey = (e: KeyboardEvent) => {
    const i = at.value ?? entries.findIndex((x) => x.start === p.chosen);
    const last = entries.length - 1;
    const to = { ArrowRight: Math.min(last, i + 1), ArrowLeft: Math.max(0, i - 1), Home: 0, End: last, PageDown: Math.min(last, i + 4), PageUp: Math.max(0, i - 4) }[e.key];
    if (to !== undefined && last >= 0) {
      at.value = to;
      e.preventDefault();
    } else if (e.key === 'Enter' && entries[i]) p.onChoose(entries[i]);
  };
  const chosen = entries.find((e) => e.start === p.chosen);
  const shown = at.value === null ? undefined : entries[at.value];
  return (
    <div class="bars" ref={box}>
      <p class="readout num" id="readout" data-grade={(shown ?? chosen)?.grade}>
        {shown || chosen ? <Readout entry={(shown ?? chosen)!} list={p.list} /> : <span class="muted">{t('profile.hint')}</span>}
      </p>
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        tabIndex={0}
        role="group"
        aria-label={t('profile.chart', { unit: meanUnit(p.list.unit) })}
        aria-describedby="readout"
        onKeyDown={byKey}
        onPointerMove={(e) => (at.value = find(e.offsetX))}
        onPointerLeave={() => (at.value = null)}
        onBlur={() => (at.value = null)}
        onClick={(e) => {
          const i = find(e.offsetX);
          if (i !== null) p.onChoose(entries[i]!);
        }}
      >
        <Patterns />
        <Frame {...p} scale={scale} width={width} />
        <Areas entries={entries} scale={scale} />
        <Letters entries={entries} scale={scale} />
        <Declared {...p} scale={scale} />
        {p.allowed && p.allowed.from < Date.parse(p.to) && p.allowed.from >= Date.parse(p.from) && <Limit {...p.allowed} scale={scale} />}
        {chosen && <Mark entry={chosen} scale={scale} kind="chosen" />}
        {shown && <Mark entry={shown} scale={scale} kind="shown" />}
      </svg>
    </div>
  );
}

function scaleOf(p: { list: IntervalList; from: string; to: string }, width: number): Scale {
  const a = Date.parse(p.from);
  const length = Date.parse(p.to) - a;
  const right = width - 10;
  const x = (t: string | number) => left + ((right - left) * ((typeof t === 'string' ? Date.parse(t) : t) - a)) / length;
  const values = p.list.intervals.map((e) => meanOf(e) ?? 0);
  const most = Math.max(1000, ...values, ...(p.list.declared ?? []).map((d) => d.power_w));
  const least = Math.min(0, ...values);
  const step = niceStep((most - least) / 5);
  const ticks: number[] = [];
  for (let v = Math.floor(least / step) * step; v <= most * 1.04; v += step) ticks.push(v);
  const high = Math.max(most * 1.04, ticks.at(-1)!);
  const low = Math.min(least, ticks[0]!);
  return { x, y: (w) => floor - ((floor - top) * (w - low)) / (high - low), ticks, right };
}

function niceStep(raw: number): number {
  const ten = 10 ** Math.floor(Math.log10(raw));
  return ten * ([1, 2, 2.5, 5].find((m) => m * ten >= raw) ?? 10);
}

/** Patterns tell grades apart without colour. They are repeated in the legend. */
function Patterns() {
  return (
    <defs>
      <pattern id="hatch-S" width="6" height="6" patternUnits="userSpaceOnUse">
        <path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5" class="hatch" />
      </pattern>
      <pattern id="hatch-E" width="7" height="7" patternUnits="userSpaceOnUse">
        <path d="M0 7L7 0M0 0L7 7" class="hatch thin" />
      </pattern>
    </defs>
  );
}

/** Areas draws neighbours of one grade as one shape; wide bars stand apart. */
function Areas({ entries, scale }: { entries: Entry[]; scale: Scale }) {
  const shapes = useMemo(() => {
    const d: Partial<Record<Grade, string>> = {};
    const zero = scale.y(0);
    const apart = entries.length > 0 && scale.x(entries[0]!.end) - scale.x(entries[0]!.start) > 5 ? 0.6 : 0;
    entries.forEach((e, i) => {
      const v = meanOf(e);
      if (v === undefined) return;
      const before = entries[i - 1];
      const joined = !apart && before?.end === e.start && before.grade === e.grade;
      const next = entries[i + 1];
      const goesOn = !apart && next?.start === e.end && next.grade === e.grade;
      const y = scale.y(v).toFixed(1);
      d[e.grade] = `${d[e.grade] ?? ''}${joined ? '' : `M${(scale.x(e.start) + apart).toFixed(1)} ${zero.toFixed(1)}`}V${y}H${(scale.x(e.end) - apart).toFixed(1)}${goesOn ? '' : `V${zero.toFixed(1)}Z`}`;
    });
    return d;
  }, [entries, scale]);
  return (
    <g>
      {(Object.keys(shapes) as Grade[]).map((g) => (
        <path key={g} class={`area a-${g}`} d={shapes[g]} fill={g === 'S' || g === 'E' ? `url(#hatch-${g})` : undefined} data-grade={g} />
      ))}
    </g>
  );
}

/** Letters names every stretch that was not plainly measured, under the bars. */
function Letters({ entries, scale }: { entries: Entry[]; scale: Scale }) {
  const runs = useMemo(() => {
    const list: { grade: Grade; from: string; to: string }[] = [];
    for (const e of entries) {
      const last = list.at(-1);
      if (last && last.to === e.start && last.grade === e.grade) last.to = e.end;
      else list.push({ grade: e.grade, from: e.start, to: e.end });
    }
    return list.filter((r) => isWorse(r.grade, 'A'));
  }, [entries]);
  return (
    <g class="letters">
      {runs.map((r) => {
        const x = scale.x(r.from);
        const w = Math.max(1.5, scale.x(r.to) - x);
        return (
          <g key={r.from}>
            <rect class={`run r-${r.grade}`} x={x} y={floor + 2} width={w} height={strip - 3} />
            <text x={x + w / 2} y={floor + strip - 4}>
              {r.grade}
            </text>
          </g>
        );
      })}
    </g>
  );
}

function Declared({ list, to, scale }: { list: IntervalList; to: string; scale: Scale }) {
  const steps = list.declared ?? [];
  if (!steps.length) return null;
  let d = '';
  steps.forEach((s, i) => {
    d += `${d ? 'L' : 'M'}${scale.x(s.from).toFixed(1)} ${scale.y(s.power_w).toFixed(1)}H${scale.x(steps[i + 1]?.from ?? to).toFixed(1)}`;
  });
  const last = steps.at(-1)!;
  return (
    <g class="declared">
      <path d={d} />
      <text x={scale.right - 4} y={scale.y(last.power_w) - 4}>{t('profile.declared', { power: mean(last.power_w, 'Wh') })}</text>
    </g>
  );
}

/** Limit is what may be drawn from now on. */
function Limit({ power_w, from, text, scale }: Allowed & { scale: Scale }) {
  const y = Math.max(top, scale.y(power_w)).toFixed(1);
  const x = scale.x(from).toFixed(1);
  return (
    <g class="declared" id="allowed">
      <path d={`M${x} ${y}H${scale.right}`} />
      <text x={scale.right - 4} y={Number(y) + 13}>{text}</text>
    </g>
  );
}

function Frame({ from, to, list, scale, width }: { from: string; to: string; list: IntervalList; scale: Scale; width: number }) {
  const a = Date.parse(from);
  const b = Date.parse(to);
  const hours = (b - a) / 3_600_000;
  const room = (width - left) / (hours <= 26 ? 52 : 46);
  const each = hours <= 26 ? ([1, 2, 3, 4, 6, 12].find((h) => hours / h <= room) ?? 12) : 24 * Math.max(1, Math.ceil(hours / 24 / room));
  const marks: number[] = [];
  for (let m = a; m <= b; m += each * 3_600_000) if (m === b || hours > 26 || scale.x(b) - scale.x(m) > 60) marks.push(m); // the last word is written leftwards
  return (
    <g class="frame">
      {scale.ticks.map((v) => (
        <g key={v}>
          <path d={`M${left} ${scale.y(v).toFixed(1)}H${scale.right}`} class={v === 0 ? 'zero' : undefined} />
          <text x={left - 6} y={scale.y(v) + 4} class="end">
            {decimal(v / 1000, scale.ticks.at(-1)! < 5000 ? 1 : 0)}
          </text>
        </g>
      ))}
      <text x={left - 6} y={height - 6} class="end unit">
        {meanUnit(list.unit)}
      </text>
      {marks.map((m) => (
        <text key={m} x={scale.x(m)} y={height - 6} class={m === b ? 'end' : undefined}>
          {hours <= 26 ? (m === b ? '24:00' : clock(new Date(m).toISOString())) : m === b ? '' : shortDay(dayOf(m))}
        </text>
      ))}
    </g>
  );
}

function Mark({ entry, scale, kind }: { entry: Entry; scale: Scale; kind: string }) {
  const x = scale.x(entry.start);
  return <rect class={'mark ' + kind} x={x} y={top} width={Math.max(2, scale.x(entry.end) - x)} height={floor - top} />;
}

function Readout({ entry: e, list }: { entry: Entry; list: IntervalList }) {
  return (
    <>
      <b>
        {moment(e.start)}–{clock(e.end)}
      </b>{' '}
      <i class={`grade g-${e.grade}`}>{e.grade}</i> {gradeWord(e.grade)}
      {amountOf(e) !== undefined && (
        <>
          {' · '}
          {amount(amountOf(e), list.unit)} ± {amount(e.uncertainty, list.unit)} · {mean(meanOf(e), list.unit)}
        </>
      )}
      {e.method && e.method !== 'none' && ' · ' + methodWord(e.method)}
      {e.flags && ' · ' + flagWords(e.flags)}
      {e.reason && ' · ' + reworded(e.reason)}
    </>
  );
}
