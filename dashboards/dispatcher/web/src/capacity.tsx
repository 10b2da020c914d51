// The view of technical conditions: who uses them how, cases, the pool, answers to
// newcomers. This file is loaded when the view is opened.
import './shared';

export { Capacity as View } from './capacity/view';
