package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"asue/collector"
	"asue/collector/modbus"
	"asue/collector/outbox"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// addCollector plugs the lines, the outbox and the broker together.
func (p *process) addCollector() error {
	publisher, deliverer, err := p.delivery()
	if err != nil {
		return err
	}
	lines, err := p.openLines()
	if err != nil {
		return err
	}
	poller, err := collector.New(collector.Config{
		Site: p.site.ID, Name: p.cfg.Collector.Name, Lines: lines, Clock: p.clock,
		Log: p.log.With("part", "collector"), Sink: deliverer.Put,
	})
	if err != nil {
		return err
	}
	acks, err := p.subscribe("collector-acks-"+p.cfg.Collector.Name, wire.AckTopic(p.site.ID, p.cfg.Collector.Name))
	if err != nil {
		return err
	}
	wishes, err := p.subscribe("collector-replay-"+p.cfg.Collector.Name, wire.ReplayTopic(p.site.ID, p.cfg.Collector.Name))
	if err != nil {
		return err
	}
	p.metrics.MustRegister(collectorMetrics(poller, deliverer))
	p.health.require("outbox", func() error {
		if s := deliverer.Stats(); !s.Ready {
			return fmt.Errorf("the outbox takes nothing: %s; free some space or make its folder writable", cmp.Or(s.Problem, "it is not open yet"))
		}
		return nil
	})
	// The lines stop before the deliverer, which then stores what is in memory.
	p.add(stageDelivery,
		part{"delivery", deliverer.Run},
		part{"collector's publisher", publisher.Run},
		part{"acknowledgements' subscription", acks.Run},
		part{"acknowledgements' feed", func(ctx context.Context) error {
			return each(ctx, acks, func(m mqtt.Message) { p.takeAck(deliverer, m) })
		}},
		part{"replay wishes' subscription", wishes.Run},
		part{"replay wishes' feed", func(ctx context.Context) error {
			return each(ctx, wishes, func(m mqtt.Message) { p.takeReplay(ctx, deliverer, publisher, m) })
		}},
	)
	p.add(stageCollectors, part{"collector", poller.Run})
	return nil
}

func (p *process) takeAck(d *collector.Deliverer, m mqtt.Message) {
	ack, err := wire.DecodeAck(m.Payload)
	if err != nil {
		p.log.Warn("acknowledgement cannot be read", "topic", m.Topic, "err", err)
		return
	}
	d.Ack(ack)
}

// delivery makes the way from a batch to the broker.
func (p *process) delivery() (*mqtt.Publisher, *collector.Deliverer, error) {
	c := p.cfg.Collector
	started := p.clock.Now()
	will, err := wire.EncodeState(wire.State{Version: version, Since: started})
	if err != nil {
		return nil, nil, err
	}
	options, err := p.mqttOptions("collector-" + c.Name)
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
		Will:    &mqtt.Will{Topic: wire.StateTopic(p.site.ID, c.Name), Payload: will, Retained: true},
	})
	if err != nil {
		return nil, nil, err
	}
	deliverer, err = collector.NewDeliverer(collector.DeliverConfig{
		Site: p.site.ID, Name: c.Name, Encode: wire.EncodeBatch, Clock: p.clock, Log: p.log.With("part", "delivery"),
		Publisher: streams{publisher, wire.LiveTopic(p.site.ID, c.Name), wire.HistoryTopic(p.site.ID, c.Name)},
		Open: func() (*outbox.Box, error) {
			return outbox.Open(p.path("outbox-"+c.Name+".db"), outbox.Options{
				Budget: c.Budget, Retain: c.Retain, Reserve: c.Reserve, KeepFree: c.KeepFree, Clock: p.clock, Log: p.log.With("part", "outbox"),
			})
		},
	})
	if err != nil {
		return nil, nil, err
	}
	p.add(stageDelivery, part{"collector's state", func(ctx context.Context) error {
		return p.tellState(ctx, publisher, deliverer, changes, started)
	}})
	return publisher, deliverer, nil
}

