package collector

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"asue/collector/outbox"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/wire"
)

// Stream says where a batch is published: live as it is taken, or on the
// history, which must never delay what is live.
type Stream uint8

// The two streams.
const (
	Live    Stream = 1
	History Stream = 2
)

// Publisher hands payloads to a broker. It is called from several goroutines at
// once and returns when the broker has taken the payload or an error tells that
// it may not have. The payload belongs to the Deliverer and is not changed.
type Publisher interface {
	Publish(ctx context.Context, to Stream, payload []byte) error
}

// DeliverConfig says how batches travel. Zero numbers take their defaults.
type DeliverConfig struct {
	Site metering.SiteID
	Name string // of the collector
	// Open opens the outbox; it is tried again every few seconds as long as it
	// fails.
	Open func() (*outbox.Box, error)
	// Encode makes the payload of a batch: wire.EncodeBatch.
	Encode    func(wire.Batch) ([]byte, error)
	Publisher Publisher
	// Window is how many publishes may be under way on each stream; 16.
	Window int
	// Merge is how many snapshots of one class from several lines may share a
	// batch when they wait at the same time; 128. 1 keeps every line's own.
	Merge int
	// ResendAfter is how long a batch may be missing before it is sent again; 10 s.
	ResendAfter time.Duration
	// StallAfter is how long the acknowledgement may stand still before
	// everything without one is sent again; 30 s, doubled each time up to 5 min.
	StallAfter time.Duration
	// Replay runs at ReplayFactor times the live rate (4), at least at ReplayRate
	// batches a second (50).
	ReplayFactor float64
	ReplayRate   float64
	// MaxBilling and MaxTelemetry are how many batches may wait in memory for the
	// disk: 20,000 and 2,000. Beyond it the oldest of the class goes and is
	// counted. While the disk takes nothing, telemetry does not wait at all.
	MaxBilling, MaxTelemetry int
	Clock                    clock.Clock
	Log                      *slog.Logger // nil discards
}

// DefaultReplayRate is the least pace of what is sent again, in batches a second.
const DefaultReplayRate = 50

func (c DeliverConfig) withDefaults() DeliverConfig {
	setDefault(&c.Window, 16)
	setDefault(&c.Merge, 128)
	setDefault(&c.ResendAfter, 10*time.Second)
	setDefault(&c.StallAfter, 30*time.Second)
	setDefault(&c.ReplayFactor, 4)
	setDefault(&c.ReplayRate, DefaultReplayRate)
	setDefault(&c.MaxBilling, 20_000)
	setDefault(&c.MaxTelemetry, 2_000)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func setDefault[N int | float64 | time.Duration](field *N, value N) {
	if *field <= 0 {
		*field = value
	}
}

// DeliverStats are a Deliverer's figures since its start.
type DeliverStats struct {
	Ready         bool // the outbox is open and took the last batch
	Problem       string
	Outbox        outbox.Stats
	Waiting       int    // batches in memory on their way to the disk
	LostBilling   uint64 // batches lost before they had a number: the disk took nothing for too long
	LostTelemetry uint64
	Unencodable   uint64 // snapshots that the wire refused
	Live          uint64 // batches published live
	Replayed      uint64 // batches published on the history
	PublishErrors uint64
	Acks          uint64
	ForeignAcks   uint64 // acknowledgements of another epoch, ignored
	Owed          uint64 // batches that are to be sent again
	Wishes        uint64 // Replay calls that were heeded
	Wished        uint64 // batches of these that are still to be sent
	Online        bool
}

// Deliverer takes batches from the lines, makes them durable, publishes them,
// and forgets them when the ledger has them. Its methods may be called from any
// goroutine.
type Deliverer struct {
	cfg  DeliverConfig
	in   *handover
	live chan outbox.Row
	wake chan struct{} // holds one token while the courier has something to look at
	box  atomic.Pointer[outbox.Box]
	// joined are the snapshots of batches that were joined to be stored.
	joined []metering.Snapshot

	mu        sync.Mutex // guards all below
	online    bool
	owed      outbox.Ranges
	wished    outbox.Ranges // that somebody wants to have again, whether the ledger has them or not
	ack       *wire.Ack     // the newest one not looked at yet
	problem   string
	holdUntil time.Time // after a failed publish, for the history
	rate      float64   // live batches a second, smoothed
	rateAt    time.Time

	unencodable, lived, replayed, publishErrors, acks, foreignAcks, wishes atomic.Uint64
}

// NewDeliverer makes a Deliverer. It does nothing until Run, but Put may be
// called before.
func NewDeliverer(cfg DeliverConfig) (*Deliverer, error) {
	if cfg.Open == nil || cfg.Encode == nil || cfg.Publisher == nil || cfg.Name == "" {
		return nil, errors.New("deliverer: Name, Open, Encode and Publisher must all be given")
	}
	cfg = cfg.withDefaults()
	return &Deliverer{
		cfg: cfg, in: newHandover(cfg.MaxBilling, cfg.MaxTelemetry),
		live: make(chan outbox.Row, 4*cfg.Window), wake: make(chan struct{}, 1),
	}, nil
}

// Put takes a copy of a batch without an identity. It never blocks; see
// DeliverConfig.MaxBilling for what happens when the disk does not keep up.
func (d *Deliverer) Put(b wire.Batch) { d.in.put(b) }

// Ack takes an acknowledgement of the ledger. It never blocks; only the newest
// one counts.
func (d *Deliverer) Ack(a wire.Ack) {
	d.acks.Add(1)
	a.Missing = slices.Clone(a.Missing)
	d.mu.Lock()
	d.ack = &a
	d.mu.Unlock()
	d.rouse()
}

// Online says whether there is a connection to the broker. With each new one
// everything that has no acknowledgement is sent again on the history.
func (d *Deliverer) Online(up bool) {
	d.mu.Lock()
	if up && !d.online {
		d.oweAll(d.box.Load())
	}
	d.online = up
	d.mu.Unlock()
	d.rouse()
}

// oweAll plans to send everything without acknowledgement. The caller holds the
// lock.
func (d *Deliverer) oweAll(box *outbox.Box) {
	if box != nil {
		d.owed = nil
		d.owed.Add(box.Acked()+1, box.Last())
	}
}

// owe plans to send a batch again, unless the ledger has it by now.
func (d *Deliverer) owe(seq uint64) {
	d.mu.Lock()
	if box := d.box.Load(); box != nil && seq > box.Acked() {
		d.owed.Add(seq, seq)
	}
	d.mu.Unlock()
	d.rouse()
}

// unsent notes that a publish failed: the batch is owed, and the history pauses
// for a moment.
func (d *Deliverer) unsent(seq uint64) {
	d.publishErrors.Add(1)
	d.hold()
	d.owe(seq)
}

func (d *Deliverer) hold() {
	d.mu.Lock()
	d.holdUntil = d.cfg.Clock.Now().Add(time.Second)
	d.mu.Unlock()
}

func (d *Deliverer) rouse() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run stores and delivers until the context ends. Then it stores what is still
// in memory, and closes the outbox. Stop the lines first.
func (d *Deliverer) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for range d.cfg.Window {
		all.Add(1)
		go func() {
			defer all.Done()
			d.publishLive(ctx)
		}()
	}
	all.Add(1)
	go func() {
		defer all.Done()
		newCourier(d).run(ctx)
	}()
	d.store(ctx)
	all.Wait()
	if box := d.box.Load(); box != nil {
		return box.Close()
	}
	return nil
}

