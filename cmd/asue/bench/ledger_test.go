package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/broker"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// ledger stands for the rest of the system: a broker, and somebody behind it who
// decodes every batch and acknowledges as ingest does, once in a while up to
// where all have come.
type ledger struct {
	broker *broker.Broker
	sub    *mqtt.Subscriber
	pub    *mqtt.Publisher
	stop   func() // the broker and all behind it

	snapshots atomic.Int64 // live ones with readings of a fast cycle
	values    atomic.Int64 // of all batches
	history   atomic.Int64 // batches that came as history

	mu   sync.Mutex
	from map[metering.SiteID]*sender
}

// sender is one collector, as far as its batches have come.
type sender struct {
	name   string
	epoch  uint64
	upTo   uint64
	ahead  map[uint64]bool
	behind bool // not told of upTo yet
}

// acknowledgeEvery is about how long ingest gathers for one transaction.
const acknowledgeEvery = 50 * time.Millisecond

func startLedger(b *testing.B) *ledger {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	server, err := broker.Start(ctx, broker.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	l := &ledger{broker: server, from: map[metering.SiteID]*sender{}}
	l.sub, err = mqtt.NewSubscriber(mqtt.SubscriberOptions{
		Options: mqtt.Options{URL: server.URL(), ClientID: "bench-in"}, CleanSession: true,
		Filters: []string{wire.Filter("", wire.BranchLive), wire.Filter("", wire.BranchHistory)},
	})
	if err != nil {
		b.Fatal(err)
	}
	if l.pub, err = mqtt.NewPublisher(mqtt.PublisherOptions{Options: mqtt.Options{URL: server.URL(), ClientID: "bench-out"}}); err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	for _, run := range []func(context.Context) error{l.sub.Run, l.pub.Run, l.take, l.acknowledge} {
		all.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				b.Error(err)
			}
		})
	}
	l.stop = sync.OnceFunc(func() {
		cancel()
		all.Wait()
		server.Stop()
	})
	b.Cleanup(l.stop)
	return l
}

func (l *ledger) take(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-l.sub.Messages():
			batch, err := wire.DecodeBatch(m.Payload)
			if err != nil {
				return err
			}
			topic, err := wire.ParseTopic(m.Topic)
			if err != nil {
				return err
			}
			l.count(batch, topic.Branch == wire.BranchLive)
			l.note(batch)
			m.Ack()
		}
	}
}

func (l *ledger) count(batch wire.Batch, live bool) {
	if !live {
		l.history.Add(1)
	}
	for _, s := range batch.Snapshots {
		l.values.Add(int64(len(s.Readings)))
		if live && len(s.Readings) >= counted {
			l.snapshots.Add(1)
		}
	}
}

func (l *ledger) note(batch wire.Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.from[batch.Site]
	if s == nil || s.epoch != batch.ID.Epoch {
		s = &sender{name: batch.ID.Collector, epoch: batch.ID.Epoch, ahead: map[uint64]bool{}}
		l.from[batch.Site] = s
	}
	s.behind = true
	if batch.ID.Seq > s.upTo {
		s.ahead[batch.ID.Seq] = true
	}
	for s.ahead[s.upTo+1] {
		s.upTo++
		delete(s.ahead, s.upTo)
	}
}

func (l *ledger) acknowledge(ctx context.Context) error {
	tick := time.NewTicker(acknowledgeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for topic, payload := range l.due() {
			// The next one tells more, should this one be lost.
			_ = l.pub.Publish(ctx, topic, payload, false)
		}
	}
}

// due are the acknowledgements that are not sent yet, by topic.
func (l *ledger) due() map[string][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	acks := map[string][]byte{}
	for site, s := range l.from {
		if !s.behind {
			continue
		}
		s.behind = false
		highest := s.upTo
		for seq := range s.ahead {
			highest = max(highest, seq)
		}
		payload, err := wire.EncodeAck(wire.Ack{Epoch: s.epoch, Contiguous: s.upTo, Highest: highest})
		if err != nil {
			panic("BUG: " + err.Error())
		}
		acks[wire.AckTopic(site, s.name)] = payload
	}
	return acks
}
