import { computed } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { answers, head } from '../acts';
import { named, t } from '../i18n';
import { hindrance, reportOld } from '../may';
import { me } from '../me';
import { Actuators } from './actuators';
import { Journal } from './journal';
import { AnswerList, Overrides, Waiting } from './lists';
import { OrderButton } from './button';
import { askJournal, askPending, journalFailure } from './orders';
import { Proposals } from './proposals';
import { Shares } from './shares';

const journalLength = 30;
/** asked is for whom the journal was asked last: who may not read it is not refused again and again. */
let asked: string | undefined;
const newest = computed(() => answers.value[0]?.id);

/** Control is the view «Управление». */
export function Control() {
  useEffect(() => {
    const ask = () => !document.hidden && void askPending();
    const read = () => !document.hidden && journalFailure.peek()?.status !== 403 && void askJournal(journalLength);
    ask();
    const timers = [window.setInterval(ask, 2000), window.setInterval(read, 15_000)];
    return () => timers.forEach((x) => window.clearInterval(x));
  }, []);
  const who = me.value.name;
  useEffect(() => {
    if (me.peek().name !== asked || journalFailure.peek()?.status !== 403) void askJournal(journalLength);
    asked = me.peek().name;
  }, [newest.value, who]);
  if (!head.value) return <p class="panel muted empty" id="no-control">{t('control.silent')}</p>;
  if (head.value.watching) return <p class="panel muted empty" id="no-control">{t('control.watching')}</p>;
  return (
    <>
      <System />
      <div class="control" data-old={computed(() => String(reportOld.value))}>
        <Proposals />
        <Waiting />
        <Actuators />
        <Overrides />
        <AnswerList />
        <Shares />
        <Journal />
      </div>
    </>
  );
}

const hindered = computed(() => hindrance('any'));

/** System is what is ordered of the whole, and why nothing can be ordered now. */
function System() {
  const auto = computed(() => head.value?.mode === 'auto' && head.value.armed === true);
  return (
    <section class="panel system" aria-labelledby="system-title">
      <h2 id="system-title">{t('control.system')}</h2>
      <span class="phase" id="phase">
        <span class="muted">{t('control.phase')}</span> <b>{computed(() => named('phase.', head.value?.state ?? ''))}</b>
      </span>
      <span class="phase" id="way" data-way={computed(() => head.value?.control)}>
        <span class="muted">{t('control.way')}</span> <b>{computed(() => named('control.way.', head.value?.control ?? 'advise'))}</b>
      </span>
      <OrderButton wish={{ kind: 'mode' }} />
      <OrderButton wish={{ kind: auto.value ? 'disarm' : 'arm' }} />
      <OrderButton wish={{ kind: 'inhibit' }} />
      <OrderButton wish={{ kind: 'limit' }} />
      <p class="hindered" id="hindered" hidden={computed(() => !hindered.value)}>
        <span aria-hidden="true">■ </span>
        {computed(() => t('control.hindered', { reason: hindered.value }))}
      </p>
    </section>
  );
}
