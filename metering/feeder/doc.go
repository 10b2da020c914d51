// Package feeder carries committed data from the ledger to a series store: every
// snapshot of every batch (Feeder), every recorded interval (Publisher), and in
// one go the history that a demonstration begins with (Bulk).
//
// The ledger is the truth, the series store what people draw. A store may lose
// the seconds that it had not written to disk when it ended, so the feeder's
// durable cursor stays a minute behind what it has written:
//
//	ledger:  ─────────────┬──────────────────┬──────────▶ positions
//	                   cursor               sent
//	                      └── resent after ──┘
//	                          a restart of either side
//
// The cursor moves over what was written a minute ago and more, and only after
// the store has told that it is still the same run of the same process. When it
// is another one, the feeder goes back to the cursor and sends again. Sending
// again is harmless: samples are idempotent.
//
// The package must not know the wire's format (it is handed a decoder), how a
// ledger or a store keeps its data, or what a limit is for.
package feeder
