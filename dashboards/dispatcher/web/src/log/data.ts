// What the server says of the log and of the shift.
import { computed, effect, signal } from '@preact/signals';
import { date, hourMinute } from '../format';
import { has, lang, named, t } from '../i18n';
import { reworded } from '../said';
import { me, Refusal, send } from '../me';
import { route } from '../route';
import { lostFor, rows, serverNow, zone } from '../store';

/** Line is one record of the log. */
export interface Line {
  seq: number;
  at: string;
  actor: string;
  role?: string;
  kind: string;
  subject?: string;
  text?: string;
  detail?: string;
}

/** Entry is what a person has filled in. */
export interface Entry {
  template: string;
  text: string;
  from?: string;
  number?: string;
  received?: string;
  object?: string;
  start?: string;
  end?: string;
  corrects?: number;
}

/** Item is a line of what is handed over. */
export interface Item {
  id?: string;
  seq?: number;
  state?: string;
  at?: string;
  until?: string;
  by?: string;
  text?: string;
}

export interface Duty {
  shift?: { seq: number; who: string; since: string; from?: string; why?: string; signed?: string };
  document: Record<string, Item[]> & { left?: Record<string, number> };
  digest: string;
  /** forms say what an entry of each template must and may say. */
  forms: Form[];
  phrases?: Phrase[];
  warning?: string;
}

export type Name = 'from' | 'number' | 'received' | 'object' | 'start' | 'end';

export interface Form {
  template: string;
  needs: Name[];
  may: Name[];
  lasts: boolean;
}

/** Phrase is a wording that is ready to be filled in. */
export interface Phrase {
  name: string;
  template: string;
  object?: string;
  text?: string;
}

export const lines = signal<Line[] | null>(null);
/** more is where to go on; 0 at the end. */
export const more = signal(0);
/** fresh is how many records have come since the list was read. */
export const fresh = signal(0);
export const duty = signal<Duty | null>(null);
export const failure = signal('');

/** may says whether the reader may write and have the shift; the server decides. */
export const may = computed(() => lostFor.value === null && ['dispatcher', 'engineer'].includes(me.value.role ?? '') && !!me.value.name);

/** words is what went wrong, for people. */
export function words(e: unknown): string {
  if (e instanceof Refusal && e.status === 401) return t('log.wrong');
  if (e instanceof Refusal && e.status === 409) return t('log.conflict', { reason: e.message });
  return e instanceof Error ? e.message : String(e);
}

async function ask<T>(path: string): Promise<T> {
  const answer = await fetch('/api/v1/' + path);
  const body = await answer.json();
  if (answer.status === 401 || answer.status === 403) throw new Error(t('log.denied'));
  if (!answer.ok) throw new Error(body.errors?.[0]?.message ?? body.detail ?? String(answer.status));
  return body;
}

/** filter is what the reader has chosen to see, as the API takes it. */
export function filter(): URLSearchParams {
  const { kind, q, from, to } = route.value.chosen;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ kind, q, from, to: to && next(to) })) if (value) query.set(name, value);
  return query;
}

/** next is the day after: a day that is chosen as the last one is seen whole. */
const next = (day: string) => new Date(Date.parse(day) + 86400e3).toISOString().slice(0, 10);

interface List {
  records: Line[];
  before?: number;
}

/** read reads the youngest records that the filter lets through, or those behind the ones that are there. */
export async function read(on = false): Promise<void> {
  const query = filter();
  const asked = query.toString();
  if (on) query.set('before', String(more.peek()));
  try {
    const list = await ask<List>('log?' + query);
    if (filter().toString() !== asked) return; // the reader has chosen otherwise meanwhile
    lines.value = on ? [...(lines.peek() ?? []), ...list.records] : list.records;
    more.value = list.before ?? 0;
    if (!on) fresh.value = 0;
    failure.value = '';
  } catch (e) {
    failure.value = words(e);
  }
}

/** look counts what is new: the list itself moves only when the reader asks for it. */
export async function look(): Promise<void> {
  const youngest = lines.peek()?.[0]?.seq ?? 0;
  if (!lines.peek()) return;
  const list = await ask<List>('log?' + filter()).catch(() => null);
  if (list) fresh.value = list.records.filter((l) => l.seq > youngest).length;
}

