// Package soak puts the collector behind lines that fail in every way that
// simulator/faultproxy knows, on all four transports, and looks whether a single
// wrong value comes out as a good one. It holds tests only.
//
// Every register of the served units tells its own unit, function, address and
// the time at which it was asked for, so that an answer to another question, of
// another unit, another block or another moment gives itself away.
//
// `make soak` runs it for ASUE_SOAK, one hour if that is not set; `go test` for
// some twenty seconds. ASUE_SEED replays the faults of a run, as far as the
// scheduling of goroutines lets it.
//
// The package must not know brokers, ledgers and pages.
package soak
