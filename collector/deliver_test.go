package collector_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"asue/collector"
	"asue/collector/outbox"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/wire"
)

// world is a network with a ledger behind it, both as bad as they may be. It
// lives in a synctest bubble.
type world struct {
	mu    sync.Mutex
	dice  *rand.Rand
	loss  float64       // of a message after its PUBACK, of an acknowledgement
	fail  float64       // of a publish, with an error
	twice float64       // of a message
	delay time.Duration // at most, of each: they overtake each other

	epoch    uint64
	has      outbox.Ranges     // received or told lost
	told     outbox.Ranges     // told lost
	content  map[uint64]string // payload by number: the same number is the same bytes
	names    map[string]int    // of each test snapshot, how often it came under different numbers
	acked    func(wire.Ack)    // where acknowledgements go
	streams  map[collector.Stream]int
	liveAges []time.Duration // of live messages on arrival
	fault    string
}

func newWorld(seed uint64) *world {
	return &world{
		dice: rand.New(rand.NewPCG(seed, 5)), content: map[uint64]string{}, names: map[string]int{}, streams: map[collector.Stream]int{},
	}
}

func (w *world) roll(p float64) bool { return w.dice.Float64() < p }

func (w *world) pause() time.Duration {
	// Not 0: go 1.26's race detector does not survive a timer that is due at once
	// in a synctest bubble.
	return 1 + time.Duration(w.dice.Int64N(int64(w.delay)+1))
}

var errBroker = errors.New("connection lost")

func (w *world) Publish(ctx context.Context, to collector.Stream, payload []byte) error {
	w.mu.Lock()
	failed, lost, times := w.roll(w.fail), w.roll(w.loss), 1
	if w.roll(w.twice) {
		times = 2
	}
	var pauses []time.Duration
	for range times {
		pauses = append(pauses, w.pause())
	}
	w.mu.Unlock()
	if !lost {
		for _, d := range pauses {
			time.AfterFunc(d, func() { w.receive(to, payload) })
		}
	}
	if err := (clock.Clock{}).Sleep(ctx, 2*time.Millisecond); err != nil {
		return err
	}
	if failed {
		return errBroker // though it may have arrived
	}
	return nil
}

func (w *world) receive(to collector.Stream, payload []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := wire.DecodeBatch(payload)
	if err != nil {
		w.fault = err.Error()
		return
	}
	w.streams[to]++
	w.epoch = b.ID.Epoch
	if to == collector.Live && len(b.Snapshots) > 0 {
		w.liveAges = append(w.liveAges, time.Since(b.Snapshots[0].At))
	}
	if before, ok := w.content[b.ID.Seq]; ok {
		if before != string(payload) {
			w.fault = fmt.Sprintf("number %d came with two contents", b.ID.Seq)
		}
		return
	}
	w.content[b.ID.Seq] = string(payload)
	w.has.Add(b.ID.Seq, b.ID.Seq)
	for _, r := range b.Lost {
		w.has.Add(r.From, r.To)
		w.told.Add(r.From, r.To)
	}
	for _, s := range b.Snapshots {
		w.names[s.Reason]++
	}
}

// acknowledge sends what the ledger has.
func (w *world) acknowledge() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.has) == 0 || w.roll(w.loss) {
		return
	}
	a := wire.Ack{Epoch: w.epoch, Highest: w.has[len(w.has)-1].To}
	from := uint64(1)
	for i, r := range w.has {
		if r.From > from {
			a.Missing = append(a.Missing, metering.Range{From: from, To: r.From - 1})
		} else if i == 0 {
			a.Contiguous = r.To
		}
		from = r.To + 1
	}
	send := w.acked
	time.AfterFunc(w.pause(), func() { send(a) })
}

