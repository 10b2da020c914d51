import { computed, effect } from '@preact/signals';
import { render } from 'preact';
import './shared';
import { lang, load, t } from './i18n';
import { go, kiosk, pageOf, pages, route } from './route';
import { Nav, Tabs } from './nav';
import { Beside, Books, opens, Panel } from './books';
import { ControlBar } from './controlbar';
import { Kiosk } from './kiosk';
import { Wall } from './wall';
import { listen } from './keys';
import { connect } from './link';
import { askWhoIAm, me, stayWhileUsed } from './me';
import { Door } from './person';
import { alarms, lostFor, network, site } from './store';
import { theme } from './theme';
import { Header } from './header';
import { ReadyBadge } from './badge';
import { DemoBar } from './demo';
import { LimitStrip } from './limit';
import { Residents } from './residents';
import { Notices } from './notices';

function Page() {
  const shift = route.value.view === 'shift';
  return (
    <>
      <a class="skip" href={shift ? '#residents' : '#books'}>{t(shift ? 'page.skip' : 'page.skip.books')}</a>
      <DemoBar />
      <Header />
      <div class="nav-row">
        <Nav />
        <ReadyBadge />
      </div>
      <div class="sub-row">
        <Tabs />
        <ControlBar />
      </div>
      {shift ? (
        <Shift />
      ) : (
        <Books />
      )}
      <Beside />
    </>
  );
}

const drawn = computed(() => network.value !== null);
const watched = computed(() => !!alarms.value);

/** Shift is all that a dispatcher has to see at once. What the site has no network or no alarms for leaves its place to the others. */
function Shift() {
  return (
    <main class="shift" data-drawn={drawn} data-watched={watched}>
      <LimitStrip />
      {drawn.value && <Panel part="network" name="diagram" />}
      <Residents />
      <Panel part="trend" name="trend" />
      <Notices />
      {watched.value && <Panel part="alarms" name="strip" />}
    </main>
  );
}

// The first view's own messages; without them there is nothing to show.
for (;;) {
  try {
    await load('page');
    break;
  } catch {
    document.getElementById('app')!.textContent = 'Сервер не отвечает · Сервер жауап бермейді · The server does not answer';
    await new Promise((again) => setTimeout(again, 3000));
  }
}

const root = document.documentElement;
effect(() => {
  root.lang = lang.value;
  document.title = `${t('pages.' + pageOf(route.value.view).page)} — ${site.value.name}`;
});
effect(() => {
  root.dataset.theme = theme.value;
});
effect(() => {
  root.dataset.link = lostFor.value === null ? 'live' : 'lost';
});
// Signs flash by this: with an animation of the style sheet the page would be drawn sixty times a second.
window.setInterval(() => (root.dataset.beat = root.dataset.beat === 'off' ? 'on' : 'off'), 750);
const mayLook = me.peek().may_look;
root.dataset.kiosk = String(kiosk);
render(mayLook ? kiosk ? <Kiosk /> : <Page /> : kiosk ? <Wall /> : <Door />, document.getElementById('app')!);
if (mayLook) connect();
if (!kiosk) stayWhileUsed();
if (mayLook && !kiosk) listen((n) => {
  const view = pages[n - 1]?.views.find(opens);
  if (view) go(view);
});
// Somebody else may have signed in meanwhile in another tab: orders would go out under that name.
document.addEventListener('visibilitychange', () => !document.hidden && void askWhoIAm());
