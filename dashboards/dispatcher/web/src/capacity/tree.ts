// Trees of nodes as lists, each node before those that it feeds. Most nodes of a network
// say nothing of their own about capacity: a bus passes on, a feeder has one resident.

/** Branch is a node that is shown, and how many of those that feed it are. */
export interface Branch<T> {
  n: T;
  depth: number;
}

/** branches are the nodes that matter, set in below those of their ancestors that do. */
export function branches<T extends { depth?: number }>(nodes: T[], matters: (n: T) => boolean): Branch<T>[] {
  const path: number[] = []; // depths of the shown ancestors
  const list: Branch<T>[] = [];
  for (const n of nodes) {
    const depth = n.depth ?? 0;
    while (path.length && path[path.length - 1]! >= depth) path.pop();
    if (!matters(n)) continue;
    list.push({ n, depth: path.length });
    path.push(depth);
  }
  return list;
}
