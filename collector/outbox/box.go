package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"asue/metering"
	"asue/metering/clock"
)

// Box is an open outbox. Its methods may be called from any goroutine.
type Box struct {
	path string
	opts Options

	requests chan request
	quit     chan struct{} // closed by Close
	finished chan struct{} // closed when the committer has ended
	shown    struct{ epoch, last, acked atomic.Uint64 }

	mu       sync.Mutex // guards all below and the database
	db       *sql.DB
	conn     *sql.Conn // nil when the file has to be opened anew
	stmts    *statements
	mark     *mark
	epoch    uint64
	state    state
	report   Report
	dropped  uint64
	commits  uint64
	tidied   time.Time // when acknowledged batches were last deleted, and up to where
	tidiedTo uint64
	closed   bool
	reserve  reserve
	room     room
	passed   uint64
	broken   bool  // the structure has turned out to be broken: salvage at the next load
	rescued  []Row // found behind a broken frame of the log
}

type request struct {
	entries []Entry
	done    chan result
}

type result struct {
	rows []Row
	err  error
}

// Open opens or makes an outbox. Damage in the file is no error: see Report. It
// fails with ErrReadOnly, ErrInUse, ErrFull or an error of the system; trying
// again later is then worth while.
func Open(path string, opts Options) (*Box, error) {
	b := &Box{
		path: path, opts: opts.withDefaults(),
		requests: make(chan request), quit: make(chan struct{}), finished: make(chan struct{}),
	}
	b.reserve = reserve{path + ".reserve", b.opts.Reserve}
	err := b.load()
	if errors.Is(err, ErrFull) && b.spendReserve() {
		b.unload()
		err = b.load()
	}
	if err != nil {
		b.unload()
		return nil, err
	}
	b.watchRoom()
	go b.commitGroups()
	return b, nil
}

// Close waits for the transaction under way and closes the file.
func (b *Box) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	b.mu.Unlock()
	close(b.quit)
	<-b.finished
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unload()
}

// Report says what Open found.
func (b *Box) Report() Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.report
}

// Epoch is the outbox's present epoch. Like Last and Acked it never waits for the
// disk.
func (b *Box) Epoch() uint64 { return b.shown.epoch.Load() }

// Last is the highest number given so far, 0 if none.
func (b *Box) Last() uint64 { return b.shown.last.Load() }

// Acked is the highest number that may be forgotten, as Forget was told.
func (b *Box) Acked() uint64 { return b.shown.acked.Load() }

// show makes the present numbers visible to those who do not hold the lock.
func (b *Box) show() {
	b.shown.epoch.Store(b.epoch)
	b.shown.last.Store(b.state.last)
	b.shown.acked.Store(b.state.acked)
}

// Append stores one batch and returns its number when it is durable. After an
// error other than the context's it was not stored; after the context's, or when the
// disk failed in the middle of a commit, it may have been.
func (b *Box) Append(ctx context.Context, class metering.Class, encode func(ID) ([]byte, error)) (uint64, error) {
	rows, err := b.AppendAll(ctx, []Entry{{class, encode}})
	if err != nil {
		return 0, err
	}
	return rows[0].Seq, nil
}

