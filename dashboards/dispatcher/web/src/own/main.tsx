// The page of one resident: his own numbers and nobody else's. It is a program of its
// own, so that a phone loads nothing of the dispatcher's.
import { effect } from '@preact/signals';
import { render } from 'preact';
import ru from '../../i18n/ru.json';
import kk from '../../i18n/kk.json';
import en from '../../i18n/en.json';
import ownRu from '../../i18n/own.ru.json';
import ownKk from '../../i18n/own.kk.json';
import ownEn from '../../i18n/own.en.json';
import { clockTime, date, minutes } from '../format';
import { has, lang, langs, learn, speak, t } from '../i18n';
import { theme, themes, wear } from '../theme';
import { ahead, door, enter, leave, look, lost, now, Refused, tick, why } from './ask';
import { Day } from './day';
import { Load } from './load';
import { MonthCard } from './month';
import { Points } from './points';
import { Rights } from './rights';
import { Table } from './table';

learn({ ru, kk, en });
learn({ ru: ownRu, kk: ownKk, en: ownEn });

function Head() {
  const n = now.value;
  void tick.value;
  const server = Date.now() + ahead.value;
  return (
    <header class="own-head">
      <h1>
        <span class="brand">АСУЭ</span> {n ? n.resident.name : ''}
      </h1>
      {n && (
        <time class="num" dateTime={new Date(server).toISOString()}>
          {date(server, n.time_zone)} {clockTime(server, n.time_zone)}
        </time>
      )}
      <div class="switch" role="group" aria-label={t('own.language')}>
        {langs.map((l) => (
          <button type="button" data-lang={l} lang={l} aria-pressed={lang.value === l} onClick={() => void speak(l)}>
            {{ ru: 'Рус', kk: 'Қаз', en: 'Eng' }[l]}
          </button>
        ))}
      </div>
      <div class="switch" role="group" aria-label={t('theme')}>
        {themes.map((x) => (
          <button type="button" data-theme-choice={x} aria-pressed={theme.value === x} aria-label={t('theme.' + x)} title={t('theme.' + x)} onClick={() => wear(x)}>
            {{ auto: '◐', light: '☀', dark: '☾' }[x]}
          </button>
        ))}
      </div>
    </header>
  );
}

function Door() {
  const submit = (e: Event) => {
    e.preventDefault();
    const token = String(new FormData(e.currentTarget as HTMLFormElement).get('token') ?? '');
    void enter(token.trim());
  };
  return (
    <main class="panel own-door">
      <h2>{t('own.door')}</h2>
      <p class="plain-text">{t('own.door.text')}</p>
      <form onSubmit={submit}>
        <label for="own-token">{t('own.token')}</label>
        <input id="own-token" name="token" type="password" autocomplete="off" required maxLength={128} spellcheck={false} />
        <button type="submit">{t('own.enter')}</button>
      </form>
      <p role="alert" id="own-why">
        {why.value && refusal(why.value)}
      </p>
    </main>
  );
}

/** refusal is why the key does not open, in the reader's language where its kind is known. */
function refusal(e: Error): string {
  const kind = e instanceof Refused ? e.kind.replace('urn:asue:token-', '') : '';
  return has('own.refused.' + kind) ? t('own.refused.' + kind) : t('own.refused', { reason: e.message });
}

function Lost() {
  void tick.value;
  if (lost.value === null) return null;
  return (
    <p class="own-lost" role="status">
      {t('link.lost', { time: minutes((Date.now() - lost.value) / 1000) })}
    </p>
  );
}

function Page() {
  const n = now.value;
  if (door.value === 'asking') return <main class="empty">{lost.value === null ? '' : <Lost />}</main>;
  if (door.value === 'shut' || !n) return <Door />;
  return (
    <>
      <Lost />
      <main class="own-cards">
        <Load now={n} />
        <Day />
        <Rights now={n} />
        <MonthCard />
        <Points now={n} />
        <Table now={n} />
      </main>
      <footer class="own-foot">
        <span>
          {n.token.expires
            ? t('own.token.until', { name: n.token.name || n.token.id, day: date(Date.parse(n.token.expires), n.time_zone) })
            : t('own.token.ever', { name: n.token.name || n.token.id })}
        </span>
        <button type="button" id="own-leave" onClick={() => void leave()}>
          {t('own.leave')}
        </button>
      </footer>
    </>
  );
}

function Whole() {
  return (
    <>
      {now.value?.demo && (
        <p class="demo">
          <strong>{t('page.demo')}</strong>
        </p>
      )}
      <Head />
      <Page />
    </>
  );
}

const root = document.documentElement;
effect(() => {
  root.lang = lang.value;
  document.title = now.value ? `${now.value.resident.name} — АСУЭ` : 'АСУЭ';
});
effect(() => {
  root.dataset.theme = theme.value;
});
effect(() => {
  root.dataset.link = lost.value === null ? 'live' : 'lost';
});

// A token behind # is never sent with an address; it is taken out of the bar before
// anything else, so that it stays in no history.
const handed = decodeURIComponent(location.hash.slice(1));
if (handed) history.replaceState(null, '', location.pathname);
render(<Whole />, document.getElementById('own')!);
void (handed.startsWith('asue-own-') ? enter(handed) : look());
setInterval(() => tick.value++, 1000);
setInterval(() => !document.hidden && door.peek() !== 'shut' && void look(), 5000);
document.addEventListener('visibilitychange', () => !document.hidden && door.peek() !== 'shut' && void look());
