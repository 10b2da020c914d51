package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"asue/metering"
)

// oneLease is a ledger that holds one lease, judged by the test's clock.
type oneLease struct {
	now    time.Time
	holder string
	until  time.Time
	term   uint64
	away   bool
}

func (o *oneLease) Lease(_ context.Context, _, holder string, length time.Duration, _ time.Time) (metering.Lease, error) {
	if o.away {
		return metering.Lease{}, errors.New("the ledger is away")
	}
	if o.holder != holder && o.now.Before(o.until) {
		return metering.Lease{Holder: o.holder, Term: o.term, Until: o.until}, nil
	}
	if o.holder != holder {
		o.holder, o.term = holder, o.term+1
	}
	o.until = o.now.Add(length)
	return metering.Lease{Holder: holder, Term: o.term, Until: o.until, Held: true}, nil
}

func (o *oneLease) Release(context.Context, string, string, uint64) error { return nil }

// Of two balancers one leads; who cannot ask stops before the other begins.
func TestOfTwoBalancersOneLeads(t *testing.T) {
	ledger := &oneLease{now: time.Date(2026, 1, 15, 6, 0, 0, 0, time.UTC)}
	balancer := func() *leader {
		l := newLeader(ledger, "zone", slog.New(slog.DiscardHandler))
		l.now = func() time.Time { return ledger.now }
		return l
	}
	a, b := balancer(), balancer()
	if a.holder == b.holder {
		t.Fatal("two runs of a balancer have one name")
	}
	check := func(when string, wantA, wantB bool) {
		t.Helper()
		_, leadsA := a.holds()
		_, leadsB := b.holds()
		if leadsA != wantA || leadsB != wantB {
			t.Errorf("%s: leads %v and %v, want %v and %v", when, leadsA, leadsB, wantA, wantB)
		}
	}
	check("before anybody has asked", false, false)
	a.ask(t.Context())
	b.ask(t.Context())
	check("both have asked", true, false)

	ledger.now = ledger.now.Add(leaseEvery) // the first one hangs
	b.ask(t.Context())
	check("5 s later", true, false)
	ledger.now = ledger.now.Add(leaseUse - leaseEvery)
	check("10 s later the first one has stopped by itself", false, false)
	ledger.now = ledger.now.Add(leaseFor - leaseUse)
	b.ask(t.Context())
	check("15 s later the second one leads", false, true)
	a.ask(t.Context())
	check("the first one is back", false, true)

	ledger.away = true
	ledger.now = ledger.now.Add(leaseFor)
	a.ask(t.Context())
	b.ask(t.Context())
	check("the ledger is away: nobody leads", false, false)
}
