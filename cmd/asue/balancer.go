package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"asue/balancing"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// addBalancer plugs the controller between the live batches and its report.
func (p *process) addBalancer() error {
	cfg := balancing.ConfigOf(p.Site, p.Clock.Now(), func(metering.PointID) time.Duration { return p.Config.Collector.Fast })
	cfg.Block = p.Config.Balancer.Block
	controller, err := balancing.New(cfg)
	if err != nil {
		return err
	}
	b := &balancer{
		process: p, controller: controller, supply: balancing.NewSupplyWatch(p.Site),
		memory: p.Path("controller.json"), notices: map[string]wire.ControlNotice{}, inputs: map[metering.PointID]bool{},
	}
	for _, point := range p.Site.Inputs() {
		b.inputs[point.ID] = true
	}
	b.remember()
	subscriber, err := p.Subscribe("balancer", wire.Filter(p.Site.ID, wire.BranchLive))
	if err != nil {
		return err
	}
	publisher, err := p.Publisher("balancer-out")
	if err != nil {
		return err
	}
	p.Add(node.StageDeciders,
		node.As("balancer's subscription", subscriber.Run),
		node.As("balancer's publisher", publisher.Run),
		node.As("balancer", func(ctx context.Context) error { return b.run(ctx, subscriber, publisher) }),
	)
	return nil
}

// balancer owns the controller: one goroutine hands it messages and ticks.
type balancer struct {
	*process
	controller *balancing.Controller
	supply     *balancing.SupplyWatch
	memory     string // file of the controller's memory
	inputs     map[metering.PointID]bool
	saved      time.Time // of the wall clock, like thought
	thought    time.Time
	notices    map[string]wire.ControlNotice
}

// The controller thinks when an input has spoken, and once a period without; its
// memory goes to the disk now and then. thinkLeast, thinkPause and saveEvery are
// time of the wall clock.
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
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-s.Messages():
			news := b.hear(m)
			m.Ack()
			if news && time.Since(b.thought) >= thinkPause {
				b.think(ctx, pub)
			}
		case <-timer.C:
			if time.Since(b.thought) >= b.Clock.Real(period)/2 {
				b.think(ctx, pub)
			}
		}
	}
}

// hear hands a live batch to the controller, and reports whether an input has
// spoken. What cannot be read is ingest's matter.
func (b *balancer) hear(m mqtt.Message) (news bool) {
	batch, err := wire.DecodeBatch(m.Payload)
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

func (b *balancer) think(ctx context.Context, pub *mqtt.Publisher) {
	b.thought = time.Now()
	now := b.Clock.Now()
	if change, ok := b.supply.Check(now); ok {
		b.Log.Warn("supply changes", "feeding", change.Feeding, "limit", change.Limit)
		b.controller.Step(change)
	}
	out := b.controller.Tick(now)
	for _, n := range out.Notices {
		b.notices[n.ID] = wire.ControlNotice{ID: n.ID, At: n.At, Kind: n.Kind, Severity: string(n.Severity), Args: n.Args, Active: n.Active}
		b.Log.Info("notice", "kind", n.Kind, "severity", n.Severity, "active", n.Active, "args", n.Args)
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
	if time.Since(b.saved) >= saveEvery {
		b.save()
	}
}

// report turns the controller's state into what others hear of it.
func (b *balancer) report(s balancing.State, now time.Time) wire.Control {
	c := wire.Control{
		At: s.At, State: string(s.Phase), Mode: "advisory",
		Power: known(s.Power), PowerSource: s.PowerSource,
		BlockStart: s.Start, BlockEnd: s.End, BlockMean: known(s.Mean), Projection: known(s.Projection),
		Allowable: known(s.Allowable), SlidingAllowable: known(s.Sliding), Headroom: known(s.Headroom), Limit: known(s.Limit),
		Band: string(s.Band), Feeding: s.Feeding, Degraded: s.Condition != balancing.Good,
		Reason: strings.Join(s.Reasons, "; "), Fresh: s.Fresh, Stale: s.Stale, Silent: s.Silent,
	}
	if s.Condition == balancing.Failsafe {
		c.State = string(s.Condition)
	}
	for id, n := range b.notices {
		if !n.Active && now.Sub(n.At) > noticeKept {
			delete(b.notices, id)
			continue
		}
		c.Notices = append(c.Notices, n)
	}
	return c
}

func known(v balancing.Value) *metering.Power {
	if !v.Known {
		return nil
	}
	return &v.Power
}

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
