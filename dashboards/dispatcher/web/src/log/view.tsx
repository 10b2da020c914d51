import { useEffect } from 'preact/hooks';
import { named, plural, t } from '../i18n';
import { choose, route } from '../route';
import { alarmNamed, duty, entryOf, failure, filter, fresh, kindText, lines, look, may, more, read, readDuty, said, when, type Entry, type Line } from './data';
import { corrected, Write } from './entry';
import { Handover } from './handover';

const tabs = ['stream', 'handover'] as const;
const groups = ['', 'log.', 'alarm.', 'order.', 'control.', 'config.'];

/** LogView is the operator's log, and the shift. */
export function LogView() {
  const tab = tabs.find((x) => x === route.value.chosen.tab) ?? 'stream';
  useEffect(() => void readDuty(), []);
  const s = duty.value?.shift;
  return (
    <div class="log" id="log">
      <section class="panel bar-of-choice" aria-label={t('log.title')}>
        <div class="switch" role="group" aria-label={t('log.title')}>
          {tabs.map((x) => <button type="button" key={x} data-tab={x} aria-pressed={x === tab} onClick={() => choose({ tab: x === 'stream' ? undefined : x })}>{t('log.tab.' + x)}</button>)}
        </div>
        {duty.value && <p id="duty">{s ? t('log.duty', { who: s.who, time: when(s.since) }) : t('log.duty.none')}</p>}
        {!may.value && <span class="muted">{t('log.may')}</span>}
      </section>
      {failure.value && <p class="trouble" role="alert">{failure.value}</p>}
      {tab === 'handover' ? <Handover /> : <><Write /><Stream /></>}
    </div>
  );
}

function Stream() {
  const { kind = '', q = '', from = '', to = '' } = route.value.chosen;
  useEffect(() => {
    const timer = window.setTimeout(() => void read(), q ? 250 : 0); // a word is typed letter by letter
    return () => window.clearTimeout(timer);
  }, [kind, q, from, to]);
  useEffect(() => {
    const timer = window.setInterval(() => void look(), 10_000);
    return () => window.clearInterval(timer);
  }, []);
  const list = lines.value ?? [];
  const corrections = new Map(list.map((l) => [entryOf(l)?.corrects, l.seq]));
  return (
    <section class="panel" id="log-stream" aria-labelledby="stream-title">
      <div class="head"><h2 id="stream-title">{t('log.tab.stream')}</h2>
        {fresh.value > 0 && <button type="button" class="button" id="log-fresh" onClick={() => void read()}>{plural('log.fresh', fresh.value)}</button>}
      </div>
      <div class="bar-of-choice no-print">
        <label class="select"><span>{t('log.filter.kind')}</span>
          <select id="log-kind" value={kind} onChange={(e) => choose({ kind: e.currentTarget.value || undefined })}>
            {groups.map((g) => <option key={g} value={g} selected={g === kind}>{g ? t('log.group.' + g.slice(0, -1)) : t('log.filter.all')}</option>)}
          </select>
        </label>
        <label class="field"><span>{t('log.filter.word')}</span><input id="log-word" type="search" value={q} maxLength={100} onInput={(e) => choose({ q: e.currentTarget.value || undefined }, true)} /></label>
        <label class="field"><span>{t('log.filter.from')}</span><input type="date" value={from} onChange={(e) => choose({ from: e.currentTarget.value || undefined }, true)} /></label>
        <label class="field"><span>{t('log.filter.to')}</span><input type="date" value={to} onChange={(e) => choose({ to: e.currentTarget.value || undefined }, true)} /></label>
        <button type="button" class="button" id="log-print" onClick={() => window.print()}>{t('log.print')}</button>
        <a class="button" id="log-csv" href={`/api/v1/log.csv?style=excel&${filter()}`} download>CSV</a>
      </div>
      {list.length === 0 && !failure.value && <p class="muted empty">{t(lines.value ? 'log.none' : 'trend.loading')}</p>}
      {list.length > 0 && (
        <div class="scroll books-table log-table" tabIndex={0} role="group" aria-labelledby="stream-title">
          <table>
            <thead><tr>{['seq', 'at', 'who', 'kind', 'text'].map((c) => <th scope="col" key={c}>{t('log.col.' + c)}</th>)}</tr></thead>
            <tbody>{list.map((l) => <Row key={l.seq} l={l} by={corrections.get(l.seq)} />)}</tbody>
          </table>
        </div>
      )}
      {more.value > 0 && <button type="button" class="button" id="log-more" onClick={() => void read(true)}>{t('log.more')}</button>}
    </section>
  );
}

function Row({ l, by }: { l: Line; by?: number }) {
  const e = entryOf(l);
  const alarm = l.kind.startsWith('alarm.') && l.subject;
  return (
    <tr data-seq={l.seq} data-kind={l.kind}>
      <td class="num">{l.seq}</td>
      <td class="num">{when(l.at)}</td>
      <th scope="row" title={l.role ? named('role.', l.role) : undefined}>{l.actor === 'system' ? t('log.system') : l.actor}</th>
      <td>{kindText(l.kind)}</td>
      <td class="wrap">
        {alarm && <b>{alarmNamed(l.subject ?? '')} </b>}
        {l.kind === 'log.shift-taken' && <b>{l.subject ? t('log.taken.from', { who: l.subject }) : t('log.taken')} </b>}
        {e && <Ground e={e} />}
        <span class="log-text">{said(l)}</span>
        {by && <span class="log-corrected"> {t('log.corrected', { seq: String(by) })}</span>}
        {e && e.template !== 'correction' && may.value && (
          <button type="button" class="link no-print" data-correct={l.seq} aria-label={`${t('log.correct')} ${l.seq}`} onClick={() => (corrected.value = l.seq)}>{t('log.correct')}</button>
        )}
      </td>
    </tr>
  );
}

/** Ground is on whose word, about what and from when to when. */
function Ground({ e }: { e: Entry }) {
  const parts = [
    e.corrects && t('log.corrects', { seq: String(e.corrects) }),
    e.object,
    e.start && t('log.from', { time: when(e.start) }),
    e.end ? t('log.to', { time: when(e.end) }) : duty.value?.forms.find((f) => f.template === e.template)?.lasts && t('log.lasts'),
    e.number && `№ ${e.number}`,
    e.from && `${t('log.field.from')}: ${e.from}`,
    e.received && `${t('log.field.received')}: ${when(e.received)}`,
  ].filter(Boolean);
  return parts.length > 0 ? <span class="log-ground muted">{parts.join(' · ')} </span> : null;
}
