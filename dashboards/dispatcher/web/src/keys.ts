// The keys of the whole page. They are told by where they are on the keyboard and not by
// what is printed on them, so that they work in every layout.
import { signal } from '@preact/signals';
import { keep, recall } from './i18n';

/** helpOpen: the list of keys is wanted. */
export const helpOpen = signal(false);

/** single: keys without a modifier count too. Who dictates to the page switches them off (WCAG 2.2, 2.1.4). */
export const single = signal(recall('asue.keys') !== 'off');

export function allowSingle(on: boolean): void {
  keep('asue.keys', on ? 'on' : 'off');
  single.value = on;
}

/** listen takes the keys; toPage shows the page of a number from 1. */
export function listen(toPage: (n: number) => void): void {
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.repeat || e.isComposing || document.querySelector('dialog[open]')) return;
    if (e.altKey ? withAlt(e, toPage) : alone(e)) e.preventDefault();
  });
}

function withAlt(e: KeyboardEvent, toPage: (n: number) => void): boolean {
  const digit = /^Digit([1-8])$/.exec(e.code);
  if (e.shiftKey) return false;
  if (digit) toPage(Number(digit[1]));
  else if (e.code === 'KeyK') acknowledge();
  else if (e.code === 'KeyM') document.getElementById('alarm-silence')?.click();
  else return false;
  return true;
}

/** acknowledge answers the alarm that has the focus. If none has it, the one that waits gets it first: nothing is answered unseen. */
function acknowledge(): void {
  const held = document.activeElement?.closest('[data-alarm]')?.querySelector<HTMLElement>('[data-act="acknowledge"]');
  if (held) return held.click();
  document.querySelector<HTMLElement>('main [data-alarm] [data-act="acknowledge"], #alarm-ack:enabled')?.focus();
}

function alone(e: KeyboardEvent): boolean {
  if (!single.peek() || writes(e.target as HTMLElement)) return false;
  if (e.key === '?' || (e.code === 'Slash' && e.shiftKey)) {
    helpOpen.value = true;
    return true;
  }
  const filter = document.querySelector<HTMLInputElement>('main input[type="search"]');
  if (!filter || e.shiftKey || (e.key !== '/' && e.code !== 'Slash')) return false;
  filter.focus();
  filter.select();
  return true;
}

/** writes reports whether keys go into a text there. */
const writes = (e: HTMLElement) => e.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(e.tagName);