// publishLive is one of the window's workers.
func (d *Deliverer) publishLive(ctx context.Context) {
	for {
		select {
		case row := <-d.live:
			if err := d.cfg.Publisher.Publish(ctx, Live, row.Payload); err != nil {
				d.unsent(row.Seq)
				continue
			}
			d.lived.Add(1)
		case <-ctx.Done():
			return
		}
	}
}

// sendLive hands stored batches to the workers; what they have no room for goes
// out on the history.
func (d *Deliverer) sendLive(rows []outbox.Row) {
	d.mu.Lock()
	online := d.online
	d.countRate(len(rows))
	d.mu.Unlock()
	if !online {
		return // the next connection sends everything without acknowledgement
	}
	for _, r := range rows {
		select {
		case d.live <- r:
		default:
			d.owe(r.Seq)
		}
	}
}

// countRate smooths the number of live batches a second over about 10 s. The
// caller holds the lock.
func (d *Deliverer) countRate(n int) {
	now := d.cfg.Clock.Now()
	if d.rateAt.IsZero() {
		d.rateAt = now
	}
	elapsed := now.Sub(d.rateAt).Seconds()
	if elapsed > 0 {
		weight := min(elapsed/10, 1)
		d.rate += (float64(n)/elapsed - d.rate) * weight
		d.rateAt = now
	}
}

// Stats returns the figures so far.
func (d *Deliverer) Stats() DeliverStats {
	s := DeliverStats{
		Unencodable: d.unencodable.Load(), Live: d.lived.Load(), Replayed: d.replayed.Load(),
		PublishErrors: d.publishErrors.Load(), Acks: d.acks.Load(), ForeignAcks: d.foreignAcks.Load(),
		Wishes: d.wishes.Load(),
	}
	s.Waiting, s.LostBilling, s.LostTelemetry = d.in.figures()
	d.mu.Lock()
	s.Owed, s.Wished, s.Online, s.Problem = d.owed.Count(), d.wished.Count(), d.online, d.problem
	d.mu.Unlock()
	if box := d.box.Load(); box != nil {
		s.Outbox = box.Stats()
		s.Ready = s.Problem == ""
	}
	return s
}