/** readDuty asks who has the shift and what would be handed over. */
export async function readDuty(): Promise<void> {
  try {
    duty.value = await ask<Duty>('shift');
  } catch (e) {
    failure.value = words(e);
  }
}

/** sign confirms by one's own password and then takes or hands over. */
export async function sign(path: string, own: string, body: Record<string, string>): Promise<void> {
  await send('/api/v1/me/confirm', { password: own });
  duty.value = await send<Duty>('/api/v1/shift/' + path, body);
}

/** entryOf is what a person has filled in; null of a record that nobody has written. */
export function entryOf(l: Line): Entry | null {
  if (!l.kind.startsWith('log.') || l.kind === 'log.shift-taken') return null;
  try {
    return { ...JSON.parse(l.detail ?? ''), text: l.text ?? '' };
  } catch {
    return null;
  }
}

const titles = signal<Record<string, string>>({});
effect(() => {
  const l = lang.value;
  void ask<{ kinds: { kind: string; title: string }[] }>('alarms/kinds?lang=' + l)
    .then((a) => l === lang.peek() && (titles.value = Object.fromEntries(a.kinds.map((k) => [k.kind, k.title]))))
    .catch(() => undefined); // the kind's name stands in for its title
});

/** alarmNamed is an alarm by its title and what it is about. */
export function alarmNamed(id: string): string {
  const cut = id.indexOf('/');
  const [kind, subject] = cut < 0 ? [id, ''] : [id.slice(0, cut), id.slice(cut + 1)];
  const about = subject === 'zone' || subject === 'balancer' ? '' : (rows.value.find((r) => r.id === subject)?.fixed.value.name ?? subject);
  return (titles.value[kind] ?? kind).replace(/\{\w+\}/g, '…') + (about && ` · ${about}`);
}

const kinds: Record<string, string> = { log: 'log.kind.log.', alarm: 'log.kind.alarm.', order: 'log.kind.order.' };

/** kindText is what kind of record it is; of one that is not known, to which group it belongs. */
export function kindText(kind: string): string {
  const [group = '', ...rest] = kind.split('.');
  const key = (kinds[group] ?? '') + rest.join('.');
  return has(key) ? t(key) : named('log.group.', group);
}

/** said is what a record says: of alarms by themselves in the reader's language, of people in their own words. */
export function said(l: Line): string {
  const m = l.kind === 'alarm.changed' && /^\S+: ([a-z-]+)(.*)$/s.exec(l.text ?? '');
  if (m) return named('log.state.', m[1] ?? '') + (m[2] ?? '').replace(/, and (\d+) more$/, (_, n: string) => `, ${t('log.more', { n })}`);
  const order = l.kind.startsWith('order.') && /^([a-z]+): (.*)$/s.exec(l.text ?? '');
  return order ? `${named('log.state.', order[1] ?? '')}: ${reworded(order[2])}` : reworded(l.text);
}

/** when is a time of the site, with its day. */
export function when(at: string | undefined): string {
  if (!at) return '';
  const ms = Date.parse(at);
  return `${date(ms, zone.value)} ${hourMinute(ms, zone.value)}`;
}

/** ahead is by how many ms the site's clock is ahead of UTC at a moment. */
function ahead(ms: number): number {
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone.value, dateStyle: 'short', timeStyle: 'medium' }).format(ms);
  return Date.parse(shown.replace(' ', 'T') + 'Z') - Math.floor(ms / 1000) * 1000;
}

/** inputTime is a moment as a field of the form has it: local time of the site to the minute. */
export const inputTime = (ms: number = serverNow.peek()) => new Date(ms + ahead(ms)).toISOString().slice(0, 16);

/** timeOf is the moment of such a field. */
export function timeOf(text: string): string | undefined {
  const ms = Date.parse(text + 'Z');
  return Number.isNaN(ms) ? undefined : new Date(ms - ahead(ms - ahead(ms))).toISOString();
}
