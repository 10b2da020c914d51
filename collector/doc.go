// Package collector polls the meters of a plant and keeps what they said until
// the ledger has it.
//
// One goroutine at a time owns each line, from the moment that something is due
// until nothing is. It asks the requests of the meters behind it on an absolute
// schedule, and hands what one burst of them gave to the Deliverer as one batch
// per class. The Deliverer stores batches in the outbox, publishes them live, and
// sends them again until the acknowledgement comes.
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
// its name, in slots: of a second with up to 250 lines, of a quarter of it with
// many. All its meters are worked off in one go from there: wake-ups cost more than
// reads. Counters are read in addition right at the boundary of every interval (a
// quarter of an hour), before anything else that is due. A read that is late by
// more than its period is left out and
// counted, never queued up. Guests (Collector.Turn) go before all of that, but
// three in a row at most; archives are read when nothing else is due.
//
// # Who answers
//
// Before anything of a meter counts, it is asked who it is: at the start, after
// every silence, and once an hour. Another serial number, or contents that a meter
// of the model would not have, make everything it says WrongMeter until that is
// settled. Transformer settings that differ from the site file's make RatioMismatch
// of what they change, settings that the map depends on Misconfigured. Values so
// marked travel on for people to see; nothing is billed by them, and nothing is
// corrected in silence.
//
// A counter that goes back, or grows by more than the transformers can carry, is
// read again twice at once. What three readings agree on is believed; until then
// they are marked.
//
// # What a failing meter costs
//
// After the first time-out a read is tried once more if the line has time for it,
// and then the meter's other blocks of the cycle are left alone. After two failed
// cycles and three seconds its breaker opens, and only a probe of one short block
// is sent, at 0.5, 1, 2 … 60 s. A line without connection is tried again after 1,
// 2 … 30 s. A block that the meter refuses is split at its holes for a day; what
// cannot be split is asked for ever more rarely, but never given up.
//
// # What is sent again
//
// First what the ledger does not have: the backlog after a connection was made, what it
// misses, what could not be published. Behind that, what somebody wishes to have again
// (Replay), acknowledged or not, as far as the outbox retains it. Both at a pace, and
// never before what is live.
//
// The package must not know any protocol, what limits or residents are, or how a
// broker is reached.
package collector