// lock runs f with the world to itself.
func (w *world) lock(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// named is a batch of one snapshot that can be told from all others.
func named(class wire.Class, name string, size int) wire.Batch {
	s := metering.Snapshot{Meter: "m", At: time.Now().Truncate(time.Millisecond), Quality: metering.CommFail, Reason: name}
	b := wire.Batch{Site: "site", ID: metering.BatchID{Collector: "col-1"}, Line: "l", Sealed: s.At, Class: class, Snapshots: []metering.Snapshot{s}}
	for range size {
		b.Snapshots = append(b.Snapshots, metering.Snapshot{Meter: "ballast", At: s.At, Reason: name + "'s ballast"})
	}
	return b
}

// deliverer starts a Deliverer and returns it with a function that stops it.
func deliverer(t *testing.T, w collector.Publisher, path string, budget int64, change func(*collector.DeliverConfig)) (*collector.Deliverer, func()) {
	t.Helper()
	cfg := collector.DeliverConfig{
		Site: "site", Name: "col-1", Encode: wire.EncodeBatch, Publisher: w, Merge: 1,
		Open: func() (*outbox.Box, error) { return outbox.Open(path, outbox.Options{Budget: budget}) },
	}
	if change != nil {
		change(&cfg)
	}
	d, err := collector.NewDeliverer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop) // a test that fails leaves nothing running
	return d, stop
}

// wait lets time pass, and everything come to rest that it has set going.
func wait(d time.Duration) {
	_ = (clock.Clock{}).Sleep(context.Background(), d)
	synctest.Wait()
}

// Whatever the network does to batches and acknowledgements, and however often
// the collector is restarted, the ledger ends with every number or the word that
// it is lost; what is billing comes exactly once; and the outbox is empty.
func TestEverythingArrives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		loss := rapid.Float64Range(0, 0.6).Draw(rt, "loss")
		fail := rapid.Float64Range(0, 0.5).Draw(rt, "fail")
		twice := rapid.Float64Range(0, 0.5).Draw(rt, "twice")
		delay := time.Duration(rapid.IntRange(0, 20_000).Draw(rt, "delay ms")) * time.Millisecond
		lives := rapid.IntRange(1, 4).Draw(rt, "lives")
		small := rapid.Bool().Draw(rt, "small outbox")
		var verdict string
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(seed)
			w.loss, w.fail, w.twice, w.delay = loss, fail, twice, delay
			verdict = ordeal(t, w, lives, small)
		})
		if verdict != "" {
			rt.Fatal(verdict)
		}
	})
}

// ordeal is one run of TestEverythingArrives; it returns what went wrong.
func ordeal(t *testing.T, w *world, lives int, small bool) string {
	script := rand.New(rand.NewPCG(w.dice.Uint64(), 6)) // w's own belongs to its lock
	budget := int64(0)
	if small {
		budget = 20_000
	}
	path := filepath.Join(t.TempDir(), "o.db")
	billing := 0
	for life := 1; life <= lives; life++ {
		d, stop := deliverer(t, w, path, budget, nil)
		w.lock(func() { w.acked = d.Ack })
		d.Online(script.IntN(3) > 0)
		for i := range 20 {
			class := wire.Telemetry
			name := fmt.Sprintf("telemetry %d.%d", life, i)
			if script.IntN(2) == 0 {
				class, name = wire.Billing, fmt.Sprintf("billing %d.%d", life, i)
				billing++
			}
			d.Put(named(class, name, script.IntN(40)))
			switch script.IntN(8) {
			case 0:
				d.Online(false)
			case 1, 2:
				d.Online(true)
			case 3:
				wait(time.Duration(script.IntN(30)) * time.Second)
			case 4:
				w.acknowledge()
			default:
				wait(30 * time.Millisecond)
			}
		}
		if life < lives {
			stop()
			continue
		}
		w.lock(func() { w.loss, w.fail, w.twice, w.delay = 0, 0, 0, 0 })
		d.Online(false)
		d.Online(true)
		for range 60 {
			wait(5 * time.Second)
			w.acknowledge()
		}
		wait(2 * time.Second)
		synctest.Wait()
		s := d.Stats()
		stop()
		w.mu.Lock()
		defer w.mu.Unlock()
		switch {
		case w.fault != "":
			return w.fault
		case len(w.has) != 1 || w.has[0].From != 1 || w.has[0].To != s.Outbox.Last:
			return fmt.Sprintf("of 1..%d the ledger knows %v", s.Outbox.Last, w.has)
		case s.Outbox.Acked != s.Outbox.Last || s.Outbox.BillingRows+s.Outbox.TelemetryRows > 0 || s.Owed > 0 || s.Outbox.Gaps > 0:
			return fmt.Sprintf("the outbox is not at rest: %+v", s)
		case !small && w.told.Count() > 0:
			return fmt.Sprintf("%v told lost without need", w.told)
		}
		came := 0
		for name, n := range w.names {
			if strings.HasSuffix(name, "ballast") {
				continue
			}
			if n != 1 {
				return fmt.Sprintf("%q came under %d numbers", name, n)
			}
			if strings.HasPrefix(name, "billing") {
				came++
			}
		}
		if came != billing {
			return fmt.Sprintf("%d of %d billing snapshots came", came, billing)
		}
	}
	return ""
}

