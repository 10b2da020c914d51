// Package balancing is the controller that holds a site under its allowed
// power. It watches, projects and advises; it moves nothing.
//
// It must not know stores, MQTT, HTTP, files, goroutines or the wall clock.
// Values go in by Step, time goes in by Tick, and what it thinks comes out of
// Tick. The same messages and ticks always give the same answers, in whatever
// order the messages arrived between two ticks.
//
//	c, err := balancing.New(cfg)
//	c.Step(balancing.Reading{…})        // as often as readings come
//	out := c.Tick(now)                  // every few seconds
//	out.State                           // for the page
//	out.Notices                         // for the dispatcher, only what is new
//
// # What is held
//
// The contract limits the mean power of a block, 30 minutes on the site's clock
// by default. With E drawn in the first τ of the block T and power P now, the
// block will end at (E + P·(T−τ))/T, and the mean power allowed for the rest is
// (L·T − E)/(T−τ), but never more than the ceiling: what was saved early in a
// block may not be caught up by a spike at its end. The same is computed for a
// window that slides from minute to minute, for contracts that are read that
// way. See Demand and Sliding.
//
// # What is believed
//
// The power of the site is the sum of its inputs. If they cannot be read it is
// the sum of the transformers, and then that of the outgoing feeders with their
// losses. Where two of these are known they must agree within 3 %; if not, the
// larger one is taken and the state is degraded. A reading is fresh up to twice
// its poll period, suspect up to six times, and gone beyond. Age counts from the
// time at the device, so a retained or repeated message is as old as it is. What
// is missing is never zero: a silent feeder is taken at its last value, or at
// what it is allowed if it was never heard, and if more than a fifth of the sum
// is made of such guesses the sum is not believed. If nothing is believed for 60
// seconds the state is Failsafe: no projection is given, and the dispatcher is
// told that the power is unknown.
//
// The energy of the block comes from the registers of the inputs, interpolated
// at the block's start, and from integrated power only where a register is
// missing or still counts in steps too large for what was drawn; the state says
// which.
//
// # A change of limit
//
// When the limit changes inside a block, because the supply changes, the block
// is judged anew from that moment to its end: what was left over under the old
// limit is not carried into the new one.
//
// # Restart
//
// Snapshot keeps what cannot be read again: the register at the block's start,
// the minutes of the sliding window, the band and the notices that stand. A
// restored controller begins in Init like any other.
package balancing
