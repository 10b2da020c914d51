// Package guard is the role that alone may write to actuators: the agent, its memory,
// its devices and the broker plugged together, for every program that has it.
//
// The package must not know balancers, ledgers, series or pages.
package guard

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"asue/cmd/internal/keyfile"
	"asue/cmd/internal/node"
	"asue/collector/actuator/actmap"
	"asue/collector/agent"
	"asue/collector/agent/agentlog"
	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// Guard is the role in a node.
type Guard struct {
	*node.Node
	id      metering.AgentID
	agent   *agent.Agent
	log     *agentlog.Log
	posts   []*post
	byID    map[metering.ActuatorID]*outlet
	results chan result
	beats   chan metering.AgentBeat // the youngest; an older one that nobody took is let go
	says    chan metering.Outcome

	retained uint64 // commands that lay at the broker; not obeyed
	unsaid   uint64 // outcomes that could not be published
	ticks    atomic.Uint64
	alarmed  map[alarmKey]time.Time

	mu   sync.Mutex
	view View
}

// Add plugs the agent between its devices and the broker. Keys are read now: they
// must be there.
func Add(n *node.Node, library *actmap.Library) (*Guard, error) {
	g := &Guard{
		Node: n, id: metering.AgentID(n.Config.Agent.Name), byID: map[metering.ActuatorID]*outlet{}, alarmed: map[alarmKey]time.Time{},
		results: make(chan result, 64), beats: make(chan metering.AgentBeat, 1), says: make(chan metering.Outcome, 256),
	}
	keys, err := keyfile.ReadPublic(n.Config.KeyFiles()...)
	if err != nil {
		return nil, fmt.Errorf("agent %s: the keys that it trusts: %w", g.id, err)
	}
	cfg := agent.Config{
		Name: g.id, Keys: keys, BreakerInEmergency: n.Config.Agent.BreakerInEmergency, Random: random,
		Refresh: map[metering.ActuatorID]time.Duration{}, Timing: g.timing(),
	}
	if err := g.open(library, &cfg); err != nil {
		return nil, err
	}
	if g.log, err = agentlog.Open(n.Config.AgentLog(), 0); err != nil {
		return nil, err
	}
	if r := g.log.Report(); r.Torn > 0 || r.Damaged > 0 {
		g.Log.Warn("the agent's log was not whole", "records", r.Records, "torn_bytes", r.Torn, "damaged_bytes", r.Damaged,
			"copy", filepath.Join(n.Config.AgentLog(), "agent.damaged"))
	}
	var first agent.Wants
	if g.agent, first, err = agent.New(cfg, g.log, g.Clock.Now()); err != nil {
		return nil, errors.Join(err, g.log.Close())
	}
	subscriber, err := n.Subscribe("agent-in-"+string(g.id), wire.AllotTopic(n.Site.ID, g.id))
	if err != nil {
		return nil, errors.Join(err, g.log.Close())
	}
	publisher, err := n.Publisher("agent-out-" + string(g.id))
	if err != nil {
		return nil, errors.Join(err, g.log.Close())
	}
	g.Metrics.Register(g.metrics)
	g.Health.Require("agent", g.healthy)
	n.Watch(node.Pulse{Name: "agent", Within: 30 * time.Second, Look: func() (ticks uint64, idle bool) { return g.ticks.Load(), false }})
	n.Add(node.StageDelivery,
		node.As("agent's publisher", publisher.Run),
		node.As("agent's beats", func(ctx context.Context) error { return g.sayBeats(ctx, publisher) }),
		node.As("agent's outcomes", func(ctx context.Context) error { return g.sayOutcomes(ctx, publisher) }),
	)
	for _, p := range g.posts {
		n.Add(node.StageDelivery, node.As("actuators at "+p.url, func(ctx context.Context) error { return p.run(ctx, g.results) }))
	}
	n.Add(node.StageCollectors,
		node.As("agent's subscription", subscriber.Run),
		node.As("agent", func(ctx context.Context) error { return g.run(ctx, subscriber, first) }),
	)
	return g, nil
}

// open makes the devices of the agent's actuators, all faults at once.
func (g *Guard) open(library *actmap.Library, cfg *agent.Config) error {
	var faults []error
	for _, x := range g.Site.Actuators {
		if x.Agent != g.id {
			continue
		}
		m, known := library.Model(x.Model)
		switch {
		case !known:
			faults = append(faults, fmt.Errorf("actuator %s: no model %q; there are %v", x.ID, x.Model, library.IDs()))
			continue
		case m.Kind != x.Kind:
			faults = append(faults, fmt.Errorf("actuator %s is a %s, and the model %s is one of a %s; correct the site file", x.ID, x.Kind, m.ID, m.Kind))
			continue
		case x.Channel < 1 || x.Channel > m.Channels:
			faults = append(faults, fmt.Errorf("actuator %s: channel %d, and the model %s has 1 to %d; correct the site file", x.ID, x.Channel, m.ID, m.Channels))
			continue
		}
		if err := g.outlet(x, m); err != nil {
			faults = append(faults, fmt.Errorf("actuator %s: %w", x.ID, err))
			continue
		}
		cfg.Actuators = append(cfg.Actuators, x)
		if m.Fallback != nil {
			cfg.Refresh[x.ID] = m.Fallback.Refresh
		}
	}
	if len(cfg.Actuators) == 0 && len(faults) == 0 {
		return fmt.Errorf("agent %s: the site %s has no actuator of it; correct \"name\" under \"agent\"", g.id, g.Site.ID)
	}
	return errors.Join(faults...)
}

