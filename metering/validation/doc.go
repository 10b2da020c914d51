// Package validation takes what registers say through the rules and writes down
// how the intervals stand: it is the way from DERIVED to VALIDATED.
//
// It hears of every commit of ingest, waits until the periods are ripe, gathers
// what is known around each changed channel of a point from the ledger (spans,
// witnesses, history, sibling channels, check meters), lets metering/vee/rules
// judge, and commits estimates and findings. All of it can be made again from the
// readings: Rebuild does so for any time and gives the same.
//
// It must not know the wire, HTTP, or which ledger it works on.
package validation
