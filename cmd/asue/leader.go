package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync"
	"time"

	"asue/balancing"
	"asue/metering"
)

// leader keeps the lease that lets one balancer command. All its times are of the wall
// clock, measured monotonically: a warped run has one wall as well.
type leader struct {
	leases metering.Leases
	name   string
	holder string // this run of this process
	log    *slog.Logger
	news   chan struct{}
	now    func() time.Time // monotonic

	mu     sync.Mutex
	tenure balancing.Tenure
	other  time.Time // until when another one may lead, as the last answer said
}

func newLeader(leases metering.Leases, site metering.SiteID, log *slog.Logger) *leader {
	var run [8]byte
	_, _ = rand.Read(run[:]) // never fails
	return &leader{leases: leases, name: "balancer/" + string(site), holder: hex.EncodeToString(run[:]), log: log,
		news: make(chan struct{}, 1), now: time.Now}
}

// holds is the term of this balancer and whether it may command now. It may be
// called from any goroutine.
func (l *leader) holds() (term uint64, held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tenure.Holds(l.now())
}

// follows reports whether another balancer leads, as far as the ledger has said
// lately. It may be called from any goroutine.
func (l *leader) follows() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now().Before(l.other)
}

// changed tells that this balancer has become the leader, or is it no more.
func (l *leader) changed() <-chan struct{} { return l.news }

// run asks for the lease again and again until ctx ends, and gives it back then.
func (l *leader) run(ctx context.Context) error {
	defer l.giveBack()
	timer := time.NewTicker(balancing.LeaseEvery)
	defer timer.Stop()
	for {
		l.ask(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
	}
}

func (l *leader) ask(ctx context.Context) {
	began := l.now()
	wait, cancel := context.WithTimeout(ctx, balancing.LeaseEvery)
	defer cancel()
	lease, err := l.leases.Lease(wait, l.name, l.holder, balancing.LeaseFor, time.Time{})
	_, before := l.holds()
	if err == nil {
		l.mu.Lock()
		l.tenure.Answered(began, lease)
		l.other = time.Time{}
		if !lease.Held {
			l.other = l.now().Add(balancing.LeaseFor)
		}
		l.mu.Unlock()
	}
	term, held := l.holds()
	switch {
	case err != nil && ctx.Err() == nil:
		l.log.Warn("the balancer's lease cannot be asked for", "err", err, "leads", held)
	case held && !before:
		l.log.Info("this balancer leads", "term", term)
	case !held && before:
		l.log.Warn("this balancer leads no more", "term", term, "leader", lease.Holder)
	}
	if held != before {
		select {
		case l.news <- struct{}{}:
		default:
		}
	}
}

func (l *leader) giveBack() {
	term, held := l.holds()
	l.mu.Lock()
	l.tenure.End()
	l.mu.Unlock()
	if !held {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := l.leases.Release(ctx, l.name, l.holder, term); err != nil {
		l.log.Warn("the balancer's lease was not given back; it ends by itself", "err", err)
	}
}
