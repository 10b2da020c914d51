// What the page of residents asks of the server, and what it knows of the answers. The
// token is in a cookie that no script can read: here is only whether it opens.
import { signal } from '@preact/signals';

export interface Now {
  time: string;
  time_zone: string;
  demo: boolean;
  resident: { id: string; name: string; trade: string };
  token: { id: string; name?: string; expires?: string };
  power_w?: number;
  partial?: boolean;
  load_pct?: number;
  at?: string;
  quality: string;
  freshness: Freshness;
  stale_after_s: number;
  silent_after_s: number;
  block: { start: string; end: string; mean_w?: number; minutes: number; passed: number };
  quarter?: Span;
  allowed_w: number;
  armour?: { technological_w: number; emergency_w: number };
  conditions: { power_w: number; non_firm_w?: number; document?: string; from?: string; to?: string }[];
  points: Point[];
}

export type Freshness = 'fresh' | 'suspect' | 'stale' | 'silent';

export interface Point {
  id: string;
  name: string;
  medium: string;
  channels: string[];
  meter?: string;
  power_w?: number;
  at?: string;
  quality: string;
  freshness: Freshness;
}

export interface Span {
  start: string;
  end: string;
  energy_wh?: number;
  known_part?: number;
  mean_w?: number;
  known: number;
  expected: number;
  grade: string;
  worst: string;
  recorded_at?: string;
}

export interface Spans {
  from: string;
  to: string;
  declared?: { from: string; power_w: number }[];
  intervals: Span[];
}

export interface Peak {
  power_w: number;
  start: string;
  end: string;
}

export interface Month {
  from: string;
  to: string;
  energy_wh?: number;
  known_wh: number;
  missing: number;
  stood_in: number;
  declared_w?: number;
  maxima: { minutes: number; block?: Peak; sliding?: Peak; unbilled?: Peak }[];
  load_factor?: number;
  use_hours?: number;
  tan_phi?: number;
  zones?: { zone: string; energy_wh: number; share: number }[];
}

/** Refused is an answer that is none: its status, what kind of refusal it is, and what the server says. */
export class Refused extends Error {
  constructor(readonly status: number, readonly kind: string, detail: string) {
    super(detail);
  }
}

/** door is open, shut, or not known yet; why is what has shut it. */
export const door = signal<'asking' | 'open' | 'shut'>('asking');
export const why = signal<Error | null>(null);
/** lost is since when the server does not answer, in ms of this clock; null while it does. */
export const lost = signal<number | null>(null);
export const now = signal<Now | null>(null);
/** ahead is by how much the server's clock is ahead of this one, in ms. */
export const ahead = signal(0);
/** tick moves once a second, for ages. */
export const tick = signal(0);

async function call<T>(path: string, body?: unknown): Promise<T> {
  const answer = await fetch('/api/v1/own/' + path, body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, String(said.type ?? ''), String(said.detail ?? answer.statusText));
  return said as T;
}

/** ask asks one of the resident's own questions; a token that does not open shuts the page. */
export async function ask<T>(path: string): Promise<T> {
  try {
    return await call<T>(path);
  } catch (e) {
    if (e instanceof Refused && (e.status === 401 || e.status === 403 || e.status === 404)) shut(e);
    throw e;
  }
}

function shut(reason: Refused): void {
  if (door.peek() === 'open') why.value = reason; // who has just come is asked, not told off
  door.value = 'shut';
  now.value = null;
}

/** look asks for the present state. */
export async function look(): Promise<void> {
  const before = Date.now();
  try {
    const seen = await ask<Now>('now');
    ahead.value = Date.parse(seen.time) - (before + Date.now()) / 2;
    now.value = seen;
    door.value = 'open';
    lost.value = null;
  } catch (e) {
    const busy = e instanceof Refused && e.status === 429;
    if (door.peek() !== 'shut' && !busy) lost.value ??= Date.now();
  }
}

/** enter gives the token for the cookie; what the server says against it is shown. */
export async function enter(token: string): Promise<void> {
  try {
    await call('session', { token });
    why.value = null;
    await look();
  } catch (e) {
    door.value = 'shut';
    why.value = e instanceof Error ? e : new Error(String(e));
  }
}

export async function leave(): Promise<void> {
  await call('session/end', {}).catch(() => undefined);
  now.value = null;
  why.value = null;
  door.value = 'shut';
}

/** ageS is how old a stamp is by the server's clock, in seconds. */
export function ageS(at: string): number {
  void tick.value;
  return Math.max(0, (Date.now() + ahead.value - Date.parse(at)) / 1000);
}

/** localDay is a day of the site, so many days from today, as the API has it: 2026-11-21. */
export function localDay(offset: number): string {
  const zone = now.value?.time_zone ?? 'UTC';
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
    .format(new Date(Date.now() + ahead.peek()));
  const day = new Date(parts + 'T00:00:00Z');
  day.setUTCDate(day.getUTCDate() + offset);
  return day.toISOString().slice(0, 10);
}
