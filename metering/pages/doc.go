// Package pages packs what a ledger keeps of one day of one series into a few
// hundred bytes with a checksum, and says how a day changes when something new
// is said of it. A ledger in rows of one interval each would be ten times as
// large and as slow: an interval is about ten bytes here.
//
// It is pure: values in, values out. It must not know where pages are kept.
package pages
