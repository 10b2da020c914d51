// Words, signs and quantities of technical conditions. A class or a stage is never a
// colour alone: it has a shape, a letter and a word.
import { dash, date, hourMinute } from '../format';
import { decimal, locale, named, plural, t } from '../i18n';
import { serverNow, zone } from '../store';
import type { ClassName } from './types';

const nbsp = '\u00a0';

/** classes in the order in which they ask for something to be done. */
export const classes: ClassName[] = ['IDLE', 'UNDERUSED', 'OVERRESERVED', 'EXCEEDING', 'INSUFFICIENT', 'GRACE', 'NORMAL'];

const shapes: Record<string, string> = { IDLE: '○', UNDERUSED: '◔', OVERRESERVED: '◑', EXCEEDING: '▲', INSUFFICIENT: '?', GRACE: '◇', NORMAL: '●' };

export const classShape = (c: string): string => shapes[c] ?? '?';
export const classWord = (c: string): string => named('class.', c);
export const stageWord = (s: string): string => named('stage.', s);
/** actionWord is the kind of an action, "application.reserve". */
export const actionWord = (k: string): string => named('action.', k.replace('.', '-'));
export const stepWord = (k: string): string => named('step.', k);

/** kw is a power in kW, whole where it is. */
export function kw(w: number | undefined): string {
  if (w === undefined) return dash;
  return decimal(w / 1e3, w % 1000 === 0 || Math.abs(w) >= 1e7 ? 0 : 1);
}

/** kilowatts is the same with its unit. */
export const kilowatts = (w: number | undefined): string => (w === undefined ? t('value.none') : kw(w) + nbsp + t('unit.kW'));

/** mw is a power in MW; digits as many as sums need. */
export const mw = (w: number, digits = 1): string => decimal(w / 1e6, digits);
export const megawatts = (w: number | undefined): string => (w === undefined ? t('value.none') : decimal(w / 1e6, w % 100_000 === 0 ? 1 : w % 10_000 === 0 ? 2 : 3) + nbsp + t('unit.MW'));

export const megawattHours = (wh: number): string => decimal(wh / 1e6, wh < 1e7 ? 1 : 0) + nbsp + t('capacity.MWh');

/** share writes a share of 1 in percent; tiny ones are not written as none. */
export function share(x: number | undefined): string {
  if (x === undefined) return dash;
  const p = 100 * x;
  if (p > 0 && p < 0.05) return `<${nbsp}${decimal(0.1, 1)}${nbsp}%`;
  return decimal(p, p < 9.95 && p % 1 !== 0 ? 1 : p > 90 && p < 100 ? 1 : 0) + nbsp + '%';
}

export const day = (iso: string): string => date(Date.parse(iso), zone.value);
export const moment = (iso: string): string => `${day(iso)} ${hourMinute(Date.parse(iso), zone.value)}`;
/** lastDay is the last day of [from, to). */
export const lastDay = (iso: string): string => date(Date.parse(iso) - 1, zone.value);

/** lastOf is the same as the server takes it, "2026-06-30". */
export const lastOf = (iso: string): string => new Intl.DateTimeFormat('en-CA', { timeZone: zone.value, year: 'numeric', month: '2-digit', day: '2-digit' }).format(Date.parse(iso) - 1);

/** written is a day that came as "2026-06-30". */
export const written = (d: string): string => new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', day: '2-digit', month: '2-digit', year: 'numeric' }).format(new Date(d + 'T00:00:00Z'));

// Months are named by the catalogue: browsers without Kazakh would name them in Russian.
/** monthOfYear is the name of a month by its number, 1 to 12. */
export const monthOfYear = (n: number): string => t('months.long').split(' ')[n - 1] ?? dash;
/** monthShort and monthLong name one that came as "2026-06", or as a day of it. */
export const monthShort = (m: string): string => t('months.short').split(' ')[Number(m.slice(5, 7)) - 1] ?? dash;
export const monthLong = (m: string): string => `${monthOfYear(Number(m.slice(5, 7)))} ${m.slice(0, 4)}`;

/** quarter is "III кв. 2027", by the site's calendar. */
export function quarter(iso: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone.value, year: 'numeric', month: '2-digit' }).format(Date.parse(iso)).split('-');
  return t('hosting.quarter', { n: String(Math.floor((Number(parts[1]) - 1) / 3) + 1), year: parts[0]! });
}

/** remaining says how many days there are until a deadline, and that it has passed. */
export function remaining(deadline: string): { text: string; over: boolean } {
  const left = (Date.parse(deadline) - serverNow.value) / 86_400_000;
  if (left <= 0) return { text: t('clock.over', { date: lastDay(deadline) }), over: true };
  // Deadlines are midnights: what is left today is no day any more.
  return { text: left < 1 ? t('clock.today') : plural('clock.left', Math.floor(left)), over: false };
}

/** short is the beginning of a hash, enough for people to compare. */
export const short = (hash: string): string => hash.slice(0, 12);
