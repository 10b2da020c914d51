// How far to the right everything stands: as near as can be to what it hangs on,
// without touching its neighbours.
import type { Coupler, Edge, Item } from './shapes';

const margin = 14;
const gap = 14;

/** place gives each item its x and returns the width of the whole. */
export function place(rows: Item[][], edges: Edge[], couplers: Coupler[], folded: boolean): number {
  const switchGap = folded ? 58 : 74; // a section switch stands between two bars
  const apart = (a: Item, b: Item) =>
    (a.width + b.width) / 2 + (couplers.some((c) => (c.a === a && c.b === b) || (c.a === b && c.b === a)) ? switchGap : gap);
  for (const row of rows) row.forEach((item, i) => (item.x = i ? row[i - 1]!.x + apart(row[i - 1]!, item) : item.width / 2));
  const middle = Math.max(...rows.map((r) => r.at(-1)!.x)) / 2;
  for (const row of rows) {
    const shift = middle - (row[0]!.x + row.at(-1)!.x) / 2;
    row.forEach((i) => (i.x += shift));
  }
  const hangs = new Map(rows.flat().map((i) => [i, edges.filter((e) => e.from === i || e.to === i).map((e) => (e.from === i ? e.to : e.from))]));
  for (let pass = 0; pass < 80; pass++) {
    const list = pass % 2 ? [...rows].reverse() : rows;
    for (const row of list) settle(row, row.map((i) => wish(i, hangs.get(i)!)), apart);
  }
  const left = Math.min(...rows.flat().map((i) => i.x - i.width / 2)) - margin;
  rows.flat().forEach((i) => (i.x -= left));
  return Math.max(...rows.flat().map((i) => i.x + i.width / 2)) + margin;
}

/** wish is where an item would like to stand. Anywhere on a bar is good, its middle a little better. */
function wish(item: Item, others: Item[]): { at: number; weight: number } {
  if (!others.length) return { at: item.x, weight: 0.01 };
  let sum = 0;
  let weight = 0;
  for (const o of others) {
    const reach = Math.max(0, (item.bar ? item.width : o.bar ? o.width : 0) / 2 - 14);
    sum += Math.min(o.x + reach, Math.max(o.x - reach, item.x)) + 0.2 * o.x;
    weight += 1.2;
  }
  return { at: sum / weight, weight };
}

/** settle moves a row to its wishes with the least sum of squares that keeps order and distance (pooling of neighbours that push each other). */
function settle(row: Item[], wishes: { at: number; weight: number }[], apart: (a: Item, b: Item) => number): void {
  const offset: number[] = [0];
  for (let i = 1; i < row.length; i++) offset.push(offset[i - 1]! + apart(row[i - 1]!, row[i]!));
  const blocks: { at: number; weight: number; n: number }[] = [];
  wishes.forEach((w, i) => {
    let block = { at: w.at - offset[i]!, weight: w.weight, n: 1 };
    for (let last = blocks.at(-1); last && last.at > block.at; last = blocks.at(-1)) {
      blocks.pop();
      const weight = last.weight + block.weight;
      block = { at: (last.at * last.weight + block.at * block.weight) / weight, weight, n: last.n + block.n };
    }
    blocks.push(block);
  });
  let i = 0;
  for (const b of blocks) for (let n = 0; n < b.n; n++, i++) row[i]!.x = b.at + offset[i]!;
}
