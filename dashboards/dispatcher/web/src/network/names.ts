// What people call the elements of the network.
import { plan } from './plan';
import { computed } from '@preact/signals';

/** elementName is what people call an element. */
export function elementName(id: string): string {
  return names.value.get(id) ?? id;
}

const names = computed(() => {
  const p = plan.value;
  if (!p) return new Map<string, string>();
  return new Map([
    ...p.feeders.map((f) => [f.node, f.name] as const),
    ...p.buses.map((b) => [b.node, b.name] as const),
    ...p.transformers.map((t) => [t.node, t.name] as const),
    ...p.transfers.map((x) => [x.id, x.name] as const),
    ...p.switches.map((s) => [s.id, s.name] as const),
    ...p.lines.map((l) => [l.id, l.name] as const),
    ...p.sources.map((s) => [s.source, s.name] as const),
  ]);
});
