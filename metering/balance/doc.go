// Package balance compares what flows into a part of the network with what
// flows out of it, calculates the losses on the way, shares them out, and
// computes points that have no meter.
//
// It is pure: intervals, the site and parameters in; energies, percentages and
// findings out. It must not know stores, clocks, wires, or how intervals were
// validated.
//
// # Imbalance
//
// The actual imbalance of a part is (in − out − own needs − calculated losses)
// of what came in. The permitted one follows from the accuracy classes of the
// meters and their transformers (RD 34.09.101-94; the same construction stands
// in annex 8 of the Ukrainian instruction on commercial metering). An imbalance
// beyond it means that something is wrong: a meter, a ratio, a fuse, a wire.
//
// # Two directions
//
// A+ of a feeder flows out and its A- flows in; for an input it is the other
// way round. Both registers are flows of their own, with shares and errors of
// their own, and are never netted over a month.
//
// # Losses
//
// A node's losses are those of its own line or transformer, which lies between
// the meter at the node's head (roles input, transformer, section, feeder) and
// everything that is fed from it. They are calculated for each base interval from
// the energy that was measured there, because their quadratic part depends on
// when it flowed.
package balance
