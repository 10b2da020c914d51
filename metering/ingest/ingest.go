package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// Clock is what ingest needs of a clock; clock.Clock is one.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
	// Virtual converts a duration of the wall clock into one of this clock.
	Virtual(d time.Duration) time.Duration
}

// RegisterFacts is what the model of a meter says about one of its counters.
type RegisterFacts struct {
	Quantity metering.Quantity
	Modulus  int64 // count at which it starts anew from 0; 0 if unknown
}

// Config is what an Ingest is made of. Site, Ledger, Decode, Clock and Log must
// be set.
type Config struct {
	Site   *metering.Site
	Ledger metering.Ledger
	// Decode reads a payload; wire.DecodeBatch does.
	Decode func(payload []byte) (wire.Batch, error)
	// Registers lists the counters of a meter. Those of installed meters that
	// feed a channel get an interval for every period, with or without readings.
	// If nil, only registers that have been read are followed.
	Registers func(metering.MeterID) []RegisterFacts
	Clock     Clock
	Log       *slog.Logger
	Limits    Limits
	// Listeners hear of every commit, in order.
	Listeners []Listener
	// Acks is told what collectors may forget; used by Run. It must not block.
	Acks func(Ack)
}

// Limits bound what ingest takes in and keeps. Zero fields get the defaults.
type Limits struct {
	Payload   int           // bytes of one payload; default 1 MiB
	Ahead     time.Duration // how far a reading may lie in the future; default 2 min
	Queue     int           // messages waiting for Run; default 2000
	Group     int           // messages of one transaction; default 500
	Wait      time.Duration // of the wall clock, for a group to fill; default 50 ms
	Registers int           // states kept in memory; default 100,000
	Gap       time.Duration // longest stretch of intervals written at once; default 400 days
}

func (l Limits) withDefaults() Limits {
	l.Payload = cmp.Or(l.Payload, 1<<20)
	l.Ahead = cmp.Or(l.Ahead, 2*time.Minute)
	l.Queue = cmp.Or(l.Queue, 2000)
	l.Group = cmp.Or(l.Group, 500)
	l.Wait = cmp.Or(l.Wait, 50*time.Millisecond)
	l.Registers = cmp.Or(l.Registers, 100_000)
	l.Gap = cmp.Or(l.Gap, 400*24*time.Hour)
	return l
}

// Message is a payload as it came.
type Message struct {
	Topic string // for people who look into the quarantine
	// Collector, if set, is who the transport says has sent it; a batch in
	// another's name is refused.
	Collector  string
	Payload    []byte
	ReceivedAt time.Time
}

// Ack tells a collector what it may forget.
type Ack struct {
	Collector string
	wire.Ack
}

// Ingest takes messages into the ledger. Its methods may be called from any
// goroutine; they take turns.
type Ingest struct {
	cfg     Config
	started time.Time
	meters  map[metering.MeterID]bool // of the site file
	queue   chan Delivery

	mu        sync.Mutex
	registers map[registerKey]*register
	seen      seen // by witnesses
	watch     clockWatch
	lastNote  map[string]time.Time // when a fault was last put into the quarantine
	stats     Stats
}

// New makes an Ingest. It does nothing until Take, Close or Run.
func New(cfg Config) *Ingest {
	cfg.Limits = cfg.Limits.withDefaults()
	meters := make(map[metering.MeterID]bool, len(cfg.Site.Meters))
	for _, m := range cfg.Site.Meters {
		meters[m.ID] = true
	}
	return &Ingest{
		cfg: cfg, started: cfg.Clock.Now(), meters: meters, queue: make(chan Delivery, cfg.Limits.Queue),
		registers: map[registerKey]*register{}, seen: seen{}, watch: clockWatch{}, lastNote: map[string]time.Time{},
	}
}

// Take commits messages in one transaction and returns what their collectors may
// forget, by collector and epoch. A message that cannot be used is in the
// quarantine afterwards and needs no further treatment.
//
// On an error nothing may be acknowledged: the same messages can be taken again,
// now or by another process.
func (in *Ingest) Take(ctx context.Context, messages []Message) ([]Ack, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.take(ctx, messages)
}

