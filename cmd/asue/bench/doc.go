// Package bench measures the built program as processes: what collecting costs,
// how long a change at a meter takes to controller, page and ledger, and how long
// it takes until a relay has shed a load for it. It has no code of its own; each
// benchmark prints its figures as lines
//
//	BENCH <name> <value> <unit>
//
// and is run once, by `make bench-collect`, `make bench-telegraf`, `make
// bench-latency` and `make bench-control`. What the figures mean and how they stand against their
// bars is in docs/benchmarks.md.
//
// The meters are played by a bank of the package's own (bank_test.go), because
// the simulator's world is made for a zone of tens of meters, not for ten
// thousand; behind the broker stands a ledger's stand-in that acknowledges as
// ingest does (ledger_test.go).
package bench