// story runs one Deliverer in a bubble.
func story(t *testing.T, change func(*collector.DeliverConfig), f func(w *world, d *collector.Deliverer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		d, stop := deliverer(t, w, filepath.Join(t.TempDir(), "o.db"), 0, change)
		w.lock(func() { w.acked = d.Ack })
		f(w, d)
		stop()
		if w.fault != "" {
			t.Fatal(w.fault)
		}
	})
}

// An hour's backlog is replayed on the history, in pace, and what is live is not
// late because of it.
func TestReplayDoesNotDelayLive(t *testing.T) {
	story(t, nil, func(w *world, d *collector.Deliverer) {
		for i := range 3600 {
			d.Put(named(wire.Telemetry, fmt.Sprint("old ", i), 0))
			wait(time.Second)
		}
		same(t, "sent while away", len(w.content), 0)
		d.Online(true)
		start := time.Now()
		for i := range 60 {
			d.Put(named(wire.Telemetry, fmt.Sprint("new ", i), 0))
			wait(time.Second)
			w.acknowledge()
		}
		for range 30 {
			wait(time.Second)
			w.acknowledge()
		}
		wait(time.Second)
		s := d.Stats()
		if w.has.Count() != 3660 || s.Outbox.Acked != 3660 || s.Live != 60 {
			t.Fatalf("the ledger has %v; %+v", w.has, s)
		}
		if s.Replayed < 3600 || s.Replayed > 3700 {
			t.Fatalf("%d replayed", s.Replayed)
		}
		if took := time.Since(start); took < 60*time.Second {
			t.Fatalf("3600 batches in %v: faster than 50 a second", took)
		}
		for _, age := range w.liveAges {
			if age > 100*time.Millisecond {
				t.Fatalf("a live value arrived after %v", age)
			}
		}
	})
}

// What the ledger misses is sent again after ten seconds, not at once and not
// every time it says so.
func TestMissingIsSentAgain(t *testing.T) {
	story(t, nil, func(w *world, d *collector.Deliverer) {
		d.Online(true)
		wait(time.Second)
		w.lock(func() { w.loss = 1 })
		d.Put(named(wire.Billing, "lost on the way", 0))
		wait(time.Second)
		w.lock(func() { w.loss = 0 })
		for i := range 9 {
			d.Put(named(wire.Billing, fmt.Sprint("fine ", i), 0))
			wait(time.Second)
			w.acknowledge()
		}
		same(t, "sent again within 9 s", w.streams[collector.History], 0)
		for range 10 {
			wait(time.Second)
			w.acknowledge()
		}
		same(t, "sent again", w.streams[collector.History], 1)
		same(t, "known", w.has, outbox.Ranges{{From: 1, To: 10}})
		same(t, "acknowledged", d.Stats().Outbox.Acked, uint64(10))
	})
}