func (in *Ingest) take(ctx context.Context, messages []Message) ([]Ack, error) {
	s := in.screen(messages)
	acks, err := in.commit(ctx, s)
	if errors.Is(err, metering.ErrRefused) {
		if len(messages) > 1 {
			return in.oneByOne(ctx, messages)
		}
		s.refuse(messages[0], err)
		acks, err = in.commit(ctx, s)
	}
	if err != nil {
		in.stats.Failures++
		return nil, fmt.Errorf("ingest: %w", err)
	}
	in.stats.Messages += int64(len(messages))
	return acks, nil
}

// oneByOne finds the message that the ledger will never take.
func (in *Ingest) oneByOne(ctx context.Context, messages []Message) ([]Ack, error) {
	latest := map[stream]Ack{}
	for _, m := range messages {
		acks, err := in.take(ctx, []Message{m})
		if err != nil {
			return nil, err
		}
		for _, a := range acks {
			latest[stream{a.Collector, a.Epoch}] = a
		}
	}
	all := make([]Ack, 0, len(latest))
	for _, a := range latest {
		all = append(all, a)
	}
	sortAcks(all)
	return all, nil
}

type stream struct {
	collector string
	epoch     uint64
}

// commit writes what was screened, tells the listeners and finds the marks.
func (in *Ingest) commit(ctx context.Context, s *screened) ([]Ack, error) {
	now := in.cfg.Clock.Now()
	c := metering.Commit{ReceivedAt: now, Batches: s.stored, Lost: s.lost}
	t := newTaking(&c)
	changes, err := in.follow(ctx, s, t)
	if err != nil {
		return nil, err
	}
	if err := in.write(ctx, t, changes); err != nil {
		return nil, err
	}
	in.stats.Batches += int64(len(s.stored))
	for kind, n := range s.refusedReadings {
		in.stats.refuse(kind, n)
	}
	if len(s.batches) > 0 || len(c.Intervals) > 0 {
		in.tell(Committed{At: now, Batches: s.batches, Intervals: c.Intervals})
	}
	for _, p := range s.poison {
		in.cfg.Log.Warn("payload put into quarantine", "topic", p.Topic, "reason", p.Reason, "bytes", len(p.Payload))
		if err := in.cfg.Ledger.Quarantine(ctx, p); err != nil {
			return nil, fmt.Errorf("quarantine: %w", err)
		}
		in.stats.Poison++
	}
	in.noted(s, now)
	return in.acks(ctx, s)
}

// write commits and, if that succeeds, remembers the registers' new states.
func (in *Ingest) write(ctx context.Context, c *taking, changes []change) error {
	if len(c.Batches)+len(c.Lost)+len(c.Spans)+len(c.Witnesses)+len(c.Intervals) > 0 {
		if err := in.cfg.Ledger.Commit(ctx, *c.Commit); err != nil {
			return err
		}
		in.stats.Commits++
		in.stats.LastCommit = c.ReceivedAt
		in.stats.Intervals += int64(len(c.Intervals))
	}
	for _, ch := range changes {
		ch.apply()
	}
	in.seen.keep(c.witnesses)
	return nil
}

func (in *Ingest) acks(ctx context.Context, s *screened) ([]Ack, error) {
	acks := make([]Ack, 0, len(s.streams))
	for st := range s.streams {
		m, err := in.cfg.Ledger.Mark(ctx, st.collector, st.epoch)
		if err != nil {
			return nil, fmt.Errorf("mark: %w", err)
		}
		acks = append(acks, Ack{st.collector, wire.Ack{
			Epoch: m.Epoch, Contiguous: m.Contiguous, Highest: m.Highest, Missing: m.Missing,
		}})
	}
	sortAcks(acks)
	return acks, nil
}

func sortAcks(acks []Ack) {
	slices.SortFunc(acks, func(a, b Ack) int {
		return cmp.Or(cmp.Compare(a.Collector, b.Collector), cmp.Compare(a.Epoch, b.Epoch))
	})
}

func (in *Ingest) tell(c Committed) {
	for _, l := range in.cfg.Listeners {
		l.Committed(c)
	}
}
