import { computed } from '@preact/signals';
import { useState } from 'preact/hooks';
import { answers, overrides } from '../acts';
import { minutes } from '../format';
import { named, t } from '../i18n';
import { reworded } from '../said';
import { hindrance } from '../may';
import { me } from '../me';
import type { Answered, Override } from '../types';
import { OrderButton } from './button';
import { askPending, names, pending, pendingFailure, sent, withdraw, type Given } from './orders';
import { subjectText } from './facts';
import { Shown } from './result';
import { left, moment, overrideText } from './words';

/** Overrides is what persons have ordered for a while. */
export function Overrides() {
  return (
    <section class="panel overrides" id="overrides" aria-labelledby="overrides-title">
      <div class="head"><h2 id="overrides-title">{t('overrides.title')}</h2></div>
      {overrides.value.length === 0 && <p class="muted empty">{t('overrides.none')}</p>}
      <ul class="lines">
        {overrides.value.map((o) => (
          <Overriding key={o.id} o={o} />
        ))}
      </ul>
    </section>
  );
}

function Overriding({ o }: { o: Override }) {
  return (
    <li data-override={o.id} data-kind={o.kind}>
      <b>{named('order.', o.kind)}</b> <span>{overrideText(o)}</span>
      <p class="why">{o.reason}</p>
      <p class="muted num">
        {o.by.join(', ')} · {moment(o.at)}
        {o.until && <> · {t('overrides.until', { time: moment(o.until) })} ({computed(() => t('limit.left', { time: span(left(o.until)) }))})</>}
      </p>
      <div class="buttons">
        <OrderButton wish={{ kind: 'release', override: o.id }} about={overrideText(o)} />
      </div>
    </li>
  );
}

/** span is hours and minutes of a time that is left. */
function span(seconds: number): string {
  return seconds < 3600 ? minutes(seconds) : `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}:00`;
}

/** Waiting is the orders that need a second person. */
export function Waiting() {
  return (
    <section class="panel waiting-orders" id="waiting" aria-labelledby="waiting-title">
      <div class="head"><h2 id="waiting-title">{t('waiting.title')}</h2></div>
      {pending.value.length === 0 && <p class="muted empty">{pendingFailure.value ? t('books.failed', { reason: pendingFailure.value }) : t('waiting.none')}</p>}
      <ul class="lines">
        {pending.value.map((o) => (
          <Wait key={o.id} o={o} />
        ))}
      </ul>
    </section>
  );
}

function Wait({ o }: { o: Given }) {
  const [failure, setFailure] = useState('');
  const own = computed(() => o.by.some((a) => a.user === me.value.name));
  const about = `${named('order.', o.kind)} ${subjectText(o)}`;
  const back = () => withdraw(o.id).then(askPending, (e) => setFailure(String(e.message)));
  return (
    <li data-pending={o.id} data-kind={o.kind}>
      <b>{named('order.', o.kind)}</b> <span>{subjectText(o)}</span>
      <p class="why">{o.reason}</p>
      <p class="muted num">
        {t('order.confirmed.by', { names: names(o) })} · {t('limit.left', { time: minutes(o.left_s ?? 0) })}
      </p>
      {failure && <p role="alert">{t('steps.refused', { reason: failure })}</p>}
      <div class="buttons">
        <OrderButton wish={{ kind: 'approve', order: o.id }} about={about} shut={own} strong />
        <button type="button" class="button" data-order="withdraw" aria-label={`${t('order.withdraw')}: ${about}`} disabled={computed(() => !!hindrance('withdraw'))} onClick={back}>
          {t('order.withdraw')}
        </button>
        <span class="muted" hidden={computed(() => !own.value)}>{t('waiting.own')}</span>
      </div>
    </li>
  );
}

/** AnswerList is what the balancer has said to the youngest orders. */
export function AnswerList() {
  return (
    <section class="panel answers" id="answers" aria-labelledby="answers-title">
      <div class="head"><h2 id="answers-title">{t('answers.title')}</h2></div>
      {answers.value.length === 0 && <p class="muted empty">{t('answers.none')}</p>}
      <ul class="lines short">
        {answers.value.map((a) => (
          <Answer key={a.id} a={a} />
        ))}
      </ul>
    </section>
  );
}

function Answer({ a }: { a: Answered }) {
  const given = sent.value.find((o) => o.id === a.id);
  return (
    <li data-answer={a.id} data-accepted={String(a.accepted)}>
      <span class="num muted">{moment(a.at)}</span> <b class="verdict">{a.accepted ? `✓ ${t('answers.accepted')}` : `✕ ${t('answers.refused')}`}</b> {named('order.', a.kind)}{' '}
      <span class="muted">{a.by.join(', ')}</span>
      {given && <p class="why">{[subjectText(given), given.reason].filter(Boolean).join(' — ')}</p>}
      {a.text && <p class="why said">{reworded(a.text)}</p>}
      <Shown feedback={given?.feedback} />
    </li>
  );
}
