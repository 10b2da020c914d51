// Package victoria is the series store on VictoriaMetrics: a child of this
// program by default (Supervisor, package engine), a server or a cluster of the
// same engine elsewhere by changing the address. Samples go in by the InfluxDB
// line protocol, answers come out by the Prometheus query API.
//
// What the engine does not do by itself is done here: it drops samples outside
// its retention or more than two days ahead in silence, so Write refuses them;
// a 2xx is not durable for some seconds, which Settled tells; and after a crash
// Incarnation tells that seconds may be missing.
//
// # Warped time
//
// The engine measures "two days ahead", and its retention, by the wall clock,
// whatever the clock of the run. A run at --speed 60 gains an hour on the wall
// clock in a minute, so it must begin in the past by at least what it will gain:
// then its samples stay behind the wall clock, where any age is welcome. A run
// that begins now and hurries ahead has its samples refused once it is two days
// ahead: 48.8 minutes after the start at speed 60.
//
// The package must not know meters, residents, the ledger, or what a limit is.
package victoria
