import { computed } from '@preact/signals';
import { advice, proposals } from '../acts';
import { minutes, power } from '../format';
import { named, plural, t } from '../i18n';
import { reworded } from '../said';
import type { Proposal } from '../types';
import { OrderButton } from './button';
import { names, pending } from './orders';
import { actuatorName, left, wantText } from './words';

/** moving are proposals that move load; the others only take a set-point over as it is, and must not stand in their way. */
const moving = computed(() => proposals.value.filter((p) => p.effect_w !== 0));
const idle = computed(() => proposals.value.filter((p) => p.effect_w === 0));

/** Proposals is what the balancer would do and may not without a person. */
export function Proposals() {
  return (
    <section class="panel proposals" id="proposals" aria-labelledby="proposals-title">
      <div class="head">
        <h2 id="proposals-title">
          {t('proposals.title')} <span class="count">{computed(() => (moving.value.length ? String(moving.value.length) : ''))}</span>
        </h2>
      </div>
      {moving.value.length === 0 && <p class="muted empty">{t('proposals.none')}</p>}
      <ul>
        {moving.value.map((p) => (
          <Item key={p.id} p={p} />
        ))}
      </ul>
      {idle.value.length > 0 && (
        <details class="idle" id="proposals-idle">
          <summary>{plural('proposals.idle', idle.value.length)}</summary>
          <ul>
            {idle.value.map((p) => (
              <Item key={p.id} p={p} />
            ))}
          </ul>
        </details>
      )}
      <Advised />
    </section>
  );
}

/** Advised is what the balancer would do and does not: why it would, and why it does not. */
function Advised() {
  if (advice.value.length === 0) return null;
  return (
    <>
      <h3 id="advice-title">{t('advice.title')}</h3>
      <ul class="advice" id="advice" aria-labelledby="advice-title">
        {advice.value.map((a) => (
          <li key={a.actuator} data-advice={a.actuator} data-mode={a.mode}>
            <div class="what">
              <b>
                {wantText(a)} — {actuatorName(a.actuator)}
              </b>
              <span class="effect num">{a.effect_w === undefined ? t('proposals.effect.unknown') : t('proposals.effect', { power: power(a.effect_w) })}</span>
            </div>
            <p class="why">{reworded(a.why)}</p>
            <p class="not">
              <span aria-hidden="true">■ </span>
              {t('advice.not', { mode: named('mode.', a.mode) })} <span class="muted">{reworded(a.not)}</span>
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

function Item({ p }: { p: Proposal }) {
  const seconds = computed(() => left(p.expires));
  const gone = computed(() => seconds.value <= 0);
  const waiting = computed(() => pending.value.find((o) => o.kind === 'confirm' && o.proposal === p.id));
  const name = actuatorName(p.actuator);
  return (
    <li data-proposal={p.id} data-persons={p.persons}>
      <div class="what">
        <b>
          {wantText(p)} — {name}
        </b>
        <span class="effect num">{p.effect_w === undefined ? t('proposals.effect.unknown') : t('proposals.effect', { power: power(p.effect_w) })}</span>
        <span class="left num">{computed(() => (gone.value ? t('proposals.gone') : t('limit.left', { time: minutes(seconds.value) })))}</span>
      </div>
      <p class="why">{reworded(p.why)}</p>
      {p.persons > 1 && (
        <p class="persons">
          <span aria-hidden="true">◆ </span>
          {plural('order.persons', p.persons)}.{' '}
          {computed(() => (waiting.value ? t('order.confirmed.by', { names: names(waiting.value) }) : t('order.confirmed.none')))}
        </p>
      )}
      <div class="buttons">
        {waiting.value ? (
          <OrderButton wish={{ kind: 'approve', order: waiting.value.id }} about={name} strong />
        ) : (
          <OrderButton wish={{ kind: 'confirm', proposal: p.id, actuator: p.actuator }} about={name} shut={gone} strong />
        )}
        <OrderButton wish={{ kind: 'reject', proposal: p.id, actuator: p.actuator }} about={name} shut={gone} />
      </div>
    </li>
  );
}
