// Which row everything stands in: rows follow each other by voltage, and within a
// voltage by how far they are from a sending end.
import type { Bus, Plan } from './plan';
import type { Coupler, Edge, Item, Manner } from './shapes';

const slot = 27;
const point = (m: Manner) => (m.folded ? 100 : 120); // a dot with its figures beside it
const trunk = 120; // a transformer likewise
const passing = 30;
const least = (m: Manner) => (m.folded ? 124 : 190); // a bar with its name beside what comes from above

export function ranks(plan: Plan, manner: Manner): { rows: Item[][]; edges: Edge[]; couplers: Coupler[] } {
  const bus = new Map(plan.buses.map((b) => [b.node, b]));
  const depth = depths(plan, bus);
  const levels = [...new Set(plan.buses.map((b) => level(b, depth)))].sort(byLevel);
  const byID = new Map<string, Item>();
  const rows: Item[][] = [];
  for (const l of levels) {
    const row = plan.buses.filter((b) => level(b, depth) === l).map((b) => itemOf(b, plan, rows.length, manner));
    row.forEach((i) => byID.set(i.key, i));
    rows.push(row);
    const fed = plan.transformers.filter((t) => row.some((i) => i.key === t.buses[0]));
    if (!fed.length) continue;
    rows.push(fed.map((t) => ({ key: 't:' + t.node, transformer: t, row: rows.length, width: trunk, x: 0, feeders: [] })));
    rows.at(-1)!.forEach((i) => byID.set(i.key, i));
  }
  const edges: Edge[] = [];
  const couplers: Coupler[] = [];
  const join = (a: Item | undefined, b: Item | undefined, of: string) => {
    if (!a || !b) return;
    if (a.row === b.row) couplers.push({ of, a, b });
    else chain(rows, edges, a, b, of);
  };
  for (const l of plan.lines) join(byID.get(l.from), byID.get(l.to), 'line:' + l.id);
  for (const t of plan.transformers) {
    const item = byID.get('t:' + t.node);
    t.buses.forEach((b, w) => b && join(item, byID.get(b), `t:${t.node}:${w}`));
  }
  for (const s of plan.switches) join(byID.get(s.a), byID.get(s.b), 'switch:' + s.id);
  widen(rows, edges);
  return { rows, edges, couplers };
}

const level = (b: Bus, depth: Map<string, number>) => `${b.kv}/${depth.get(b.node)}`;

function byLevel(a: string, b: string): number {
  const [kv1 = 0, d1 = 0] = a.split('/').map(Number);
  const [kv2 = 0, d2 = 0] = b.split('/').map(Number);
  return kv2 - kv1 || d1 - d2;
}

/** depths counts the elements between a bus and the nearest sending end. A switch between two sections is none: they stand side by side. */
function depths(plan: Plan, bus: Map<string, Bus>): Map<string, number> {
  const depth = new Map(plan.buses.map((b) => [b.node, plan.sources.some((f) => f.bus === b.node) ? 0 : 99]));
  const steps = [
    ...plan.lines.map((l) => [l.from, l.to, 1] as const),
    ...plan.switches.map((s) => [s.a, s.b, bus.get(s.a)?.kind === bus.get(s.b)?.kind ? 0 : 1] as const),
    ...plan.transformers.flatMap((t) => [[t.buses[0], t.buses[1], 1] as const, [t.buses[0], t.buses[2], 1] as const]),
  ];
  for (let moved = true; moved; ) {
    moved = false;
    for (const [a, b, n] of steps)
      for (const [from, to] of [[a, b], [b, a]] as const) {
        const d = (depth.get(from) ?? 99) + n;
        if (depth.has(to) && d < depth.get(to)!) {
          depth.set(to, d);
          moved = true;
        }
      }
  }
  return depth;
}

function itemOf(b: Bus, plan: Plan, row: number, manner: Manner): Item {
  const bar = b.kind !== 'source' && b.kind !== 'input';
  const feeders = bar ? plan.feeders.filter((f) => f.bus === b.node) : [];
  const room = manner.folded ? 0 : feeders.length * slot + 24;
  return { key: b.node, bus: b, feeders, bar, row, width: bar ? Math.max(least(manner), room) : point(manner), x: 0 };
}

/** chain leads an edge through the rows that it crosses, one passing item in each. */
function chain(rows: Item[][], edges: Edge[], a: Item, b: Item, of: string): void {
  const [top, bottom] = a.row <= b.row ? [a, b] : [b, a];
  let from = top;
  for (let r = top.row + 1; r < bottom.row; r++) {
    const pass: Item = { key: `${of}/${r}`, row: r, width: passing, x: 0, feeders: [] };
    rows[r]!.push(pass);
    edges.push({ from, to: pass, of });
    from = pass;
  }
  edges.push({ from, to: bottom, of });
}

/** widen makes a bar as wide as what hangs on it from above. */
function widen(rows: Item[][], edges: Edge[]): void {
  for (const item of rows.flat()) {
    if (!item.bar) continue;
    for (const side of ['from', 'to'] as const) {
      const other = side === 'from' ? 'to' : 'from';
      const sum = edges.filter((e) => e[side] === item && !e[other].bar).reduce((s, e) => s + (e[other].transformer ? 60 : e[other].width), 0);
      item.width = Math.max(item.width, sum);
    }
  }
}
