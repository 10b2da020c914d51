// The view of reports. This file is loaded when it is opened first.
import ru from '../i18n/reports.ru.json';
import kk from '../i18n/reports.kk.json';
import en from '../i18n/reports.en.json';
import { learn } from './i18n';
import './shared';

learn({ ru, kk, en });

export { ReportsView as View } from './reports/view';
