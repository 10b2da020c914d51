// Questions about capacity and what people want done. Whatever is done may change every
// answer, so all that is on the page is asked again then; otherwise now and again, since
// others work on the same cases.
import { signal, type Signal } from '@preact/signals';
import { reworded } from '../said';
import { useEffect, useMemo } from 'preact/hooks';
import { askWhoIAm, me } from '../me';
import { site } from '../store';
import type { Action, DoneView } from './types';

export interface Answer<T> {
  data?: T;
  failure?: string;
  /** status of the refusal; 0 where nothing came at all. */
  status?: number;
  /** asking is true while a newer answer is on its way. */
  asking: boolean;
}

/** Refused is an answer that is not what was asked for, with all its reasons. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly reasons: string[],
  ) {
    super(reasons.join('; '));
  }
}

/** query writes parameters, leaving out what is undefined or empty. */
export function query(path: string, params: Record<string, string | undefined> = {}): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value) q.set(name, value);
  const text = q.toString();
  return `/api/v1/${path}${text ? '?' + text : ''}`;
}

/** reasonsOf is everything that a refusal says. */
export function reasonsOf(status: number, body: { detail?: string; errors?: { message: string; location?: string }[] }): string[] {
  const list = (body.errors ?? []).map((e) => (e.location && e.location !== 'body' ? `${e.location}: ${reworded(e.message)}` : reworded(e.message)));
  return list.length ? list : [reworded(body.detail) || String(status)];
}

/** parse reads JSON. What is not known is absent in it; null is a list with nothing in it. */
export const parse = (text: string): any => JSON.parse(text || '{}', (_, v) => v ?? []);

/** ask gets JSON; it throws Refused. */
export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(path, init);
  const body = parse(await answer.text());
  if (answer.ok) return body;
  throw new Refused(answer.status, reasonsOf(answer.status, body));
}

/** done counts what was done from this page. */
export const done = signal(0);

/** useAnswer asks a path, again when it changes, after everything that was done here, and every so many seconds of the zone's time; null asks nothing. */
export function useAnswer<T>(path: string | null, every = 0): Signal<Answer<T>> {
  const answer = useMemo(() => signal<Answer<T>>({ asking: true }), []);
  const asked = useMemo(() => ({ path: '' }), []);
  const since = done.value;
  const who = me.value.name;
  useEffect(() => {
    if (!path) {
      answer.value = { asking: false };
      return;
    }
    const stop = new AbortController();
    const get = async () => {
      try {
        const data = await ask<T>(path, { signal: stop.signal });
        answer.value = { data, asking: false };
      } catch (e) {
        if (stop.signal.aborted) return;
        const refused = e instanceof Refused ? e.status : 0;
        // What was there stays, with the reason why there is nothing newer.
        const data = refused === 401 || refused === 403 || refused === 404 ? undefined : answer.peek().data;
        answer.value = { data, failure: e instanceof Error ? e.message : String(e), status: refused, asking: false };
      }
    };
    // The answer to an old question never covers that of a new one.
    answer.value = { data: asked.path === path ? answer.peek().data : undefined, asking: true };
    asked.path = path;
    void get();
    const timer = every && window.setInterval(() => !document.hidden && void get(), Math.max(5000, (every * 1000) / site.peek().speed));
    return () => {
      stop.abort();
      window.clearInterval(timer);
    };
  }, [path, since, who]);
  return answer;
}

const send = <T>(path: string, body: unknown): Promise<T> => ask('/api/v1/' + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

/** passwordAgain is the server's answer when it wants to know that it is still this person. */
const passwordAgain = 428;

/** again is there while the password is asked for; resolve goes on with what was wanted, or gives it up. */
export const again = signal<{ resolve: (go: boolean) => void } | null>(null);

/** confirmMyself gives the password: acts are taken for five minutes. */
export const confirmMyself = (password: string): Promise<unknown> => send('me/confirm', { password });

async function post(path: string, body: unknown): Promise<DoneView> {
  try {
    const said = await send<DoneView>(path, body);
    done.value++;
    return said;
  } catch (e) {
    if (e instanceof Refused && e.status === passwordAgain) {
      const go = await new Promise<boolean>((resolve) => (again.value = { resolve }));
      again.value = null;
      if (go) return post(path, body);
    }
    if (e instanceof Refused && e.status === 401) void askWhoIAm();
    if (e instanceof Refused && e.status === 409) done.value++; // somebody was faster: look again
    throw e;
  }
}

export const act = (a: Action): Promise<DoneView> => post('actions', a);
export const sign = (draft: string): Promise<DoneView> => post(`drafts/${encodeURIComponent(draft)}/sign`, {});
export const drop = (draft: string, why: string): Promise<DoneView> => post(`drafts/${encodeURIComponent(draft)}/drop`, { why });

/** reasons are those of whatever was thrown. */
export const reasons = (e: unknown): string[] => (e instanceof Refused ? e.reasons : [e instanceof Error ? e.message : String(e)]);

/** mayRead: the cases are open to those who carry them and to who audits them. mayAct: to carry them. */
export const mayRead = (): boolean => ['engineer', 'admin', 'auditor'].includes(me.value.role ?? '');
export const mayAct = (): boolean => ['engineer', 'admin'].includes(me.value.role ?? '');
