// The order of the table: that of the site's tree until the reader asks for another. It
// changes on request alone, so that nothing moves under the pointer.
import { lang } from '../i18n';
import type { ConditionRow } from './types';
import { classes } from './words';

export const columns = ['name', 'node', 'tu', 'need', 'utilisation', 'class', 'retain', 'reclaim', 'coverage'] as const;
export type Column = (typeof columns)[number];

/** texts are sorted from A, figures from the greatest. */
const texts: Column[] = ['name', 'node', 'class'];

export interface Sort {
  by: Column | '';
  down: boolean;
}

/** turned is the order after a click at a column: its own first, then turned round, then none. */
export function turned(s: Sort, by: Column): Sort {
  const first = !texts.includes(by);
  if (s.by !== by) return { by, down: first };
  return s.down === first ? { by, down: !first } : { by: '', down: false };
}

export function key(r: ConditionRow, by: Column): string | number | undefined {
  switch (by) {
    case 'name':
      return r.name;
    case 'node':
      return r.node_name;
    case 'tu':
      return r.tu_w;
    case 'need':
      return r.need_w;
    case 'utilisation':
      return r.utilisation;
    case 'class':
      return classes.indexOf(r.class);
    case 'retain':
      return r.retain_w;
    case 'reclaim':
      return r.reclaim_w;
    case 'coverage':
      return r.coverage;
  }
}

/** sorted puts rows in order; what is not known stands at the end in either direction. */
export function sorted(rows: ConditionRow[], s: Sort): ConditionRow[] {
  const { by } = s;
  if (!by) return rows;
  const words = new Intl.Collator([lang.value, 'ru'], { numeric: true });
  return [...rows].sort((a, b) => {
    const x = key(a, by);
    const y = key(b, by);
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    const d = typeof x === 'string' ? words.compare(x, y as string) : x - (y as number);
    return (s.down ? -d : d) || words.compare(a.name, b.name);
  });
}
