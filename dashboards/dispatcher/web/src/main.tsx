import { effect } from '@preact/signals';
import { render } from 'preact';
import { lang, t } from './i18n';
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
  return (
    <>
      <a class="skip" href="#residents">{t('page.skip')}</a>
      <DemoBar />
      <Header />
      <main>
        <LimitStrip />
        <Residents />
        <TrendPanel />
        <Notices />
      </main>
    </>
  );
}

const root = document.documentElement;
effect(() => {
  root.lang = lang.value;
  document.title = `${t('page.title')} — ${site.value.name}`;
});
effect(() => {
  root.dataset.theme = theme.value;
});
effect(() => {
  root.dataset.link = lostFor.value === null ? 'live' : 'lost';
});
render(<Page />, document.getElementById('app')!);
connect();
