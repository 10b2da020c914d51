// The views of metering: what was billed, how it came about, and what is wrong
// with it. This file is loaded when one of them is opened first.
import ru from '../i18n/metering.ru.json';
import kk from '../i18n/metering.kk.json';
import en from '../i18n/metering.en.json';
import { learn } from './i18n';
import './shared';
import { route } from './route';
import { Profile } from './metering/profile';
import { CompletenessView } from './metering/completeness';
import { Findings } from './metering/findings';
import { BalanceView } from './metering/balance';
import { Media } from './metering/media';

learn({ ru, kk, en });

export function View() {
  switch (route.value.view) {
    case 'completeness':
      return <CompletenessView />;
    case 'findings':
      return <Findings />;
    case 'balance':
      return <BalanceView />;
    case 'media':
      return <Media />;
  }
  return <Profile />;
}
