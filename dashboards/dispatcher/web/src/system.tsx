// The view of the system itself. This file is loaded when it is opened first.
import './shared';

export { SystemView as View } from './system/view';