// AppendAll stores batches in one transaction, together with those of other
// callers, and returns the stored ones when they are durable. Batches whose
// Encode failed are missing from the result, and their errors are joined; any
// other error means that none was stored, save that of a context or of a disk that
// failed in the middle of a commit, after which they may have been, under numbers
// that nobody was told. Telemetry that there is no room for has a number and is
// returned, but not kept: see Row.Passed.
func (b *Box) AppendAll(ctx context.Context, entries []Entry) ([]Row, error) {
	r := request{entries, make(chan result, 1)}
	select {
	case b.requests <- r:
	case <-b.quit:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case done := <-r.done:
		return done.rows, done.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// commitGroups takes what appenders ask for and commits it in groups.
func (b *Box) commitGroups() {
	defer close(b.finished)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-b.quit
		cancel()
	}()
	var wall clock.Clock
	var last time.Time
	for {
		var group []request
		select {
		case r := <-b.requests:
			group = append(group, r)
		case <-b.quit:
			return
		}
		if err := wall.SleepUntil(ctx, last.Add(b.opts.Pace)); err == nil {
			group = b.gather(group)
		}
		b.commitGroup(group)
		last = wall.Now()
	}
}

// gather adds the requests that wait already, up to the size of a group.
func (b *Box) gather(group []request) []request {
	n := len(group[0].entries)
	for n < b.opts.Group {
		select {
		case r := <-b.requests:
			group = append(group, r)
			n += len(r.entries)
		default:
			return group
		}
	}
	return group
}

func (b *Box) commitGroup(group []request) {
	results, err := b.commitInOrder(group)
	for i, r := range group {
		if err != nil {
			r.done <- result{err: err}
			continue
		}
		r.done <- results[i]
	}
}

func (b *Box) appendGroup(group []request) ([]result, error) {
	results := make([]result, len(group))
	err := b.update("append", func(t *tx) error {
		before := t.billing.bytes
		for i, r := range group {
			results[i] = result{}
			for _, e := range r.entries {
				row, encodeErr, err := t.append(e)
				if err != nil {
					return err
				}
				if encodeErr != nil {
					results[i].err = errors.Join(results[i].err, encodeErr)
					continue
				}
				results[i].rows = append(results[i].rows, row)
			}
		}
		if b.room.spent {
			if _, err := t.dropTelemetry(t.billing.bytes - before); err != nil {
				return err
			}
		}
		if b.tidyDue(t.acked, time.Second) {
			return t.tidy()
		}
		return nil
	})
	return results, err
}

// Announce stores a billing batch that tells the ledger of lost numbers: up to
// limit ranges that no batch has told of yet. It returns false if there are
// none.
func (b *Box) Announce(limit int, encode func(ID, []metering.Range) ([]byte, error)) (Row, bool, error) {
	var row Row
	var told bool
	err := b.update("announce lost batches", func(t *tx) error {
		if len(t.untold) == 0 {
			return nil
		}
		lost := slices.Clone(t.untold[:min(limit, len(t.untold))])
		var encodeErr, err error
		row, encodeErr, err = t.append(Entry{metering.Billing, func(id ID) ([]byte, error) { return encode(id, lost) }})
		if err := errors.Join(encodeErr, err); err != nil {
			return err
		}
		told = true
		for _, r := range lost {
			t.untold.Remove(r.From, r.To)
		}
		return nil
	})
	return row, told && err == nil, err
}

// Lose says that numbers will never come, for a reason: they become a gap to be
// announced. Numbers that are kept or known as lost are left as they are.
func (b *Box) Lose(from, to uint64, reason string) error {
	_, _, err := b.read(from, to, 0, 0, reason)
	return err
}

// Read returns batches from..to in ascending order, at most rows of them and
// about bytes in size, and the number from which to read on (to+1 at the end).
// A number up to Last that is neither kept nor known as lost becomes a gap, and
// so does one whose row is damaged.
func (b *Box) Read(from, to uint64, rows, bytes int) ([]Row, uint64, error) {
	return b.read(from, to, rows, bytes, "no longer kept by the collector")
}

func (b *Box) read(from, to uint64, rows, bytes int, reason string) ([]Row, uint64, error) {
	var out []Row
	next := from
	err := b.update("read", func(t *tx) (err error) {
		out, next, err = t.read(max(from, 1), min(to, t.last), rows, bytes, reason)
		return err
	})
	return out, next, err
}

// Peek returns batches from..to like Read, acknowledged ones too as long as they are
// retained, but passes over what is not kept.
func (b *Box) Peek(from, to uint64, rows, bytes int) ([]Row, uint64, error) {
	var out []Row
	next := from
	err := b.update("peek", func(t *tx) (err error) {
		out, next, err = t.peek(max(from, 1), min(to, t.last), rows, bytes)
		return err
	})
	return out, next, err
}

// Find returns the numbers of the batches that are kept, acknowledged ones too, out of
// from..to and appended within a span of time, both ends inclusive; a zero end is no
// bound. It reads the whole outbox, in steps that appends can come between.
func (b *Box) Find(from, to uint64, since, until time.Time) (Ranges, error) {
	const step = 4096
	early, late := int64(math.MinInt64), int64(math.MaxInt64)
	if !since.IsZero() {
		early = since.UnixMilli()
	}
	if !until.IsZero() {
		late = until.UnixMilli()
	}
	var found Ranges
	last := min(to, b.Last())
	for at := max(from, 1); at <= last; {
		var next uint64
		err := b.update("find", func(t *tx) (err error) {
			next, err = t.find(&found, at, last, early, late, step)
			return err
		})
		if err != nil {
			return nil, err
		}
		at = next
	}
	return found, nil
}

// Forget says that everything up to a number has arrived. The rows are deleted
// with one of the next transactions, or by another call of Forget two seconds later,
// once Options.Retain is over.
func (b *Box) Forget(upTo uint64) error {
	b.mu.Lock()
	upTo = min(upTo, b.state.last)
	// Where appends come all the time, one of them tidies up on its way.
	due := b.tidyDue(max(upTo, b.state.acked), 2*time.Second)
	b.state.acked = max(upTo, b.state.acked) // goes to disk with the next transaction
	b.show()
	b.mu.Unlock()
	if !due {
		return nil
	}
	return b.update("forget", func(t *tx) error {
		return t.tidy()
	})
}

// tidyDue reports whether deleting up to a number is worth the while, some time
// after the last time. The caller holds the lock.
func (b *Box) tidyDue(upTo uint64, after time.Duration) bool {
	return upTo > b.tidiedTo && b.opts.Clock.Now().Sub(b.tidied).Abs() >= after
}

// Advance makes sure that numbers up to last are never given again: the ledger
// has seen them, though this outbox does not know of them.
func (b *Box) Advance(last uint64) error {
	return b.update("advance", func(t *tx) error {
		t.last = max(t.last, last)
		return nil
	})
}

// Stats returns the state of the outbox.
func (b *Box) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Stats{
		Epoch: b.epoch, Last: b.state.last, Acked: b.state.acked,
		BillingRows: b.state.billing.rows, TelemetryRows: b.state.telemetry.rows,
		Bytes: b.state.billing.bytes + b.state.telemetry.bytes,
		Gaps:  b.state.gaps.Count(), Dropped: b.dropped, Passed: b.passed, Commits: b.commits,
		Budget: b.opts.Budget, Reserve: b.reserve.held(), Pressure: b.room.pressure,
	}
	if b.conn != nil {
		var at int64
		err := b.conn.QueryRowContext(context.Background(), `SELECT at FROM batch WHERE seq > ? ORDER BY seq LIMIT 1`, int64(b.state.acked)).Scan(&at)
		if err == nil {
			s.Oldest = time.UnixMilli(at).UTC()
		}
	}
	return s
}

