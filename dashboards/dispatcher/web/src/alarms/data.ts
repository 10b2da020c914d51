// What the server's book of alarms says, asked anew whenever its version changes.
import { computed, effect, signal } from '@preact/signals';
import { age, date, hourMinute } from '../format';
import { fill, lang, t } from '../i18n';
import { me, Refusal, send } from '../me';
import { alarms as summary, lostFor, rows, serverNow, zone } from '../store';

export type Priority = 'high' | 'medium' | 'low';
export type State = 'normal' | 'unacknowledged' | 'acknowledged' | 'returned' | 'shelved' | 'suppressed' | 'out-of-service';

interface Hidden {
  by: string;
  at: string;
  why: string;
  until: string;
  one_shot?: boolean;
}

/** Alarm is one alarm of the book. */
export interface Alarm {
  id: string;
  kind: string;
  subject: string;
  priority: Priority;
  state: State;
  active: boolean;
  unacked: boolean;
  args?: Record<string, unknown>;
  since?: string;
  until?: string;
  due_at: string;
  times: number;
  members?: number;
  cause?: string;
  acked?: { by: string; at: string };
  shelf?: Hidden;
  out?: Hidden;
  comments?: { by: string; at: string; text: string }[];
}

interface Board {
  version: number;
  time: string;
  alarms: Alarm[];
}

/** Kind is what a dispatcher has to know of a kind of alarm, in his language. */
export interface Kind {
  kind: string;
  title: string;
  cause: string;
  consequence: string;
  action: string;
  time_to_respond_s: number;
}

/** Act is what a person does with an alarm. */
export interface Act {
  act: string;
  alarm?: string;
  until?: string;
  seconds?: number;
  why?: string;
}

export const priorities: Priority[] = ['high', 'medium', 'low'];
export const shapes: Record<Priority, string> = { high: '▲', medium: '◆', low: '■' };

export const list = signal<Alarm[] | null>(null);
export const failure = signal('');
const kinds = signal<Record<string, Kind>>({});

async function ask<T>(path: string): Promise<T> {
  const answer = await fetch('/api/v1/' + path);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail ?? String(answer.status));
  return body;
}

let reached = -1;
let again: number | undefined;
let asked = 0; // when, by this machine's clock
async function askBoard(): Promise<void> {
  asked = Date.now();
  try {
    take(await ask<Board>('alarms'));
  } catch (e) {
    failure.value = e instanceof Error ? e.message : String(e);
    window.clearTimeout(again);
    again = window.setTimeout(() => void askBoard(), 5000); // an old list must not stay because nothing changes
  }
}

function take(b: Board): void {
  if (b.version < reached) return; // an older answer came later
  reached = b.version;
  failure.value = '';
  list.value = b.alarms;
}

// What begins, ends or is answered is asked for at once; figures in texts, which may change
// every second, every three.
let counted = '';
effect(() => {
  if (!summary.value || summary.value.version === reached) return;
  const { version: _, ...counts } = summary.value;
  const wait = JSON.stringify(counts) === counted && list.peek() ? asked + 3000 - Date.now() : 0;
  counted = JSON.stringify(counts);
  window.clearTimeout(again);
  again = window.setTimeout(() => void askBoard(), Math.max(0, wait));
});
effect(() => {
  const l = lang.value;
  void ask<{ kinds: Kind[] }>('alarms/kinds?lang=' + l)
    .then((a) => l === lang.peek() && (kinds.value = Object.fromEntries(a.kinds.map((k) => [k.kind, k]))))
    .catch(() => undefined); // the kind's name stands in for its texts
});

/** kindOf is what is known of a kind of alarm. */
export const kindOf = (a: Alarm): Kind => kinds.value[a.kind] ?? { kind: a.kind, title: a.kind, cause: '', consequence: '', action: '', time_to_respond_s: 0 };

/** filled is a text of a kind with what the alarm is about. */
export function filled(text: string, a: Alarm): string {
  const args: Record<string, string> = {};
  for (const [name, value] of Object.entries(a.args ?? {})) args[name] = String(value);
  return fill(text, args);
}

/** named is an alarm that is known by its id alone: its title and what it is about. */
export function named(id: string): string {
  const cut = id.indexOf('/');
  const [kind, subject] = [id.slice(0, cut), id.slice(cut + 1)];
  const what = about({ subject, ...list.value?.find((a) => a.id === id) } as Alarm);
  return (kinds.value[kind]?.title ?? kind) + (what ? ` · ${what}` : '');
}

/** about is what an alarm is about, by the name that people know. */
export function about(a: Alarm): string {
  if (a.subject === 'zone' || a.subject === 'balancer') return '';
  const name = a.subject.slice(a.subject.lastIndexOf('/') + 1);
  const row = rows.value.find((r) => r.id === name);
  const point = a.args?.point;
  return (row ? row.fixed.value.name : name) + (typeof point === 'string' ? ` · ${point}` : '') + (a.members ? ` · ${t('alarm.members', { n: String(a.members) })}` : '');
}

/** shown are those that are announced, hidden the others. */
const isHidden = (a: Alarm) => a.state === 'shelved' || a.state === 'suppressed' || a.state === 'out-of-service';
export const shown = computed(() => (list.value ?? []).filter((a) => !isHidden(a)));
export const hidden = computed(() => (list.value ?? []).filter(isHidden));

/** may says whether the reader may answer alarms; the server decides. */
export const may = computed(() => lostFor.value === null && ['dispatcher', 'engineer'].includes(me.value.role ?? '') && !!me.value.name);

/** failed is what the server said to the last act; empty if it was done. */
export const failed = signal('');

/** act does something with an alarm. It reports whether it was done. */
export async function act(a: Act): Promise<boolean> {
  try {
    take(await send<Board>('/api/v1/alarms/acts', a));
    failed.value = '';
    return true;
  } catch (e) {
    failed.value = e instanceof Refusal || e instanceof Error ? e.message : String(e);
    return false;
  }
}

/** when is a time of the server's, with the day if it is not today. */
export function when(at: string | undefined): string {
  if (!at) return '—';
  const ms = Date.parse(at);
  const day = date(ms, zone.value);
  return (day === date(serverNow.peek(), zone.value) ? '' : day.slice(0, 5) + ' ') + hourMinute(ms, zone.value);
}

/** ageOf is how long ago a time was, in words. */
export const ageText = (at: string) => age((serverNow.value - Date.parse(at)) / 1000);
