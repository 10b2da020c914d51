// Where everything stands, from the topology alone: voltage levels from the top down,
// sending ends first. Pure; the same plan gives the same places. The layers are those
// of Sugiyama, Tagawa and Toda (1981): rank, order, place.
import type { Feeder, Plan } from './plan';
import { labels, type Label } from './labels';
import { order } from './order';
import { place } from './place';
import { ranks } from './rank';
import { routes, sideOf, type Wire } from './route';
import type { Edge, Item, Manner } from './shapes';

/** Stub is an outgoing feeder, or all of a bar as one. */
export interface Stub {
  bus: string;
  feeders: Feeder[];
  x: number;
  y: number;
}

export interface Layout extends Pick<Manner, 'folded'> {
  /** left is where the picture begins: names may reach beyond what they belong to. */
  left: number;
  width: number;
  height: number;
  items: Item[];
  y: number[];
  stubs: Stub[];
  wires: Wire[];
  /** sides tells to which side of a transformer its MV bus stands, 1 to the right. */
  sides: Map<string, number>;
  labels: Map<string, Label>;
}

export const stubHeight = 116;
const foldedHeight = 44;

export function layout(plan: Plan, manner: Manner): Layout {
  const { rows, edges, couplers } = ranks(plan, manner);
  order(rows, edges, couplers);
  const natural = place(rows, edges, couplers, manner.folded);
  const stretch = Math.max(1, Math.min(1.6, manner.width / natural));
  for (const item of rows.flat()) {
    item.x *= stretch;
    if (item.bar) item.width *= stretch;
  }
  const y = heights(rows, edges, manner);
  const items = rows.flat();
  const wires = routes(rows, edges, couplers, y);
  const sides = new Map(items.filter((i) => i.transformer).map((i) => [i.transformer!.node, sideOf(i, edges)]));
  const stubs = items.flatMap((i) => stubsOf(i, y[i.row]!, wires, manner));
  const taken = stubs.map((s) => ({ x0: s.x - (manner.folded ? 55 : 8), x1: s.x + (manner.folded ? 55 : 9), y0: s.y + 4, y1: s.y + depth(manner) }));
  const last = Math.max(...items.map((i) => y[i.row]! + (i.feeders.length ? depth(manner) : 30)));
  const placed = labels(items, y, wires, sides, taken, manner);
  const left = Math.min(0, ...[...placed.values()].map((l) => l.from - 6));
  const right = Math.max(natural * stretch, ...[...placed.values()].map((l) => l.to + 6));
  return { folded: manner.folded, left, width: right - left, height: last + 8, items, y, stubs, wires, sides, labels: placed };
}

const depth = (m: Manner) => (m.folded ? foldedHeight : stubHeight);

/** heights puts each row as far below the one above it as what stands between them needs. */
function heights(rows: Item[][], edges: Edge[], manner: Manner): number[] {
  const y: number[] = [];
  rows.forEach((row, r) => {
    if (r === 0) return y.push(40);
    const between = edges.filter((e) => e.to.row === r);
    const hang = rows[r - 1]!.some((i) => i.feeders.length) ? depth(manner) + 38 : 0;
    let gap = 34;
    if (between.some((e) => e.of.startsWith('line:'))) gap = Math.max(70, 26 + 16 * manner.figures);
    else if (row.some((i) => i.transformer)) gap = 54;
    else if (rows[r - 1]!.some((i) => i.transformer)) gap = 78;
    else if (between.some((e) => e.of.startsWith('switch:'))) gap = 58;
    return y.push(y[r - 1]! + Math.max(gap, hang));
  });
  return y;
}

/** stubsOf spreads a bar's feeders under it, clear of what else goes down from there. */
function stubsOf(item: Item, y: number, wires: Wire[], manner: Manner): Stub[] {
  const { feeders } = item;
  if (!feeders.length) return [];
  const bus = item.bus!.node;
  if (manner.folded) return [{ bus, feeders, x: item.x, y }];
  const downs = wires.filter((w) => w.top === item.key && !w.flat).map((w) => w.points[0]![0]);
  const left = item.x - item.width / 2 + 12;
  const step = (item.width - 24) / Math.max(1, feeders.length + downs.length);
  const places = Array.from({ length: feeders.length + downs.length }, (_, i) => left + step * (i + 0.5));
  for (const d of downs) places.splice(places.reduce((best, p, i) => (Math.abs(p - d) < Math.abs(places[best]! - d) ? i : best), 0), 1);
  return feeders.map((f, i) => ({ bus, feeders: [f], x: places[i]!, y }));
}
