import { computed, type ReadonlySignal } from '@preact/signals';
import { t } from '../i18n';
import { hindrance } from '../may';
import { wish as wished, type Wish } from '../wish';
import { keptBy } from './facts';
import { selects } from './orders';

/** kept says who has selected the object of an order that has to be selected. */
function kept(w: Wish): string {
  const by = selects(w.kind) ? keptBy(w) : '';
  return by && t('hinder.kept', { name: by });
}

/** OrderButton opens the two steps of an order; while it cannot be given it is shut, and says why. */
export function OrderButton(p: { wish: Wish; about?: string; label?: string; shut?: ReadonlySignal<boolean>; strong?: boolean }) {
  const why = computed(() => hindrance(p.wish.kind) || kept(p.wish));
  const label = p.label ?? t(`order.${p.wish.kind}`);
  return (
    <button
      type="button"
      class={p.strong ? 'button strong' : 'button'}
      data-order={p.wish.kind}
      aria-label={p.about ? `${label}: ${p.about}` : undefined}
      disabled={computed(() => !!why.value || (p.shut?.value ?? false))}
      title={why}
      onClick={() => (wished.value = p.wish)}
    >
      {label}
    </button>
  );
}
