package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"asue/balancing/estimate"
	"asue/balancing/study"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/feeder"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// addNetwork plugs the model of the network between live batches and its topic, the
// ledger's findings, and its book of losses. It is part of the process that has the
// ledger. A site whose network is not described has none; one whose description cannot
// be calculated is metered all the same.
func (p *process) addNetwork(ctx context.Context, s *stores) error {
	if p.Site.Network.IsZero() {
		return nil
	}
	w, err := newNetworker(p, s.ledger, s.extra)
	if err != nil {
		p.Log.Error("the network of the site file cannot be calculated: flows and voltages are not shown", "err", err)
		return nil
	}
	if w.losses, err = openLossBook(p.Path("network-losses.jsonl"), p.Clock.Now()); err != nil {
		return err
	}
	w.recall(ctx, p.Clock.Now())
	subscriber, err := p.Subscribe("network", wire.Filter(p.Site.ID, wire.BranchLive), wire.ForecastTopic(p.Site.ID))
	if err != nil {
		return err
	}
	publisher, err := p.Publisher("network-out")
	if err != nil {
		return err
	}
	s.network = w
	p.Metrics.Register(w.metrics)
	p.Add(node.StageDeciders,
		node.As("network's subscription", subscriber.Run),
		node.As("network's publisher", publisher.Run),
		node.As("network", func(ctx context.Context) error { return w.run(ctx, subscriber, publisher) }),
	)
	return nil
}

// networker owns the model that follows the meters: one goroutine hears batches,
// calculates and tells.
type networker struct {
	*process
	ledger metering.Ledger
	draw   func(...metering.Sample) // into the series store
	losses *lossBook

	// Owned by run.
	estimator *estimate.Estimator
	site      *metering.Site  // that the estimator was made of
	rights    <-chan struct{} // the register says something else
	until     time.Time       // when an element of the network comes or goes; zero: none does
	ready     *metering.Readiness
	readyAt   time.Time
	readyFor  study.Setting // the setting it was calculated for
	held      map[metering.PointID][]metering.Finding
	owed      map[metering.PointID]metering.Period // what the ledger has to be told of
	warned    time.Time

	mu    sync.Mutex
	asked *study.Model      // for suppositions
	last  *estimate.Picture // likewise; nil: there is none yet
	shown networkFigures    // for /metrics
}

// The model is asked every Network.Every of the run, but not more often than leastEvery
// of the wall clock; what would happen if a line tripped is calculated every readyEvery,
// and at once when the network stands otherwise.
const (
	leastEvery = 200 * time.Millisecond
	readyEvery = 15 * time.Second
	// publishWait is how long the broker may take for a state: the next one is newer.
	publishWait = time.Second
)

func newNetworker(p *process, ledger metering.Ledger, draw func(...metering.Sample)) (*networker, error) {
	w := &networker{process: p, ledger: ledger, draw: draw, rights: p.register.changes(), held: map[metering.PointID][]metering.Finding{}, owed: map[metering.PointID]metering.Period{}}
	return w, w.begin(p.Clock.Now())
}

// begin makes the model of the network as it is now, with the rights that residents have.
// Contradictions that have not become findings begin anew.
func (w *networker) begin(now time.Time) error {
	w.site = w.register.site(w.process)
	e, err := estimate.New(estimate.Config{Site: w.site, Ambient: w.ambient(), Fresh: w.fresh()}, now)
	if err != nil {
		return err
	}
	w.estimator, w.until, w.ready = e, nextChange(&w.Site.Network, now), nil
	w.mu.Lock()
	w.asked = e.Model()
	w.mu.Unlock()
	for _, list := range w.held {
		for _, f := range list {
			e.Recall(f)
		}
	}
	return nil
}

// fresh is how old a value may be to count as that of now: a few polls.
func (w *networker) fresh() time.Duration { return max(15*time.Second, 5*w.Config.Collector.Fast) }

// every is the time of the run between two states.
func (w *networker) every() time.Duration {
	return max(w.Config.Network.Every, w.Clock.Virtual(leastEvery))
}

func (w *networker) ambient() estimate.Ambient {
	n := w.Config.Network
	switch {
	case n.AmbientC == nil:
		return estimate.Ambient{}
	case n.AmbientSource == "":
		return estimate.Ambient{C: *n.AmbientC, Source: "the setting network.ambient"}
	}
	return estimate.Ambient{C: *n.AmbientC, Source: n.AmbientSource}
}

