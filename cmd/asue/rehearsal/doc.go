// Package rehearsal plays the whole loop of control in virtual time, on one goroutine,
// from one seed: a simulated zone, its meters, a network that loses, doubles, delays
// and forges, two balancers that share a lease, agents that are killed between any two
// steps, devices that lie, and persons who order this and that. It holds tests only.
//
// Everything that thinks is the real thing: simulator.World, wire, balancing.Controller
// and Tenure, metering.Lease, agent.Agent. What is played here is what lies between
// them: processes (desk_test.go, cabinet_test.go), the broker (network_test.go), the
// ledger's row of the lease, the disks, the buses.
//
// What is seen from outside (bytes that were said and heard, writes that reached a
// device, and when) goes into a log of facts, and an oracle that knows none of the
// parts reads it afterwards (oracle_test.go). A run that breaks a rule prints its seed,
// the rule and its story; `go test ./cmd/asue/rehearsal -seed N -v` plays it again.
//
// `make campaign-control` plays 10,000 runs, or as many as ASUE_RUNS says; `go test`
// some hundreds.
//
// The package must not know sockets, files of the ledger, goroutines or the wall clock.
package rehearsal
