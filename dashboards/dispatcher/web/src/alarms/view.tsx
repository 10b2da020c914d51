import { useSignal } from '@preact/signals';
import { plural, t } from '../i18n';
import { choose, route } from '../route';
import { serverNow } from '../store';
import { about, act, ageText, failed, failure, filled, hidden, kindOf, list, may, named, shapes, shown, when, type Alarm } from './data';
import { Figures } from './figures';
import { History } from './history';

const tabs = ['active', 'hidden', 'history', 'figures'] as const;

/** AlarmsView is all alarms: those that stand, those that are put aside, what was, and how good they are. */
export function AlarmsView() {
  const tab = tabs.find((x) => x === route.value.chosen.tab) ?? 'active';
  return (
    <div class="alarms" id="alarms">
      <section class="panel bar-of-choice" aria-label={t('alarms.title')}>
        <div class="switch" role="group" aria-label={t('alarms.title')}>
          {tabs.map((x) => (
            <button type="button" key={x} aria-pressed={x === tab} data-tab={x} onClick={() => choose({ tab: x === 'active' ? undefined : x })}>
              {t('alarms.' + x)} {x === 'active' && shown.value.length > 0 && shown.value.length}{x === 'hidden' && hidden.value.length > 0 && hidden.value.length}
            </button>
          ))}
        </div>
        {may.value && <button type="button" class="button" id="begin-shift" onClick={() => void act({ act: 'begin-shift' })}>{t('alarm.act.begin-shift')}</button>}
        {!may.value && <span class="muted">{t('alarms.may')}</span>}
      </section>
      {failed.value && <p class="trouble" role="alert">{failed.value}</p>}
      {tab === 'history' ? <History /> : tab === 'figures' ? <Figures /> : <List alarms={tab === 'hidden' ? hidden.value : shown.value} empty={t(tab === 'hidden' ? 'alarms.none.hidden' : 'alarms.none')} />}
    </div>
  );
}

function List({ alarms, empty }: { alarms: Alarm[]; empty: string }) {
  if (!list.value) return <p class="muted empty">{failure.value || t('trend.loading')}</p>;
  if (alarms.length === 0) return <p class="muted empty panel">{empty}</p>;
  return (
    <section class="panel" aria-labelledby="alarms-count">
      <div class="head"><h2 id="alarms-count">{plural('alarms.count', alarms.length)}</h2></div>
      <ol class="alarm-list">
        {alarms.map((a) => (
          <Item key={a.id} a={a} />
        ))}
      </ol>
    </section>
  );
}

function Item({ a }: { a: Alarm }) {
  const kind = kindOf(a);
  const put = a.out ?? a.shelf;
  const waits = a.unacked && a.active && !put && !a.cause;
  const late = waits && serverNow.value > Date.parse(a.due_at);
  return (
    <li class={`alarm ${a.priority}`} data-alarm={a.id} data-state={a.state}>
      <div class="alarm-head">
        <span class={`sign prio ${a.priority}`}>
          <span aria-hidden="true" class={a.unacked && !put ? 'flash' : ''}>{shapes[a.priority]}{t(`alarm.${a.priority}.letter`)}</span>
          <span class="sr">{t('alarm.' + a.priority)}</span>
        </span>
        <b>{filled(kind.title, a)}</b> <span>{about(a)}</span>
        <span class="alarm-state">{t('alarm.state.' + a.state)}{a.times > 1 && ` ×${a.times}`}</span>
        <span class="num muted">{t('alarm.since', { time: when(a.since), age: a.since ? ageText(a.since) : '—' })}</span>
        {waits && <span class={late ? 'num late' : 'num muted'}>{t(late ? 'alarm.late' : 'alarm.due', { time: when(a.due_at) })}</span>}
        <Buttons a={a} />
      </div>
      <details open={a.unacked && a.priority === 'high'}>
        <summary>{filled(kind.action, a)}</summary>
        <dl>
          <div><dt>{t('alarm.cause')}</dt><dd>{filled(kind.cause, a)}</dd></div>
          <div><dt>{t('alarm.consequence')}</dt><dd>{filled(kind.consequence, a)}</dd></div>
          {a.cause && <div><dt>{t('alarm.behind')}</dt><dd>{named(a.cause)}</dd></div>}
          {a.acked && <div><dt>{t('alarm.acked')}</dt><dd>{a.acked.by}, {when(a.acked.at)}</dd></div>}
          {put && <div><dt>{t('alarm.state.' + (a.out ? 'out-of-service' : 'shelved'))}</dt><dd>{put.by}: {put.why} · {t('alarm.until', { time: when(put.until) })}</dd></div>}
          {a.comments?.map((c) => <div key={c.at}><dt>{c.by}, {when(c.at)}</dt><dd>{c.text}</dd></div>)}
        </dl>
      </details>
    </li>
  );
}

