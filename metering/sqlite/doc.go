// Package sqlite is the metering.Ledger in one SQLite file.
//
// One connection writes, several read; both see the file through a write-ahead
// log that is flushed to the disk before a write returns. Days of intervals and
// of register spans are packed into one row each, because an interval is then
// about ten bytes and a month of a zone commits in a second.
//
// It must not know the wire, HTTP, or any other store.
package sqlite
