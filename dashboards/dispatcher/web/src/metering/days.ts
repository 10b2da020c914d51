// Days of the site's calendar, written "2026-11-21". They are counted without
// hours, so that no time zone of the reader's can shift them.
import { locale } from '../i18n';
import { serverNow, zone } from '../store';

export type Span = 'day' | 'week' | 'month';
export const spans: Span[] = ['day', 'week', 'month'];

const utc = (day: string) => new Date(day + 'T00:00:00Z');
const written = (d: Date) => d.toISOString().slice(0, 10);

/** dayOf is the site's day in which a moment lies. */
export function dayOf(ms: number): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone.peek(), year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms);
  return parts.slice(0, 10);
}

export const today = () => dayOf(serverNow.peek());

export function addDays(day: string, n: number): string {
  const d = utc(day);
  d.setUTCDate(d.getUTCDate() + n);
  return written(d);
}

/** bounds is the day, the week from Monday or the month that contains a day: [from, to). */
export function bounds(span: Span, day: string): { from: string; to: string } {
  const d = utc(day);
  if (span === 'week') {
    const from = addDays(day, -((d.getUTCDay() + 6) % 7));
    return { from, to: addDays(from, 7) };
  }
  if (span === 'month') {
    return {
      from: day.slice(0, 8) + '01',
      to: written(new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 1))),
    };
  }
  return { from: day, to: addDays(day, 1) };
}

/** neighbour is a day in the span before (-1) or after (1). */
export function neighbour(span: Span, day: string, way: 1 | -1): string {
  const { from, to } = bounds(span, day);
  return way < 0 ? addDays(from, -1) : to;
}

export function isDay(text: string | undefined): text is string {
  return !!text && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(utc(text).getTime());
}

function format(day: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', ...options }).format(utc(day));
}

export const shortDay = (day: string) => format(day, { day: '2-digit', month: '2-digit' });
export const longDay = (day: string) => format(day, { day: '2-digit', month: '2-digit', year: 'numeric' });
export const weekday = (day: string) => format(day, { weekday: 'short' });
