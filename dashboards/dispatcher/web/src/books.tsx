import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ComponentType } from 'preact';
import { t } from './i18n';

// The views of metering are a program of their own, which is loaded when one of
// them is opened: the first view does not wait for it.
const views = signal<ComponentType | null>(null);
const failure = signal('');

async function load(): Promise<void> {
  failure.value = '';
  try {
    const { Metering } = await import('./metering');
    views.value = Metering;
  } catch (e) {
    failure.value = String(e);
  }
}

export function Books() {
  useEffect(() => {
    if (!views.peek()) void load();
  }, []);
  const Metering = views.value;
  return (
    <main class="books" id="books" tabIndex={-1}>
      {Metering ? <Metering /> : <p class="muted empty">{failure.value ? t('books.failed', { reason: failure.value }) : t('trend.loading')}</p>}
    </main>
  );
}
