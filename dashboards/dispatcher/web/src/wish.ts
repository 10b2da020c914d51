// What the reader wants to order: opens the two steps, wherever in the page the wish came up.
import { signal } from '@preact/signals';

export interface Wish {
  /** kind of the order; "approve" is the second person's word for an order that waits. */
  kind: string;
  proposal?: string;
  override?: string;
  actuator?: string;
  resident?: string;
  node?: string;
  mode?: string;
  /** order is the one that waits for a second person. */
  order?: string;
}

export const wish = signal<Wish | null>(null);
