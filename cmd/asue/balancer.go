package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"asue/balancing"
	"asue/cmd/internal/keyfile"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// addBalancer plugs the controller between what it hears (live batches, forecasts,
// agents, orders) and what it says (its report, commands, the audit). books is the
// ledger that says who leads and keeps the journal.
func (p *process) addBalancer(books controlBooks) error {
	cfg := balancing.ConfigOf(p.Site, p.Clock.Now(), func(metering.PointID) time.Duration { return p.Config.Collector.Fast })
	cfg.Block = p.Config.Balancer.Block
	cfg.Acting.Mode = p.Config.Balancer.Mode
	if p.Clock.Speed() > mostControlSpeed && cfg.Acting.Mode > metering.ModeMonitor {
		p.Log.Warn("time goes too fast for a conversation with agents: nothing is commanded", "speed", p.Clock.Speed(), "at_most", mostControlSpeed)
		cfg.Acting.Mode = metering.ModeMonitor
	}
	cfg.RightsWithin = min(max(rightsWithin, p.Clock.Virtual(rightsWithinLeast)), 12*time.Hour)
	controller, err := balancing.New(cfg)
	if err != nil {
		return err
	}
	own, err := keyfile.LoadOrMake(p.balancerKey())
	if err != nil {
		return err
	}
	orders, err := p.pagesTrusted()
	if err != nil {
		return err
	}
	b := &balancer{
		process: p, controller: controller, supply: balancing.NewSupplyWatch(p.Site), key: own, orders: orders,
		memory: p.Path("controller.json"), notices: map[string]wire.ControlNotice{}, inputs: map[metering.PointID]bool{},
		journal: newJournal(books, p.Log.With("part", "journal")), lead: newLeader(books, p.Site.ID, p.Log.With("part", "balancer")),
	}
	for _, point := range p.Site.Inputs() {
		b.inputs[point.ID] = true
	}
	b.remember()
	b.rights = p.register.changes()
	b.hearRights()
	site := p.Site.ID
	// Of several balancers each has a connection of its own.
	subscriber, err := p.Subscribe("balancer-"+b.lead.holder, wire.Filter(site, wire.BranchLive), wire.ForecastTopic(site), wire.NetworkTopic(site),
		wire.Filter(site, wire.BranchBeat), wire.Filter(site, wire.BranchOutcome), wire.OrderTopic(site))
	if err != nil {
		return err
	}
	publisher, err := p.Publisher("balancer-out-" + b.lead.holder)
	if err != nil {
		return err
	}
	p.Metrics.Register(b.metrics)
	p.Watch(node.Pulse{Name: "balancer", Within: time.Minute, Look: func() (thoughts uint64, idle bool) { return b.counts.thoughts.Load(), false }})
	p.Add(node.StageDeciders,
		node.As("balancer's subscription", subscriber.Run),
		node.As("balancer's publisher", publisher.Run),
		node.As("balancer's lease", b.lead.run),
		node.As("balancer's journal", b.journal.run),
		node.As("balancer", func(ctx context.Context) error { return b.run(ctx, subscriber, publisher) }),
	)
	return nil
}

// mostControlSpeed is the fastest time warp at which commands make sense: a second
// of the wall clock, in which a command is selected and carried out, is then ten of
// the thirty seconds that a reservation holds.
const mostControlSpeed = 10

// balancer owns the controller: one goroutine hands it messages and ticks.
type balancer struct {
	*process
	controller *balancing.Controller
	supply     *balancing.SupplyWatch
	key        ed25519.PrivateKey
	orders     wire.Keys       // of pages
	rights     <-chan struct{} // the register says something else
	memory     string          // file of the controller's memory
	inputs     map[metering.PointID]bool
	lead       *leader
	journal    *journal
	led        balancing.Leadership // as the controller was told last
	saved      time.Time            // of the wall clock, like thought
	thought    time.Time
	notices    map[string]wire.ControlNotice
	ready      atomic.Pointer[balancing.Ready] // the last list, for /metrics
	counts     balancerCounts
}

// The controller thinks when an input has spoken, an agent has answered or a person
// has ordered, and once a period without; its memory goes to the disk now and then,
// and at once when it has decided something. thinkLeast, thinkPause and saveEvery
// are time of the wall clock.
const (
	thinkEvery = time.Second
	thinkLeast = 250 * time.Millisecond // between two periodic thoughts of a warped run
	thinkPause = 200 * time.Millisecond // at least, between any two
	saveEvery  = 10 * time.Second
	noticeKept = 10 * time.Minute // after its end, in time of the run
)

