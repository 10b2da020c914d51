// Package simulator plays an industrial zone: its works, the losses of its
// network and the meters' registers, so that the whole system can be shown and
// tested without a plant. A World is made from a site file and a seed; Step
// moves its time.
//
// The package must not know the controller, the collector, the wire or sockets:
// whoever serves the world (modbusd) or compares with it (a truth test) looks at
// it from outside.
//
// # Time and replay
//
// A World is a function of its site, its seed, its start, the habits of its residents
// (habit.go), the scenarios that were started and what was written to its actuators, and
// of nothing else. Time is cut into slots of 30 seconds; the
// power of a load in a slot is computed from the seed and the slot's number, so
// that there is no state of noise to be kept, and a simulator that was killed
// comes back with the same registers after it has stepped from its start to now
// (30 days in about half a second). Steps of any sizes that add up to the same
// time give the same registers, bit for bit.
//
// Thirty seconds are a compromise: a month is 86,400 slots, cheap enough to be
// made anew at every start, and the load still climbs a morning peak in steps
// that a dispatcher sees as a slope. Within a slot every load ripples from second
// to second, so that live values live; the ripple of the first half of a slot is
// mirrored with the other sign in the second half, so that a whole slot's energy
// is the slot's power times 30 seconds exactly.
//
// Slots are centred on the boundaries of the quarters of an hour, and the slots
// that hold such a boundary do not ripple: power is flat from 15 s before to 15 s
// after it. Linear interpolation of a register between two reads within that
// time therefore has no error of its own, and a test that compares intervals
// with Truth sees lost, doubled and misplaced energy, not the load's shape.
//
// # Actuators
//
// Every actuator of the site is played (output.go): set-points hold the loads behind
// them below a limit, relays switch steps of them, breakers darken feeders. Who writes
// to them uses Write; what they do and show stands in Snapshot.Actuator. Devices act on
// whole seconds only, and while one of them is on its way the world goes second by
// second, so that steps of any size still give the same registers. A write is an Event
// like a scenario, and is replayed like one.
//
// Loads keep apart what they would draw with nothing shed: Snapshot.Demand and
// Snapshot.Resident tell it, and the morning peak is one of demand, so that nothing
// makes good what was shed. Some trades make up afterwards for what they were short of
// (serve.go). Devices fail in the ways that Scenarios lists.
//
// # Gas and water
//
// Each works burns gas and draws water by its trade, in proportion to the power
// that it draws, and more gas in the cold (media.go). What comes in at the zone's
// inputs is what the works take, metered or not, and what the pipes lose. Volumes
// are thousandths of a litre, integrated like energy; they do not ripple.
//
// # Energy
//
// Powers are whole milliwatts and energies are integrated in milliwatts times
// nanoseconds with 128-bit arithmetic, the remainder below a milliwatt-hour kept.
// At every node of the network what flows in is exactly what the loads below it
// draw plus the losses below it.
package simulator
