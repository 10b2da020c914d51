package main

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"asue/cmd/internal/node"
	"asue/metering/homeassistant"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// homeAssistant tells Home Assistant what is metered here, and takes back what is not any
// more: retained messages that an earlier run has left.
type homeAssistant struct {
	log       *slog.Logger
	wanted    []homeassistant.Description // empty: all is taken back
	presence  string                      // topic
	publisher *mqtt.Publisher
	seen      *mqtt.Subscriber // hears what is retained, and what others tell
	connected chan struct{}    // holds one: a connection was made
	told      bool             // since the last connection
	gone      map[string]bool  // topics to take back
}

// addHomeAssistant lets it run if the file says anything about it.
func (p *process) addHomeAssistant() error {
	c := p.Config.HomeAssistant
	if !c.Stated {
		return nil
	}
	var wanted []homeassistant.Description
	if c.Enabled {
		wanted = homeassistant.Describe(homeassistant.Options{
			Site: p.Site, Now: p.Clock.Now(), Prefix: c.Prefix, Points: c.Points, Lang: c.Lang, Fresh: p.pageLimits().SilentAfter, Version: version,
		})
	}
	options, err := p.MQTT("homeassistant-out")
	if err != nil {
		return err
	}
	seen, err := p.Subscribe("homeassistant-in", homeassistant.Filter(c.Prefix, p.Site.ID))
	if err != nil {
		return err
	}
	h, err := newHomeAssistant(options, wire.PresenceTopic(p.Site.ID), wanted, seen, p.Log.With("part", "homeassistant"))
	if err != nil {
		return err
	}
	p.Add(node.StageIngest, node.As("homeassistant", h.run), node.As("homeassistant's subscription", seen.Run))
	return nil
}

func newHomeAssistant(options mqtt.Options, presence string, wanted []homeassistant.Description, seen *mqtt.Subscriber, log *slog.Logger) (*homeAssistant, error) {
	h := &homeAssistant{log: log, wanted: wanted, presence: presence, seen: seen, connected: make(chan struct{}, 1), gone: map[string]bool{}}
	options.OnChange = func(up bool, _ error) {
		if !up {
			return
		}
		select {
		case h.connected <- struct{}{}:
		default: // it is on its way
		}
	}
	o := mqtt.PublisherOptions{Options: options}
	if len(wanted) > 0 {
		o.Will = &mqtt.Will{Topic: presence, Payload: []byte(wire.Offline), Retained: true}
	}
	var err error
	h.publisher, err = mqtt.NewPublisher(o)
	return h, err
}

// retold is after how long what could not be published is published again.
const retold = 5 * time.Second

// run tells everything after each connection: a broker may have forgotten what it
// retained. When ctx ends it says goodbye.
func (h *homeAssistant) run(ctx context.Context) error {
	publishing, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- h.publisher.Run(publishing) }()
	defer func() {
		h.goodbye(publishing)
		stop()
		<-done
	}()
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.connected:
			h.told = false
		case <-again:
		case m := <-h.seen.Messages():
			m.Ack()
			if !h.isGone(m) {
				continue
			}
			h.gone[m.Topic] = true
		}
		again = nil
		if err := h.tell(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("Home Assistant is not told yet", "err", err, "again_in", retold.String())
			again = time.After(retold)
		}
	}
}

// tell publishes every sensor and that values come, or, with nothing to tell, that nothing
// is left of an earlier run.
func (h *homeAssistant) tell(ctx context.Context) error {
	if !h.told {
		for _, d := range h.wanted {
			if err := h.publisher.Publish(ctx, d.Topic, d.Payload, true); err != nil {
				return err
			}
		}
		h.told = true
	}
	for topic := range h.gone {
		if err := h.publisher.Publish(ctx, topic, nil, true); err != nil {
			return err
		}
		delete(h.gone, topic)
		h.log.Info("a sensor is taken back from Home Assistant", "topic", topic)
	}
	var present []byte // an empty message ends what is retained
	if len(h.wanted) > 0 {
		present = []byte(wire.Online)
	}
	return h.publisher.Publish(ctx, h.presence, present, true)
}

// isGone reports whether a message is a retained sensor that is not described any more.
func (h *homeAssistant) isGone(m mqtt.Message) bool {
	return len(m.Payload) > 0 && !slices.ContainsFunc(h.wanted, func(d homeassistant.Description) bool { return d.Topic == m.Topic })
}

// goodbye says that no values come any more; a clean end has no will.
func (h *homeAssistant) goodbye(ctx context.Context) {
	if len(h.wanted) == 0 {
		return
	}
	saying, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := h.publisher.Publish(saying, h.presence, []byte(wire.Offline), true); err != nil {
		h.log.Warn("Home Assistant does not know that the program ends; its sensors expire", "err", err)
	}
}