// When the last batch of the day is lost after its PUBACK, nothing tells the
// ledger: the collector sends it again by itself.
func TestLostTailIsSentAgain(t *testing.T) {
	story(t, nil, func(w *world, d *collector.Deliverer) {
		d.Online(true)
		d.Put(named(wire.Billing, "first", 0))
		wait(time.Second)
		w.acknowledge()
		w.lock(func() { w.loss = 1 })
		d.Put(named(wire.Billing, "last", 0))
		wait(time.Second)
		w.lock(func() { w.loss = 0 })
		wait(40 * time.Second)
		same(t, "known", w.has, outbox.Ranges{{From: 1, To: 2}})
	})
}

// An acknowledgement of another epoch, or one that cannot be true, changes
// nothing.
func TestForeignAckIsIgnored(t *testing.T) {
	story(t, nil, func(w *world, d *collector.Deliverer) {
		d.Put(named(wire.Billing, "mine", 0))
		wait(time.Second)
		epoch := d.Stats().Outbox.Epoch
		for _, a := range []wire.Ack{{Epoch: epoch + 1, Contiguous: 1, Highest: 1}, {Epoch: epoch, Contiguous: 1 << 62, Highest: 1 << 62}} {
			d.Ack(a)
			wait(2 * time.Second)
			if s := d.Stats(); s.Outbox.Acked != 0 || s.Outbox.BillingRows != 1 || s.Outbox.Last != 1 || s.ForeignAcks != 1 {
				t.Fatalf("after %+v: %+v", a, s)
			}
		}
	})
}

// A ledger that was restored from a backup is fed again as far as batches are
// kept, and told of the others.
func TestRestoredLedgerIsFedAgain(t *testing.T) {
	story(t, nil, func(w *world, d *collector.Deliverer) {
		d.Online(true)
		for i := range 20 {
			d.Put(named(wire.Billing, fmt.Sprint(i), 0))
			wait(time.Second)
			w.acknowledge()
		}
		wait(time.Second)
		w.mu.Lock()
		w.has.Remove(11, 1000) // as if the second half had never been committed
		for seq := uint64(11); seq <= 1000; seq++ {
			delete(w.content, seq)
		}
		w.mu.Unlock()
		for i := range 40 {
			d.Put(named(wire.Billing, fmt.Sprint("later ", i), 0))
			wait(time.Second)
			w.acknowledge()
		}
		if last := d.Stats().Outbox.Last; len(w.has) != 1 || w.has[0] != (metering.Range{From: 1, To: last}) {
			t.Fatalf("of 1..%d the ledger has %v", last, w.has)
		}
		if lost := w.told.Count(); lost == 0 || lost > 10 {
			t.Fatalf("told lost: %v", w.told)
		}
	})
}

// An outbox that cannot be opened, and later one that takes nothing: polling is
// never held up, billing waits in memory, telemetry is dropped and counted.
func TestDiskTroubleKeepsBilling(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	var path string
	story(t, func(cfg *collector.DeliverConfig) {
		path = filepath.Join(t.TempDir(), "o.db")
		cfg.MaxBilling = 50
		cfg.Open = func() (*outbox.Box, error) {
			if broken.Load() {
				return nil, fmt.Errorf("outbox %s: open: %w: free space", path, outbox.ErrFull)
			}
			return outbox.Open(path, outbox.Options{})
		}
	}, func(w *world, d *collector.Deliverer) {
		d.Online(true)
		for i := range 40 {
			d.Put(named(wire.Billing, fmt.Sprint("b", i), 0))
			d.Put(named(wire.Telemetry, fmt.Sprint("t", i), 0))
			wait(time.Second)
		}
		s := d.Stats()
		if s.Ready || s.Problem == "" || s.LostBilling != 0 || s.LostTelemetry < 30 {
			t.Fatalf("%+v", s)
		}
		for i := range 30 {
			d.Put(named(wire.Billing, fmt.Sprint("more ", i), 0))
		}
		if s := d.Stats(); s.LostBilling != 20 { // 70 do not fit into 50
			t.Fatalf("%+v", s)
		}
		broken.Store(false)
		wait(10 * time.Second)
		w.mu.Lock()
		defer w.mu.Unlock()
		s = d.Stats()
		if !s.Ready || s.Outbox.BillingRows != 50 || w.names["more 29"] != 1 || w.names["b39"] != 1 || w.names["b0"] != 0 {
			t.Fatalf("%+v", s)
		}
	})
}

