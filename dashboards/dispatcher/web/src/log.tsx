// The operator's log and the hand-over of the shift. This file is loaded when the view is
// opened.
import './shared';

export { LogView as View } from './log/view';
