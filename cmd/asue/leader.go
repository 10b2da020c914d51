package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync"
	"time"

	"asue/metering"
)

// The lease of the balancer. Who cannot prolong it stops by itself a third of its
// length before anybody else can have it. All of it is time of the wall clock,
// measured monotonically: a warped run has one wall as well.
const (
	leaseFor   = 15 * time.Second
	leaseEvery = 5 * time.Second
	leaseUse   = 10 * time.Second
)

// leader keeps the lease that lets one balancer command.
type leader struct {
	leases metering.Leases
	name   string
	holder string // this run of this process
	log    *slog.Logger
	news   chan struct{}
	now    func() time.Time // monotonic

	mu    sync.Mutex
	term  uint64
	until time.Time // when this balancer stops by itself
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
	return l.term, l.term > 0 && l.now().Before(l.until)
}

// changed tells that this balancer has become the leader, or is it no more.
func (l *leader) changed() <-chan struct{} { return l.news }

// run asks for the lease again and again until ctx ends, and gives it back then.
func (l *leader) run(ctx context.Context) error {
	defer l.giveBack()
	timer := time.NewTicker(leaseEvery)
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

// ask counts its time from before the question: the answer may be long on its way.
func (l *leader) ask(ctx context.Context) {
	began := l.now()
	wait, cancel := context.WithTimeout(ctx, leaseEvery)
	defer cancel()
	lease, err := l.leases.Lease(wait, l.name, l.holder, leaseFor, time.Time{})
	_, before := l.holds()
	l.mu.Lock()
	switch {
	case err == nil && lease.Held:
		l.term, l.until = lease.Term, began.Add(leaseUse)
	case err == nil:
		l.term, l.until = lease.Term, time.Time{}
	}
	l.mu.Unlock()
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
	l.until = time.Time{}
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
