// Whether the reserve would carry the site if the line in service tripped now, as the
// header says it in every view.
import { computed, signal } from '@preact/signals';
import { decimal, t } from './i18n';
import { ageOf, lostFor, network, site } from './store';

/** oldAfter is the age, in seconds of the reader's time, from which a state is no picture of now. */
const oldAfter = 30;

export const networkAge = computed(() => ageOf(network.value?.at));
export const networkOld = computed(() => lostFor.value !== null || (networkAge.value ?? Infinity) > oldAfter * Math.max(1, site.value.speed));

/** readyOpen: the panel of readiness is wanted. */
export const readyOpen = signal(false);

export type Light = 'green' | 'amber' | 'red' | 'unknown';

export const light = computed<Light>(() => (networkOld.value ? 'unknown' : (network.value?.readiness?.light ?? 'unknown')));

/** brief is the name by which people call a line: what stands in quotes, if anything does. */
export const brief = (name: string): string => /«([^»]+)»/.exec(name)?.[1] ?? name;

/** sourceNames are the names of sources, each once: two circuits of one line are one, and those that are lost together stand with a plus. */
export const sourceNames = (ids: string[]): string => [...new Set(ids.join('+').split('+').map((id) => brief(network.value?.names?.[id] ?? id)))].join(', ');

const megawatts = (x: number) => decimal(x, 1);

/** verdict is what the reserve could do and what has to go. */
export const verdict = computed(() => {
  const r = network.value?.readiness;
  if (!r) return '';
  const lost = sourceNames([r.lost]);
  if (!r.backup.length) return t('ready.none', { lost });
  const args = { lost, backup: sourceNames(r.backup), limit: megawatts(r.limit_mw), shed: megawatts(r.shed_mw) };
  return t(r.shed_mw > 0.05 ? 'ready.shed' : 'ready.enough', args);
});
