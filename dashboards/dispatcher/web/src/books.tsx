import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ComponentType } from 'preact';
import { t } from './i18n';
import { style } from './later';
import { route } from './route';
import { wish } from './wish';

// The views beside the first one are two programs of their own, each loaded when
// one of its views is opened: the first view does not wait for them.
type Part = 'metering' | 'control';
const metering = signal<ComponentType | null>(null);
const control = signal<{ Control: ComponentType; Orders: ComponentType } | null>(null);
const failure = signal('');

async function load(part: Part): Promise<void> {
  failure.value = '';
  try {
    await style();
    if (part === 'control') control.value ??= await import('./control');
    else metering.value ??= (await import('./metering')).Metering;
  } catch (e) {
    failure.value = String(e);
  }
}

export function Books() {
  const part: Part = route.value.view === 'control' ? 'control' : 'metering';
  useEffect(() => void load(part), [part]);
  const View = part === 'control' ? control.value?.Control : metering.value;
  return (
    <main class="books" id="books" tabIndex={-1}>
      {View ? <View /> : <p class="muted empty">{failure.value ? t('books.failed', { reason: failure.value }) : t('trend.loading')}</p>}
    </main>
  );
}

const wished = computed(() => wish.value !== null);

/** Desk is where an order is given in two steps; it is loaded with the first wish. */
export function Desk() {
  const wanted = wished.value;
  useEffect(() => {
    if (wanted) void load('control');
  }, [wanted]);
  const Orders = control.value?.Orders;
  if (Orders) return <Orders />;
  return wanted && failure.value ? <p class="orders-failed" role="alert">{t('books.failed', { reason: failure.value })}</p> : null;
}
