// The view of the network: the single-line diagram, suppositions beside it, and the
// panel of readiness; and the small diagram of the page of the shift. This file is loaded when one of them is opened.
import ru from '../i18n/network.ru.json';
import kk from '../i18n/network.kk.json';
import en from '../i18n/network.en.json';
import { learn } from './i18n';
import './shared';

learn({ ru, kk, en });

export { NetworkView as View } from './network/view';
export { Ready as Aside } from './network/ready';
export { Small as Panel } from './network/small';