/** focused gets the focus when it appears. */
const focused = (e: HTMLInputElement | null) => {
  if (e?.value === '') e.focus();
};

/** spans are for how many hours an alarm can be put aside, and taken out of service. */
const spans = (act: string) => (act === 'take-out' ? ['8', '24', '72', '168', '720'] : ['0.5', '1', '2', '4', '8']);
const spanText = (h: string) => (Number(h) < 24 ? `${h.replace('.', ',')} ${t('unit.h')}` : plural('alarms.of-days', Number(h) / 24));

function Buttons({ a }: { a: Alarm }) {
  const asking = useSignal('');
  const why = useSignal('');
  const hours = useSignal('1');
  if (!may.value) return null;
  const ask = (what: string) => {
    asking.value = what;
    hours.value = what === 'take-out' ? '8' : '1';
  };
  const button = (what: string, label = t('alarm.act.' + what)) => (
    <button type="button" class="button" data-act={what} aria-label={`${label}: ${about(a) || kindOf(a).title}`} aria-expanded={asking.value === what} onClick={() => ask(asking.value === what ? '' : what)}>{label}</button>
  );
  const direct = (what: string) => (
    <button type="button" class="button" data-act={what} aria-label={`${t('alarm.act.' + what)}: ${about(a) || kindOf(a).title}`} onClick={() => void act({ act: what, alarm: a.id })}>{t('alarm.act.' + what)}</button>
  );
  const done = async () => {
    const timed = asking.value !== 'comment';
    const until = timed ? new Date(serverNow.peek() + Number(hours.value) * 3600e3).toISOString() : undefined;
    if (await act({ act: asking.value, alarm: a.id, why: why.value, until })) asking.value = why.value = '';
  };
  return (
    <span class="alarm-acts">
      {a.unacked && !a.shelf && !a.out && !a.cause && direct('acknowledge')}
      {a.shelf ? direct('unshelve') : !a.out && button('shelve')}
      {!a.shelf && !a.out && button('shelve-once')}
      {a.out ? direct('put-back') : button('take-out')}
      {button('comment')}
      {asking.value && (
        <form class="alarm-ask" onSubmit={(e) => { e.preventDefault(); void done(); }}>
          <label class="field"><span>{t(asking.value === 'comment' ? 'alarm.text' : 'alarm.why')}</span>
            <input id="alarm-why" ref={focused} value={why.value} maxLength={400} onInput={(e) => (why.value = e.currentTarget.value)} />
          </label>
          {asking.value !== 'comment' && (
            <label class="field"><span>{t('alarm.hours')}</span>
              <select id="alarm-hours" value={hours.value} onChange={(e) => (hours.value = e.currentTarget.value)}>
                {spans(asking.value).map((h) => <option key={h} value={h} selected={h === hours.value}>{spanText(h)}</option>)}
              </select>
            </label>
          )}
          <button type="submit" class="button strong" id="alarm-do" disabled={!why.value.trim()}>{t('alarm.act.' + asking.value)}</button>
        </form>
      )}
    </span>
  );
}
