// Package vee turns readings of cumulative registers into the energy of base
// intervals, and base intervals into totals.
//
// A Chain is a point's channel through time: the registers of the meters that
// stood there. Derive makes of it intervals, the gaps between readings, what is
// known beside the gaps, and the events of the registers.
//
// The energy of an interval is the difference of the register's values at its two
// boundaries, never an integral of power. A boundary value is interpolated between
// the nearest readings on both sides and floored once to whole units, so the
// energies of neighbours add up exactly to the register's own difference; across
// rollovers, changes of ratio and of meter too, where readings or acts bound them.
// What cannot be known that way is graded Null with the reason. Nothing is clamped
// or repaired in silence: what was thrown out, lost or interpolated is told.
//
// A register whose steps are coarse (Coarse) shows where it stood only when it
// steps. Its steps are anchors then, between which the power that the meter showed
// gives the shape; the energy stays the register's, within one step at each end.
//
// What a boundary's uncertainty rests on: a reading's content is of a moment within
// its Took; a register is not renewed later than that, unless power shows that it
// stood still. A ledger keeps two readings on each side of a boundary, so a
// standstill in which hardly any power flowed beside the boundary stays unseen.
//
// The package is pure: the result depends on the arguments only, not on the order
// in which readings arrived. It must not know stores, the wire or the clock.
// Validation and estimation are metering/vee/rules' affair.
package vee
