// How the wires run between what has been placed.
import type { Coupler, Edge, Item } from './shapes';

export type Point = [x: number, y: number];

/** Wire is the drawn way of a line, a switch or a winding, from its upper or left end. */
export interface Wire {
  of: string;
  top: string; // key of the item where it begins
  bottom: string;
  points: Point[];
  /** mark is the middle of its leading stretch, number at: there stand arrows, switches, figures. */
  mark: Point;
  at: number;
  /** flat: it runs from left to right there. */
  flat: boolean;
}

export const ring = 15; // radius of a winding's circle

/** rings says where the circles of a transformer stand: HV above, MV on the side of its bus, LV on the other. */
export function rings(x: number, y: number, side: number): Point[] {
  return [[x, y - 12], [x + side * 11, y + 9], [x - side * 11, y + 9]];
}

const crown = 12 + ring; // from the middle of a transformer to its top

/** sideOf is the side on which the MV bus of a transformer stands: 1 to the right, -1 to the left. */
export function sideOf(t: Item, edges: Edge[]): number {
  const middle = edges.find((e) => e.from === t && e.of === `${t.key}:1`);
  const low = edges.find((e) => e.from === t && e.of === `${t.key}:2`);
  return middle && middle.to.x < (low?.to.x ?? t.x) ? -1 : 1;
}

export function routes(rows: Item[][], edges: Edge[], couplers: Coupler[], y: number[]): Wire[] {
  return [...edges.filter((e) => !isPassing(e.from)).map((e) => follow(e, edges, y)), ...couplers.map((c) => across(c, rows, y))];
}

/** pathOf is a polyline as SVG has it. */
export const pathOf = (points: Point[]): string => points.map(([x, y], i) => `${i ? 'L' : 'M'}${x} ${y}`).join('');

/** halvesOf cuts a wire at its mark. */
export function halvesOf({ points, mark, at }: Wire): [string, string] {
  return [pathOf([...points.slice(0, at + 1), mark]), pathOf([mark, ...points.slice(at + 1)])];
}

const isPassing = (i: Item) => !i.bus && !i.transformer;

/** follow draws one element from its upper end to its lower, through what it passes. */
function follow(first: Edge, edges: Edge[], y: number[]): Wire {
  const chain = [first.from, first.to];
  while (isPassing(chain.at(-1)!)) chain.push(edges.find((e) => e.from === chain.at(-1))!.to);
  const [top, bottom] = [chain[0]!, chain.at(-1)!];
  const points = begin(top, chain[1]!, first.of, edges, y);
  for (const to of chain.slice(1)) {
    const [x, from] = points.at(-1)!;
    const end = y[to.row]! - (to.transformer ? crown : 0);
    const goal = to.bar ? onBar(to, x) : isPassing(to) ? within(to, x) : to.x;
    if (Math.abs(goal - x) > 0.5) {
      const bend = Math.max((from + end) / 2 + 8, Math.min(end - 30, from + 20));
      points.push([x, bend], [goal, bend]);
    }
    points.push([goal, end]);
  }
  const merged = points.filter((p, i) => i === 0 || i === points.length - 1 || !(p[0] === points[i - 1]![0] && p[0] === points[i + 1]![0]));
  const [a, b] = [merged[0]!, merged[1]!];
  return { of: first.of, top: top.key, bottom: bottom.key, points: merged, mark: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], at: 0, flat: a[1] === b[1] };
}

/** begin is where a wire leaves the item above. */
function begin(top: Item, next: Item, of: string, edges: Edge[], y: number[]): Point[] {
  const at = y[top.row]!;
  if (!top.transformer) return [[onBar(top, next.x), at]];
  const side = sideOf(top, edges);
  const winding = Number(of.at(-1));
  const [cx, cy] = rings(top.x, at, side)[winding]!;
  if (winding !== 1) return [[cx, cy + ring]];
  const out = cx + side * ring;
  return [[out, cy], [onBar(next, out + side * 26), cy]];
}

/** within keeps a passing wire where it is if there is room for it. */
function within(item: Item, x: number): number {
  return Math.abs(item.x - x) <= item.width / 2 - 4 ? x : item.x;
}

/** onBar is the place on a bar nearest to x; a dot has but one. */
function onBar(item: Item, x: number): number {
  if (!item.bar) return item.x;
  const reach = item.width / 2 - 12;
  return Math.min(item.x + reach, Math.max(item.x - reach, x));
}

/** across joins two bars of a row: straight if they are neighbours, else over what stands between. */
function across(c: Coupler, rows: Item[][], y: number[]): Wire {
  const [a, b] = c.a.x < c.b.x ? [c.a, c.b] : [c.b, c.a];
  const row = rows[a.row]!;
  const at = y[a.row]!;
  const [x0, x1] = [a.x + (a.bar ? a.width / 2 : 0), b.x - (b.bar ? b.width / 2 : 0)];
  const wire = { of: c.of, top: a.key, bottom: b.key, flat: true };
  if (row.indexOf(b) - row.indexOf(a) === 1) return { ...wire, points: [[x0, at], [x1, at]], mark: [(x0 + x1) / 2, at], at: 0 };
  const over = at - 22;
  return { ...wire, points: [[x0 - 8, at], [x0 - 8, over], [x1 + 8, over], [x1 + 8, at]], mark: [(x0 + x1) / 2, over], at: 1 };
}
