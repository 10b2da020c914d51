import { useEffect, useState } from 'preact/hooks';
import { actuatorOf, answers, proposals } from '../acts';
import { minutes } from '../format';
import { t } from '../i18n';
import { reworded } from '../said';
import type { Wish } from '../wish';
import { meant } from './facts';
import { names, pending, sent, type Given } from './orders';
import { actuatorName, stateText } from './words';

/** patience is how long the balancer's answer may take before its absence is said. */
const patience = 15;

/**
 * Result tells what became of an order. That the server took it proves nothing: what
 * counts is the balancer's answer, and then the state of the device, both from the report.
 */
export function Result({ receipt, w }: { receipt: Given; w: Wish }) {
  const [moved] = useState(() => {
    const m = meant(w);
    return proposals.peek().find((p) => p.id === m.proposal)?.actuator ?? m.actuator;
  });
  const [tired, setTired] = useState(false);
  const answer = answers.value.find((a) => a.id === receipt.id);
  const waits = answer ? undefined : pending.value.find((o) => o.id === receipt.id);
  const asking = !answer && !waits;
  useEffect(() => {
    if (!asking) return;
    const timer = window.setTimeout(() => setTired(true), patience * 1000);
    return () => window.clearTimeout(timer);
  }, [asking]);
  const a = actuatorOf(moved);
  const feedback = sent.value.find((o) => o.id === receipt.id)?.feedback;
  return (
    <div class="result" id="order-result" role="status" data-feedback={feedback} data-result={answer ? (answer.accepted ? 'accepted' : 'refused') : waits ? 'waiting' : tired ? 'unanswered' : 'asking'}>
      {answer && <p class="verdict">{answer.accepted ? `✓ ${t('result.accepted')}` : `✕ ${t('result.refused')}`}</p>}
      {answer?.text && <p>{reworded(answer.text)}</p>}
      {waits && (
        <p>
          <b>◆ {t('result.waiting')}</b> {t('order.confirmed.by', { names: names(waits) })} · {t('limit.left', { time: minutes(waits.left_s ?? 0) })}
        </p>
      )}
      {asking && <p>{tired ? `▲ ${t(receipt.state === 'pending' ? 'result.lapsed' : 'result.unanswered')}` : `… ${t('result.asking')}`}</p>}
      {answer?.accepted !== false && <Shown feedback={feedback} />}
      {answer?.accepted && a && (
        <p class="muted" id="order-state">
          {actuatorName(a.id)}: {stateText(a.state)}
        </p>
      )}
    </div>
  );
}

/** Shown is what telemetry says of an order; nothing where nothing has to show. */
export function Shown({ feedback }: { feedback: Given['feedback'] }) {
  if (!feedback || !(feedback in signs)) return null;
  return <p class="shown" data-shown={feedback}>{signs[feedback]} {t('feedback.' + feedback)}</p>;
}

const signs: Partial<Record<NonNullable<Given['feedback']>, string>> = { done: '✓', undone: '✕', unconfirmed: '▲' };
