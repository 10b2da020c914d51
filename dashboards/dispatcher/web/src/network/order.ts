// In which order things stand in their rows: as few crossings as can be had, and
// sections that a switch joins beside each other.
import type { Coupler, Edge, Item } from './shapes';

/** order sorts each row in place. The networks of one site are small: every change is weighed in full. */
export function order(rows: Item[][], edges: Edge[], couplers: Coupler[]): void {
  for (let sweep = 0; sweep < 4; sweep++) {
    for (const row of rows.slice(1)) sortBy(row, rows, edges, 'from');
    for (const row of rows.slice(0, -1).reverse()) sortBy(row, rows, edges, 'to');
  }
  let best = cost(rows, edges, couplers);
  for (let better = true; better; ) {
    better = false;
    for (const row of rows)
      for (let i = 0; i + 1 < row.length; i++) {
        swap(row, i);
        const now = cost(rows, edges, couplers);
        if (now < best) {
          best = now;
          better = true;
        } else swap(row, i);
      }
  }
}

function swap(row: Item[], i: number): void {
  [row[i], row[i + 1]] = [row[i + 1]!, row[i]!];
}

/** sortBy orders a row by the mean place of what its members hang on; what hangs on nothing stays. */
function sortBy(row: Item[], rows: Item[][], edges: Edge[], side: 'from' | 'to'): void {
  const own = side === 'from' ? 'to' : 'from';
  const at = new Map(row.map((item, i) => {
    const places = edges.filter((e) => e[own] === item).map((e) => (rows[e[side].row]!.indexOf(e[side]) + 0.5) / rows[e[side].row]!.length);
    return [item, places.length ? places.reduce((a, b) => a + b, 0) / places.length : (i + 0.5) / row.length];
  }));
  row.sort((a, b) => at.get(a)! - at.get(b)!);
}

function cost(rows: Item[][], edges: Edge[], couplers: Coupler[]): number {
  const at = new Map(rows.flatMap((row) => row.map((item, i) => [item, i] as const)));
  let sum = 0;
  edges.forEach((e, i) => {
    for (const f of edges.slice(i + 1)) {
      if (e.from.row === f.from.row && (at.get(e.from)! - at.get(f.from)!) * (at.get(e.to)! - at.get(f.to)!) < 0) sum += 4;
    }
  });
  for (const c of couplers) sum += Math.abs(at.get(c.a)! - at.get(c.b)!) - 1;
  return sum;
}
