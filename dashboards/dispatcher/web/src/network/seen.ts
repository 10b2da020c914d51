// A state of the network by the names of its elements, and how its figures are written.
import { dash } from '../format';
import { decimal, t } from '../i18n';
import type { Feed } from './plan';
import type { BusState, LineState, NetworkState, SwitchState, TransformerState, Violation } from '../types';

export interface Seen {
  state: NetworkState;
  bus: Map<string, BusState>;
  line: Map<string, LineState>;
  transformer: Map<string, TransformerState>;
  sw: Map<string, SwitchState>;
  source: Map<string, NetworkState['sources'][number]>;
  broken: Map<string, Violation[]>;
  /** nothing could be calculated: positions of switches are all that is known. */
  blind: boolean;
}

export function see(state: NetworkState): Seen {
  const broken = new Map<string, Violation[]>();
  for (const v of state.violations) broken.set(v.element, [...(broken.get(v.element) ?? []), v]);
  return {
    state, broken,
    bus: new Map(state.buses.map((b) => [b.node, b])),
    line: new Map(state.lines.map((l) => [l.id, l])),
    transformer: new Map(state.transformers.map((x) => [x.node, x])),
    sw: new Map(state.switches.map((s) => [s.id, s])),
    source: new Map(state.sources.map((s) => [s.source, s])),
    blind: !!state.problem,
  };
}

/** feedState is what a supply line does: one that may be counted on and has no voltage is lost. */
export function feedState(feed: Feed, seen: Seen): 'feeding' | 'ready' | 'lost' | 'out' {
  const s = seen.source.get(feed.source);
  if (s?.feeding) return 'feeding';
  if (!(s?.available ?? feed.available)) return 'out';
  return seen.blind || seen.bus.get(feed.bus)?.live ? 'ready' : 'lost';
}

const nbsp = '\u00a0';
const unit = (text: string, name: string) => text + nbsp + t('unit.' + name);

/** figure has three digits that count; nothing at all is 0. */
const figure = (x: number) => (Math.abs(x) < 0.005 ? '0' : decimal(x, Math.abs(x) < 9.95 ? 2 : 1));

export const mw = (x: number | undefined) => (x === undefined ? dash : unit(figure(x), 'MW'));
export const mvar = (x: number | undefined) => (x === undefined ? dash : unit(figure(x), 'Mvar'));
export const kv = (x: number | undefined) => (x === undefined ? dash : unit(decimal(x, x < 100 ? 2 : 1), 'kV'));
export const amperes = (x: number | undefined) => (x === undefined ? dash : unit(decimal(x, 0), 'A'));
export const pct = (x: number | undefined) => (x === undefined ? dash : decimal(x, x > 0.05 && x < 9.95 ? 1 : 0) + nbsp + '%');
export const signed = (n: number) => (n > 0 ? '+' : n < 0 ? '−' : '') + Math.abs(n);

/** amount is a value with the unit that the server names. */
export function amount(value: number, name: string): string {
  return name === '%' ? pct(value) : name === 'kV' ? kv(value) : name === 'A' ? amperes(value) : mw(value);
}

/** Stress is how near a limit something is: from 80 % on it is said, from 100 % on it is a fault. */
export type Stress = '' | 'near' | 'over';
export const stressOf = (percent: number): Stress => (percent >= 100 ? 'over' : percent >= 80 ? 'near' : '');

/** stressOfTransformer holds the worst winding against what is permitted at this temperature. */
export const stressOfTransformer = (x: TransformerState): Stress => stressOf(x.permit_pct > 0 ? (100 * x.loading_pct) / x.permit_pct : x.loading_pct);

/** thickness of a wire by the power in it: a millimetre or so for each doubling. */
export const thickness = (power: number): number => Math.min(9, 3 + 1.25 * Math.log2(1 + Math.abs(power) / 3));
