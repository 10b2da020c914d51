// Package collector polls the meters of a plant and keeps what they said until
// the ledger has it.
//
// One goroutine owns each line. It reads blocks of registers on an absolute
// schedule, decodes them, and hands what one burst of reads gave to the
// Deliverer as one batch per class. The Deliverer stores batches in the outbox,
// publishes them live, and sends them again until the acknowledgement comes.
//
//	line ─┐
//	line ─┼─ Put ─▶ Deliverer ─▶ outbox ─▶ live    d/
//	line ─┘           ▲   └───── replay ──▶ history h/
//	                  └── Ack ◀── ledger
//
// # Schedule
//
// A read is due at phase + k·period on the clock, so that it neither drifts nor
// depends on when the process started. The phase of a line comes from a hash of
// its name, in slots of 250 ms, and all its meters are worked off in one go from
// there: wake-ups cost more than reads. Counters are read in addition right at
// the boundary of every interval (a quarter of an hour), before anything else
// that is due. A read that is late by more than its period is left out and
// counted, never queued up.
//
// # What a failing meter costs
//
// After the first time-out the meter's other blocks of the cycle are left alone.
// After two failed cycles and three seconds its breaker opens, and only a probe
// of one short block is sent, at 0.5, 1, 2 … 60 s. A line without connection is
// tried again after 1, 2 … 30 s. A block that the meter refuses is split at its
// holes for a day; what cannot be split is asked for ever more rarely, but never
// given up.
//
// # What is sent again
//
// First what the ledger does not have: the backlog after a connection was made, what it
// misses, what could not be published. Behind that, what somebody wishes to have again
// (Replay), acknowledged or not, as far as the outbox retains it. Both at a pace, and
// never before what is live.
//
// The package must not know which Modbus library reads, what limits or residents
// are, or how a broker is reached.
package collector
