// Package pool keeps the books of the zone's capacity: which kilowatts are issued to
// whom and where, which are free to be given out again, which are reserved until when,
// and which are held while somebody disputes.
//
// It is pure: postings in, balances and refusals out. It must not know who is idle and
// why, what a newcomer would risk, stores, HTTP, nor the time of day.
//
//	ledger, err := pool.New(nodes)
//	seq, err := ledger.Post(posting)         // all entries of it, or none
//	ledger.Balance(pool.Free("f-3"), at)     // kW in the pool at a node
//	ledger.Headroom("f-3", from, to)         // what the network lets be committed there
//
// # Double entry, in time
//
// Every entry takes kilowatts from one account and gives them to another, for a stretch
// of time. So what is reserved until a day returns on that day by itself, and what is
// corrected is corrected by another entry: nothing is ever changed. All balances are 0
// or more at every instant, past and to come, but that of Grid, from where capacity
// comes: the sum of all is always 0.
//
// A posting has a time at which it was recorded besides the times at which its entries
// hold. What was known at some moment can be asked for (AsOf).
//
// # Two checks
//
// Kilowatts on paper can be given out only once: that is what balances are for. And
// they can be committed only where wires carry them: at each node, what is firm,
// reserved, held, demoted or lost below it may not come above the node's ceiling. So what was
// freed at one feeder can be used at another, up to the least headroom on its path. A
// ceiling is stated by a decision; whether it may lie above the limit of the node, and
// how far, is a question of risk that is answered elsewhere. Where commitments already
// lie above a ceiling nothing may be added, and anything may be taken away.
//
// Non-firm power is no commitment: it is drawn from Grid, not from the pool, and counts
// at no ceiling.
package pool
