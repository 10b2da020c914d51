// Which rows can be seen: what nobody sees need not be drawn anew every second.
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';

const known = new WeakMap<Element, (seen: boolean) => void>();
const watch =
  'IntersectionObserver' in window
    ? new IntersectionObserver((all) => all.forEach((e) => known.get(e.target)?.(e.isIntersecting)), { rootMargin: '120px' })
    : null;

/** printing shows everything. */
const printing = signal(false);
window.addEventListener('beforeprint', () => (printing.value = true));
window.addEventListener('afterprint', () => (printing.value = false));

/** useSeen gives a ref for an element, and what a signal says while it can be seen: it stands still meanwhile, and is right again as soon as it comes into view. */
export function useSeen<T>(live: ReadonlySignal<T>): [{ current: HTMLTableRowElement | null }, ReadonlySignal<T>] {
  const ref = useRef<HTMLTableRowElement>(null);
  const [seen, shown] = useMemo(() => {
    const seen = signal(true);
    let last = live.peek();
    return [seen, computed(() => (seen.value || printing.value ? (last = live.value) : last))] as const;
  }, [live]);
  useEffect(() => {
    const row = ref.current;
    if (!row || !watch) return;
    known.set(row, (is) => (seen.value = is));
    watch.observe(row);
    return () => watch.unobserve(row);
  }, [seen]);
  return [ref, shown];
}
