// The view of the network: the single-line diagram, suppositions beside it, and the
// panel of readiness; and the small diagram of the page of the shift. This file is loaded when one of them is opened.
import './shared';

export { NetworkView as View } from './network/view';
export { Ready as Aside } from './network/ready';
export { Small as Panel } from './network/small';
