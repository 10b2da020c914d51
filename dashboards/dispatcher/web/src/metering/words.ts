// Grades, methods, flags and quantities as people read them. A grade is never a
// colour alone: it has a letter, a pattern and a word.
import { dash, date, hourMinute } from '../format';
import { decimal, named, t } from '../i18n';
import { zone } from '../store';
import type { Entry, Figure, Grade, Unit } from './types';

const nbsp = '\u00a0';

/** graded are the grades of an interval, the best first. */
export const graded: Grade[] = ['A', 'F', 'S', 'E', 'N'];

const rank = 'AFSEN';
export const isWorse = (a: Grade, b: Grade) => rank.indexOf(a) > rank.indexOf(b);

export const gradeWord = (g: string) => named('grade.', g);
export const methodWord = (m: string | undefined) => (m && m !== 'none' ? named('method.', m) : dash);
export const flagWords = (flags: string[] | undefined) => (flags ?? []).map((f) => named('flag.', f)).join(', ');

const units: Record<Unit, { amount: string; mean: string }> = {
  Wh: { amount: 'unit.kWh', mean: 'unit.kW' },
  varh: { amount: 'unit.kvarh', mean: 'unit.kvar' },
  L: { amount: 'unit.m3', mean: 'unit.m3h' },
};

export const amountUnit = (u: Unit) => t(units[u].amount);
export const meanUnit = (u: Unit) => t(units[u].mean);

/** amountOf is the energy or volume of an entry, in its unit; undefined unless it is whole. */
export const amountOf = (e: Entry) => e.energy_wh ?? e.energy_varh ?? e.volume_l;
export const meanOf = (e: Entry) => e.mean_w ?? e.mean_var ?? e.mean_l_per_h;

/** thousand writes a quantity of a base unit (Wh, W, L) in thousands of it. */
export function thousand(x: number | undefined): string {
  if (x === undefined) return dash;
  const size = Math.abs(x) / 1000;
  return decimal(x / 1000, size < 9.95 ? 2 : size < 9950 ? 1 : 0);
}

export const amount = (x: number | undefined, u: Unit) => (x === undefined ? t('value.none') : thousand(x) + nbsp + amountUnit(u));
export const mean = (x: number | undefined, u: Unit) => (x === undefined ? t('value.none') : thousand(x) + nbsp + meanUnit(u));

export const share = (x: number | undefined) => (x === undefined ? dash : decimal(100 * x, 100 * x < 9.95 ? 1 : 0) + nbsp + '%');
export const signed = (x: number, digits: number) => (x > 0 ? '+' : '') + decimal(x, digits);

/** figure is one number of a finding. */
export function figure(f: Figure): string {
  const name = named('figure.', f.name);
  if (f.unit === 'Wh' || f.unit === 'varh' || f.unit === 'L') return `${name} ${amount(f.value, f.unit)}`;
  if (f.unit === 'W') return `${name} ${mean(f.value, 'Wh')}`;
  const value = decimal(f.value, Number.isInteger(f.value) ? 0 : 2);
  return `${name} ${value}${f.unit === '1' || !f.unit ? '' : nbsp + named('unit.', f.unit)}`;
}

export const clock = (iso: string) => hourMinute(Date.parse(iso), zone.value);
export const moment = (iso: string) => `${date(Date.parse(iso), zone.value)} ${clock(iso)}`;

/** stretch is [from, to) as short as it is clear: "21.11.2026 10:00–12:00". */
export function stretch(from: string, to: string): string {
  const a = date(Date.parse(from), zone.value);
  const b = date(Date.parse(to) - 1, zone.value);
  if (a === b) return `${a} ${clock(from)}–${clock(to) === '00:00' ? '24:00' : clock(to)}`;
  return `${moment(from)} – ${moment(to)}`;
}
