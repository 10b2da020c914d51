// What stands between a person and an order.
import { computed } from '@preact/signals';
import { head } from './acts';
import { age } from './format';
import { named, t } from './i18n';
import { me } from './me';
import { ageOf, lostFor, site } from './store';

/** general: whoever may give any order may be asked; the server knows whether for this one. */
const general = ['any', 'approve', 'withdraw'];
const oldAfter = 10;

/** reportAge is the age of the balancer's report in seconds of the site's clock. */
export const reportAge = computed(() => ageOf(head.value?.at));
/** reportOld: what the report says may not be so any more. Ten seconds of the reader's time, however fast the site's clock goes. */
export const reportOld = computed(() => (reportAge.value ?? Infinity) > oldAfter * Math.max(1, site.value.speed));

/**
 * hindrance says why an order of a kind cannot be given now; empty if it can. The stop
 * alone may be given on an old report: it never moves anything, and a balancer whose
 * reports do not come may be commanding all the same.
 */
export function hindrance(kind: string): string {
  if (lostFor.value !== null) return t('hinder.lost');
  const { name, role = '', orders = [] } = me.value;
  if (!name) return t('hinder.anonymous');
  if (general.includes(kind) ? orders.length === 0 : !orders.includes(kind)) return t('hinder.role', { role: named('role.', role) });
  if (!head.value) return t('hinder.silent');
  if (reportOld.value && kind !== 'kill') return t('hinder.old', { age: age(reportAge.value ?? 0) });
  return '';
}
