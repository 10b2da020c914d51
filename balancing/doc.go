// Package balancing is the controller that holds a site under its allowed
// power. It watches and projects; it shares out what may be drawn, and brings loads
// down and back as far as its mode allows.
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
//	out.Allotments                      // for agents, to be signed and sent at once
//	out.Journal, out.Answers            // every decision, and what became of orders
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
// # What is moved
//
// When the upper end of the projection reaches the trigger, the load is brought down
// to the target. What may be drawn is shared out by package waterfill: armour first,
// then the firm parts by class, what is above the technical conditions last. Who has a
// set-point is brought to its share; what is still too much goes by steps, the
// cheapest that suffice, those of residents above their share first. A node below the
// site that is above its own limit is treated in the same way for itself.
//
// A command that has not shown yet counts as if it had: otherwise a loop that is half
// a minute late sheds the same load twice. What does not show in time is left out for
// a quarter of an hour, and something else is taken. Loads come back one by one, when
// the greatest power of the next one and a fifth more fit under the target of this
// block and of the next. Emergency lifts the rates of the zone for reductions, and
// nothing else.
//
// # Who may
//
// The mode that counts for an actuator is the weakest of the system's, the feeder's
// and what persons have said: off is silent, monitor writes down what would be done,
// advisory tells people, confirm asks a person for each command, auto acts. Auto is
// armed by two persons and gone after every restart; a breaker never moves without two
// persons. Data that are stale or contradict each other move nothing by themselves.
// Without the lease (Leadership) the controller is a shadow that thinks and writes
// nothing.
//
// Package lease speaks with the agents. What they read is the truth: a load is on the
// shed list because its agent says that it is open by a command, whoever gave it.
//
// # The loss of the line
//
// What would be done if the line in service tripped now is planned beforehand, by the
// same shares and choices as the loss itself would be (Ready). What the model of the
// electrical network permits a reserve (Network) lowers the limit of its contract.
//
// # A change of limit
//
// When the limit changes inside a block, because the supply changes, the block
// is judged anew from that moment to its end: what was left over under the old
// limit is not carried into the new one.
//
// # A change of rights
//
// What residents may draw and must keep is dated: a version begins when its time comes,
// and others are told while the controller runs (Rights). What is known of a claim stays
// known. A right that falls takes nothing away; what is drawn above it is excess, the
// first to go when the site or a node is tight. Where a right has ended and its resident
// can still draw, a claim of 0 W stays, for a limit of 0 means zero. A start can be told
// to wait for the register before it shares (Config.RightsWithin).
//
// # Restart
//
// Snapshot keeps what cannot be read again: the register at the block's start,
// the minutes of the sliding window, the band and the notices that stand; what has
// been shed and since when, the modes, overrides and answers, which devices failed. A
// restored controller begins in Init like any other and closes nothing because of
// what it remembers.
package balancing
