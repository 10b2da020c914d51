// Package register is the register of technical conditions (ТУ): who may draw what at
// which node, since when and until when, on which paper. Electricity, gas and water
// stand in it in the same form.
//
// It is pure: acts in, conditions or all faults at once out. It must not know stores,
// HTTP, the time of day, who is idle, nor what a case is.
//
//	r, err := register.Open(site)      // what stands in the site file
//	next, err := r.With(acts...)       // all of them, or none; r stays as it was
//	next.Conditions()                  // electricity, effective-dated, for metering.Site
//	next.At(t)                         // every medium, as in force at t
//
// # Effective-dated
//
// Nothing is overwritten. An act has a day from which it is effective and a time at
// which it was recorded; what was in force on a day, as it was known on another one, can
// always be asked for. A condition keeps its id through its changes: each change begins
// another version of it and ends the one before.
package register
