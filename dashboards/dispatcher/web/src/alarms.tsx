// The view of alarms, their strip on the page of the shift, and their bar below every view. This file is loaded when
// the first view stands.
import ru from '../i18n/alarms.ru.json';
import kk from '../i18n/alarms.kk.json';
import en from '../i18n/alarms.en.json';
import { learn } from './i18n';
import './shared';

learn({ ru, kk, en });

export { AlarmsView as View } from './alarms/view';
export { AlarmBar as Aside } from './alarms/bar';
export { Strip as Panel } from './alarms/strip';