// update runs f as one durable transaction on a copy of the state, which takes
// the old one's place when the transaction is committed. f runs a second time when
// the file's structure turns out to be broken and was mended meanwhile.
func (b *Box) update(doing string, f func(*tx) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.try(f)
	switch code(err) {
	case codeCorrupt, codeNotADB, codeConstraint:
		b.broken = true
		err = b.try(f)
	}
	return explain(b.path, doing, err)
}

// try is one attempt of update.
func (b *Box) try(f func(*tx) error) error {
	if b.conn == nil {
		if b.closed {
			return ErrClosed
		}
		if err := b.load(); err != nil {
			b.unload()
			return err
		}
	}
	t := &tx{conn: b.conn, stmts: b.stmts, opts: b.opts, epoch: b.epoch, state: b.state.clone(), short: b.room.pressure != Roomy}
	if err := t.run(f); err != nil {
		switch code(err) {
		case 0, codeFull, codeReadOnly:
		default:
			// Nothing is written again through a descriptor whose last write or
			// sync failed: the file is opened and verified anew.
			b.unload()
		}
		return err
	}
	b.settle(t)
	return nil
}

// settle takes over what a committed transaction has changed.
func (b *Box) settle(t *tx) {
	if t.last != b.state.last {
		if err := b.mark.set(b.epoch, t.last); err != nil {
			b.opts.Log.Warn("outbox: the mark beside the file was not written", "path", b.path, "error", err)
		}
	}
	if t.dropped > 0 {
		b.dropped += uint64(t.dropped)
		b.opts.Log.Warn("outbox: oldest telemetry dropped for space", "path", b.path, "batches", t.dropped, "budget", b.opts.Budget)
	}
	b.passed += t.passedOn
	if t.wrote {
		b.commits++
	}
	if t.tidied {
		b.tidied, b.tidiedTo = b.opts.Clock.Now(), t.tidiedTo
	}
	b.state = t.state
	b.watchBudget()
	b.show()
}

// damaged logs lost numbers and remembers them for the report.
func (b *Box) damaged(what string, lost Ranges) {
	b.report.Lost = append(b.report.Lost, lost...)
	b.opts.Log.Error("outbox: damage: "+what, "path", b.path, "lost", fmt.Sprint([]metering.Range(lost)), "batches", lost.Count())
}
