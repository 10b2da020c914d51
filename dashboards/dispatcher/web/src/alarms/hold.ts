// The order of the strip. No row moves under the pointer: what is answered must be what
// was read.
import { computed, signal } from '@preact/signals';
import { priorities, shown, type Alarm } from './data';

const settle = 5000;
const rank = (a: Alarm) => (a.unacked ? 0 : 10) + priorities.indexOf(a.priority);
const since = (a: Alarm) => Date.parse(a.since ?? '') || 0;

/** wanted is what waits for an answer, by priority and the newest first, then what has been answered and is still so. */
const wanted = computed(() => [...shown.value].sort((a, b) => rank(a) - rank(b) || since(b) - since(a)));

const held = signal<Alarm[] | null>(null);

/** steady is what the strip shows: while it is held, the same alarms in the same places. */
export const steady = computed(() => held.value?.map((old) => shown.value.find((a) => a.id === old.id) ?? over(old)) ?? wanted.value);

/** fresh is how many alarms have come while the strip was held. */
export const fresh = computed(() => {
  const known = new Set((held.value ?? wanted.value).map((a) => a.id));
  return wanted.value.filter((a) => !known.has(a.id)).length;
});

const over = (a: Alarm): Alarm => ({ ...a, active: false, unacked: false, state: 'normal' });

let inside = false;
let timer: number | undefined;

/** enter and leave tell where the pointer is. Without it the strip is let go after five seconds. */
export function enter(): void {
  inside = true;
  held.value ??= wanted.peek();
}

export function leave(): void {
  inside = false;
  wait();
}

/** touch is a key or the focus: it holds the strip as long as it takes to act, and no longer, so that what is new is not kept back. */
export function touch(): void {
  held.value ??= wanted.peek();
  wait();
}

/** renew shows what is new at once, because it was asked for. */
export function renew(): void {
  held.value = inside ? wanted.peek() : null;
}

function wait(): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    if (!inside) held.value = null;
  }, settle);
}
