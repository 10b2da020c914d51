import { computed, effect, signal } from '@preact/signals';
import { date, hourMinute, noticeText } from './format';
import { plural, t } from './i18n';
import { reworded } from './said';
import { notices, serverNow, zone } from './store';
import type { Notice, Severity } from './types';

const shapes: Record<Severity, string> = { alarm: '▲', warning: '◆', info: '■' };
const active = computed(() => notices.value.filter((n) => n.active).length);

/** spoken is read out by screen readers: new notices only, never a number that merely changes. */
const spoken = signal('');
const news = (n: Notice) => `${n.id} ${n.kind}`; // a notice that grows worse keeps its id
/** told is a notice in the reader's language, with what a program says in it. */
const told = (n: Notice, at: string) =>
  noticeText({ ...n, text: reworded(n.text), args: Object.fromEntries(Object.entries(n.args ?? {}).map(([name, v]) => [name, typeof v === 'string' && !name.endsWith('_at') ? reworded(v) : v])) }, at);
const known = new Set(notices.peek().map(news));
effect(() => {
  const fresh = notices.value.filter((n) => n.active && !known.has(news(n)));
  for (const n of notices.value) known.add(news(n));
  if (fresh.length) spoken.value = fresh.map((n) => `${t('severity.' + n.severity)}: ${told(n, zone.peek())}`).join(' ');
});

export function Notices() {
  return (
    <section class="notices panel" id="notices" aria-labelledby="notices-title">
      <h2 id="notices-title">
        {t('notices.title')} <span class="count">{computed(() => (active.value ? plural('notices.active', active.value) : ''))}</span>
      </h2>
      <div class="list" tabIndex={0} role="group" aria-labelledby="notices-title">
        {notices.value.length === 0 && <p class="muted empty">{t('notices.none')}</p>}
        <ol>
          {notices.value.map((n) => (
            <Item key={n.id} notice={n} />
          ))}
        </ol>
      </div>
      <div class="sr" aria-live="polite">{spoken}</div>
    </section>
  );
}

function Item({ notice: n }: { notice: Notice }) {
  const at = Date.parse(n.at);
  const today = date(at, zone.value) === date(serverNow.peek(), zone.value);
  return (
    <li class={`${n.severity} ${n.active ? 'active' : 'gone'}`} data-kind={n.kind} data-active={n.active}>
      <span class="sign" title={t('severity.' + n.severity)}>
        <span aria-hidden="true">
          {shapes[n.severity]}
          {t(`severity.${n.severity}.letter`)}
        </span>
        <span class="sr">{t('severity.' + n.severity)}</span>
      </span>
      <time dateTime={n.at}>
        {!today && <span>{date(at, zone.value).slice(0, 5)} </span>}
        {hourMinute(at, zone.value)}
      </time>
      <span class="text">{told(n, zone.value)}</span>
      {!n.active && <span class="muted">{t('notices.over')}</span>}
    </li>
  );
}