func (b *balancer) run(ctx context.Context, s *mqtt.Subscriber, pub *mqtt.Publisher) error {
	period := max(thinkEvery, b.Clock.Virtual(thinkLeast))
	timer := time.NewTicker(b.Clock.Real(period))
	defer timer.Stop()
	defer b.save()
	soon := time.NewTimer(0) // for news that came too soon after the last thought
	<-soon.C
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-s.Messages():
			news := b.hear(m)
			m.Ack()
			if wait := thinkPause - time.Since(b.thought); news && wait > 0 {
				soon.Reset(wait)
			} else if news {
				b.think(ctx, pub)
			}
		case <-soon.C:
			b.think(ctx, pub)
		case <-b.lead.changed():
			b.think(ctx, pub)
		case <-b.rights:
			b.hearRights()
			b.think(ctx, pub)
		case <-timer.C:
			if time.Since(b.thought) >= b.Clock.Real(period)/2 {
				b.think(ctx, pub)
			}
		}
	}
}

// hear hands a message to the controller, and reports whether it is worth a thought
// at once. What nobody can read is counted; of live batches that is ingest's matter.
func (b *balancer) hear(m mqtt.Message) (news bool) {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		return false
	}
	switch topic.Branch {
	case wire.BranchLive:
		return b.hearBatch(m.Payload)
	case wire.BranchForecast:
		return b.hearForecast(m.Payload)
	case wire.BranchNetwork:
		b.hearNetwork(m.Payload)
		return false
	case wire.BranchBeat, wire.BranchOutcome, wire.BranchOrder:
		if m.Retained {
			b.refuse(topic, errors.New("a retained message: what is said to move or about moving is never kept by a broker"))
			return false
		}
	}
	switch topic.Branch {
	case wire.BranchBeat:
		beat, err := wire.DecodeBeat(m.Payload)
		if err == nil && string(beat.Agent) != topic.Name {
			err = fmt.Errorf("agent %s speaks on the topic of another one", beat.Agent)
		}
		if err != nil {
			b.refuse(topic, err)
			return false
		}
		b.controller.Step(balancing.Beat{AgentBeat: beat})
	case wire.BranchOutcome:
		outcome, err := wire.DecodeOutcome(m.Payload)
		if err == nil && string(outcome.Agent) != topic.Name {
			err = fmt.Errorf("agent %s speaks on the topic of another one", outcome.Agent)
		}
		if err != nil {
			b.refuse(topic, err)
			return false
		}
		b.controller.Step(balancing.Outcome{Outcome: outcome})
		return true
	case wire.BranchOrder:
		order, err := wire.OpenOrder(m.Payload, b.orders)
		if err != nil {
			b.refuse(topic, err)
			return false
		}
		b.controller.Step(balancing.Order{Order: order})
		return true
	}
	return false
}

func (b *balancer) refuse(topic wire.Topic, err error) {
	b.counts.refused.Add(1)
	b.Log.Warn("a message of the control path is not obeyed", "topic", topic.String(), "err", err)
}

func (b *balancer) hearBatch(payload []byte) (news bool) {
	batch, err := wire.DecodeBatch(payload)
	if err != nil {
		return false
	}
	for _, s := range batch.Snapshots {
		install, ok := b.Site.InstallOf(s.Meter, s.At)
		if !ok {
			continue
		}
		b.supply.Take(install.Point, s)
		b.controller.Step(balancing.ReadingOf(s, install))
		news = news || b.inputs[install.Point]
	}
	return news
}

// rightsWithin is how long a start waits for the register before it shares by the site
// file, in time of the run, and rightsWithinLeast in that of the wall clock.
const (
	rightsWithin      = 2 * time.Minute
	rightsWithinLeast = 30 * time.Second
)

// hearRights tells the controller what the register says, once it has been read.
func (b *balancer) hearRights() {
	if known := b.register.rights(); known.read {
		b.controller.Step(balancing.RightsOf(known.site, b.Clock.Now(), known.deed))
	}
}

// hearForecast takes over what is expected, if its blocks are those of the contract.
func (b *balancer) hearForecast(payload []byte) (news bool) {
	f, err := wire.DecodeForecast(payload)
	if err != nil || f.Block != b.Config.Balancer.Block {
		return false
	}
	told := balancing.Forecast{At: f.At}
	for i := range f.Total.Mean {
		told.Blocks = append(told.Blocks, balancing.ForecastBlock{
			Start: f.Start.Add(time.Duration(i) * f.Block), Mean: f.Total.Mean[i], Q90: f.Total.Q90[i]})
	}
	now := b.Clock.Now()
	for _, o := range f.Residents {
		if i, ok := f.Index(o, now); ok {
			told.Residents = append(told.Residents, balancing.ResidentForecast{Resident: o.Resident, Q90: o.Q90[i]})
		}
	}
	b.controller.Step(told)
	return false
}

