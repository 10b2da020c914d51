// Where names and figures stand: each label has some places to choose from, and takes
// the one where it covers least of wires, signs and other labels. A label's size is
// taken as the longest that it will be, so that no new figure moves it.
import type { Item, Manner } from './shapes';
import { ring, type Wire } from './route';

export interface Label {
  x: number;
  y: number;
  end: boolean;
  middle?: boolean;
  /** from and to are how far it reaches. */
  from: number;
  to: number;
}

interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** Wanted is a label before it is placed. */
interface Wanted {
  key: string;
  width: number;
  lines: number;
  /** places are upper left corners of its box, the best first; end: it is written towards its right side. */
  places: { x: number; y: number; end?: boolean; middle?: boolean }[];
}

const step = 14;
const letter = 6.4;

/** labels places all labels of a layout. Those of figures have room for so many lines. */
export function labels(items: Item[], rows: number[], wires: Wire[], sides: Map<string, number>, taken: Box[], { figures: lines, folded }: Manner): Map<string, Label> {
  const boxes = [...taken, ...wires.flatMap(boxesOf), ...items.flatMap((i) => signOf(i, rows))];
  const placed = new Map<string, Label>();
  const wanted = [
    ...items.filter((i) => i.transformer).map((i) => ofTransformer(i, rows[i.row]!, sides.get(i.transformer!.node) ?? 1, lines + 2)),
    ...items.filter((i) => i.bar).map((i) => ofBar(i, rows[i.row]!, folded)),
    ...wires.filter((w) => w.of.startsWith('line:')).map((w) => beside(w.of, w, 74, lines)),
    ...items.filter((i) => i.bus && !i.bar).map((i) => ofDot(i, rows[i.row]!)),
    ...wires.filter((w) => w.of.startsWith('switch:')).map((w) => (w.flat ? above(w) : beside(w.of, w, 86, 1))),
    ...wires.filter((w) => /^t:.*:[12]$/.test(w.of)).map((w) => beside(w.of, lowest(w), 58, 1)),
  ];
  for (const w of wanted) {
    let best = Infinity;
    for (const [rank, p] of w.places.entries()) {
      const box = { x0: p.x, y0: p.y, x1: p.x + w.width, y1: p.y + w.lines * step };
      const cost = boxes.reduce((sum, b) => sum + overlap(box, b), 0) + rank * 4;
      if (cost >= best) continue;
      best = cost;
      placed.set(w.key, { x: p.end ? box.x1 : p.middle ? (box.x0 + box.x1) / 2 : box.x0, y: p.y + 11, end: !!p.end, middle: p.middle, from: box.x0, to: box.x1 });
    }
    const { y, from, to } = placed.get(w.key)!;
    boxes.push({ x0: from, y0: y - 11, x1: to, y1: y - 11 + w.lines * step });
  }
  return placed;
}

function overlap(a: Box, b: Box): number {
  const w = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const h = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  return w > 0 && h > 0 ? 40 + w * h : 0;
}

/** boxesOf are the stretches of a wire with its thickness, and its mark. */
function boxesOf(w: Wire): Box[] {
  const list = w.points.slice(1).map(([x, y], i) => {
    const [px, py] = w.points[i]!;
    return { x0: Math.min(px, x) - 5, x1: Math.max(px, x) + 5, y0: Math.min(py, y) - 5, y1: Math.max(py, y) + 5 };
  });
  if (w.of.startsWith('switch:')) list.push({ x0: w.mark[0] - 11, x1: w.mark[0] + 11, y0: w.mark[1] - 11, y1: w.mark[1] + 11 });
  return list;
}

function signOf(i: Item, rows: number[]): Box[] {
  const at = rows[i.row]!;
  if (i.transformer) return [{ x0: i.x - 28, x1: i.x + 28, y0: at - 12 - ring, y1: at + 9 + ring }];
  if (i.bar) return [{ x0: i.x - i.width / 2, x1: i.x + i.width / 2, y0: at - 5, y1: at + 5 }];
  if (i.bus?.kind === 'source') return [{ x0: i.x - 13, x1: i.x + 120, y0: at - 32, y1: at + 26 }];
  return i.bus ? [{ x0: i.x - 6, x1: i.x + 6, y0: at - 6, y1: at + 6 }] : [];
}

/** ofBar has room for what is measured too, unless there is little. */
function ofBar(i: Item, y: number, folded: boolean): Wanted {
  const width = Math.max(folded ? 70 : 142, i.bus!.name.length * letter - (folded ? 8 : 0));
  const [left, right] = [i.x - i.width / 2, i.x + i.width / 2];
  const inside = [0.15, 0.3, 0.5, 0.7, 0.85].map((part) => ({ x: left + (i.width - width) * part, y: y - 37 }));
  const over = [{ x: left, y: y - 37 }, { x: right - width, y: y - 37, end: true }, ...(i.width > width ? inside : [])];
  const under = i.feeders.length ? [] : [{ x: left, y: y + 8 }, { x: right - width, y: y + 8, end: true }];
  const outside = [{ x: left - width - 8, y: y - 14, end: true }, { x: right + 8, y: y - 14 }];
  return { key: i.key, width, lines: 2, places: [...over, ...under, ...outside] };
}

function ofDot(i: Item, y: number): Wanted {
  return { key: i.key, width: 92, lines: 1, places: [{ x: i.x + 12, y: y - 7 }, { x: i.x - 104, y: y - 7, end: true }] };
}

function ofTransformer(i: Item, y: number, side: number, lines: number): Wanted {
  const right = { x: i.x + 34, y: y - 34 };
  const left = { x: i.x - 34 - 78, y: y - 34, end: true };
  return { key: i.key, width: 78, lines, places: side > 0 ? [left, right] : [right, left] };
}

function beside(key: string, w: Pick<Wire, 'mark'>, width: number, lines: number): Wanted {
  const [x, y] = w.mark;
  const top = y - (lines * step) / 2;
  return { key, width, lines, places: [{ x: x + 14, y: top }, { x: x - 14 - width, y: top, end: true }, { x: x + 14, y: top - 12 }, { x: x - 14 - width, y: top + 12, end: true }] };
}

function above(w: Wire): Wanted {
  const [x, y] = w.mark;
  return { key: w.of, width: 64, lines: 1, places: [{ x: x - 32, y: y - 27, middle: true }, { x: x - 32, y: y + 12, middle: true }] };
}

/** lowest takes the last upright stretch of a winding's wire. */
function lowest(w: Wire): Pick<Wire, 'mark'> {
  const [a, b] = [w.points.at(-2)!, w.points.at(-1)!];
  return { mark: [b[0], a[1] + (b[1] - a[1] > 90 ? 24 : 14)] };
}

