// Questions to the API. The answer to an old question never covers that of a new one.
import { signal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { serverNow, site } from '../store';
import type { Point } from './types';

export interface Answer<T> {
  data?: T;
  failure?: string;
  /** at is when it came, in ms of the site's clock. */
  at?: number;
  /** asking is true while a newer answer is on its way. */
  asking: boolean;
}

/** query writes parameters, leaving out what is undefined or empty. */
export function query(path: string, params: Record<string, string | undefined>): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value) q.set(name, value);
  return `/api/v1/${path}?${q}`;
}

async function fetched<T>(path: string, stop?: AbortSignal): Promise<T> {
  const answer = await fetch(path, { signal: stop });
  const body = await answer.json();
  if (answer.ok) return body;
  const places = (body.errors ?? []).map((e: { location: string; message: string }) => `${e.location}: ${e.message}`);
  throw new Error(places.join('; ') || body.detail || String(answer.status));
}

/** useAnswer asks a path, again when it changes and every so many seconds of the zone's time; null asks nothing. */
export function useAnswer<T>(path: string | null, every = 0): Signal<Answer<T>> {
  const answer = useMemo(() => signal<Answer<T>>({ asking: true }), []);
  useEffect(() => {
    if (!path) {
      answer.value = { asking: false };
      return;
    }
    const stop = new AbortController();
    const ask = async () => {
      try {
        answer.value = { data: await fetched<T>(path, stop.signal), at: serverNow.peek(), asking: false };
      } catch (e) {
        if (!stop.signal.aborted) answer.value = { failure: e instanceof Error ? e.message : String(e), asking: false };
      }
    };
    answer.value = { ...answer.peek(), asking: true, failure: undefined };
    void ask();
    const timer = every && window.setInterval(() => !document.hidden && void ask(), Math.max(5000, (every * 1000) / site.peek().speed));
    return () => {
      stop.abort();
      window.clearInterval(timer);
    };
  }, [path]);
  return answer;
}

/** points of the site, asked once. */
export const points = signal<Point[]>([]);
let asked: Promise<void> | undefined;

export function usePoints(): void {
  useEffect(() => {
    asked ??= fetched<{ points: Point[] }>('/api/v1/points')
      .then((a) => {
        points.value = a.points;
      })
      .catch(() => {
        asked = undefined; // the next view asks again
      });
  }, []);
}

export function pointOf(id: string | undefined): Point | undefined {
  return points.value.find((p) => p.id === id);
}
