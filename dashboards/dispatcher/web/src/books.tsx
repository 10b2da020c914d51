import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ComponentType } from 'preact';
import { load as learn, t } from './i18n';
import { helpOpen } from './keys';
import { style } from './later';
import { readyOpen } from './ready';
import { route } from './route';
import { alarms } from './store';
import { wish } from './wish';

// The views beside the first one are programs of their own, each loaded when one of
// its views is opened, or what it shows beside any view: the first view waits for none.
const parts = {
  metering: () => import('./metering'),
  control: () => import('./control'),
  network: () => import('./network'),
  capacity: () => import('./capacity'),
  alarms: () => import('./alarms'),
  log: () => import('./log'),
  reports: () => import('./reports'),
  trend: () => import('./trend'),
  help: () => import('./help'),
  system: () => import('./system'),
};
type Part = keyof typeof parts;
/** catalogues are the messages of a program where they are not one catalogue of its name. */
const catalogues: Partial<Record<Part, string[]>> = { metering: ['metering', 'residents'], log: ['log', 'control'], trend: [] };
/** Loaded is a program: its view, what it shows beside any view, and what it has on the page of the shift. */
type Loaded = { View?: ComponentType; Aside?: ComponentType; Panel?: ComponentType };
const loaded = signal<Partial<Record<Part, Loaded>>>({});
const failure = signal('');

const ofMetering = ['residents', 'resident', 'profile', 'completeness', 'findings', 'balance', 'media'];

/** opens reports whether there is a program for a view. */
export const opens = (view: string): boolean => view === 'shift' || view in parts || ofMetering.includes(view);

async function load(part: Part): Promise<void> {
  failure.value = '';
  try {
    const [program] = await Promise.all([parts[part](), style(), part === 'capacity' ? style('capacity.css') : null, learn('said', ...(catalogues[part] ?? [part]))]);
    loaded.value = { ...loaded.value, [part]: program };
  } catch (e) {
    failure.value = String(e);
  }
}

export function Books() {
  const { view } = route.value;
  const part = view in parts ? (view as Part) : 'metering';
  useEffect(() => void load(part), [part]);
  const View = loaded.value[part]?.View;
  return (
    <main class="books" id="books" tabIndex={-1}>
      {View ? <View /> : <p class="muted empty">{failure.value ? t('books.failed', { reason: failure.value }) : t('trend.loading')}</p>}
    </main>
  );
}

/** Panel is what a program has on the page of the shift; its place is kept until it has come. */
export function Panel({ part, name }: { part: Part; name: string }) {
  useEffect(() => void load(part), [part]);
  const Shown = loaded.value[part]?.Panel;
  if (Shown) return <Shown />;
  return <section class={`${name} panel`} aria-busy="true" aria-label={t('trend.loading')}><p class="muted empty">{failure.value ? t('books.failed', { reason: failure.value }) : t('trend.loading')}</p></section>;
}

const wished = computed(() => wish.value !== null);
const alarmed = computed(() => !!alarms.value);

/** Beside is where an order is given in two steps, the panel of readiness and the keys; each is loaded when it is wanted first. */
export function Beside() {
  return (
    <>
      <Aside part="control" wanted={wished} />
      <Aside part="network" wanted={readyOpen} />
      <Aside part="alarms" wanted={alarmed} />
      <Aside part="help" wanted={helpOpen} />
    </>
  );
}

function Aside({ part, wanted }: { part: Part; wanted: ReadonlySignal<boolean> }) {
  const on = wanted.value;
  useEffect(() => {
    if (on) void load(part);
  }, [on]);
  const Shown = loaded.value[part]?.Aside;
  if (Shown) return <Shown />;
  return on && failure.value ? <p class="orders-failed" role="alert">{t('books.failed', { reason: failure.value })}</p> : null;
}
