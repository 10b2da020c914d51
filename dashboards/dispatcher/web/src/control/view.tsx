import { computed } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { answers, head } from '../acts';
import { t } from '../i18n';
import { hindrance, person } from '../person';
import { Actuators } from './actuators';
import { Journal } from './journal';
import { AnswerList, Overrides, Waiting } from './lists';
import { OrderButton } from './button';
import { askJournal, askPending } from './orders';
import { Proposals } from './proposals';
import { Shares } from './shares';

const journalLength = 30;
const newest = computed(() => answers.value[0]?.id);

/** Control is the view «Управление». */
export function Control() {
  useEffect(() => {
    const ask = () => !document.hidden && void askPending();
    const read = () => !document.hidden && void askJournal(journalLength);
    ask();
    const timers = [window.setInterval(ask, 2000), window.setInterval(read, 15_000)];
    return () => timers.forEach((x) => window.clearInterval(x));
  }, []);
  const who = person.value?.name;
  useEffect(() => void askJournal(journalLength), [newest.value, who]);
  if (!head.value) return <p class="panel muted empty" id="no-control">{t('control.silent')}</p>;
  if (head.value.watching) return <p class="panel muted empty" id="no-control">{t('control.watching')}</p>;
  return (
    <>
      <System />
      <div class="control" data-freshness={computed(() => head.value?.freshness)}>
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
