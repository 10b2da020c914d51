// What the server says of itself. An old answer never covers that of a new question.
import { signal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { date, hourMinute } from '../format';
import { decimal, t } from '../i18n';
import { Refusal } from '../me';
import { serverNow, zone } from '../store';

type State = 'ok' | 'note' | 'wrong';

export interface Status {
  time: string;
  wall: string;
  time_zone: string;
  speed: number;
  version: string;
  began: string;
  parts: { name: string; state: State; text?: string }[];
  processes: { name: string; roles: string[]; version?: string; online?: boolean; since?: string; heard_at?: string; this?: boolean }[];
  stores: { name: string; kind?: string; state: State; text?: string; facts: { name: string; value?: number; unit?: string; at?: string; text?: string }[] }[];
  backup: { made_at?: string; late: boolean; late_at?: string };
}

export interface Requests {
  ok: number;
  exceptions: number;
  failures: number;
  unreachable: number;
}

export interface Meter {
  id: string;
  model: string;
  serial?: string;
  line: string;
  unit: number;
  verified_to?: string;
  verification_over?: boolean;
  point?: string;
  point_name?: string;
  resident?: string;
  at?: string;
  quality: string;
  freshness: string;
  reason?: string;
  polled?: {
    requests: Requests;
    answered?: string;
    failing?: boolean;
    breaker_open?: boolean;
    reason?: string;
    identity?: string;
    standing?: string;
    standing_why?: string;
    clock_offset_s?: number;
    exchanges?: number;
    implausible?: number;
    disagrees?: string;
  };
}

export interface Line {
  id: string;
  name?: string;
  url?: string;
  polled: boolean;
  down?: boolean;
  load_pct?: number;
  requests?: Requests;
  overruns?: number;
  reconnects?: number;
  late_answers?: number;
  drained_bytes?: number;
  tracing?: boolean;
  meters: number;
}

export interface Difference {
  from: string;
  to: string;
  words: { kind: string; id?: string; name?: string; field?: string; from?: string; to?: string }[];
  lines: { op: 'same' | 'removed' | 'added' | 'gap'; old?: number; new?: number; text: string }[];
  fault?: string;
}

export interface ConfigFile {
  kind: string;
  path?: string;
  text: string;
  version: string;
  began: string;
  read_again?: string;
  now?: { changed: boolean; at?: string; faults?: string; restart?: string[]; difference?: Difference };
}

export interface Version {
  version: string;
  kind: string;
  from: string;
  record: number;
  running?: boolean;
  kept: boolean;
}

export interface Backup {
  made_at?: string;
  late: boolean;
  late_at?: string;
  dir?: string;
  present?: boolean;
  ledger?: string;
  verified: boolean;
  series?: string;
  files?: number;
  bytes?: number;
  version?: string;
  notes: string[];
  command: string;
  restore?: string;
  looked_at?: string;
}

export interface User {
  name: string;
  role: string;
  enabled: boolean;
  must_change?: boolean;
  last_login?: string;
  sessions: { begun: string; seen: string; until: string }[];
  you?: boolean;
}

export interface Answer<T> {
  data?: T;
  failure?: string;
  /** at is when it came, in ms of the site's clock. */
  at?: number;
  asking: boolean;
}

/** ask gets JSON; it throws a Refusal in the reader's words where it is about rights. */
export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch('/api/v1/' + path, init);
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const denied = answer.status === 401 || answer.status === 403;
  throw new Refusal(answer.status, 0, denied && !init ? t('system.denied') : (body.errors?.[0]?.message ?? body.detail ?? String(answer.status)));
}

/** useAnswer asks a path, again when it changes and every so many seconds; null asks nothing. */
export function useAnswer<T>(path: string | null, every = 0): Signal<Answer<T>> {
  const answer = useMemo(() => signal<Answer<T>>({ asking: true }), []);
  useEffect(() => {
    if (!path) {
      answer.value = { asking: false };
      return;
    }
    let over = false;
    const once = async () => {
      try {
        const data = await ask<T>(path);
        if (!over) answer.value = { data, at: serverNow.peek(), asking: false };
      } catch (e) {
        if (!over) answer.value = { failure: e instanceof Error ? e.message : String(e), asking: false };
      }
    };
    answer.value = { asking: true };
    void once();
    const timer = every && window.setInterval(() => !document.hidden && void once(), every * 1000);
    return () => {
      over = true;
      window.clearInterval(timer);
    };
  }, [path]);
  return answer;
}

/** when is a time of the site, with its day. */
export function when(at: string | undefined): string {
  if (!at) return '';
  const ms = Date.parse(at);
  return `${date(ms, zone.value)} ${hourMinute(ms, zone.value)}`;
}

const steps = ['unit.B', 'unit.kB', 'unit.MB', 'unit.GB', 'unit.TB'] as const;

/** bytes is an amount of data in the unit that suits its size, in thousands. */
export function bytes(n: number): string {
  let i = 0;
  for (; n >= 1000 && i < steps.length - 1; i++) n /= 1000;
  return decimal(n, i > 0 && n < 10 ? 1 : 0) + '\u00a0' + t(steps[i]!);
}

/** short is a version as it is read aloud. */
export const short = (version: string) => version.slice(0, 8);
