// The list of keys. This file is loaded when it is asked for first.
import './shared';

export { Help as Aside } from './help/keys';
