import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { has, named, t } from '../i18n';
import { me } from '../me';
import { alarmNamed, duty, kindText, may, readDuty, sign, when, words, type Item } from './data';

const lists = ['alarms', 'shelved', 'out_of_service', 'silent', 'switches', 'overrides', 'pending', 'unfinished', 'notes'] as const;
type List = (typeof lists)[number];

const failed = signal('');
const done = signal('');
const busy = signal(false);

/** Handover is what one shift hands over to the next, and where both sign it. */
export function Handover() {
  useEffect(() => {
    failed.value = done.value = '';
    void readDuty();
  }, []);
  const d = duty.value;
  if (!d) return <p class="muted empty">{t('trend.loading')}</p>;
  return (
    <>
      <section class="panel" id="handover" aria-labelledby="handover-title">
        <div class="head">
          <h2 id="handover-title">{t('log.handover')}</h2>
          <button type="button" class="button no-print" id="handover-again" onClick={() => void readDuty()}>{t('log.again')}</button>
          <button type="button" class="button no-print" onClick={() => window.print()}>{t('log.print')}</button>
        </div>
        {d.shift?.from && <p class="muted log-line">{t('log.taken.from', { who: d.shift.from })}</p>}
        {d.shift?.why && <p class="log-line">{t('log.taken')}: {d.shift.why}</p>}
        <dl class="handover">
          {lists.map((l) => (
            <div key={l} data-list={l}>
              <dt>{t('log.list.' + l)}</dt>
              <dd>{d.document[l]?.length ? <ul>{d.document[l].map((it, i) => <li key={i}>{line(l, it)}</li>)}</ul> : <span class="muted">{t('log.list.none')}</span>}
                {d.document.left?.[l] && <span class="muted">{t('log.list.left', { n: String(d.document.left[l]) })}</span>}</dd>
            </div>
          ))}
        </dl>
        <p class="muted log-line log-digest">{t('log.digest')} <span class="num">{d.digest}</span></p>
      </section>
      {may.value && <Sign />}
      {failed.value && <p class="trouble" role="alert" id="sign-failed">{failed.value}</p>}
      {done.value && <p class="panel log-line" role="status" id="sign-done">{done.value}</p>}
    </>
  );
}

/** line is one item in words. */
function line(list: List, it: Item): string {
  const what = list === 'alarms' || list === 'shelved' || list === 'out_of_service' ? alarmNamed(it.id ?? '') : it.id;
  const key = 'log.state.' + it.state;
  const state = list === 'unfinished' ? kindText('log.' + it.state) : list === 'notes' ? '' : has(key) ? t(key) : named('order.', it.state ?? '');
  return [it.seq && `№ ${it.seq}`, when(it.at), what, state, it.text, it.by, it.until && t('log.until', { time: when(it.until) })].filter(Boolean).join(' · ');
}

/** Sign is where the shift is taken, or handed over by two persons at one screen. */
function Sign() {
  const holder = duty.value?.shift?.who;
  const mine = holder === me.value.name;
  return (
    <section class="panel no-print" id="sign" aria-labelledby="sign-title">
      <div class="head"><h2 id="sign-title">{t(mine ? 'log.sign.over' : 'log.sign.take')}</h2></div>
      <form onSubmit={(e) => { e.preventDefault(); void signed(e.currentTarget, mine); }}>
        <fieldset>
          <legend>{t(mine ? 'log.sign.gives' : 'log.sign.takes')}: {me.value.name}</legend>
          <label class="field"><span>{t('log.sign.password')}</span><input type="password" name="own" required maxLength={256} autocomplete="off" /></label>
        </fieldset>
        {mine && (
          <fieldset>
            <legend>{t('log.sign.takes')}</legend>
            <label class="field"><span>{t('log.sign.name')}</span><input type="text" name="name" required maxLength={64} autocomplete="off" /></label>
            <label class="field"><span>{t('log.sign.password')}</span><input type="password" name="password" required maxLength={256} autocomplete="off" /></label>
          </fieldset>
        )}
        {!mine && holder && <label class="field wide"><span>{t('log.sign.why', { who: holder })}</span><input type="text" name="why" required maxLength={400} /></label>}
        <button type="submit" class="button strong" id="sign-do" disabled={busy.value}>{t(mine ? 'log.sign.over' : 'log.sign.take')}</button>
      </form>
    </section>
  );
}

async function signed(form: HTMLFormElement, mine: boolean): Promise<void> {
  const given = new FormData(form);
  const text = (name: string) => String(given.get(name) ?? '').trim();
  const digest = duty.peek()?.digest ?? '';
  busy.value = true;
  failed.value = done.value = '';
  try {
    if (mine) await sign('hand-over', String(given.get('own')), { digest, name: text('name'), password: String(given.get('password')) });
    else await sign('take', String(given.get('own')), { digest, why: text('why') });
    const now = duty.peek();
    done.value = t('log.sign.done', { who: now?.shift?.who ?? '', digest: now?.shift?.signed ?? '' }) + (now?.warning ? ' ' + t('log.sign.shelves') : '');
  } catch (e) {
    failed.value = words(e);
    await readDuty(); // what is to be signed may be another one now
  } finally {
    form.reset();
    busy.value = false;
  }
}
