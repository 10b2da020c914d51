// The view of technical conditions: who uses them how, cases, the pool, answers to
// newcomers. This file is loaded when the view is opened. It says so much that each
// language is a file of its own, loaded when the reader speaks it first.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { lang, learn, t, type Lang } from './i18n';
import './shared';
import { Capacity } from './capacity/view';

const catalogues = {
  ru: () => import('../i18n/capacity.ru.json'),
  kk: () => import('../i18n/capacity.kk.json'),
  en: () => import('../i18n/capacity.en.json'),
};
const spoken = signal<Lang[]>([]);
const failure = signal('');

async function listen(l: Lang): Promise<void> {
  if (spoken.peek().includes(l)) return;
  failure.value = '';
  try {
    learn({ [l]: (await catalogues[l]()).default });
    spoken.value = [...spoken.peek(), l];
  } catch (e) {
    failure.value = String(e);
  }
}

export function View() {
  const l = lang.value;
  useEffect(() => void listen(l), [l]);
  if (spoken.value.includes(l)) return <Capacity />;
  return <p class="muted empty">{failure.value ? t('books.failed', { reason: failure.value }) : t('trend.loading')}</p>;
}