// A snapshot that the wire refuses costs itself, not its neighbours.
func TestUnencodableSnapshot(t *testing.T) {
	story(t, nil, func(w *world, d *collector.Deliverer) {
		d.Online(true)
		b := named(wire.Billing, "good", 6)
		b.Snapshots[4].Meter = "" // the wire wants a name
		d.Put(b)
		wait(time.Second)
		same(t, "dropped", d.Stats().Unencodable, uint64(1))
		same(t, "arrived", w.names, map[string]int{"good": 1, "good's ballast": 5})
	})
}

// Small batches of many lines share a message; classes never do.
func TestManyLinesShareABatch(t *testing.T) {
	story(t, func(cfg *collector.DeliverConfig) { cfg.Merge = 64 }, func(w *world, d *collector.Deliverer) {
		for i := range 100 {
			b := named(1+wire.Class(i%2), fmt.Sprint(i), 0)
			b.Line = metering.LineID(fmt.Sprint("line-", i))
			d.Put(b)
		}
		d.Online(true)
		wait(time.Second)
		same(t, "snapshots", len(w.names), 100)
		if n := len(w.content); n > 6 {
			t.Fatalf("%d messages for 100 lines at once", n)
		}
		for _, payload := range w.content {
			b, err := wire.DecodeBatch([]byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range b.Snapshots {
				if odd := s.Reason[len(s.Reason)-1]%2 == 1; odd != (b.Class == wire.Telemetry) {
					t.Fatalf("snapshot %q in a batch of class %v", s.Reason, b.Class)
				}
			}
		}
	})
}

// A line uses the memory of its snapshots again as soon as Put has returned, and the
// Deliverer that of batches that are stored or dropped: nobody ever reads another's values.
func TestLinesUseTheirMemoryAgain(t *testing.T) {
	story(t, func(cfg *collector.DeliverConfig) { cfg.Merge, cfg.MaxTelemetry = 8, 30 }, func(w *world, d *collector.Deliverer) {
		d.Online(true)
		readings := make([]metering.Reading, 3)
		for cycle := range 20 {
			for line := range 80 { // ten more of telemetry than there is room for
				value := float64(100*cycle + line)
				b := named(1+wire.Class(line%2), fmt.Sprint(value), 0)
				for i := range readings {
					readings[i] = metering.Reading{Quantity: metering.ActivePower, Value: value}
				}
				b.Snapshots[0].Quality, b.Snapshots[0].Readings = metering.Good, readings
				d.Put(b)
				clear(b.Snapshots)
				clear(readings)
			}
			wait(time.Second)
		}
		snapshots := 0
		for _, payload := range w.content {
			b, err := wire.DecodeBatch([]byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range b.Snapshots {
				snapshots++
				for _, r := range s.Readings {
					if fmt.Sprint(r.Value) != s.Reason {
						t.Fatalf("a snapshot of %s has the value %v", s.Reason, r.Value)
					}
				}
				same(t, "readings of "+s.Reason, len(s.Readings), len(readings))
			}
		}
		if snapshots < 20*70 {
			t.Fatalf("%d snapshots have come", snapshots)
		}
	})
}

func TestNewDelivererNamesWhatIsMissing(t *testing.T) {
	if _, err := collector.NewDeliverer(collector.DeliverConfig{}); err == nil {
		t.Fatal("no error")
	}
}
