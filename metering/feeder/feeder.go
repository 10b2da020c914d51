package feeder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"asue/metering"
	"asue/metering/clock"
)

// Defaults of Options.
const (
	DefaultResend = time.Minute
	DefaultPoll   = time.Second
)

// Bounds of a feeder's memory.
const (
	fetchAtOnce = 64   // batches read from the ledger in one go
	writeAtOnce = 5000 // samples of one write, about
	mostExtra   = 4096 // samples of Extra that wait for the store
)

// Ledger is the part of metering.Ledger that a Feeder needs.
type Ledger interface {
	Batches(ctx context.Context, after int64, limit int) ([]metering.StoredBatch, error)
	Cursor(ctx context.Context, name string) (int64, error)
	SetCursor(ctx context.Context, name string, position int64) error
	Quarantine(ctx context.Context, p metering.Poison) error
}

// Options of a Feeder. Name, Ledger, Series, Decode, Site and Log must be set.
type Options struct {
	// Name of the durable cursor; one for each store that is fed.
	Name   string
	Ledger Ledger
	Series metering.Series
	// Decode turns a batch's payload into its snapshots.
	Decode func(payload []byte) ([]metering.Snapshot, error)
	Site   *metering.Site
	Log    *slog.Logger
	// Clock is the run's; it stamps what is put into quarantine.
	Clock clock.Clock
	// Resend is how far the cursor stays behind, in time of the wall clock; at
	// least the store's Settled. 0 is DefaultResend.
	Resend time.Duration
	// Poll is how often the ledger is asked when nobody calls Wake, in time of the
	// wall clock. 0 is DefaultPoll.
	Poll time.Duration
}

// Feeder carries committed batches to a series store. Run it in one goroutine;
// the other methods may be called from any.
type Feeder struct {
	o    Options
	wall clock.Clock
	wake chan struct{}

	// Owned by Run.
	mapper   *Mapper
	progress progress
	queue    []metering.StoredBatch // fetched, not yet sent
	load     load                   // gathered, not yet written
	waiting  []metering.Sample      // of Extra, not yet written
	guard    guard
	checked  time.Time // when the guard last looked
	buffer   []metering.Sample

	mu      sync.Mutex
	extra   []metering.Sample // not yet taken over by Run
	newSite *metering.Site
	stats   Stats
}

// Stats are for /metrics.
type Stats struct {
	Batches     int64     // sent, those sent again included
	Samples     int64     // stored, those sent again included
	Bad         int64     // samples that the store refused for good
	Undecodable int64     // batches that the decoder refused
	Dropped     int64     // samples of Extra given up because the store was away
	Failures    int64     // writes and ledger calls that failed and were tried again
	Rewinds     int64     // times the store was found to be another run
	Sent        int64     // position up to which everything was written
	Cursor      int64     // position up to which everything is safe
	Newest      time.Time // stamp of the newest sample written
	LastError   string    // of the present outage; empty while all is well
}

// New makes a feeder.
func New(o Options) *Feeder {
	if o.Resend == 0 {
		o.Resend = DefaultResend
	}
	if o.Poll == 0 {
		o.Poll = DefaultPoll
	}
	o.Resend = max(o.Resend, o.Series.Settled())
	return &Feeder{o: o, wake: make(chan struct{}, 1), mapper: NewMapper(o.Site), guard: guard{series: o.Series}}
}

// Wake tells the feeder that there are new batches. It never blocks.
func (f *Feeder) Wake() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// SetSite makes the feeder label snapshots by another site file from its next
// batch on.
func (f *Feeder) SetSite(site *metering.Site) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newSite = site
}

