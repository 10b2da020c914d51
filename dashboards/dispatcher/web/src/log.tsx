// The operator's log and the hand-over of the shift. This file is loaded when the view is
// opened.
import ru from '../i18n/log.ru.json';
import kk from '../i18n/log.kk.json';
import en from '../i18n/log.en.json';
import { learn } from './i18n';
import './shared';

learn({ ru, kk, en });

export { LogView as View } from './log/view';
