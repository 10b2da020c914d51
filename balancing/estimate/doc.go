// Package estimate turns what meters say at one moment into what the model of the
// network is given, and what the model says back into questions to meters.
//
// It is pure: snapshots and the time go in, a state of the network and findings come
// out. It must not know stores, sockets, clocks, the wire, or what is done about a
// finding. It stands apart from package study because study must not know meters:
// their places, classes and silences are all that this package is about.
//
//	e, err := estimate.New(estimate.Config{Site: site}, now)
//	e.Hear(snapshot)            // of every live batch
//	picture := e.Step(now)      // every tick
//
// # What is concluded
//
//   - A bus is live if any meter at it sees a tenth of the nominal voltage, dead if every
//     fresh one sees less. What no fresh meter sees is not known.
//   - A feed gives voltage if the far end of its line is live.
//   - A transformer is out if its high-voltage side carries not even half of its no-load
//     current. Switches: see position.go.
//   - Voltage at the sending ends and positions of tap changers are those with which the
//     model shows what the meters of voltage show.
//
// # Loads
//
// What hangs directly below a bus is one unknown of active and one of reactive power.
// Every meter says the sum of some of them: a feeder's own, those of its residents with
// the losses up to them, those of a section, a winding, an input. Together these are
// more than are needed, so that the loads are the weighted least squares of all
// (weights by the accuracy classes), a silent feeder is what its section has over, and
// a meter that says something else than all others is found by its normalised residual
// and left out (Handschin, Schweppe, Kohlas, Fiechter: Bad data analysis for power
// system state estimation, 1975). What nobody meters now is its last value for a while,
// then its forecast, and is marked as stale.
//
// # Findings
//
// A meter that contradicts the model for a quarter of an hour is a finding, with the
// factor between the two and what such a factor is usually the face of. It is gone when
// the meter has agreed for a quarter of an hour.
package estimate
