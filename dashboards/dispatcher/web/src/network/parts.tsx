// The signs of the diagram: wires, switches, transformers, bars, sending ends, feeders.
import { computed } from '@preact/signals';
import { t } from '../i18n';
import { rows } from '../store';
import { kilowatts } from '../format';
import type { Feed, Feeder, Plan } from './plan';
import { colourOf } from './palette';
import { halvesOf, pathOf, ring, rings, type Wire } from './route';
import { amperes, feedState, kv, mvar, mw, pct, signed, stressOf, stressOfTransformer, thickness, type Seen, type Stress } from './seen';
import { shown } from './choice';
import type { Label } from './labels';
import type { Layout, Stub } from './layout';
import type { Item } from './shapes';

/** Drawn is all that a part is drawn from. */
export interface Drawn {
  plan: Plan;
  layout: Layout;
  seen: Seen;
}

/** Path is a wire with its casing, so that a pale colour stands out on any ground. */
function Path({ d, volts, live, width = 3, stress = '' }: { d: string; volts: number; live: boolean; width?: number; stress?: Stress }) {
  if (!d) return null;
  const w = live ? width : 2.5;
  return (
    <g class={live ? 'wire' : 'wire dead'} style={`--v:${colourOf(volts)}`}>
      {stress && <path class={`halo ${stress}`} d={d} stroke-width={w + 11} />}
      {live && <path class="casing" d={d} stroke-width={w + 1.6} />}
      <path class="v" d={d} stroke-width={w} />
    </g>
  );
}

/** Text is figures in lines under each other; the first is the one that counts. */
export function Text({ at, lines, cls = '' }: { at: Pick<Label, 'x' | 'y'> & Partial<Label> | undefined; lines: string[]; cls?: string }) {
  const { x, y, end, middle } = at!;
  return (
    <text x={x} y={y} class={`fig ${cls}`} text-anchor={middle ? 'middle' : end ? 'end' : 'start'}>
      {lines.filter(Boolean).map((l, i) => (
        <tspan key={i} x={x} dy={i ? 14 : 0}>
          {l}
        </tspan>
      ))}
    </text>
  );
}

const warned = (stress: Stress) => (stress ? '▲ ' : '');

export function LineWire({ wire, plan, seen, layout }: Drawn & { wire: Wire }) {
  const id = wire.of.slice(5);
  const line = plan.lines.find((l) => l.id === id)!;
  const s = seen.line.get(id);
  const live = s?.live ?? false;
  const stress = live ? stressOf(s!.loading_pct) : '';
  const power = s?.from_mw ?? 0;
  const down = (line.from === wire.top) === power > 0;
  const lines = live
    ? [shown('p') && mw(Math.max(Math.abs(power), Math.abs(s!.to_mw))), shown('q') && mvar(Math.abs(s!.from_mvar)), shown('a') && amperes(s!.a), shown('pct') && (s!.rating_a ? warned(stress) + pct(s!.loading_pct) : '')]
    : [seen.blind ? '?' : t('diagram.dead')];
  return (
    <>
      <Path d={pathOf(wire.points)} volts={line.kv} live={live} width={thickness(power)} stress={stress} />
      {live && Math.abs(power) >= 0.02 && <Arrow x={wire.mark[0]} y={wire.mark[1]} way={wire.flat ? (down ? 'right' : 'left') : down ? 'down' : 'up'} />}
      <Text at={layout.labels.get(wire.of)} lines={lines.map((l) => l || '')} cls={stress} />
    </>
  );
}

/** short is a switch's name from what stands in quotes on: of several at one station the line is what tells them apart. */
const short = (name: string) => (name.includes('«') ? name.slice(name.indexOf('«')) : name).replace(/[«»]/g, '');

const turns = { down: 0, left: 90, up: 180, right: 270 };

function Arrow({ x, y, way }: { x: number; y: number; way: keyof typeof turns }) {
  return <path class="arrow" d="M-6 -5H6L0 6Z" transform={`translate(${x} ${y}) rotate(${turns[way]})`} />;
}

