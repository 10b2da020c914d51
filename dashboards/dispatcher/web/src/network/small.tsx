import { computed, signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { t } from '../i18n';
import { networkOld, sourceNames } from '../ready';
import { follow, go, kiosk } from '../route';
import { network } from '../store';
import { Picture } from './diagram';
import { layout } from './layout';
import { plan, planFailure } from './plan';
import { mw, see } from './seen';
import { Broken, stands } from './view';

const nothing = signal('');
/** margin is for names that are written larger here than the layout takes them for. */
const margin = 20;

/** Small is the diagram on the page of the shift: all of it at once, as large as there is room. What stands behind it is a view of its own. */
export function Small() {
  const state = network.value;
  const ready = state && plan.value;
  const feeding = state && !state.problem ? sourceNames(state.sources.filter((x) => x.feeding).map((x) => x.source)) : '';
  return (
    <section class="panel net-pane diagram" id="diagram" data-old={computed(() => String(networkOld.value))} aria-labelledby="diagram-title">
      <div class="head">
        <h2 id="diagram-title">
          {kiosk ? t('nav.network') : <a {...follow('network')}>{t('nav.network')}</a>} <span class="muted num" id="diagram-at">{stands}</span>
        </h2>
        {ready && <span class="num diagram-sums"><span class="muted">{t('sum.feeding')}</span> <b class={feeding ? '' : 'over'}>{feeding || t('diagram.nobody')}</b> · <span class="muted">{t('sum.loss')}</span> <b>{mw(state.loss_mw)}</b></span>}
      </div>
      {ready ? (
        <>
          <Broken />
          <div class="net-field" onClick={() => kiosk || go('network')}><Whole /></div>
        </>
      ) : (
        <p class="muted empty">{!state ? t('diagram.silent') : planFailure.value ? t('books.failed', { reason: planFailure.value }) : t('trend.loading')}</p>
      )}
    </section>
  );
}

function Whole() {
  const placed = useMemo(() => layout(plan.value!, { width: 0, folded: true, figures: 2 }), [plan.value]);
  const { left, width } = placed;
  return <Picture plan={plan.value!} layout={{ ...placed, left: left - margin, width: width + 2 * margin }} width="100%" seen={see(network.value!)} supposed={false} picked={nothing} pointed={useMemo(() => signal(''), [])} spots={[]} />;
}
