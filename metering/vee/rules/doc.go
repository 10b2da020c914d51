// Package rules judges what registers say and fills what they do not say: it
// takes the intervals that package vee has derived and gives them as they should
// stand, each with grade, method, flags and reason, and the findings with the
// figures that caused them.
//
// Assess works in four steps. What a person has set stands and is left alone.
// Rules that doubt (an energy beyond what the point can carry, a register that
// stood still, a sum that does not agree) take an energy out. Estimation fills
// what is missing, by the order of Estimate's methods: first whatever the
// registers bound, scaled to their difference, so that a gap has a wrong shape at
// worst and never a wrong energy. Then every other rule looks at the outcome,
// estimates included.
//
// Rules and estimation follow the published practice of the trade: the Standards
// for Validating, Editing and Estimating of California (CPUC, 1999), the
// substitution types of AEMO's Metrology Procedure Part B, the documents of the
// big meter-data systems, and Kazakhstan's Rules for the use of electric energy
// (order No. 143 of 25.02.2015). Each rule names its source.
//
// The package is pure: no clock, no I/O; the outcome depends on the Case alone. It
// must not know stores, the wire, files, or who asks.
package rules
