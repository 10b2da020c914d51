// What the steps of the layout hand to each other.
import type { Bus, Feeder, Transformer } from './plan';

/** Item is what takes room in a row: a bus, a transformer, or a wire that passes through. */
export interface Item {
  key: string;
  bus?: Bus;
  transformer?: Transformer;
  /** feeders hang below a bar. */
  feeders: Feeder[];
  /** bar: the bus is drawn as a bar, else as a dot. */
  bar?: boolean;
  row: number;
  width: number;
  x: number;
}

/** Edge joins items of neighbouring rows. */
export interface Edge {
  from: Item;
  to: Item;
  /** of is the element it belongs to: "line:l-1", "switch:q-1", "t:t-1:1". */
  of: string;
}

/** Coupler joins items of one row. */
export interface Coupler {
  of: string;
  a: Item;
  b: Item;
}

/** Manner is how much room there is. */
export interface Manner {
  width: number;
  /** folded: the feeders of a bar are one stub. */
  folded: boolean;
  /** lines of figures at a line */
  figures: number;
}
