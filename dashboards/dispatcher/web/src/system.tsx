// The view of the system itself. This file is loaded when it is opened first.
import ru from '../i18n/system.ru.json';
import kk from '../i18n/system.kk.json';
import en from '../i18n/system.en.json';
import { learn } from './i18n';
import './shared';

learn({ ru, kk, en });

export { SystemView as View } from './system/view';