export function SwitchWire({ wire, plan, seen, layout }: Drawn & { wire: Wire }) {
  const sw = plan.switches.find((s) => s.id === wire.of.slice(7))!;
  const s = seen.sw.get(sw.id);
  const volts = plan.buses.find((b) => b.node === sw.a)!.kv;
  const upper = seen.bus.get(wire.top)?.live ?? false;
  const lower = seen.bus.get(wire.bottom)?.live ?? false;
  const closed = s?.closed ?? sw.closed;
  const known = s?.known ?? false;
  const [first, second] = halvesOf(wire);
  return (
    <>
      <Path d={first} volts={volts} live={upper} />
      <Path d={second} volts={volts} live={lower} />
      <g class={`switch-sign ${closed ? 'closed' : 'open'} ${known ? '' : 'unknown'} ${upper || lower ? '' : 'dead'}`} style={`--v:${colourOf(volts)}`} transform={`translate(${wire.mark.join(' ')})`}>
        {sw.kind === 'disconnector' ? <path class="box" d="M0 -10L10 0L0 10L-10 0Z" /> : <rect class="box" x="-9" y="-9" width="18" height="18" rx="1" />}
        {!known && <path class="hatch" d="M-8 2L2 -8M-8 8L8 -8M-2 8L8 -2" />}
        <text class="letter" y="4">{known ? t(closed ? 'switch.closed.letter' : 'switch.open.letter') : '?'}</text>
      </g>
      <Text at={layout.labels.get(wire.of)} lines={[short(sw.name) + (closed === sw.closed ? '' : ' ≠')]} cls={closed === sw.closed ? 'tag' : 'tag odd'} />
    </>
  );
}

export function Winding({ wire, plan, seen, layout }: Drawn & { wire: Wire }) {
  const [, node, w] = /^t:(.*):(\d)$/.exec(wire.of)!;
  const transformer = plan.transformers.find((x) => x.node === node)!;
  const s = seen.transformer.get(node!);
  const winding = Number(w);
  const bus = seen.bus.get(transformer.buses[winding]!);
  const live = (s?.live ?? false) && (bus?.live ?? false);
  const power = s?.mw[winding] ?? 0;
  const volts = plan.buses.find((b) => b.node === transformer.buses[winding])?.kv ?? transformer.kv[winding]!;
  return (
    <>
      <Path d={pathOf(wire.points)} volts={volts} live={live} width={thickness(power)} />
      {winding > 0 && live && shown('p') && <Text at={layout.labels.get(wire.of)} lines={[mw(power)]} cls="small" />}
    </>
  );
}

export function TransformerSign({ item, plan, seen, layout }: Drawn & { item: Item }) {
  const x = item.transformer!;
  const s = seen.transformer.get(x.node);
  const y = layout.y[item.row]!;
  const side = layout.sides.get(x.node) ?? 1;
  const live = s?.live ?? false;
  const stress = live ? stressOfTransformer(s!) : '';
  const lines = live
    ? [x.name.split(' ')[0]!, shown('pct') && warned(stress) + pct(s!.loading_pct), shown('p') && mw(s!.mw[0]), shown('q') && mvar(s!.mvar[0]), shown('a') && amperes(s!.a[0]), x.step_pct ? t('diagram.tap', { n: signed(s!.position) }) : '']
    : [x.name.split(' ')[0]!, seen.blind ? '?' : t('diagram.dead')];
  return (
    <>
      {rings(item.x, y, side).map(([cx, cy], i) => (
        <g key={i} class={live ? 'wire' : 'wire dead'} style={`--v:${colourOf(plan.buses.find((b) => b.node === x.buses[i])?.kv ?? x.kv[i]!)}`}>
          {stress && <circle class={`halo ${stress}`} cx={cx} cy={cy} r={ring} stroke-width="14" />}
          {live && <circle class="casing" cx={cx} cy={cy} r={ring} stroke-width="4.6" />}
          <circle class="v" cx={cx} cy={cy} r={ring} stroke-width="3" />
        </g>
      ))}
      <Text at={layout.labels.get(item.key)} lines={lines.map((l) => l || '')} cls={stress} />
    </>
  );
}