// nextChange is the next moment at which an element of the network comes or goes.
func nextChange(n *metering.Network, now time.Time) (next time.Time) {
	see := func(o metering.Origin) {
		for _, t := range []time.Time{o.From, o.To} {
			if t.After(now) && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
	}
	for _, v := range n.Feeds {
		see(v.Origin)
	}
	for _, v := range n.Lines {
		see(v.Origin)
	}
	for _, v := range n.Transformers {
		see(v.Origin)
	}
	for _, v := range n.Switches {
		see(v.Origin)
	}
	for _, v := range n.Transfers {
		see(v.Origin)
	}
	for _, v := range n.Voltages {
		see(v.Origin)
	}
	return next
}

func (w *networker) run(ctx context.Context, s *mqtt.Subscriber, pub *mqtt.Publisher) error {
	timer := time.NewTicker(w.Clock.Real(w.every()))
	defer timer.Stop()
	defer w.losses.close()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-s.Messages():
			w.hear(m)
			m.Ack()
		case <-w.rights:
			w.renew(w.Clock.Now())
		case <-timer.C:
			w.tick(ctx, pub)
		}
	}
}

// hear takes in what meters say and what residents are expected to draw. What nobody
// can read is ingest's and the page's matter.
func (w *networker) hear(m mqtt.Message) {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		return
	}
	switch topic.Branch {
	case wire.BranchLive:
		if batch, err := wire.DecodeBatch(m.Payload); err == nil {
			for _, s := range batch.Snapshots {
				w.estimator.Hear(s)
			}
		}
	case wire.BranchForecast:
		if f, err := wire.DecodeForecast(m.Payload); err == nil {
			w.expect(f)
		}
	}
}

func (w *networker) expect(f wire.Forecast) {
	now := w.Clock.Now()
	for _, o := range f.Residents {
		if i, ok := f.Index(o, now); ok {
			w.estimator.Expect(o.Resident, o.Mean[i].Megawatts())
		}
	}
}

// tick calculates and tells.
func (w *networker) tick(ctx context.Context, pub *mqtt.Publisher) {
	payload, err := w.next(ctx, w.Clock.Now())
	if err != nil {
		w.Log.Error("the state of the network cannot be written", "err", err)
		return
	}
	wait, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	if err := pub.Publish(wait, wire.NetworkTopic(w.Site.ID), payload, true); err != nil && ctx.Err() == nil && !errors.Is(err, mqtt.ErrNotConnected) {
		w.Log.Warn("the state of the network was not published", "err", err)
	}
}

// next is the state at a moment as others hear it; findings, losses and samples are
// written down on the way.
func (w *networker) next(ctx context.Context, now time.Time) ([]byte, error) {
	if !w.until.IsZero() && !now.Before(w.until) {
		w.beginAgain(now)
	}
	began := time.Now()
	picture := w.estimator.Step(now)
	took := time.Since(began)
	w.lookAhead(picture, now)
	picture.State.Readiness = w.ready
	w.losses.add(now, 3*w.every(), picture.State)
	w.keep(ctx, picture, now)
	w.show(picture, took)
	w.draw(feeder.NetworkSamples(picture.State)...)
	return wire.EncodeNetwork(picture.State)
}

// renew begins anew if the rights are others than those that the model was made of.
func (w *networker) renew(now time.Time) {
	if w.site != w.register.site(w.process) {
		w.beginAgain(now)
	}
}

// beginAgain keeps the model there is if the next one cannot be made.
func (w *networker) beginAgain(now time.Time) {
	if err := w.begin(now); err != nil {
		w.Log.Error("the network as it is from now on cannot be calculated", "err", err)
		w.until = nextChange(&w.Site.Network, now)
	}
}

// lookAhead says what would happen if the line in service tripped now.
func (w *networker) lookAhead(p estimate.Picture, now time.Time) {
	if w.ready != nil && now.Sub(w.readyAt) < max(readyEvery, w.Clock.Virtual(time.Second)) && sameStanding(w.readyFor, p.Setting) {
		return
	}
	began := time.Now()
	r := w.estimator.Readiness(p)
	w.ready, w.readyAt, w.readyFor = &r, now, p.Setting
	w.mu.Lock()
	w.shown.readyTook = time.Since(began)
	w.mu.Unlock()
}

// sameStanding reports whether two settings have the same sources, outages and switches.
func sameStanding(a, b study.Setting) bool {
	if !slices.Equal(a.Sources, b.Sources) || !slices.Equal(a.Out, b.Out) || len(a.Closed) != len(b.Closed) {
		return false
	}
	for id, closed := range a.Closed {
		if other, ok := b.Closed[id]; !ok || other != closed {
			return false
		}
	}
	return true
}
