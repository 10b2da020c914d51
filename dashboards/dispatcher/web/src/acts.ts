// What the balancer does and would do, by its own report: one signal per row, so
// that a second in which a number moves patches that number.
import { signal, type Signal } from '@preact/signals';
import type { Actuator, Advice, Answered, Control, ControlChange, ControlHead, Override, Proposal, Share } from './types';

/** Live is a row of a list whose members stay while their numbers move. */
export interface Live<T> {
  readonly id: string;
  readonly now: Signal<T>;
}

/** head is null until the balancer has reported. */
export const head = signal<ControlHead | null>(null);
export const actuators = signal<Live<Actuator>[]>([]);
export const shares = signal<Live<Share>[]>([]);
export const proposals = signal<Proposal[]>([]);
export const advice = signal<Advice[]>([]);
export const overrides = signal<Override[]>([]);
export const answers = signal<Answered[]>([]);

/** takeControl replaces everything, keeping the rows that are still there. */
export function takeControl(c: Control | undefined): void {
  head.value = c ?? null;
  merge(actuators, c?.actuators ?? [], (a) => a.id);
  merge(shares, c?.shares ?? [], (h) => h.resident);
  proposals.value = c?.proposals ?? [];
  advice.value = c?.advice ?? [];
  overrides.value = c?.overrides ?? [];
  answers.value = c?.orders ?? [];
}

/** takeChange patches the rows that differ. */
export function takeChange({ actuators: moved = [], shares: changed = [], ...rest }: ControlChange): void {
  head.value = { ready: head.peek()?.ready, ...rest }; // the list is told when it changes
  patch(actuators, moved, (a) => a.id);
  patch(shares, changed, (h) => h.resident);
}

function merge<T>(list: Signal<Live<T>[]>, next: T[], id: (v: T) => string): void {
  const known = new Map(list.peek().map((r) => [r.id, r]));
  const before = list.peek();
  const rows = next.map((v) => {
    const row = known.get(id(v));
    if (!row) return { id: id(v), now: signal(v) };
    row.now.value = v;
    return row;
  });
  if (rows.length !== before.length || rows.some((r, i) => r !== before[i])) list.value = rows;
}

function patch<T>(list: Signal<Live<T>[]>, changed: T[], id: (v: T) => string): void {
  for (const v of changed) {
    const row = list.peek().find((r) => r.id === id(v));
    if (row) row.now.value = v;
  }
}

/** actuatorOf is an actuator by its id, as it was last told. */
export const actuatorOf = (id: string | undefined): Actuator | undefined => actuators.value.find((r) => r.id === id)?.now.value;
