// Package demand finds what a load looked like from the outside: its maxima and
// when they were, whose maxima came together, how evenly it drew, how much
// reactive energy it took, and what fell into which tariff zone.
//
// It is pure: intervals, calendar and tariff in; figures out. It must not know
// stores, clocks of the machine, prices, or how intervals were validated.
//
// # What may be billed
//
// An estimate is biased in its peaks, so an interval that was substituted or
// estimated never sets a billed maximum; which intervals may is told by the
// caller. The higher estimate, if there is one, stands beside the billed maximum.
// What is missing is counted, and is never taken for zero.
//
// # Blocks
//
// A block maximum is the mean over periods of the local wall clock (RU and KZ
// practice: 30 or 60 minutes); a sliding one is the mean over any stretch of that
// length. The sliding one is never below the block one, and up to twice as high
// for a pulse that straddles a boundary: the contract says which one is billed.
package demand