export function BusSign({ item, plan, seen, layout }: Drawn & { item: Item }) {
  const bus = item.bus!;
  const s = seen.bus.get(bus.node);
  const y = layout.y[item.row]!;
  const live = s?.live ?? false;
  const broken = seen.broken.get(bus.node) ?? [];
  const feed = plan.sources.find((f) => f.bus === bus.node);
  const volts = live ? (broken.length ? '▲ ' : '') + kv(s!.kv) : seen.blind ? '?' : t('diagram.dead');
  const measured = live && !layout.folded && s!.measured_kv !== undefined ? t('diagram.measured', { value: kv(s!.measured_kv) }) : '';
  if (feed) return <FeedSign feed={feed} x={item.x} y={y} seen={seen} volts={bus.kv} live={live} held={volts} />;
  if (!item.bar) {
    return (
      <>
        <circle class={live ? 'node' : 'node dead'} style={`--v:${colourOf(bus.kv)}`} cx={item.x} cy={y} r="5" />
        <Text at={layout.labels.get(item.key)} lines={[volts]} cls={broken.length ? 'over' : live ? '' : 'muted'} />
      </>
    );
  }
  const [left, right] = [item.x - item.width / 2, item.x + item.width / 2];
  const at = layout.labels.get(item.key)!;
  const anchor = at.end ? 'end' : 'start';
  return (
    <>
      <Path d={`M${left} ${y}H${right}`} volts={bus.kv} live={live} width={7} stress={broken.length ? 'over' : ''} />
      <text class="tag name" x={at.x} y={at.y} text-anchor={anchor}>{bus.name}{s?.stale && <tspan class="stale"> ◔</tspan>}</text>
      <text class={`fig ${broken.length ? 'over' : live ? '' : 'muted'}`} x={at.x} y={at.y + 14} text-anchor={anchor}>
        {volts} {measured && <tspan class="small">{measured}</tspan>}
      </text>
    </>
  );
}

function FeedSign({ feed, x, y, seen, volts, live, held }: { feed: Feed; x: number; y: number; seen: Seen; volts: number; live: boolean; held: string }) {
  const s = seen.source.get(feed.source);
  const state = feedState(feed, seen);
  const over = (seen.broken.get(feed.source) ?? []).length > 0;
  const [first, rest = ''] = split(feed.name.replace(/^ВЛ-?\d*\s+/, '').replace(/[«»]/g, ''));
  return (
    <>
      <g class={`feed ${state} ${live ? '' : 'dead'}`} style={`--v:${colourOf(volts)}`} transform={`translate(${x} ${y})`}>
        <circle r="11" />
        {state === 'out' ? <path class="mark" d="M-5 -5L5 5M5 -5L-5 5" /> : <path class="mark" d="M0 -6V6M-4 2L0 6L4 2" />}
      </g>
      <Text at={{ x: x + 17, y: y - 16 }} lines={[first, rest, t('source.' + state), s?.feeding && shown('p') ? mw(s.mw) : state === 'feeding' || !live ? '' : held].map(String)} cls={over ? 'over' : state === 'feeding' ? '' : 'muted'} />
    </>
  );
}

/** split breaks a name in two if it is long. */
function split(name: string): string[] {
  const comma = name.indexOf(', ');
  return name.length > 15 && comma > 0 ? [name.slice(0, comma), name.slice(comma + 2)] : [name];
}

export function StubSign({ stub, plan, seen }: Drawn & { stub: Stub }) {
  const live = seen.bus.get(stub.bus)?.live ?? false;
  const volts = plan.buses.find((b) => b.node === stub.bus)!.kv;
  const load = seen.bus.get(stub.bus)?.load_mw;
  const folded = stub.feeders.length > 1;
  const f = stub.feeders[0]!;
  return (
    <>
      <Path d={`M${stub.x} ${stub.y + 4}v${folded ? 16 : 11}`} volts={volts} live={live} />
      <path class={live ? 'tip' : 'tip dead'} d={`M${stub.x - 4} ${stub.y + (folded ? 18 : 13)}h8l-4 7z`} style={`--v:${colourOf(volts)}`} />
      {folded ? (
        <text class="fig small" x={stub.x} y={stub.y + 39} text-anchor="middle">{t('diagram.feeders', { n: String(stub.feeders.length), power: live ? mw(load) : t('diagram.dead') })}</text>
      ) : (
        <text class="tag feeder" transform={`translate(${stub.x + 4} ${stub.y + 25}) rotate(90)`}>
          <tspan class="num">{live ? computed(() => powerOf(plan, f.node, f.residents)) : ''}</tspan> {feederName(f)}
        </text>
      )}
    </>
  );
}

/** feederName is who is fed, if it is one, else the feeder itself. */
function feederName(f: Feeder): string {
  const [only, more] = f.residents;
  const name = (only && !more && rows.value.find((r) => r.id === only)?.fixed.value.name) || f.name;
  return name.length > 14 ? name.slice(0, 13) + '…' : name;
}

/** powerOf is what a resident draws, if this feeder is the only one that it has: the power of one of several is not known here. */
export function powerOf(plan: Plan, feeder: string, residents: string[]): string {
  const [only, more] = residents;
  if (!only || more || plan.feeders.some((f) => f.node !== feeder && f.residents.includes(only))) return '';
  const live = rows.value.find((r) => r.id === only)?.live.value;
  if (live?.power_w === undefined) return live ? '?' : '';
  return kilowatts(live.power_w) + (live.freshness === 'fresh' ? '' : ' ◔');
}
