// The view of reports. This file is loaded when it is opened first.
import './shared';

export { ReportsView as View } from './reports/view';
