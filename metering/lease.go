package metering

import (
	"context"
	"fmt"
	"time"
)

// Lease says who leads, and until when. Its Term rises with every new holder and
// whenever it had run out, and never falls: whoever obeys the highest term that he
// has seen cannot be commanded by a leader of the past.
type Lease struct {
	Name   string
	Holder string
	Term   uint64 // 0 if nobody has ever held it
	Until  time.Time
	Held   bool // by the one who asked
}

// MaxLease is the longest time for which a lease is given.
const MaxLease = time.Hour

// CheckLease refuses a question for a lease that cannot be answered.
func CheckLease(name, holder string, ttl time.Duration) error {
	if name == "" || holder == "" || len(name) > 64 || len(holder) > 128 || ttl <= 0 || ttl > MaxLease {
		return fmt.Errorf("lease %q for %q of %v: name, holder, and a time of up to %v are needed: %w", name, holder, ttl, MaxLease, ErrRefused)
	}
	return nil
}

// Ask is what becomes of a lease when a holder asks for it at a time: prolonged if
// he has it, given to him in a new term if it is free or has run out, and otherwise
// as it was, not held.
func (l Lease) Ask(holder string, ttl time.Duration, now time.Time) Lease {
	running := l.Holder != "" && now.Before(l.Until)
	switch {
	case running && l.Holder != holder:
		l.Held = false
		return l
	case !running:
		l.Term++
		l.Until = time.Time{}
	}
	if until := now.Add(ttl); until.After(l.Until) {
		l.Until = until
	}
	l.Holder, l.Held = holder, true
	return l
}

// Leases is the part of the ledger that says who leads.
type Leases interface {
	// Lease asks for a lease, by Lease.Ask in one transaction: of any number of
	// processes at one ledger one at most holds it at any time of the clock that
	// they are judged by. A zero now takes the database's own clock, which is the
	// same one for machines whose clocks differ. Term and holder are durable before
	// it returns.
	//
	// A holder is one run of one process: a name made at random at its start, so
	// that what comes back after a crash is another one and gets another term. It
	// counts its time from before the call and stops by itself in time: the answer
	// may have been long on its way. ErrRefused: see CheckLease.
	Lease(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (Lease, error)

	// Release gives a lease back, so that the next one need not wait. It does
	// nothing if holder and term are not those of the lease any more.
	Release(ctx context.Context, name, holder string, term uint64) error
}
