// Light, dark, or as the system says.
import { signal } from '@preact/signals';
import { keep, recall } from './i18n';

export type Theme = 'auto' | 'light' | 'dark';
export const themes: Theme[] = ['auto', 'light', 'dark'];

export const theme = signal<Theme>(themes.find((x) => x === recall('asue.theme')) ?? 'auto');

export function wear(x: Theme): void {
  keep('asue.theme', x);
  theme.value = x;
}
