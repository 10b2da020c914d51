import { computed, signal } from '@preact/signals';
import { t } from '../i18n';
import { follow } from '../route';
import { alarms } from '../store';
import { about, act, ageText, failed, failure, filled, kindOf, may, priorities, shapes, shown } from './data';
import { arm, armed, disarm } from './horn';

/** aimed is the alarm that the pointer is about to answer: no other one may take its place before it has left. */
const aimed = signal('');
const first = computed(() => shown.value.find((a) => a.id === aimed.value) ?? shown.value.find((a) => a.unacked) ?? shown.value[0]);
const unacked = computed(() => shown.value.filter((a) => a.unacked).length);

/** AlarmBar stands below every view, always of the same height: how many alarms there are, and the first that waits for an answer. */
export function AlarmBar() {
  const a = first.value;
  const counts = alarms.value;
  return (
    <section class="alarm-bar" id="alarm-bar" aria-label={t('alarms.title')} data-unacked={unacked.value > 0}>
      <ul class="alarm-counts">
        {priorities.map((p) => (
          <li key={p} class={`prio ${p}`} data-on={!!counts?.active?.[p] || !!counts?.unacked?.[p]}>
            <span aria-hidden="true" class={counts?.unacked?.[p] ? 'flash' : ''}>{shapes[p]}{t(`alarm.${p}.letter`)}</span>
            <span class="sr">{t('alarm.' + p)}</span> <b class="num">{(counts?.active?.[p] ?? 0) || (counts?.unacked?.[p] ?? 0)}</b>
          </li>
        ))}
      </ul>
      <p class="alarm-first">
        {failed.value || failure.value ? (
          <span role="alert" class="alarm-failed">{failed.value || failure.value}</span>
        ) : a ? (
          <>
            <b>{filled(kindOf(a).title, a)}</b> <span>{about(a)}</span> <span class="muted num">{a.since && ageText(a.since)}</span>
          </>
        ) : (
          <span class="muted">{t('alarms.none')}</span>
        )}
      </p>
      {a?.unacked && (
        <button type="button" class="button" id="alarm-ack" disabled={!may.value} title={may.value ? '' : t('alarms.may')} onPointerEnter={() => (aimed.value = a.id)} onPointerLeave={() => (aimed.value = '')} onClick={() => void answer(a.id)}>
          {t('alarm.act.acknowledge')}
        </button>
      )}
      {armed.value ? (
        <>
          {!!counts?.horn_s && may.value && (
            <button type="button" class="button" id="alarm-silence" onClick={() => void act({ act: 'silence', seconds: 60 })}>{t('alarms.silence')}</button>
          )}
          <button type="button" class="button" id="alarm-sound" aria-pressed="true" onClick={disarm}>{t('alarms.sound.on')}</button>
        </>
      ) : (
        <button type="button" class="button" id="alarm-sound" aria-pressed="false" onClick={arm}>{t('alarms.sound.off')}</button>
      )}
      <a {...follow('alarms')}>{t('alarms.all')}</a>
    </section>
  );
}

/** answer acknowledges what was read: if the alarm under the pointer has gone, another one that came in its place is only shown. */
async function answer(id: string): Promise<void> {
  const meant = aimed.value === '' || aimed.value === id;
  aimed.value = meant ? '' : id;
  if (meant) await act({ act: 'acknowledge', alarm: id });
}
