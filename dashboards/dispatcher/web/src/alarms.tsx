// The view of alarms, their strip on the page of the shift, and their bar below every view. This file is loaded when
// the first view stands.
import './shared';

export { AlarmsView as View } from './alarms/view';
export { AlarmBar as Aside } from './alarms/bar';
export { Strip as Panel } from './alarms/strip';