// timing is the table's, with pauses and patience of the wall clock where a warped
// run would ask devices and broker for what they cannot do.
func (g *Guard) timing() agent.Timing {
	t := agent.DefaultTiming()
	for _, d := range []*time.Duration{&t.FreshRead, &t.Send, &t.Written, &t.Echo} {
		*d = max(*d, g.Clock.Virtual(*d))
	}
	t.BeatEvery = max(t.BeatEvery, g.Clock.Virtual(200*time.Millisecond))
	t.ReadEvery = max(t.ReadEvery, g.Clock.Virtual(250*time.Millisecond))
	return t
}

// tickEvery is how often the agent lets time pass, of the wall clock.
const tickEvery = 200 * time.Millisecond

// run owns the agent: messages, results and time reach it from here alone.
func (g *Guard) run(ctx context.Context, s *mqtt.Subscriber, first agent.Wants) error {
	defer func() {
		if err := g.log.Close(); err != nil {
			g.Log.Warn("the agent's log is not closed", "err", err)
		}
	}()
	ticks := time.NewTicker(tickEvery)
	defer ticks.Stop()
	g.do(g.Clock.Now(), first)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-s.Messages():
			g.hear(m)
			m.Ack()
		case r := <-g.results:
			now := g.Clock.Now()
			if r.write != 0 {
				g.do(now, g.agent.Written(now, r.write, r.err))
				continue
			}
			g.do(now, g.agent.Read(now, r.actuator, r.reading, r.err))
		case <-ticks.C:
			g.ticks.Add(1)
			now := g.Clock.Now()
			g.do(now, g.agent.Tick(now))
			g.look(now, s)
		}
	}
}

// hear hands a message to the agent. One that lay at the broker is old, whatever it
// says.
func (g *Guard) hear(m mqtt.Message) {
	if m.Retained {
		g.retained++
		g.Log.Warn("a command lay at the broker and is not obeyed; nothing may be retained there", "topic", m.Topic)
		return
	}
	now := g.Clock.Now()
	g.do(now, g.agent.Receive(now, m.Payload))
}

// do carries out what the agent wants. It waits for nobody.
func (g *Guard) do(now time.Time, w agent.Wants) {
	for _, o := range w.Outcomes {
		g.Log.Info("command", "id", o.ID, "actuator", o.Actuator, "stage", o.Stage, "refusal", o.Refusal, "text", o.Text, "seen", o.Seen.String(), "term", o.Term)
		select {
		case g.says <- o:
		default: // the balancer may ask again by its ID
			g.unsaid++
		}
	}
	for _, x := range w.Writes {
		g.byID[x.Actuator].write(g, x, time.Now().Add(g.Clock.Real(x.Until.Sub(now))))
	}
	for _, id := range w.Reads {
		g.byID[id].read(g)
	}
	for _, a := range w.Alarms {
		g.tell(a)
	}
	if w.Beat != nil {
		select {
		case <-g.beats:
		default:
		}
		g.beats <- *w.Beat // there is room: nobody else puts any in
	}
}

type alarmKey struct {
	actuator metering.ActuatorID
	text     string
}

// tell logs an alarm, and the same one again not before ten seconds; messages that
// are not obeyed as one kind, so that a stranger fills no disk.
func (g *Guard) tell(a agent.Alarm) {
	key := alarmKey{a.Actuator, a.Text}
	if a.Actuator == "" {
		key.text = a.Text[:min(len(a.Text), 24)]
	}
	now := time.Now()
	if now.Sub(g.alarmed[key]) < 10*time.Second {
		return
	}
	if len(g.alarmed) > 1000 {
		clear(g.alarmed)
	}
	g.alarmed[key] = now
	g.Log.Warn("agent", "actuator", a.Actuator, "alarm", a.Text)
}

func (g *Guard) sayBeats(ctx context.Context, p *mqtt.Publisher) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case b := <-g.beats:
			payload, err := wire.EncodeBeat(b)
			if err != nil {
				g.Log.Error("the agent's beat cannot be written", "err", err)
				continue
			}
			g.say(ctx, p, wire.BeatTopic(g.Site.ID, g.id), payload, time.Second)
		}
	}
}

func (g *Guard) sayOutcomes(ctx context.Context, p *mqtt.Publisher) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case o := <-g.says:
			payload, err := wire.EncodeOutcome(o)
			if err != nil {
				g.Log.Error("an outcome cannot be written", "id", o.ID, "err", err)
				continue
			}
			g.say(ctx, p, wire.OutcomeTopic(g.Site.ID, g.id), payload, 5*time.Second)
		}
	}
}

func (g *Guard) say(ctx context.Context, p *mqtt.Publisher, topic string, payload []byte, patience time.Duration) {
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.Publish(wait, topic, payload, false); err != nil && !errors.Is(err, mqtt.ErrNotConnected) && ctx.Err() == nil {
		g.Log.Debug("not published", "topic", topic, "err", err)
	}
}

// random is not predictable: who could guess a nonce could speak out of time.
func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return binary.LittleEndian.Uint64(b[:])
}