// tellState keeps the retained state of the collector true: online as long as
// it is connected; the broker itself says offline otherwise.
func (p *process) tellState(ctx context.Context, pub *mqtt.Publisher, d *collector.Deliverer, changes <-chan bool, since time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case up := <-changes:
			if !up {
				continue
			}
		}
		payload, err := wire.EncodeState(wire.State{Online: true, Version: version, Epoch: d.Stats().Outbox.Epoch, Since: since})
		if err != nil {
			return err
		}
		if err := pub.Publish(ctx, wire.StateTopic(p.site.ID, p.cfg.Collector.Name), payload, true); err != nil && ctx.Err() == nil {
			p.log.Debug("state was not published", "err", err)
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

// openLines makes a bus for every configured line and hangs the site's meters on
// it. No connection is made yet.
func (p *process) openLines() ([]collector.LineConfig, error) {
	c := p.cfg.Collector
	now := p.clock.Now()
	var lines []collector.LineConfig
	for _, l := range c.Lines {
		bus, err := modbus.Open(l.URL, modbus.Options{Timeout: c.Timeout, Log: p.log.With("part", "modbus", "line", l.ID)})
		if err != nil {
			return nil, fmt.Errorf("line %s: %w", l.ID, err)
		}
		line := collector.LineConfig{ID: l.ID, Bus: bus}
		for _, m := range p.site.Meters {
			if m.Line != l.ID {
				continue
			}
			install, ok := p.site.InstallOf(m.ID, now)
			if !ok {
				continue
			}
			model, ok := p.library.Model(m.Model)
			if !ok {
				return nil, fmt.Errorf("meter %s: unknown model %q", m.ID, m.Model)
			}
			line.Meters = append(line.Meters, collector.MeterConfig{
				ID: m.ID, Unit: m.Unit, Model: model, CT: install.CT, VT: install.VT,
				Fast: c.Fast, Energy: c.Energy, Slow: c.Slow,
			})
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func collectorMetrics(c *collector.Collector, d *collector.Deliverer) source {
	return func(e emitter) {
		for _, l := range c.Stats().Lines {
			line := string(l.ID)
			const requests, requestsHelp = "asue_modbus_requests_total", "Modbus transactions by result."
			e.counter(requests, requestsHelp, float64(l.OK), "line", line, "result", "ok")
			e.counter(requests, requestsHelp, float64(l.Exceptions), "line", line, "result", "exception")
			e.counter(requests, requestsHelp, float64(l.Failures), "line", line, "result", "failure")
			e.counter(requests, requestsHelp, float64(l.Unreachable), "line", line, "result", "unreachable")
			e.counter("asue_collector_overruns_total", "Reads left out because they were late by more than their period.", float64(l.Overruns), "line", line)
			e.counter("asue_modbus_reconnects_total", "Times the line came back.", float64(l.Reconnects), "line", line)
			e.gauge("asue_modbus_line_down", "1 while the line has no connection.", truth(l.Down), "line", line)
			e.histogram("asue_collector_schedule_lag_seconds", "How late reads began.", l.Lag, "line", line)
			e.histogram("asue_modbus_transaction_seconds", "How long one transaction took.", l.Took, "line", line)
			for _, m := range l.Meters {
				e.gauge("asue_meter_breaker_open", "1 while a silent meter is only probed.", truth(m.BreakerOpen), "line", line, "meter", string(m.ID))
				if !m.LastSuccess.IsZero() {
					e.gauge("asue_meter_last_success_timestamp_seconds", "When the meter answered last.", float64(m.LastSuccess.UnixMilli())/1000, "line", line, "meter", string(m.ID))
				}
			}
		}
		s := d.Stats()
		e.gauge("asue_outbox_backlog_batches", "Batches that the ledger does not have yet.", float64(s.Outbox.Last-s.Outbox.Acked))
		const kept, keptHelp = "asue_outbox_batches", "Batches on the disk, those kept after their acknowledgement included."
		e.gauge(kept, keptHelp, float64(s.Outbox.BillingRows), "class", "billing")
		e.gauge(kept, keptHelp, float64(s.Outbox.TelemetryRows), "class", "telemetry")
		e.gauge("asue_outbox_bytes", "Bytes of batches in the outbox.", float64(s.Outbox.Bytes))
		e.counter("asue_outbox_dropped_total", "Telemetry batches dropped for space.", float64(s.Outbox.Dropped))
		e.counter("asue_outbox_passed_total", "Telemetry batches passed on without being kept, for want of room.", float64(s.Outbox.Passed))
		e.gauge("asue_outbox_reserve_bytes", "Bytes held for registers on a full disk; 0 while they are given up.", float64(s.Outbox.Reserve))
		e.gauge("asue_outbox_pressure", "How short of room the volume is: 0 roomy, 1 tight, 2 full.", float64(s.Outbox.Pressure))
		e.gauge("asue_outbox_ready", "1 while the outbox takes batches.", truth(s.Ready))
		e.counter("asue_delivery_lost_total", "Batches lost because the disk took nothing for too long.", float64(s.LostBilling), "class", "billing")
		e.counter("asue_delivery_lost_total", "Batches lost because the disk took nothing for too long.", float64(s.LostTelemetry), "class", "telemetry")
		e.counter("asue_delivery_published_total", "Batches published.", float64(s.Live), "stream", "live")
		e.counter("asue_delivery_published_total", "Batches published.", float64(s.Replayed), "stream", "history")
		e.counter("asue_delivery_acks_total", "Acknowledgements of the ledger.", float64(s.Acks))
		e.gauge("asue_delivery_owed", "Batches that are to be sent again.", float64(s.Owed))
		e.gauge("asue_delivery_wished", "Batches that an operator wishes to have again and that are still to be sent.", float64(s.Wished))
		e.gauge("asue_delivery_online", "1 while there is a connection to the broker.", truth(s.Online))
	}
}
