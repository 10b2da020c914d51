package balancing

import (
	"time"

	"asue/metering"
)

// Times of the lease of a balancer. Who cannot prolong it stops by itself a third of
// its length before anybody else can have it.
const (
	LeaseFor   = 15 * time.Second // how long the ledger gives it
	LeaseEvery = 5 * time.Second  // from one question to the next
	LeaseUse   = 10 * time.Second // how long it is used, from before the question
)

// Tenure is how long a balancer may command by the lease that it has asked for. The
// zero Tenure is that of one who has never had it. All times are of a clock that
// nobody sets: the monotonic one.
//
// It is not safe for concurrent use.
type Tenure struct {
	term  uint64
	until time.Time // when this balancer stops by itself
}

// Answered takes in what became of a question that was asked at began: the answer may
// have been long on its way, so its time counts from before the question. A question
// without an answer changes nothing: the tenure ends by itself.
func (t *Tenure) Answered(began time.Time, lease metering.Lease) {
	t.term, t.until = lease.Term, time.Time{}
	if lease.Held {
		t.until = began.Add(LeaseUse)
	}
}

// Holds is the term of the youngest answer, and whether this balancer may command in
// it at now.
func (t *Tenure) Holds(now time.Time) (term uint64, held bool) {
	return t.term, t.term > 0 && now.Before(t.until)
}

// End gives the tenure up before its time.
func (t *Tenure) End() { t.until = time.Time{} }
