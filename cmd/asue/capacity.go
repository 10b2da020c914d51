package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/wire"
)

// capacity is the office of technical conditions in the process that has page and ledger:
// what was decided (deeds), what is found (judged years), and what newcomers are answered.
// It is safe for concurrent use.
type capacity struct {
	site   *metering.Site
	ledger metering.Ledger
	now    func() time.Time // of the run
	log    *slog.Logger
	demo   bool
	// balanced is set where a balancer is expected to report.
	balanced bool
	silent   time.Duration // the least time after which a balancer counts as silent, in time of the run
	hearBy   time.Time     // of the wall clock: until then a balancer elsewhere may still report
	recorded func()        // told of every decision; may be nil
	years    judgedYears
	figures  atomic.Pointer[officeFigures] // for /metrics; nil before the first look

	// heard is the balancer's youngest report that tells rights; nil before the first. It
	// is not guarded: a ledger that is slow to answer must not hold up who hears reports.
	heard atomic.Pointer[wire.Control]

	mu     sync.Mutex // guards all below, and the office's inside
	office *office.Office
}

// newCapacity opens the office; it follows the deeds of the ledger with the first
// question.
func newCapacity(site *metering.Site, ledger metering.Ledger, now func() time.Time, block time.Duration, log *slog.Logger) (*capacity, error) {
	o, err := office.New(officeConfig(site))
	if err != nil {
		return nil, err
	}
	c := &capacity{site: site, ledger: ledger, now: now, log: log, office: o}
	c.years = judgedYears{ledger: ledger, block: block}
	return c, nil
}

// inOffice lets something look at the office as the last deed has left it. What it is
// shown must not be kept.
func (c *capacity) inOffice(ctx context.Context, look func(o *office.Office) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := followDeeds(ctx, c.office, c.ledger); err != nil {
		return err
	}
	return look(c.office)
}

// registered is the site with the register as it stands.
func (c *capacity) registered(ctx context.Context) (site *metering.Site, reg *register.Register, err error) {
	err = c.inOffice(ctx, func(o *office.Office) error {
		reg = o.Register()
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return register.Site(c.site, reg), reg, nil
}

// Do implements dispatcher.Capacity.
func (c *capacity) Do(ctx context.Context, who dispatcher.CapacityPerson, raw json.RawMessage) (dispatcher.DoneView, error) {
	a, err := readAction(raw)
	if err != nil {
		return dispatcher.DoneView{}, err
	}
	if a.Kind == office.OpenCase {
		if a.Evidence, err = c.evidence(ctx, a.Evidence); err != nil {
			return dispatcher.DoneView{}, err
		}
	}
	return c.decide(ctx, who, func(o *office.Office, p office.Person, at time.Time) ([]metering.Deed, error) {
		seen, err := c.seenOf(o, a, at)
		if err != nil {
			return nil, err
		}
		p.Seen = seen
		return o.Do(p, at, a)
	})
}

// Sign implements dispatcher.Capacity.
func (c *capacity) Sign(ctx context.Context, who dispatcher.CapacityPerson, draft string) (dispatcher.DoneView, error) {
	return c.decide(ctx, who, func(o *office.Office, p office.Person, at time.Time) ([]metering.Deed, error) {
		d, ok := draftOf(o, draft, at)
		if !ok {
			return nil, fmt.Errorf("draft %s: it was signed or dropped, or never written: %w", draft, dispatcher.ErrUnknown)
		}
		seen, err := c.seenOf(o, d.Action, at)
		if err != nil {
			return nil, err
		}
		p.Seen = seen
		return o.Sign(p, at, draft)
	})
}

// Drop implements dispatcher.Capacity.
func (c *capacity) Drop(ctx context.Context, who dispatcher.CapacityPerson, draft, why string) (dispatcher.DoneView, error) {
	return c.decide(ctx, who, func(o *office.Office, p office.Person, at time.Time) ([]metering.Deed, error) {
		if _, ok := draftOf(o, draft, at); !ok {
			return nil, fmt.Errorf("draft %s: it was signed or dropped, or never written: %w", draft, dispatcher.ErrUnknown)
		}
		return o.Drop(p, at, draft, why)
	})
}

// decide takes a decision on the last deed, and records it with its trace in one
// transaction. If somebody else has recorded something meanwhile it is taken once more on
// that: what has become impossible is refused then.
func (c *capacity) decide(ctx context.Context, who dispatcher.CapacityPerson,
	take func(o *office.Office, p office.Person, at time.Time) ([]metering.Deed, error)) (done dispatcher.DoneView, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range 2 {
		if err := followDeeds(ctx, c.office, c.ledger); err != nil {
			return done, err
		}
		at := c.now().UTC()
		deeds, err := take(c.office, office.Person{Name: who.Account}, at)
		if err != nil {
			return done, refusalOf(err)
		}
		recorded, err := c.ledger.RecordDeeds(ctx, c.office.Seq(), deeds, traceOf(who, at, deeds))
		if errors.Is(err, metering.ErrConflict) {
			continue
		}
		if err != nil {
			return done, err
		}
		if err := c.office.Replay(recorded); err != nil {
			return done, fmt.Errorf("office: what was just recorded: %w", err)
		}
		if c.recorded != nil {
			c.recorded()
		}
		return doneOf(recorded), nil
	}
	return done, &dispatcher.CapacityRefusal{Reasons: []string{"somebody else has recorded a decision at the same moment, twice: look again"}, Conflict: true}
}

// traceOf is the audit's record of a decision: who took it, which paper, and whose it was
// before.
func traceOf(who dispatcher.CapacityPerson, at time.Time, deeds []metering.Deed) metering.AuditRecord {
	d := deeds[0]
	text := d.Document
	if d.Approver != "" {
		text += ", written by " + d.Author
	}
	return metering.AuditRecord{At: at, Actor: who.Account, Role: metering.Role(who.Role), Kind: metering.DeedAudit + d.Kind, Subject: d.Subject, Text: text}
}

// doneOf says what came of a decision.
func doneOf(deeds []metering.Deed) dispatcher.DoneView {
	d := deeds[len(deeds)-1]
	done := dispatcher.DoneView{Seq: d.Seq}
	switch office.Kind(d.Kind) {
	case office.Draft:
		done.Draft = d.Subject
	case office.OpenCase, office.StepCase:
		done.Case = d.Subject
	case office.Apply, office.Refuse, office.Reserve, office.GiveBack, office.Allot:
		done.Application = d.Subject
	}
	return done
}

// refusalOf turns a refusal of the office into one of the page.
func refusalOf(err error) error {
	var refusal *office.Refusal
	if errors.As(err, &refusal) {
		return &dispatcher.CapacityRefusal{Reasons: refusal.Reasons}
	}
	return err
}

func draftOf(o *office.Office, id string, at time.Time) (office.DraftFile, bool) {
	for _, d := range o.Drafts(at) {
		if d.ID == id {
			return d, true
		}
	}
	return office.DraftFile{}, false
}
