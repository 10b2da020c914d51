package main

import (
	"context"
	"slices"
	"time"

	"asue/cmd/internal/edge"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/feeder"
	"asue/metering/ingest"
	"asue/metering/live"
	"asue/metering/mqtt"
	"asue/metering/validation"
	"asue/metering/wire"
)

// addMetering plugs ingest between the broker and the stores.
func (p *process) addMetering(s *stores) error {
	options, err := p.MQTT("ingest")
	if err != nil {
		return err
	}
	// The broker may keep messages while ingest is away, and ingest acknowledges
	// what is committed. Neither is relied on: collectors keep their batches until
	// the ledger has them.
	subscriber, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{
		Options: options,
		Filters: []string{wire.Filter(p.Site.ID, wire.BranchLive), wire.Filter(p.Site.ID, wire.BranchHistory)},
	})
	if err != nil {
		return err
	}
	publisher, err := p.Publisher("ingest-out")
	if err != nil {
		return err
	}
	report, err := p.Subscribe("series", wire.ControlTopic(p.Site.ID))
	if err != nil {
		return err
	}
	validator, err := validation.New(validation.Config{
		Site: p.register.site(p), Ledger: s.ledger, Chains: chainsOf(p.Site, p.library), Clock: p.Clock, Log: p.Log.With("part", "validation"),
		Every: p.Clock.Virtual(5 * time.Second), Since: p.measuredSince(), Validated: s.recorded,
	})
	if err != nil {
		return err
	}
	acks := newMailbox[ingest.Ack]()
	people := ingest.NewQueue(64)
	in := ingest.New(ingest.Config{
		Site: p.Site, Ledger: s.ledger, Decode: wire.DecodeBatch, Registers: p.registers,
		Clock: p.Clock, Log: p.Log.With("part", "ingest"),
		Listeners: []ingest.Listener{storeListener{s}, people, validationListener{validator}},
		Acks:      func(a ingest.Ack) { acks.put(a.Collector, a) },
	})
	p.Metrics.Register(ingestMetrics(in, subscriber, publisher))
	p.Metrics.Register(validationMetrics(validator))
	p.Health.Require("broker", connected(func() bool { return subscriber.Stats().Connected }))
	p.Watch(ingestPulse(in))
	p.Add(node.StageIngest,
		node.As("ingest", in.Run),
		node.As("validation", validator.Run),
		node.As("validation's register", p.register.follow(func(site *metering.Site) { validator.SetConditions(site.Conditions) })),
		node.As("ingest's subscription", subscriber.Run),
		node.As("ingest's publisher", publisher.Run),
		node.As("ingest's feed", func(ctx context.Context) error { return submitAll(ctx, subscriber, in, p.Clock.Now) }),
		node.As("acknowledgements", func(ctx context.Context) error { return p.sendAcks(ctx, publisher, acks) }),
		node.As("report's subscription", report.Run),
		node.As("report's feed", func(ctx context.Context) error {
			return node.Each(ctx, report, func(m mqtt.Message) { p.drawReport(s, m) })
		}),
		node.As("live points", func(ctx context.Context) error { return p.tellPeople(ctx, publisher, people) }),
	)
	return nil
}

// ingestPulse are the messages that ingest has got done with, one way or the other. A
// database may take five minutes for a statement before it is given up.
func ingestPulse(in *ingest.Ingest) node.Pulse {
	return node.Pulse{
		Name: "ingest",
		Look: func() (done uint64, idle bool) {
			s := in.Stats() // waits while a group is written
			return uint64(s.Messages + s.Failures), s.Waiting == 0
		},
		Within: 10 * time.Minute,
	}
}

// validationListener lets the rules look at what ingest has written.
type validationListener struct{ v *validation.Validator }

// Committed marks intervals to be validated.
func (l validationListener) Committed(c ingest.Committed) { l.v.Changed(c.Intervals) }

// registers are the counters of a meter that feed channels of the points where it
// stands and stood.
func (p *process) registers(id metering.MeterID) []ingest.RegisterFacts {
	var facts []ingest.RegisterFacts
	for _, install := range p.Site.Installs {
		if install.Meter != id {
			continue
		}
		point, _ := p.Site.Point(install.Point)
		model, ok := edge.ModelAt(p.library, p.Site, install)
		if !ok {
			continue
		}
		for _, ch := range point.Channels() {
			r, has := model.Of(ch.Quantity())
			if f := (ingest.RegisterFacts{Quantity: ch.Quantity()}); has {
				if f.Modulus = r.Modulus; !slices.Contains(facts, f) {
					facts = append(facts, f)
				}
			}
		}
	}
	return facts
}

func submitAll(ctx context.Context, s *mqtt.Subscriber, in *ingest.Ingest, now func() time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-s.Messages():
			delivery := ingest.Delivery{
				Message: ingest.Message{Topic: m.Topic, Payload: m.Payload, ReceivedAt: now()},
				Done:    m.Ack,
			}
			if topic, err := wire.ParseTopic(m.Topic); err == nil {
				delivery.Collector = topic.Name
			}
			if err := in.Submit(ctx, delivery); err != nil {
				return err
			}
		}
	}
}

// ackAgain is how often the last acknowledgement of a collector is sent again,
// in case that nobody heard it.
const ackAgain = 5 * time.Second

