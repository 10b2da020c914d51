// Orders as the server takes them: POST gives one, a second person approves it, and
// the balancer's answer comes with its report (acts.ts), never from here.
import { signal } from '@preact/signals';
import { askPerson, person } from '../person';
import type { Wish } from '../wish';

/** Order is what goes to the server. */
export interface Order extends Omit<Wish, 'order'> {
  reason: string;
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
}

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

/** Refusal is the server's no, with its words. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    text: string,
  ) {
    super(text);
  }
}

async function call<T>(path: string, body?: unknown): Promise<{ said: T; wall: number }> {
  const answer = await fetch(
    '/api/v1/' + path,
    body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) },
  );
  const said = await answer.json().catch(() => ({}));
  // The site's clock may be warped; how long a person may wait goes by the wall clock.
  if (answer.ok) return { said, wall: Date.parse(answer.headers.get('Date') ?? '') || Date.now() };
  if (answer.status === 401) void askPerson(); // the session has ended
  const places = (said.errors ?? []).map((e: { location: string; message: string }) => `${e.location}: ${e.message}`);
  throw new Refusal(answer.status, places.join('; ') || said.detail || String(answer.status));
}

export const give = async (o: Order): Promise<Given> => (await call<Given>('orders', o)).said;
export const approve = async (id: string): Promise<Given> => (await call<Given>(`orders/${encodeURIComponent(id)}/approve`, {})).said;
export const withdraw = async (id: string): Promise<Given> => (await call<Given>(`orders/${encodeURIComponent(id)}/withdraw`, {})).said;

/** confirmMyself gives the password again: orders are taken for five minutes. */
export async function confirmMyself(password: string): Promise<void> {
  await call('me/confirm', { password });
}

/** pending are the orders that wait for a second person, sent the youngest that were handed over; pendingFailure says why they are not known. */
export const pending = signal<Given[]>([]);
export const sent = signal<Given[]>([]);
export const pendingFailure = signal('');

export async function askPending(): Promise<void> {
  if (!person.peek()?.name) {
    pending.value = [];
    sent.value = [];
    pendingFailure.value = '';
    return;
  }
  try {
    const { said, wall } = await call<{ pending: Given[]; sent: Given[] }>('orders');
    pending.value = said.pending.map((o) => ({ ...o, left_s: o.lapses ? Math.max(0, (Date.parse(o.lapses) - wall) / 1000) : undefined }));
    if (JSON.stringify(sent.peek()) !== JSON.stringify(said.sent)) sent.value = said.sent;
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
  if (!person.peek()?.name) {
    journalFailure.value = { status: 401, text: '' };
    return;
  }
  try {
    const acts: Act[] = [];
    for (const kind of ['order.', 'control.']) acts.push(...(await call<{ records: Act[] }>(`audit?kind=${kind}&limit=${limit}`)).said.records);
    journal.value = acts.sort((a, b) => b.seq - a.seq).slice(0, limit);
    journalFailure.value = null;
  } catch (e) {
    journalFailure.value = { status: e instanceof Refusal ? e.status : 0, text: e instanceof Error ? e.message : String(e) };
  }
}
