// The view of control and the two steps of an order. This file is loaded when the
// view is opened, or when something is to be ordered from another one.
import ru from '../i18n/control.ru.json';
import kk from '../i18n/control.kk.json';
import en from '../i18n/control.en.json';
import { learn } from './i18n';
import './shared';

learn({ ru, kk, en });

export { Control as View } from './control/view';
export { Orders as Aside } from './control/steps';
