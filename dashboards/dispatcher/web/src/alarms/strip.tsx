import { plural, t } from '../i18n';
import { follow, kiosk } from '../route';
import { about, act, ageText, failed, failure, filled, kindOf, list, may, shapes, when, type Alarm } from './data';
import { enter, fresh, leave, renew, steady, touch } from './hold';

/** Strip is the alarms on the page of the shift, always of the same height: first what waits for an answer. */
export function Strip() {
  const rows = steady.value;
  const waiting = rows.filter((a) => a.unacked).length;
  return (
    <section class="strip panel" id="strip" aria-labelledby="strip-title" onPointerEnter={enter} onPointerLeave={leave} onFocusIn={touch} onKeyDown={touch}>
      <div class="head">
        <h2 id="strip-title">
          {t('alarms.title')} <span class="count">{plural('strip.waiting', waiting)}</span>
        </h2>
        {fresh.value > 0 && <button type="button" class="button" id="strip-fresh" onClick={renew}>{plural('strip.fresh', fresh.value)}</button>}
        {(failed.value || failure.value) && <span role="alert" class="alarm-failed">{failed.value || failure.value}</span>}
        {!kiosk && <a {...follow('alarms')}>{t('alarms.all')}</a>}
      </div>
      <ol class="scroll" tabIndex={0} aria-labelledby="strip-title">
        {rows.map((a) => <Row key={a.id} a={a} />)}
        {list.value && rows.length === 0 && <li class="muted empty">{t('alarms.none')}</li>}
      </ol>
    </section>
  );
}

function Row({ a }: { a: Alarm }) {
  const title = filled(kindOf(a).title, a);
  return (
    <li class={`strip-row ${a.priority}`} data-alarm={a.id} data-state={a.state} title={filled(kindOf(a).action, a)}>
      <span class={`sign prio ${a.priority}`}>
        <span aria-hidden="true" class={a.unacked ? 'flash' : ''}>{shapes[a.priority]}{t(`alarm.${a.priority}.letter`)}</span>
        <span class="sr">{t('alarm.' + a.priority)}</span>
      </span>
      <span class="num muted">{when(a.since)}</span>
      <span class="strip-text"><b>{title}</b> {about(a)}</span>
      <span class="num muted strip-age">{a.since && ageText(a.since)}</span>
      {a.unacked && may.value && !kiosk ? (
        <button type="button" class="button" data-act="acknowledge" aria-label={`${t('alarm.act.acknowledge')}: ${title} ${about(a)}`} onClick={(e) => { e.currentTarget.closest('ol')?.focus(); void act({ act: 'acknowledge', alarm: a.id }); }}>
          {t('alarm.act.acknowledge')}
        </button>
      ) : (
        <span class="muted strip-state">{t('alarm.state.' + a.state)}</span>
      )}
    </li>
  );
}
