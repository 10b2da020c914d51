// Orders as the server takes them: POST gives one, a second person approves it, and
// the balancer's answer comes with its report (acts.ts), never from here.
import { signal } from '@preact/signals';
import { reworded } from '../said';
import { askWhoIAm, me, Refusal, send } from '../me';
import type { Wish } from '../wish';

/** Order is what goes to the server. */
export interface Order extends Omit<Wish, 'order'> {
  reason: string;
  /** number and from are those of the instruction on which it rests. */
  number?: string;
  from?: string;
  /** select is the selection that is executed, code the feeder's number as it was typed. */
  select?: string;
  code?: string;
  expires?: string;
  power_w?: number;
}

/** Given is an order as the server has it. */
export interface Given extends Order {
  id: string;
  at: string;
  state: 'pending' | 'sent';
  by: { user: string; role: string; at: string }[];
  persons: number;
  /** lapses is when it is too late for a second person, by the server's wall clock. */
  lapses?: string;
  /** left_s is how many seconds there were until then when the list came. */
  left_s?: number;
  /** to_type is the number that the second person types. */
  to_type?: string;
  /** feedback is what has become of one that was sent. */
  feedback?: 'asked' | 'accepted' | 'refused' | 'done' | 'undone' | 'unconfirmed';
}

/** Interlock is one thing that may stand in the way. */
export interface Interlock {
  name: string;
  state: 'clear' | 'warns' | 'blocks';
  text?: string;
}

/** Selection is the first step's answer; without an id something blocks, and nothing is selected. */
export interface Selection {
  id?: string;
  left_s?: number;
  object: string;
  code?: string;
  persons: number;
  now?: string;
  want?: string;
  effect_w?: number;
  draws_w?: number;
  floor_w?: number;
  leaves_w?: number;
  interlocks: Interlock[];
}

/** Selected is an object that somebody has selected. */
export interface Selected {
  object: string;
  kind: string;
  by: string;
  left_s: number;
}

/** oneStep are the orders that only stop something, or decline: nothing is selected for them. */
const oneStep = ['kill', 'disarm', 'reject', 'approve'];
export const selects = (kind: string): boolean => !oneStep.includes(kind);

/** names are the persons who stand for an order. */
export const names = (o: Given): string => o.by.map((a) => a.user).join(', ');

/** Act is an entry of the audit. */
export interface Act {
  seq: number;
  at: string;
  actor: string;
  role?: string;
  kind: string;
  subject?: string;
  text?: string;
}

/** post sends; after a 401 it finds out whether the session is over. */
async function post<T>(path: string, body: unknown): Promise<T> {
  try {
    return await send('/api/v1/' + path, body);
  } catch (e) {
    if (e instanceof Refusal && e.status === 401) void askWhoIAm();
    throw e;
  }
}

/** ask gets, and with it the server's wall clock: the site's may be warped, and how long a person may wait goes by the wall. */
async function ask<T>(path: string): Promise<{ said: T; wall: number }> {
  const answer = await fetch('/api/v1/' + path);
  const said = await answer.json();
  if (!answer.ok) throw new Refusal(answer.status, 0, reworded(said.detail) || String(answer.status));
  return { said, wall: Date.parse(answer.headers.get('Date') ?? '') || Date.now() };
}

export const give = (o: Order): Promise<Given> => post('orders', o);
export const approve = (id: string, code?: string): Promise<Given> => post(`orders/${encodeURIComponent(id)}/approve`, { code });
/** select keeps the object of an order for this browser, and says what stands in the way. */
export const select = ({ reason: _, number: __, from: ___, ...content }: Order): Promise<Selection> => post('selections', content);
/** deselect lets it go; one that is over is gone all the same. */
export const deselect = (id: string): Promise<unknown> => post(`selections/${encodeURIComponent(id)}/cancel`, {}).catch(() => undefined);
export const withdraw = (id: string): Promise<Given> => post(`orders/${encodeURIComponent(id)}/withdraw`, {});

/** confirmMyself gives the password again: orders are taken for five minutes. */
export async function confirmMyself(password: string): Promise<void> {
  await post('me/confirm', { password });
}

/** pending are the orders that wait for a second person, sent the youngest that were handed over; pendingFailure says why they are not known. */
export const pending = signal<Given[]>([]);
export const sent = signal<Given[]>([]);
/** selected are the objects that nobody else can select now. */
export const selected = signal<Selected[]>([]);
export const pendingFailure = signal('');

export async function askPending(): Promise<void> {
  if (!me.peek().name) {
    pending.value = [];
    sent.value = [];
    selected.value = [];
    pendingFailure.value = '';
    return;
  }
  try {
    const { said, wall } = await ask<{ pending: Given[]; sent: Given[]; selected: Selected[] }>('orders');
    pending.value = said.pending.map((o) => ({ ...o, left_s: o.lapses ? Math.max(0, (Date.parse(o.lapses) - wall) / 1000) : undefined }));
    if (JSON.stringify(sent.peek()) !== JSON.stringify(said.sent)) sent.value = said.sent;
    selected.value = said.selected;
    pendingFailure.value = '';
  } catch (e) {
    pending.value = [];
    pendingFailure.value = e instanceof Error ? e.message : String(e);
  }
}

/** journal is the youngest decisions, newest first. */
export const journal = signal<Act[] | null>(null);
export const journalFailure = signal<{ status: number; text: string } | null>(null);

/** askJournal asks what persons have ordered and what the balancer has decided. */
export async function askJournal(limit: number): Promise<void> {
  if (!me.peek().name) {
    journalFailure.value = { status: 401, text: '' };
    return;
  }
  try {
    const acts: Act[] = [];
    for (const kind of ['order.', 'control.']) acts.push(...(await ask<{ records: Act[] }>(`journal?kind=${kind}&limit=${limit}`)).said.records);
    journal.value = acts.sort((a, b) => b.seq - a.seq).slice(0, limit);
    journalFailure.value = null;
  } catch (e) {
    journalFailure.value = { status: e instanceof Refusal ? e.status : 0, text: e instanceof Error ? e.message : String(e) };
  }
}
