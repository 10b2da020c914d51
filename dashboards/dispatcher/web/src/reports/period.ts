// Days of the site's calendar, written "2026-11-21". They are counted without hours, so
// that no time zone of the reader's can shift them.
import { serverNow, zone } from '../store';

const utc = (day: string) => new Date(day + 'T00:00:00Z');
const written = (d: Date) => d.toISOString().slice(0, 10);

/** today is the site's day, by the server's clock. */
export function today(): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone.value, year: 'numeric', month: '2-digit', day: '2-digit' }).format(serverNow.value).slice(0, 10);
}

export function addDays(day: string, n: number): string {
  const d = utc(day);
  d.setUTCDate(d.getUTCDate() + n);
  return written(d);
}

export function isDay(text: string | undefined): text is string {
  return !!text && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(utc(text).getTime());
}

/** bounds is the day or the month that contains a day: [from, to). */
export function bounds(span: 'day' | 'month', day: string): { from: string; to: string } {
  if (span === 'day') return { from: day, to: addDays(day, 1) };
  const d = utc(day);
  return { from: day.slice(0, 8) + '01', to: written(new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 1))) };
}
