// The single-line diagram: places from the layout, figures from a state. A new state
// changes texts and colours and moves nothing.
import { signal, type Signal } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { count, folded } from './choice';
import { Detail } from './detail';
import { layout as lay, stubHeight, type Layout } from './layout';
import { BusSign, LineWire, StubSign, SwitchWire, TransformerSign, Winding, type Drawn } from './parts';
import { pathOf } from './route';
import { summary } from './words';
import { see } from './seen';
import type { NetworkState } from '../types';
import type { Plan } from './plan';

interface Spot {
  ref: string;
  x: number;
  y: number;
}

/** least is how small the picture may be drawn: below, its figures are hard to read, and it is moved sideways instead. */
const least = (l: Layout) => (l.folded ? 0.72 : 0.82);

/** fit shows every feeder if there is room for it and the reader has not said otherwise. */
function fit(plan: Plan, width: number, wanted: boolean | undefined, figures: number): Layout {
  const all = lay(plan, { width, folded: wanted ?? false, figures });
  return wanted === undefined && all.width * least(all) > width ? lay(plan, { width, folded: true, figures }) : all;
}

/** Diagram draws a state; supposed marks one that is no picture of now. */
export function Diagram({ plan, state, supposed = false, old = false, keys }: { plan: Plan; state: NetworkState; supposed?: boolean; old?: boolean; keys?: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const picked = useMemo(() => signal(''), []);
  const pointed = useMemo(() => signal(''), []);
  useEffect(() => {
    const seen = new ResizeObserver(([e]) => setWidth(Math.floor(e!.contentRect.width / 20) * 20));
    seen.observe(box.current!);
    return () => seen.disconnect();
  }, []);
  const wanted = folded.value;
  const layout = useMemo(() => (width ? fit(plan, width, wanted, count.value) : null), [plan, width, wanted, count.value]);
  const spots = useMemo(() => (layout ? spotsOf(layout) : []), [layout]);
  const seen = see(state);
  return (
    <div class="net-picture" data-old={String(old)}>
      <div
        class="net-field"
        ref={box}
        tabIndex={0}
        role="group"
        aria-label={t('diagram.keys')}
        onKeyDown={(e) => onKey(e, spots, picked)}
        onFocus={() => (picked.value ||= spots[0]?.ref ?? '')}
        onPointerLeave={() => (pointed.value = '')}
      >
        {layout && <Picture plan={plan} layout={layout} width={Math.max(layout.width * least(layout), Math.min(layout.width, width))} seen={seen} supposed={supposed} picked={picked} pointed={pointed} spots={spots} />}
      </div>
      <div class="net-side">
        <Detail plan={plan} seen={seen} chosen={pointed.value || picked.value} onClose={picked.value ? () => (picked.value = '') : undefined} />
        {keys}
      </div>
    </div>
  );
}

interface Pointing {
  picked: Signal<string>;
  pointed: Signal<string>;
}

/** Picture is the drawing itself, so wide; what is pointed at and picked is told. */
export function Picture({ spots, supposed, picked, pointed, width, ...drawn }: Drawn & Pointing & { spots: Spot[]; supposed: boolean; width: number | string }) {
  const { layout, plan } = drawn;
  const element = (ref: string, sign: ComponentChildren, hit: ComponentChildren) => (
    <g key={ref} class="el" data-ref={ref} onPointerEnter={() => (pointed.value = ref)} onClick={() => (picked.value = ref)}>
      {sign}
      {hit}
    </g>
  );
  const mark = spots.find((s) => s.ref === picked.value);
  return (
    <svg class={supposed ? 'net supposed' : 'net'} viewBox={`${layout.left} 0 ${layout.width} ${layout.height}`} width={width} role="img" aria-label={summary(drawn.seen.state, plan)}>
      {supposed && <Watermark layout={layout} />}
      {layout.wires.map((w) => {
        const hit = <path class="hit" d={pathOf(w.points)} />;
        if (w.of.startsWith('line:')) return element(w.of, <LineWire {...drawn} wire={w} />, hit);
        if (w.of.startsWith('switch:')) return element(w.of, <SwitchWire {...drawn} wire={w} />, <rect class="hit" x={w.mark[0] - 14} y={w.mark[1] - 14} width="28" height="28" />);
        return element(w.of.slice(0, -2) + '#' + w.of.at(-1), <Winding {...drawn} wire={w} />, null);
      })}
      {layout.items.map((i) => {
        const y = layout.y[i.row]!;
        if (i.transformer) return element(i.key, <TransformerSign {...drawn} item={i} />, <circle class="hit" cx={i.x} cy={y} r="32" />);
        if (!i.bus) return null;
        const half = i.bar ? i.width / 2 : 13;
        return element('bus:' + i.key, <BusSign {...drawn} item={i} />, <rect class="hit" x={i.x - half} y={y - 11} width={2 * half} height="22" />);
      })}
      {layout.stubs.map((s) =>
        element(stubRef(s), <StubSign {...drawn} stub={s} />, <rect class="hit" x={s.x - 11} y={s.y + 8} width="22" height={s.feeders.length > 1 ? 34 : stubHeight - 12} />))}
      {mark && <rect class="picked" x={mark.x - 19} y={mark.y - 19} width="38" height="38" rx="7" />}
    </svg>
  );
}

/** Watermark says over the whole picture that it is supposed, so that no photograph of it can be taken for now. */
function Watermark({ layout: { left, width, height } }: { layout: Layout }) {
  const lines = Array.from({ length: Math.ceil(height / 170) }, (_, i) => i);
  return (
    <g class="watermark" aria-hidden="true">
      {lines.map((i) => (
        <text key={i} x={left + (width * (2 + (i % 2))) / 5} y={100 + i * 170} text-anchor="middle">{t('whatif.word')}</text>
      ))}
    </g>
  );
}

const stubRef = (s: Layout['stubs'][number]) => (s.feeders.length > 1 ? 'feeders:' + s.bus : 'feeder:' + s.feeders[0]!.node);

function spotsOf(l: Layout): Spot[] {
  return [
    ...l.items.filter((i) => i.bus || i.transformer).map((i) => ({ ref: i.bus ? 'bus:' + i.key : i.key, x: i.x, y: l.y[i.row]! })),
    ...l.wires.filter((w) => !w.of.startsWith('t:')).map((w) => ({ ref: w.of, x: w.mark[0], y: w.mark[1] })),
    ...l.stubs.map((s) => ({ ref: stubRef(s), x: s.x, y: s.y + 26 })),
  ];
}

const ways: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** onKey moves the mark to what is nearest in the direction of an arrow; Escape takes it away. */
function onKey(e: KeyboardEvent, spots: Spot[], picked: Signal<string>): void {
  if (e.key === 'Escape') picked.value = '';
  const way = ways[e.key];
  if (!way || e.ctrlKey || e.metaKey || e.altKey) return;
  e.preventDefault();
  const from = spots.find((s) => s.ref === picked.value);
  if (!from) return void (picked.value = spots[0]?.ref ?? '');
  let best = Infinity;
  for (const s of spots) {
    const ahead = (s.x - from.x) * way[0] + (s.y - from.y) * way[1];
    const aside = Math.abs((s.x - from.x) * way[1]) + Math.abs((s.y - from.y) * way[0]);
    const far = ahead + 2.5 * aside + (aside > ahead ? 1000 : 0); // what lies rather aside comes last
    if (ahead > 1 && far < best) {
      best = far;
      picked.value = s.ref;
    }
  }
}
