import { effect } from '@preact/signals';
import { render } from 'preact';
import './shared';
import { lang, t } from './i18n';
import { route } from './route';
import { Nav } from './nav';
import { Books, Desk } from './books';
import { ControlBar } from './controlbar';
import { askPerson } from './person';
import { connect } from './link';
import { lostFor, site } from './store';
import { theme } from './theme';
import { Header } from './header';
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
      <Nav />
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
      <Desk />
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
render(<Page />, document.getElementById('app')!);
connect();
// Somebody may have signed in or out in another tab meanwhile.
document.addEventListener('visibilitychange', () => !document.hidden && void askPerson());
