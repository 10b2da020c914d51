// Package vee turns readings of cumulative registers into the energy of base
// intervals, and base intervals into totals.
//
// The energy of an interval is the difference of the register's values at its
// two boundaries, never an integral of power. A boundary value is interpolated
// linearly between the nearest readings on both sides and floored once to whole
// units, so the energies of neighbours add up exactly to the register's own
// difference. What cannot be known that way is graded Null with the reason.
//
// The package is pure: the result depends on the arguments only, not on the
// order in which readings arrived. It must not know stores, the wire or the
// clock. Validation rules and estimation have their place here and are not part
// of it yet.
package vee
