package postgres

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"asue/metering"
)

// Commit writes a transaction; see metering.Ledger.
//
// Beyond the law it refuses intervals of years before 1900 and after 9998. Text
// that PostgreSQL cannot hold, the byte 0 and what is not UTF-8, is kept as
// U+FFFD.
func (l *Ledger) Commit(ctx context.Context, c metering.Commit) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := checkYears(c); err != nil {
		return err
	}
	c = storable(c)
	return l.write(ctx, "commit", monthsOf(c), pgx.ReadCommitted, func(tx pgx.Tx, n int) error {
		w := newWriting(ctx, tx, c)
		if n > 1 {
			w.lock = true
		}
		if err := w.load(); err != nil {
			return err
		}
		if err := w.decide(); err != nil {
			return err
		}
		return w.store()
	})
}

// monthsOf are the months that the commit's intervals start in.
func monthsOf(c metering.Commit) []time.Time {
	var list []time.Time
	add := func(t time.Time) {
		if m := monthOf(t); len(list) == 0 || list[len(list)-1] != m {
			list = append(list, m)
		}
	}
	for i := range c.Intervals {
		add(c.Intervals[i].Start)
	}
	for _, a := range c.Acts {
		for i := range a.Changes {
			add(a.Changes[i].After.Start)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.Compact(list)
}

// writing is one transaction of Commit. It loads the rows that it may change,
// decides in memory what becomes of them, and stores what is new: each in one
// round trip however much there is.
//
// A row is stored only if it is still as it was loaded (xmin names the
// transaction that wrote it): otherwise another process was faster, and all begins
// again. The first time no row is locked, because a lock is written to the disk
// and most of what comes again says nothing new; after that they are, in one order
// everywhere, so that the second time succeeds.
type writing struct {
	ctx  context.Context
	tx   pgx.Tx
	c    metering.Commit
	at   time.Time // as it is kept
	lock bool

	arrival   arrival
	spans     spanDays
	witnesses witnessPages
	intervals intervalDays
	findings  findingSets
	acts      acts
}

func newWriting(ctx context.Context, tx pgx.Tx, c metering.Commit) *writing {
	return &writing{
		ctx: ctx, tx: tx, c: c, at: kept(c.ReceivedAt),
		arrival: newArrival(c), spans: newSpanDays(c.Spans), witnesses: newWitnessPages(c.Witnesses),
		intervals: newIntervalDays(c), findings: newFindingSets(c.Findings), acts: newActs(c.Acts),
	}
}

// byKey tells the planner to find rows by their keys: it would read whole tables
// while they are small, and keep that plan when they have grown. For the same
// reason queries for lists of keys ask LATERAL, once for each. It lasts to the end
// of the transaction.
const byKey = `SELECT set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'auto', true)`

func (w *writing) load() error {
	var b pgx.Batch
	b.Queue(byKey)
	w.arrival.load(&b)
	w.acts.load(&b)
	w.spans.load(&b, w.lock)
	w.witnesses.load(&b, w.lock)
	w.intervals.load(&b, w.lock)
	w.findings.load(&b)
	if err := w.tx.SendBatch(w.ctx, &b).Close(); err != nil {
		return err
	}
	return w.arrival.compare(w.ctx, w.tx)
}

func (w *writing) decide() error {
	w.spans.merge()
	w.witnesses.merge()
	for i := range w.c.Intervals {
		w.intervals.set(w.c.Intervals[i], w.c.Authority, w.at)
	}
	w.findings.decide(w.at)
	return w.acts.decide(&w.intervals, w.at)
}

func (w *writing) store() error {
	var b pgx.Batch
	w.spans.store(&b)
	w.witnesses.store(&b)
	w.findings.store(&b)
	w.acts.store(&b, w.at)
	if err := w.intervals.store(w.ctx, w.tx, &b); err != nil {
		return err
	}
	w.arrival.store(&b) // last: it holds up every other commit with batches
	if b.Len() == 0 {
		return nil
	}
	err := w.tx.SendBatch(w.ctx, &b).Close()
	if isCode(err, uniqueViolation) {
		return errAgain // the same row was made by another process meanwhile
	}
	return err
}

// locking ends the inner query of a LATERAL one; without a lock it keeps the
// planner from joining the other way round.
func locking(lock bool) string {
	if lock {
		return " FOR UPDATE"
	}
	return " OFFSET 0"
}

// all is the fault of a statement that did not find every row as it was loaded.
func all(rows int) func(pgconn.CommandTag) error {
	return func(done pgconn.CommandTag) error {
		if done.RowsAffected() != int64(rows) {
			return errAgain
		}
		return nil
	}
}

// kept is a time as the ledger gives it back.
func kept(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// ceil is the first whole millisecond that is not before t.
func ceil(t time.Time) time.Time {
	if k := kept(t); !k.Before(t) {
		return k
	}
	return kept(t).Add(time.Millisecond)
}

// clean is text as PostgreSQL can hold it.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// storable is the commit with clean text, so that what is compared with the
// ledger is what it holds.
func storable(c metering.Commit) metering.Commit {
	c.Intervals = slices.Clone(c.Intervals)
	for i := range c.Intervals {
		c.Intervals[i].Reason = clean(c.Intervals[i].Reason)
	}
	c.Acts = slices.Clone(c.Acts)
	for i := range c.Acts {
		a := &c.Acts[i]
		a.ID, a.Author, a.Reason, a.Document = clean(a.ID), clean(a.Author), clean(a.Reason), clean(a.Document)
		a.Changes = slices.Clone(a.Changes)
		for k := range a.Changes {
			a.Changes[k].After.Reason = clean(a.Changes[k].After.Reason)
		}
	}
	c.Findings = slices.Clone(c.Findings)
	for i := range c.Findings {
		list := slices.Clone(c.Findings[i].List)
		for k := range list {
			f := &list[k]
			f.Rule, f.Text, f.RuleSet = clean(f.Rule), clean(f.Text), clean(f.RuleSet)
			f.Numbers = slices.Clone(f.Numbers)
			for n := range f.Numbers {
				f.Numbers[n].Name, f.Numbers[n].Unit = clean(f.Numbers[n].Name), clean(f.Numbers[n].Unit)
			}
		}
		c.Findings[i].List = list
	}
	return c
}
