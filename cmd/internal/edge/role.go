// Package edge is the role that polls: lines, outbox and broker plugged together,
// for every program that has it.
//
// The package must not know ledgers, series, controllers or pages; and nothing
// that it reaches can write a register.
package edge

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"asue/cmd/internal/node"
	"asue/collector"
	"asue/collector/outbox"
	"asue/collector/regmap"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// Collector is the role in a node.
type Collector struct {
	*node.Node
	library   *regmap.Library
	planner   *planner
	wireLog   *slog.Logger // of all lines; they name themselves
	poller    *collector.Collector
	deliverer *collector.Deliverer
	since     time.Time // when this collector last kept anything before its start

	lines desk
}

// Add plugs the lines, the outbox and the broker together.
func Add(n *node.Node, library *regmap.Library) (*Collector, error) {
	c := &Collector{Node: n, library: library, planner: newPlanner(library), wireLog: n.Log.With("part", "modbus")}
	publisher, deliverer, err := c.delivery()
	if err != nil {
		return nil, err
	}
	lines, err := c.openAll()
	if err != nil {
		return nil, err
	}
	c.poller, err = collector.New(collector.Config{
		Site: c.Site.ID, Name: c.Config.Collector.Name, Lines: lines, Clock: c.Clock,
		Log: c.Log.With("part", "collector"), Sink: deliverer.Put, Since: c.since,
	})
	if err != nil {
		return nil, err
	}
	acks, err := c.Subscribe("collector-acks-"+c.Config.Collector.Name, wire.AckTopic(c.Site.ID, c.Config.Collector.Name))
	if err != nil {
		return nil, err
	}
	wishes, err := c.Subscribe("collector-replay-"+c.Config.Collector.Name, wire.ReplayTopic(c.Site.ID, c.Config.Collector.Name))
	if err != nil {
		return nil, err
	}
	c.deliverer = deliverer
	c.Metrics.Register(metricsOf(c, deliverer))
	c.Health.Require("outbox", func() error {
		if s := deliverer.Stats(); !s.Ready {
			return fmt.Errorf("the outbox takes nothing: %s; free some space or make its folder writable", cmp.Or(s.Problem, "it is not open yet"))
		}
		return nil
	})
	// The lines stop before the deliverer, which then stores what is in memory.
	c.Add(node.StageDelivery,
		node.As("delivery", deliverer.Run),
		node.As("collector's publisher", publisher.Run),
		node.As("acknowledgements' subscription", acks.Run),
		node.As("acknowledgements' feed", func(ctx context.Context) error {
			return node.Each(ctx, acks, func(m mqtt.Message) { c.takeAck(deliverer, m) })
		}),
		node.As("replay wishes' subscription", wishes.Run),
		node.As("replay wishes' feed", func(ctx context.Context) error {
			return node.Each(ctx, wishes, func(m mqtt.Message) { c.takeReplay(ctx, deliverer, publisher, m) })
		}),
	)
	c.Add(node.StageCollectors, node.As("collector", c.poller.Run))
	c.Watch(c.pulse())
	return c, nil
}

// pulse are the turns of all lines together: a line without connection has its turns,
// too, and one that hangs alone is told by its figures.
func (c *Collector) pulse() node.Pulse {
	its := c.Config.Collector
	return node.Pulse{
		Name: "polling of meters",
		Look: func() (turns uint64, idle bool) {
			idle = true
			for _, l := range c.poller.Stats().Lines {
				turns += l.Turns
				idle = idle && len(l.Meters) == 0
			}
			return turns, idle
		},
		Within: time.Minute + 3*c.Clock.Real(max(its.Fast, its.Energy)),
	}
}

func (c *Collector) takeAck(d *collector.Deliverer, m mqtt.Message) {
	ack, err := wire.DecodeAck(m.Payload)
	if err != nil {
		c.Log.Warn("acknowledgement cannot be read", "topic", m.Topic, "err", err)
		return
	}
	d.Ack(ack)
}

// delivery makes the way from a batch to the broker.
func (c *Collector) delivery() (*mqtt.Publisher, *collector.Deliverer, error) {
	cfg := c.Config.Collector
	started := c.Clock.Now()
	will, err := wire.EncodeState(wire.State{Version: c.Version, Since: started})
	if err != nil {
		return nil, nil, err
	}
	options, err := c.MQTT("collector-" + cfg.Name)
	if err != nil {
		return nil, nil, err
	}
	var deliverer *collector.Deliverer
	changes := make(chan bool, 8)
	options.OnChange = func(up bool, _ error) {
		deliverer.Online(up)
		select {
		case changes <- up:
		default: // the state is told again at the next change
		}
	}
	publisher, err := mqtt.NewPublisher(mqtt.PublisherOptions{
		Options: options,
		Will:    &mqtt.Will{Topic: wire.StateTopic(c.Site.ID, cfg.Name), Payload: will, Retained: true},
	})
	if err != nil {
		return nil, nil, err
	}
	open := func() (*outbox.Box, error) {
		return outbox.Open(c.outboxPath(), outbox.Options{
			Budget: cfg.Budget, Retain: cfg.Retain, Reserve: cfg.Reserve, KeepFree: cfg.KeepFree, Clock: c.Clock, Log: c.Log.With("part", "outbox"),
		})
	}
	// It is opened at once if that goes, because it knows when this collector last
	// kept anything; the deliverer tries again otherwise.
	first, err := open()
	if err == nil {
		c.since = first.Report().LastAt
	}
	deliverer, err = collector.NewDeliverer(collector.DeliverConfig{
		Site: c.Site.ID, Name: cfg.Name, Encode: wire.EncodeBatch, Clock: c.Clock, Log: c.Log.With("part", "delivery"),
		Publisher: streams{publisher, wire.LiveTopic(c.Site.ID, cfg.Name), wire.HistoryTopic(c.Site.ID, cfg.Name)},
		Open: func() (*outbox.Box, error) {
			if box := first; box != nil {
				first = nil
				return box, nil
			}
			return open()
		},
	})
	if err != nil {
		return nil, nil, err
	}
	c.Add(node.StageDelivery, node.As("collector's state", func(ctx context.Context) error {
		return c.tellState(ctx, publisher, deliverer, changes, started)
	}))
	return publisher, deliverer, nil
}

// tellState keeps the retained state of the collector true: online as long as
// it is connected; the broker itself says offline otherwise.
func (c *Collector) tellState(ctx context.Context, pub *mqtt.Publisher, d *collector.Deliverer, changes <-chan bool, since time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case up := <-changes:
			if !up {
				continue
			}
		}
		payload, err := wire.EncodeState(wire.State{Online: true, Version: c.Version, Epoch: d.Stats().Outbox.Epoch, Since: since})
		if err != nil {
			return err
		}
		if err := pub.Publish(ctx, wire.StateTopic(c.Site.ID, c.Config.Collector.Name), payload, true); err != nil && ctx.Err() == nil {
			c.Log.Debug("state was not published", "err", err)
		}
	}
}

// streams are a collector's two topics.
type streams struct {
	publisher     *mqtt.Publisher
	live, history string
}

// Publish implements collector.Publisher.
func (s streams) Publish(ctx context.Context, to collector.Stream, payload []byte) error {
	topic := s.live
	if to == collector.History {
		topic = s.history
	}
	return s.publisher.Publish(ctx, topic, payload, false)
}
