package balancing_test

import (
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"
)

// Whatever way the answers take, nobody commands when another one may have the lease.
func TestTenureEndsBeforeTheLease(t *testing.T) {
	start := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	var row metering.Lease
	var a, b balancing.Tenure
	held := func(tenure *balancing.Tenure, s float64) bool {
		_, ok := tenure.Holds(at(s))
		return ok
	}
	if held(&a, 0) {
		t.Error("it holds what it never asked for")
	}
	row = row.Ask("a", balancing.LeaseFor, at(0.5)) // the question was 0.5 s on its way, the answer 4 s
	a.Answered(at(0), row)
	if term, ok := a.Holds(at(4.5)); term != 1 || !ok {
		t.Errorf("term %d, held %v after the answer", term, ok)
	}
	if !held(&a, 9.9) || held(&a, 10) {
		t.Error("the tenure does not end 10 s after the question was asked")
	}
	row = row.Ask("b", balancing.LeaseFor, at(15))
	b.Answered(at(14.9), row)
	if held(&b, 15) {
		t.Error("both have it")
	}
	row = row.Ask("b", balancing.LeaseFor, at(15.5))
	b.Answered(at(15.4), row)
	if term, ok := b.Holds(at(16)); term != 2 || !ok || held(&a, 16) {
		t.Errorf("term %d, held %v after the lease has run out", term, ok)
	}
	row = row.Ask("a", balancing.LeaseFor, at(17))
	a.Answered(at(17), row)
	if term, ok := a.Holds(at(17)); term != 2 || ok {
		t.Errorf("who asks in vain has term %d, held %v", term, ok)
	}
	if b.End(); held(&b, 17) {
		t.Error("it holds what it has given up")
	}
}