// Extra hands over samples that are not in the ledger, such as the zone's limit
// and projection, to be written with the next batch. They are a convenience: the
// oldest are dropped when 4096 wait, and they are not sent again after a crash
// of the store.
func (f *Feeder) Extra(samples ...metering.Sample) {
	f.mu.Lock()
	f.extra = append(f.extra, samples...)
	if over := len(f.extra) - mostExtra; over > 0 {
		f.extra = append(f.extra[:0], f.extra[over:]...)
		f.stats.Dropped += int64(over)
	}
	f.mu.Unlock()
	f.Wake()
}

// Stats says how the feeder is doing.
func (f *Feeder) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats
}

// Run feeds until ctx ends and returns nil then. What goes wrong is logged and
// tried again after 0.5 s at first, after 30 s at most.
func (f *Feeder) Run(ctx context.Context) error {
	patience := patience{log: f.o.Log, what: "feeding the series store", name: f.o.Name}
	started := false
	for ctx.Err() == nil {
		var more bool
		var err error
		if !started {
			if err = f.begin(ctx); err == nil {
				started = true
			}
		} else {
			more, err = f.step(ctx)
		}
		f.note(err)
		if err != nil {
			f.guard.suspect = true
			patience.failed(ctx, err)
			continue
		}
		patience.succeeded()
		if started && !more {
			f.idle(ctx)
		}
	}
	return nil
}

func (f *Feeder) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.LastError = ""
	if err != nil {
		f.stats.Failures++
		f.stats.LastError = err.Error()
	}
	f.stats.Sent, f.stats.Cursor = f.progress.sent, f.progress.cursor
}

// idle waits for Wake, for the next poll, or for the end.
func (f *Feeder) idle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, f.o.Poll)
	defer cancel()
	select {
	case <-f.wake:
	case <-ctx.Done():
	}
}

func (f *Feeder) begin(ctx context.Context) error {
	cursor, err := f.o.Ledger.Cursor(ctx, f.o.Name)
	if err != nil {
		return err
	}
	f.progress = newProgress(cursor, f.o.Resend)
	return nil
}

// step sends one write's worth and lets the cursor follow. It reports whether
// there may be more to send at once.
func (f *Feeder) step(ctx context.Context) (more bool, err error) {
	changed, err := f.guard.begin(ctx)
	if err != nil {
		return false, err
	}
	if changed {
		f.rewind()
	}
	if f.load.empty() {
		if f.load, err = f.gather(ctx); err != nil {
			clear(f.mapper.quality) // some of it was not said
			return false, err
		}
	}
	if !f.load.empty() {
		if err := f.write(ctx, f.load.samples); err != nil {
			return false, err
		}
		more = f.sent()
	}
	return more, f.settle(ctx)
}

// load is one write's worth. It is kept until it was written, so that a second
// try writes the same.
type load struct {
	samples []metering.Sample
	batches int
	upTo    int64
}

func (l load) empty() bool { return l.batches == 0 && len(l.samples) == 0 }

// gather makes samples of what Extra has brought and of the next batches, about
// a write's worth.
func (f *Feeder) gather(ctx context.Context) (load, error) {
	if len(f.queue) == 0 {
		batches, err := f.o.Ledger.Batches(ctx, f.progress.sent, fetchAtOnce)
		if err != nil {
			return load{}, err
		}
		f.queue = batches
	}
	f.collectExtra()
	l := load{samples: append(f.buffer[:0], f.waiting...), upTo: f.progress.sent}
	for _, b := range f.queue {
		if len(l.samples) >= writeAtOnce {
			break
		}
		snapshots, err := f.o.Decode(b.Payload)
		if err != nil {
			if err := f.undecodable(ctx, b, err); err != nil {
				return load{}, err
			}
		}
		for _, s := range snapshots {
			l.samples = f.mapper.Append(l.samples, s)
		}
		l.upTo = b.Position
		l.batches++
	}
	f.buffer = l.samples
	return l, nil
}

