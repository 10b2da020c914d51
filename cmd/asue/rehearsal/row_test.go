package rehearsal

import (
	"time"

	"asue/balancing"
	"asue/metering"
)

// row is the ledger's row of the lease. It has a clock of its own, which nobody sets.
type row struct {
	*stage
	lease metering.Lease
	away  map[string]time.Time // from whom it cannot be reached, until then
	slow  float64              // probability of an answer that takes seconds
}

// ask puts a question to the row. The answer may never come, though the row has taken
// the question.
func (r *row) ask(desk, holder string, hear func(metering.Lease)) {
	way := func() time.Duration {
		if r.chance(r.slow) {
			return r.between(time.Second, 6*time.Second)
		}
		return r.between(time.Millisecond, 40*time.Millisecond)
	}
	if r.now.Before(r.away[desk]) {
		r.count["lease: unreachable"]++
		return
	}
	there, back := way(), way()
	r.after(there, func() {
		r.lease = r.lease.Ask(holder, balancing.LeaseFor, r.now)
		answer := r.lease
		if there+back < balancing.LeaseEvery && !r.now.Before(r.away[desk]) {
			r.after(back, func() { hear(answer) })
		}
	})
}

// release gives the lease back, as the ledger does it.
func (r *row) release(holder string, term uint64) {
	if r.lease.Holder == holder && r.lease.Term == term {
		r.lease.Holder = ""
	}
}
