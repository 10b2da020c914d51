package feeder_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"asue/metering"
)

// fakeLedger keeps batches, cursors, intervals and poison in memory.
type fakeLedger struct {
	mu        sync.Mutex
	batches   []metering.StoredBatch
	cursors   map[string]int64
	intervals []metering.Interval
	poison    []metering.Poison
	fail      func() bool // an error instead of an answer
}

var errFake = errors.New("as told")

func newLedger() *fakeLedger { return &fakeLedger{cursors: map[string]int64{}} }

func (l *fakeLedger) commit(at time.Time, payload string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches = append(l.batches, metering.StoredBatch{
		Position: int64(len(l.batches))*3 + 5, // positions may leave gaps
		ID:       metering.BatchID{Collector: "c1", Epoch: 7, Seq: uint64(len(l.batches) + 1)}, ReceivedAt: at, Payload: []byte(payload),
	})
}

// at is a cursor as it is on disk, without the ledger's moods.
func (l *fakeLedger) at(name string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cursors[name]
}

func (l *fakeLedger) failing() error {
	if l.fail != nil && l.fail() {
		return errFake
	}
	return nil
}

func (l *fakeLedger) Batches(_ context.Context, after int64, limit int) ([]metering.StoredBatch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.failing(); err != nil {
		return nil, err
	}
	var out []metering.StoredBatch
	for _, b := range l.batches {
		if b.Position > after && b.Payload != nil && len(out) < limit {
			out = append(out, b)
		}
	}
	return out, nil
}

func (l *fakeLedger) ForgetBatches(_ context.Context, upTo int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.batches {
		if l.batches[i].Position <= upTo {
			l.batches[i].Payload = nil
		}
	}
	return nil
}

func (l *fakeLedger) Cursor(_ context.Context, name string) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cursors[name], l.failing()
}

func (l *fakeLedger) SetCursor(_ context.Context, name string, position int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.failing(); err != nil {
		return err
	}
	l.cursors[name] = position
	return nil
}

func (l *fakeLedger) Quarantine(_ context.Context, p metering.Poison) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.failing(); err != nil {
		return err
	}
	l.poison = append(l.poison, p)
	return nil
}

func (l *fakeLedger) record(intervals ...metering.Interval) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range intervals {
		same := func(o metering.Interval) bool {
			return o.Point == i.Point && o.Channel == i.Channel && o.Start.Equal(i.Start)
		}
		i.Version = 1
		if at := slices.IndexFunc(l.intervals, same); at >= 0 {
			i.Version = l.intervals[at].Version + 1
			l.intervals = slices.Delete(l.intervals, at, at+1)
		}
		l.intervals = append(l.intervals, i)
	}
	slices.SortStableFunc(l.intervals, func(a, b metering.Interval) int { return a.Start.Compare(b.Start) })
}

func (l *fakeLedger) Intervals(_ context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.failing(); err != nil {
		return nil, err
	}
	var out []metering.Interval
	for _, i := range l.intervals {
		if !i.Start.Before(q.From) && i.Start.Before(q.To) {
			out = append(out, i)
		}
	}
	return out, nil
}

// memoryFor is how long the fake store keeps samples in memory only.
const memoryFor = 7 * time.Second

// fakeStore is a series store that loses what it has in memory when it crashes.
type fakeStore struct {
	mu       sync.Mutex
	disk     map[string]float64
	memory   []inMemory
	run      int
	fail     func() bool // an error instead of an answer
	bad      func(metering.Sample) bool
	conflict string // a key that came with two values
	mute     bool   // does not tell its incarnation
}

type inMemory struct {
	key   string
	value float64
	at    time.Time
}

func newStore() *fakeStore { return &fakeStore{disk: map[string]float64{}, run: 1} }

func key(s metering.Sample) string {
	return fmt.Sprintf("%s|%s|%s|%s|%s|%v|%d|%d", s.Point, s.Resident, s.Node, s.Meter, s.Field, s.Channel, s.Revision, s.At.UnixMilli())
}

func (s *fakeStore) Write(ctx context.Context, samples []metering.Sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	// A failing store may have taken a part of them.
	failed := s.fail != nil && s.fail()
	var refused []metering.Sample
	for i, sample := range samples {
		if failed && i >= len(samples)/2 {
			return errFake
		}
		if s.bad != nil && s.bad(sample) {
			refused = append(refused, sample)
			continue
		}
		s.memory = append(s.memory, inMemory{key(sample), sample.Value, time.Now()})
	}
	if failed {
		return errFake
	}
	s.flush()
	if refused != nil {
		return &metering.BadSamplesError{Samples: refused, Reason: "as told"}
	}
	return nil
}

func (s *fakeStore) flush() {
	for len(s.memory) > 0 && time.Since(s.memory[0].at) >= memoryFor {
		m := s.memory[0]
		if v, ok := s.disk[m.key]; ok && v != m.value {
			s.conflict = m.key
		}
		s.disk[m.key] = m.value
		s.memory = s.memory[1:]
	}
}

// crash ends the process: what it has in memory is gone.
func (s *fakeStore) crash() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
	s.memory = nil
	s.run++
}

// content is what the store has on disk after a while.
func (s *fakeStore) content() map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
	out := map[string]float64{}
	for k, v := range s.disk {
		out[k] = v
	}
	return out
}

func (s *fakeStore) Incarnation(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil && s.fail() {
		return "", errFake
	}
	if s.mute {
		return "", nil
	}
	return fmt.Sprint(s.run), nil
}

func (s *fakeStore) Settled() time.Duration { return 15 * time.Second }

func (s *fakeStore) Range(context.Context, string, time.Time, time.Time, time.Duration) ([]metering.Track, error) {
	return nil, errors.New("nobody draws here")
}

func (s *fakeStore) Ready(context.Context) error { return nil }
func (s *fakeStore) Close() error                { return nil }

// decode reads the test's own batches: one snapshot, "meter value".
func decode(payload []byte) ([]metering.Snapshot, error) {
	var ms int64
	var meter string
	var value float64
	if _, err := fmt.Sscanf(string(payload), "%d %s %g", &ms, &meter, &value); err != nil {
		return nil, err
	}
	return []metering.Snapshot{{
		Meter: metering.MeterID(meter), At: time.UnixMilli(ms).UTC(),
		Readings: []metering.Reading{{Quantity: metering.ActivePower, Value: value}},
	}}, nil
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// plant is a site of two points and three meters; the meter of T-1 was changed.
func plant() *metering.Site {
	swap := epoch.Add(24 * time.Hour)
	return &metering.Site{
		ID: "test",
		Points: []metering.Point{
			{ID: "T-1", Node: "s1", Role: metering.RoleResident, Resident: "r1"},
			{ID: "T-2", Node: "in1", Role: metering.RoleInput},
			{ID: "T-3", Node: "s2"},
			{ID: "T-4", Node: "s1", Role: metering.RoleCheck, Resident: "r1"},
		},
		Meters: []metering.Meter{{ID: "m1"}, {ID: "m2"}, {ID: "m3"}, {ID: "m4"}},
		Installs: []metering.Install{
			{Meter: "m1", Point: "T-1", To: swap},
			{Meter: "m3", Point: "T-1", From: swap},
			{Meter: "m2", Point: "T-2"},
			{Meter: "m4", Point: "T-4"},
		},
	}
}

var silent = slog.New(slog.DiscardHandler)

// record is a log that is read when the test is over.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
