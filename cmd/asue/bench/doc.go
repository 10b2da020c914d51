// Package bench measures the built program as processes: what collecting costs,
// and how long a change at a meter takes to controller, page and ledger. It has
// no code of its own; each benchmark prints its figures as lines
//
//	BENCH <name> <value> <unit>
//
// and is run once, by `make bench-collect`, `make bench-telegraf` and
// `make bench-latency`. What the figures mean and how they stand against their
// bars is in docs/benchmarks.md.
//
// The meters are played by a bank of the package's own (bank_test.go), because
// the simulator's world is made for a zone of tens of meters, not for ten
// thousand; behind the broker stands a ledger's stand-in that acknowledges as
// ingest does (ledger_test.go).
package bench
