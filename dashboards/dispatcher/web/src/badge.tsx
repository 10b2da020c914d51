import { computed } from '@preact/signals';
import { age } from './format';
import { t } from './i18n';
import { light, networkAge, networkOld, readyOpen, verdict } from './ready';
import { network } from './store';

const signs = { green: '●', amber: '◐', red: '✕', unknown: '?' };
const there = computed(() => network.value !== null);

/** ReadyBadge stands in every view: would the reserve carry the site if the line in service tripped now? */
export function ReadyBadge() {
  if (!there.value) return null;
  return (
    <button type="button" class="ready-badge" id="ready" data-light={light} data-old={computed(() => String(networkOld.value))} aria-haspopup="dialog" onClick={() => (readyOpen.value = true)}>
      <b>
        <span aria-hidden="true">{computed(() => signs[light.value] + ' ')}</span>
        {computed(() => t('ready.' + light.value))}
      </b>{' '}
      <span class="num">{computed(() => (networkOld.value ? t('ready.old', { age: age(networkAge.value ?? 0) }) : verdict.value))}</span>
    </button>
  );
}
