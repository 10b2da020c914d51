// The order of the residents. It never changes under the pointer: a row that
// moves at the wrong moment is the wrong resident limited.
import { computed, effect, signal } from '@preact/signals';
import { lang, named } from './i18n';
import { rows, type Row } from './store';

export type Column = 'name' | 'trade' | 'power' | 'load' | 'allowed' | 'age';

export const sort = signal<{ by: Column; down: boolean }>({ by: 'power', down: true });
export const filter = signal('');
/** held is true while the pointer or the focus is in the table, and five seconds longer. */
export const held = signal(false);

const settle = 5000;
let timer: number | undefined;

export function hold(): void {
  window.clearTimeout(timer);
  held.value = true;
}

export function release(): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    held.value = false;
    arrange();
  }, settle);
}

const order = signal<Row[]>(sorted());

/** visible is the rows in their order that the filter lets through. */
export const visible = computed(() => {
  const words = filter.value.toLocaleLowerCase(lang.value).trim();
  if (!words) return order.value;
  return order.value.filter((r) => {
    const f = r.fixed.peek();
    return `${f.name} ${named('trade.', f.trade)} ${named('state.', f.state)} ${f.id}`.toLocaleLowerCase(lang.value).includes(words);
  });
});

/** choose sorts at once, because it was asked for; a second time turns the order round. */
export function choose(by: Column): void {
  const s = sort.peek();
  sort.value = s.by === by ? { by, down: !s.down } : { by, down: by !== 'name' && by !== 'trade' };
  arrange();
}

function arrange(): void {
  const next = sorted();
  const now = order.peek();
  if (next.length !== now.length || next.some((r, i) => r !== now[i])) order.value = next;
}

function sorted(): Row[] {
  const { by, down } = sort.peek();
  const words = new Intl.Collator([lang.peek(), 'ru'], { numeric: true });
  const sign = down ? -1 : 1;
  return [...rows.peek()].sort((a, b) => {
    const x = key(a, by);
    const y = key(b, by);
    // What is not known stands at the end in either direction.
    if (x === undefined || y === undefined) {
      if (x !== y) return x === undefined ? 1 : -1;
    } else {
      const d = typeof x === 'string' ? words.compare(x, y as string) : x - (y as number);
      if (d) return sign * d;
    }
    return words.compare(a.fixed.peek().name, b.fixed.peek().name);
  });
}

function key(r: Row, by: Column): number | string | undefined {
  const f = r.fixed.peek();
  const v = r.live.peek();
  switch (by) {
    case 'name':
      return f.name;
    case 'trade':
      return named('trade.', f.trade);
    case 'power':
      return v.power_w;
    case 'load':
      return v.load_pct;
    case 'allowed':
      return f.allowed_w;
    case 'age':
      return v.at === undefined ? undefined : -Date.parse(v.at);
  }
}

// Residents that come or go are arranged at once; loads that change, every five seconds.
effect(() => {
  rows.value;
  lang.value;
  arrange();
});
window.setInterval(() => {
  if (!held.peek()) arrange();
}, settle);
