// The view of control and the two steps of an order. This file is loaded when the
// view is opened, or when something is to be ordered from another one.
import './shared';

export { Control as View } from './control/view';
export { Orders as Aside } from './control/steps';
