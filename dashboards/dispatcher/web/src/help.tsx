// The list of keys. This file is loaded when it is asked for first.
import ru from '../i18n/help.ru.json';
import kk from '../i18n/help.kk.json';
import en from '../i18n/help.en.json';
import { learn } from './i18n';
import './shared';

learn({ ru, kk, en });

export { Help as Aside } from './help/keys';
