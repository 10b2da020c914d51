import { effect } from '@preact/signals';
import { render } from 'preact';
import './shared';
import { lang, t } from './i18n';
import { route } from './route';
import { Nav } from './nav';
import { Beside, Books } from './books';
import { ControlBar } from './controlbar';
import { connect } from './link';
import { askWhoIAm, me, stayWhileUsed } from './me';
import { Door } from './person';
import { lostFor, site } from './store';
import { theme } from './theme';
import { Header } from './header';
import { ReadyBadge } from './badge';
import { DemoBar } from './demo';
import { LimitStrip } from './limit';
import { Residents } from './residents';
import { TrendPanel } from './trend';
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
      <ControlBar />
      {shift ? (
        <main>
          <LimitStrip />
          <Residents />
          <TrendPanel />
          <Notices />
        </main>
      ) : (
        <Books />
      )}
      <Beside />
    </>
  );
}

const root = document.documentElement;
effect(() => {
  root.lang = lang.value;
  document.title = `${t('nav.' + route.value.view)} — ${site.value.name}`;
});
effect(() => {
  root.dataset.theme = theme.value;
});
effect(() => {
  root.dataset.link = lostFor.value === null ? 'live' : 'lost';
});
const mayLook = me.peek().may_look;
render(mayLook ? <Page /> : <Door />, document.getElementById('app')!);
if (mayLook) connect();
stayWhileUsed();
// Somebody else may have signed in meanwhile in another tab: orders would go out under that name.
document.addEventListener('visibilitychange', () => !document.hidden && void askWhoIAm());