func (b *balancer) think(ctx context.Context, pub *mqtt.Publisher) {
	b.thought = time.Now()
	b.counts.thoughts.Add(1)
	now := b.Clock.Now()
	if change, ok := b.supply.Check(now); ok {
		b.Log.Warn("supply changes", "feeding", change.Feeding, "limit", change.Limit)
		b.controller.Step(change)
	}
	if term, held := b.lead.holds(); term != b.led.Term || held != b.led.Held {
		b.led = balancing.Leadership{At: now, Term: term, Held: held}
		b.controller.Step(b.led)
	}
	out := b.controller.Tick(now)
	for _, n := range out.Notices {
		b.notices[n.ID] = wire.ControlNotice{ID: n.ID, At: n.At, Kind: n.Kind, Severity: string(n.Severity), Args: n.Args, Active: n.Active}
		b.Log.Info("notice", "kind", n.Kind, "severity", n.Severity, "active", n.Active, "args", n.Args)
	}
	b.journal.write(out.Journal)
	if h := out.State.Hands; h != nil {
		b.ready.Store(h.Ready)
	}
	if len(out.Allotments) > 0 || len(out.Answers) > 0 || time.Since(b.saved) >= saveEvery {
		b.save() // before anything is said: a restart must know what was commanded
	}
	b.command(ctx, pub, out.Allotments)
	if b.lead.follows() {
		return // there is one report, and another balancer gives it
	}
	payload, err := wire.EncodeControl(b.report(out.State, now))
	if err != nil {
		b.Log.Error("the controller's report cannot be written", "err", err)
		return
	}
	wait, cancel := context.WithTimeout(ctx, thinkEvery)
	defer cancel()
	if err := pub.Publish(wait, wire.ControlTopic(b.Site.ID), payload, true); err != nil && !errors.Is(err, mqtt.ErrNotConnected) && ctx.Err() == nil {
		b.Log.Warn("the controller's report was not published", "err", err)
	}
}

// command signs the allotments and sends them, each only while the lease is held.
// One that cannot be sent now is dropped: the conversation says it again if it is
// still true.
func (b *balancer) command(ctx context.Context, pub *mqtt.Publisher, list []metering.Allotment) {
	for _, a := range list {
		if term, held := b.lead.holds(); !held || term != a.Term {
			b.counts.withheld.Add(1)
			continue
		}
		message, err := wire.SealAllotment(a, b.key)
		if err != nil {
			b.Log.Error("a command cannot be written", "actuator", a.Actuator, "err", err)
			continue
		}
		wait, cancel := context.WithTimeout(ctx, commandWait)
		err = pub.Publish(wait, wire.AllotTopic(b.Site.ID, a.Agent), message, false)
		cancel()
		if err != nil {
			b.counts.unsent.Add(1)
			if ctx.Err() == nil && !errors.Is(err, mqtt.ErrNotConnected) {
				b.Log.Warn("a command was not sent", "agent", a.Agent, "actuator", a.Actuator, "verb", a.Verb, "err", err)
			}
			continue
		}
		b.counts.sent.Add(1)
	}
}

// commandWait is how long the broker may take for one command. The conversation
// repeats what has not arrived, so a broker that hangs must not hold up the next
// thought.
const commandWait = 500 * time.Millisecond

// remember gives the controller what it knew before the process ended.
func (b *balancer) remember() {
	data, err := os.ReadFile(b.memory)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = b.controller.Restore(data)
	}
	if err != nil {
		b.Log.Warn("the controller begins without its memory", "file", b.memory, "err", err)
	}
}

// save writes the controller's memory beside the old one and puts it in its
// place, so that a kill leaves one of the two.
func (b *balancer) save() {
	b.saved = time.Now()
	next := b.memory + ".new"
	err := os.MkdirAll(filepath.Dir(b.memory), 0o750)
	if err == nil {
		err = os.WriteFile(next, b.controller.Snapshot(), 0o600)
	}
	if err == nil {
		err = os.Rename(next, b.memory)
	}
	if err != nil {
		b.Log.Warn("the controller's memory cannot be kept", "file", b.memory, "err", err)
	}
}