// collectExtra takes over what Extra has brought, and the new site.
func (f *Feeder) collectExtra() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, f.extra...)
	f.extra = f.extra[:0]
	if over := len(f.waiting) - mostExtra; over > 0 {
		f.waiting = append(f.waiting[:0], f.waiting[over:]...)
		f.stats.Dropped += int64(over)
	}
	if f.newSite != nil {
		f.mapper, f.newSite = NewMapper(f.newSite), nil
	}
}

// sent notes that the load was written, and reports whether it held batches.
func (f *Feeder) sent() bool {
	n := f.load.batches
	if n > 0 {
		f.progress.wrote(f.load.upTo, f.wall.Now())
		f.queue = f.queue[n:]
	}
	f.waiting = f.waiting[:0]
	f.load = load{}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Batches += int64(n)
	return n > 0
}

func (f *Feeder) write(ctx context.Context, samples []metering.Sample) error {
	err := f.o.Series.Write(ctx, samples)
	var bad *metering.BadSamplesError
	refused := 0
	switch {
	case errors.As(err, &bad):
		refused = len(bad.Samples)
		if err := f.quarantine(ctx, bad); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Samples += int64(len(samples) - refused)
	f.stats.Bad += int64(refused)
	for i := range samples {
		if samples[i].At.After(f.stats.Newest) {
			f.stats.Newest = samples[i].At
		}
	}
	return nil
}

// checkEvery is how long a restart of the store may stay unseen.
const checkEvery = 5 * time.Second

// settle lets the cursor follow, once the store has told that it still is the
// one that was written to.
func (f *Feeder) settle(ctx context.Context) error {
	now := f.wall.Now()
	upTo, due := f.progress.due(now)
	if !due && now.Sub(f.checked) < checkEvery {
		return nil
	}
	changed, err := f.guard.check(ctx)
	if err != nil {
		return err
	}
	f.checked = now
	switch {
	case changed:
		f.rewind()
		return nil
	case !due:
		return nil
	}
	if err := f.o.Ledger.SetCursor(ctx, f.o.Name, upTo); err != nil {
		return err
	}
	f.progress.settled(upTo)
	return nil
}

func (f *Feeder) rewind() {
	f.o.Log.Warn("the series store was started anew, sending again what it may have lost",
		"feeder", f.o.Name, "from", f.progress.cursor, "to", f.progress.sent)
	f.progress.rewind()
	f.queue, f.load = nil, load{}
	clear(f.mapper.quality)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Rewinds++
}

func (f *Feeder) undecodable(ctx context.Context, b metering.StoredBatch, cause error) error {
	f.o.Log.Error("a committed batch cannot be decoded", "feeder", f.o.Name, "position", b.Position, "reason", cause)
	f.mu.Lock()
	f.stats.Undecodable++
	f.mu.Unlock()
	return f.o.Ledger.Quarantine(ctx, metering.Poison{
		At: f.o.Clock.Now(), Topic: "feeder/" + f.o.Name,
		Reason: fmt.Sprintf("batch %s/%d/%d: %v", b.ID.Collector, b.ID.Epoch, b.ID.Seq, cause), Payload: b.Payload,
	})
}

// mostPoison is what the ledger keeps of a poison payload.
const mostPoison = 64 << 10

func (f *Feeder) quarantine(ctx context.Context, bad *metering.BadSamplesError) error {
	f.o.Log.Error("the series store refuses samples for good", "feeder", f.o.Name, "samples", len(bad.Samples), "reason", bad.Reason)
	var text []byte
	for _, s := range bad.Samples {
		text = fmt.Appendf(text, "%s %s %s %s = %v at %s\n", s.Meter, s.Point, s.Node, s.Field, s.Value, s.At.Format(time.RFC3339Nano))
		if len(text) >= mostPoison {
			text = text[:mostPoison]
			break
		}
	}
	return f.o.Ledger.Quarantine(ctx, metering.Poison{At: f.o.Clock.Now(), Topic: "feeder/" + f.o.Name, Reason: bad.Reason, Payload: text})
}
