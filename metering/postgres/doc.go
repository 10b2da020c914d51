// Package postgres is the metering.Ledger in a schema of a PostgreSQL database,
// version 15 or newer, for sites that run one anyway, want its backups and
// replicas, or read intervals by SQL.
//
// The current versions of a day of one channel are one row of arrays, because a
// row for each interval is thirty times as slow to write and ten times as large;
// the view interval and the function intervals_between give reports a row for
// each. Tables of intervals are partitioned by month.
//
// Any number of processes may write at once: what a transaction changes it locks
// first, and of two that make the same row for the first time one begins again.
//
// It must not know the wire, HTTP, or any other store.
package postgres
