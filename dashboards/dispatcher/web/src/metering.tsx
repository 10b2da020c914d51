// The views of metering: what was billed, how it came about, and what is wrong
// with it. This file is loaded when one of them is opened first.
import './shared';
import { route } from './route';
import { Profile } from './metering/profile';
import { CompletenessView } from './metering/completeness';
import { Findings } from './metering/findings';
import { BalanceView } from './metering/balance';
import { Media } from './metering/media';
import { Resident } from './metering/resident';
import { Residents } from './metering/residents';

export function View() {
  switch (route.value.view) {
    case 'completeness':
      return <CompletenessView />;
    case 'findings':
      return <Findings />;
    case 'balance':
      return <BalanceView />;
    case 'residents':
      return <Residents />;
    case 'resident':
      return <Resident />;
    case 'media':
      return <Media />;
  }
  return <Profile />;
}
