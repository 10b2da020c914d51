// Package veetest makes histories of metering points whose truth is known: a load
// second by second, the meters that count it, everything that can go wrong with
// them and with their being read, and what a ledger keeps of it. Tests of all who
// work with registers hold their results against the truth.
//
// The same seed always makes the same history. It must not know how anybody
// derives intervals.
package veetest
