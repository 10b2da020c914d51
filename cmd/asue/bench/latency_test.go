package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// The changes of BenchmarkLatency: far enough apart that each is read once at
// least, at random moments of the poll period.
const (
	changes  = 150
	apart    = 1500 * time.Millisecond
	jitter   = time.Second
	pollTime = time.Second
)

// Where a change is awaited.
const (
	atBroker     = "broker"     // the batch with the new value is published
	atController = "controller" // the controller's report carries it
	atPage       = "page"       // the page's live stream carries it
	atLedger     = "ledger"     // the batch is acknowledged: it is committed
	atPeople     = "live_point" // the plain JSON of the point carries it
)

// BenchmarkLatency changes the power at the zone's input meter at random moments
// and looks when the change is seen at the system's ends. All roles run in one
// process, as by default; 64 meters on 8 lines are polled once a second.
func BenchmarkLatency(b *testing.B) {
	program := build(b, "asue")
	p := plant{id: "bench", meters: 64, perLine: 8}
	meters := newBank(b, p.lines())
	defer meters.close()
	var addresses []string
	for line := range p.lines() {
		addresses = append(addresses, meters.address(line))
	}
	c := start(b, nil, program, "run", "-c", p.write(b, b.TempDir(), process{
		roles: "broker, metering, collector, balancer, dispatcher", period: pollTime.String(),
		addresses: addresses,
	}))
	broker := "mqtt://" + c.await("mqtt://", time.Minute)
	page := "http://" + c.await("http://", time.Minute)

	w := &watch{seen: map[string]map[metering.Power]time.Time{}, batches: map[uint64]metering.Power{}}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	all.Go(func() { w.listen(ctx, b, broker) })
	all.Go(func() { w.look(ctx, b, page) })

	dice := rand.New(rand.NewPCG(5, 6))
	next := func(n int) metering.Power { return 10*metering.Megawatt + metering.Power(n)*metering.Kilowatt }
	meters.set(metering.ActivePower, float64(next(0)))
	time.Sleep(15 * time.Second) // all meters read, the page open
	made := make([]time.Time, changes)
	for n := range made {
		made[n] = time.Now()
		meters.set(metering.ActivePower, float64(next(n+1)))
		time.Sleep(apart + time.Duration(dice.Int64N(int64(jitter))))
	}
	time.Sleep(5 * time.Second)
	for _, at := range []string{atBroker, atController, atPage, atLedger, atPeople} {
		var took []time.Duration
		for n, when := range made {
			if seen, ok := w.when(at, next(n+1)); ok {
				took = append(took, seen.Sub(when))
			}
		}
		report("latency_"+at+"_missed", float64(changes-len(took)), "changes")
		if len(took) == 0 {
			b.Errorf("no change was seen at %s", at)
			continue
		}
		slices.Sort(took)
		report("latency_"+at+"_p50", float64(quantileOf(took, 0.5).Milliseconds()), "ms")
		report("latency_"+at+"_p99", float64(quantileOf(took, 0.99).Milliseconds()), "ms")
	}
	fmt.Println()
}

// watch remembers when each power was first seen at each place.
type watch struct {
	mu      sync.Mutex
	seen    map[string]map[metering.Power]time.Time
	batches map[uint64]metering.Power // by sequence number, not acknowledged yet
}

func (w *watch) saw(at string, p metering.Power) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note(at, p, now)
}

func (w *watch) note(at string, p metering.Power, now time.Time) {
	if w.seen[at] == nil {
		w.seen[at] = map[metering.Power]time.Time{}
	}
	if _, before := w.seen[at][p]; !before {
		w.seen[at][p] = now
	}
}

func (w *watch) when(at string, p metering.Power) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, ok := w.seen[at][p]
	return t, ok
}

// listen follows what is published.
func (w *watch) listen(ctx context.Context, b *testing.B, url string) {
	s, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{
		Options: mqtt.Options{URL: url, ClientID: "bench"}, CleanSession: true,
		Filters: []string{wire.Root + "/bench/#"},
	})
	if err != nil {
		b.Error(err)
		return
	}
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { _ = s.Run(ctx) }) // nil by its contract
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-s.Messages():
			if err := w.hear(m); err != nil {
				b.Errorf("%s: %v", m.Topic, err)
			}
			m.Ack()
		}
	}
}

func (w *watch) hear(m mqtt.Message) error {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		return err
	}
	switch topic.Branch {
	case wire.BranchLive:
		batch, err := wire.DecodeBatch(m.Payload)
		if err != nil {
			return err
		}
		w.published(batch)
	case wire.BranchAck:
		ack, err := wire.DecodeAck(m.Payload)
		if err != nil {
			return err
		}
		w.committed(ack.Contiguous)
	case wire.BranchControl:
		control, err := wire.DecodeControl(m.Payload)
		if err != nil {
			return err
		}
		if control.Power != nil {
			w.saw(atController, *control.Power)
		}
	case wire.BranchLivePoint:
		point, err := wire.DecodeLivePoint(m.Payload)
		if err != nil {
			return err
		}
		if point.Meter == "m0" && point.Power != nil {
			w.saw(atPeople, metering.Power(*point.Power))
		}
	}
	return nil
}

// published looks for the input meter's power in a batch.
func (w *watch) published(batch wire.Batch) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range batch.Snapshots {
		for _, r := range s.Readings {
			if s.Meter == "m0" && r.Quantity == metering.ActivePower {
				w.note(atBroker, metering.Power(r.Value), now)
				w.batches[batch.ID.Seq] = metering.Power(r.Value)
			}
		}
	}
}

// committed notes the batches that an acknowledgement speaks of.
func (w *watch) committed(upTo uint64) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for seq, p := range w.batches {
		if seq <= upTo {
			w.note(atLedger, p, now)
			delete(w.batches, seq)
		}
	}
}

// look follows the page's live stream as a browser does.
func (w *watch) look(ctx context.Context, b *testing.B, page string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page+"/api/v1/live", nil)
	if err != nil {
		b.Error(err)
		return
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Error(err)
		return
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok {
			continue
		}
		var event struct {
			Overview struct {
				Power *metering.Power `json:"power_w"`
			} `json:"overview"`
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			b.Errorf("live stream: %v", err)
			return
		}
		if event.Overview.Power != nil {
			w.saw(atPage, *event.Overview.Power)
		}
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		b.Errorf("live stream: %v", err)
	}
}
