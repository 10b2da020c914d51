// What the reader wants to see at lines and windings; kept from one visit to the next.
import { computed, signal } from '@preact/signals';
import { keep, recall } from '../i18n';

export const figures = ['p', 'q', 'a', 'pct'] as const;
export type Figure = (typeof figures)[number];

const chosen = signal<Set<Figure>>(remembered());

function remembered(): Set<Figure> {
  const said = recall('asue.figures')?.split(',');
  return new Set(said ? figures.filter((f) => said.includes(f)) : ['p', 'pct']);
}

export const shown = (f: Figure): boolean => chosen.value.has(f);

/** count is how many lines of figures there are at most. */
export const count = computed(() => Math.max(1, chosen.value.size));

export function toggle(f: Figure): void {
  const next = new Set(chosen.peek());
  if (!next.delete(f)) next.add(f);
  keep('asue.figures', [...next].join(','));
  chosen.value = next;
}

/** folded is whether the feeders of a bar are one; undefined until the reader has said. */
export const folded = signal<boolean | undefined>(said(recall('asue.feeders')));

function said(word: string | null): boolean | undefined {
  return word === 'folded' ? true : word === 'all' ? false : undefined;
}

export function fold(on: boolean): void {
  keep('asue.feeders', on ? 'folded' : 'all');
  folded.value = on;
}