func (p *process) sendAcks(ctx context.Context, publisher *mqtt.Publisher, acks *mailbox[ingest.Ack]) error {
	last := map[string]ingest.Ack{}
	again := time.NewTicker(ackAgain)
	defer again.Stop()
	for {
		var news map[string]ingest.Ack
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-acks.wake:
			news = acks.take()
		case <-again.C:
			news = last
		}
		for collector, ack := range news {
			last[collector] = ack
			payload, err := wire.EncodeAck(ack.Ack)
			if err != nil {
				p.Log.Error("acknowledgement cannot be written", "collector", collector, "err", err)
				continue
			}
			if err := publisher.Publish(ctx, wire.AckTopic(p.Site.ID, collector), payload, false); err != nil {
				break // the next round has a newer one
			}
		}
	}
}

// tellPeople publishes the state of every point as plain JSON.
func (p *process) tellPeople(ctx context.Context, publisher *mqtt.Publisher, news *ingest.Queue) error {
	board := live.NewBoard(p.Site, p.Clock.Virtual(time.Second))
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case committed := <-news.C():
			for _, batch := range committed.Batches {
				board.Take(batch.Snapshots)
			}
			for point, state := range board.Due(p.Clock.Now()) {
				payload, err := wire.EncodeLivePoint(state)
				if err != nil {
					p.Log.Error("live point cannot be written", "point", point, "err", err)
					continue
				}
				if err := publisher.Publish(ctx, wire.LivePointTopic(p.Site.ID, point), payload, true); err != nil {
					break // the next state is newer
				}
			}
		}
	}
}

// drawReport puts what the balancer reports into the series store, so that limit,
// projection and what residents may draw can be drawn beside the load. One goroutine calls it.
func (p *process) drawReport(s *stores, m mqtt.Message) {
	c, err := wire.DecodeControl(m.Payload)
	if err != nil || m.Retained {
		return // the page says what is wrong with it; what was retained is drawn already
	}
	zone := feeder.Zone{Power: c.Power, BlockMean: c.BlockMean, Projection: c.Projection}
	if c.Limit != nil {
		zone.Limit = metering.LimitOf(*c.Limit)
	}
	s.extra(zone.Samples(c.At)...)
	if c.Acts != nil {
		rights := make([]feeder.Right, len(c.Acts.Rights))
		for i, r := range c.Acts.Rights {
			rights[i] = feeder.Right{Resident: r.Resident, Node: r.Node, Allowed: r.AllowedW}
		}
		s.extra(s.rights.Samples(c.At, rights)...)
	}
}

// storeListener tells what carries data to the series store that there is news.
type storeListener struct{ *stores }

// Committed implements ingest.Listener.
func (l storeListener) Committed(c ingest.Committed) {
	l.committed()
	l.recorded(c.Intervals)
}

// recorded lets new versions be published to the series store.
func (s *stores) recorded(intervals []metering.Interval) {
	if len(intervals) == 0 {
		return
	}
	starts := make([]time.Time, len(intervals))
	for i, interval := range intervals {
		starts[i] = interval.Start
	}
	s.published(starts)
	s.forecast.recorded(intervals)
	s.capacity.recordedIntervals(intervals)
}

func ingestMetrics(in *ingest.Ingest, sub *mqtt.Subscriber, pub *mqtt.Publisher) node.Source {
	return func(e node.Emitter) {
		s := in.Stats()
		e.Counter("asue_ingest_messages_total", "Messages committed or put into quarantine.", float64(s.Messages))
		e.Counter("asue_ingest_batches_total", "Batches handed to the ledger, repeated ones too.", float64(s.Batches))
		e.Counter("asue_ingest_intervals_total", "Intervals recorded, new versions included.", float64(s.Intervals))
		e.Counter("asue_ingest_commits_total", "Transactions of the ledger.", float64(s.Commits))
		e.Counter("asue_ingest_failures_total", "Groups that could not be committed and came again.", float64(s.Failures))
		e.Counter("asue_ingest_quarantined_total", "Payloads put into quarantine.", float64(s.Poison))
		for kind, n := range s.Refused {
			e.Counter("asue_ingest_refused_readings_total", "Readings that did not enter intervals.", float64(n), "kind", string(kind))
		}
		e.Gauge("asue_ingest_connected", "1 while ingest hears the broker.", node.Truth(sub.Stats().Connected))
		e.Counter("asue_ingest_published_total", "Acknowledgements and live points published.", float64(pub.Stats().Published))
	}
}

func validationMetrics(v *validation.Validator) node.Source {
	return func(e node.Emitter) {
		s := v.Stats()
		e.Counter("asue_validation_intervals_total", "Intervals that the rules have looked at.", float64(s.Assessed))
		e.Counter("asue_validation_changes_total", "Versions of intervals that the rules have made.", float64(s.Changed))
		e.Counter("asue_validation_failures_total", "Looks at a point that failed and were tried again.", float64(s.Failures))
		e.Gauge("asue_validation_waiting", "Channels with something that is not validated yet.", float64(s.Waiting))
		if !s.UpTo.IsZero() {
			e.Gauge("asue_validation_up_to_seconds", "Unix time up to which everything is validated.", float64(s.UpTo.Unix()))
		}
	}
}
