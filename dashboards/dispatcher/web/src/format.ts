// Quantities as a dispatcher reads them. The arguments of notices are written by
// the unit in their name; the server does the same in i18n.go.
import { decimal, fill, has, lang, locale, t } from './i18n';
import type { Notice } from './types';

const nbsp = '\u00a0';

/** dash stands where a number is not known. */
export const dash = '—';

export function megawatts(w: number | undefined, digits = 2): string {
  return w === undefined ? dash : decimal(w / 1e6, digits);
}

/** load is a resident's power in kW. */
export function kilowatts(w: number | undefined): string {
  if (w === undefined) return dash;
  return decimal(w / 1e3, Math.abs(w) < 9950 ? 1 : 0);
}

/** power is a power with the unit that suits its size. */
export function power(w: number | undefined): string {
  if (w === undefined) return t('value.none');
  if (Math.abs(w) >= 1e6) return decimal(w / 1e6, 2) + nbsp + t('unit.MW');
  return kilowatts(w) + nbsp + t('unit.kW');
}

export function percent(x: number | undefined): string {
  return x === undefined ? dash : decimal(x, x < 10 ? 1 : 0) + nbsp + '%';
}

/** age is a duration in its largest unit. */
export function age(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 100) return `${s}${nbsp}${t('unit.s')}`;
  if (s < 5400) return `${Math.floor(s / 60)}${nbsp}${t('unit.min')}`;
  if (s < 172800) return `${Math.floor(s / 3600)}${nbsp}${t('unit.h')}`;
  return `${Math.floor(s / 86400)}${nbsp}${t('unit.d')}`;
}

/** minutes is mm:ss, as on a stop watch. */
export function minutes(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(s / 60)).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`;
}

const timeFormats = new Map<string, Intl.DateTimeFormat>();

function timeFormat(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = lang.value + zone + name;
  let f = timeFormats.get(key);
  if (!f) {
    f = new Intl.DateTimeFormat(locale(), { timeZone: zone, hourCycle: 'h23', ...options });
    timeFormats.set(key, f);
  }
  return f;
}

export const hourMinute = (ms: number, zone: string) =>
  timeFormat(zone, 'hm', { hour: '2-digit', minute: '2-digit' }).format(ms);
export const clockTime = (ms: number, zone: string) =>
  timeFormat(zone, 'hms', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);
export const date = (ms: number, zone: string) =>
  timeFormat(zone, 'dmy', { day: '2-digit', month: '2-digit', year: 'numeric' }).format(ms);

/** noticeText is a notice in the reader's language; of an unknown kind, the server's own text. */
export function noticeText(n: Notice, zone: string): string {
  const key = 'notice.' + n.kind;
  if (!has(key)) return n.text;
  const args: Record<string, string> = {};
  for (const [name, value] of Object.entries(n.args ?? {})) args[name] = argument(name, value, zone);
  return fill(t(key), args);
}

function argument(name: string, value: unknown, zone: string): string {
  const unit = name.slice(name.lastIndexOf('_') + 1);
  if (unit === 'at' && typeof value === 'string' && !Number.isNaN(Date.parse(value))) {
    return hourMinute(Date.parse(value), zone);
  }
  if (typeof value === 'string') return has('scenario.' + value) ? t('scenario.' + value) : value;
  if (typeof value !== 'number') return String(value);
  switch (unit) {
    case 'w':
      return power(value);
    case 'wh':
      return decimal(value / 1e3, 1) + nbsp + t('unit.kWh');
    case 'pct':
      return decimal(value, 1) + nbsp + '%';
    case 's':
      return age(value);
  }
  return decimal(value, Number.isInteger(value) ? 0 : 2);
}
