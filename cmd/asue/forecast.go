package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"asue/balancing"
	"asue/balancing/forecast"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// addForecast plugs the forecaster between the ledger's intervals and its topic.
// It is part of the process that has the ledger.
func (p *process) addForecast(s *stores) error {
	f, err := newForecaster(p, s)
	if err != nil {
		return err
	}
	subscriber, err := p.Subscribe("forecast", wire.ControlTopic(p.Site.ID))
	if err != nil {
		return err
	}
	publisher, err := p.Publisher("forecast-out")
	if err != nil {
		return err
	}
	s.forecast = f
	p.Metrics.Register(f.metrics)
	p.Add(node.StageDeciders,
		node.As("forecast's subscription", subscriber.Run),
		node.As("forecast's publisher", publisher.Run),
		node.As("forecast", func(ctx context.Context) error { return f.run(ctx, subscriber, publisher) }),
	)
	return nil
}

// forecaster owns the forecasting: one goroutine reads what is new in the ledger,
// forecasts and tells.
type forecaster struct {
	*process
	stores *stores
	engine *forecast.Forecaster
	loads  []forecastLoad
	block  time.Duration

	// Owned by run.
	nowcast wire.Control // the balancer's youngest report
	readDay string       // local day on which everything was read last; empty: read all
	toldAt  time.Time
	told    time.Time // start of the block that was told last
	drawn   time.Time // the block that was told when a forecast was drawn last
	keptTo  time.Time // up to where the records of curtailments are known, and their number
	keptSeq uint64

	mu    sync.Mutex
	dirty map[time.Time]bool // starts of base periods that the ledger has written
	all   bool               // much was written: read everything
	shown forecastFigures    // for /metrics
}

// The forecaster looks what is new every lookEvery of the wall clock, and tells
// when something is, when a block begins, and every tellEvery of the run.
const (
	lookEvery       = 2 * time.Second
	tellEvery       = 5 * time.Minute
	forecastHorizon = 48 * time.Hour
)

func newForecaster(p *process, s *stores) (*forecaster, error) {
	f := &forecaster{process: p, stores: s, block: p.Config.Balancer.Block, loads: forecastLoads(p.Site), dirty: map[time.Time]bool{}, all: true}
	cfg := forecast.Config{Location: p.Site.Location, Calendar: p.Site.Calendar, Block: f.block, Horizon: forecastHorizon}
	now := p.Clock.Now()
	for _, l := range f.loads {
		series := forecast.Series{ID: string(l.resident), Allowed: p.register.site(p).Allowed(l.resident, now)}
		if l.resident == "" {
			series.Allowed = contracted(p.Site)
		}
		cfg.Series = append(cfg.Series, series)
	}
	var err error
	f.engine, err = forecast.New(cfg)
	return f, err
}

// contracted is the declared power of the line in service; 0 if none is stated.
func contracted(site *metering.Site) metering.Power {
	source, _ := site.Feeding()
	power, _ := source.Contract.Power()
	return power
}

// forecastLoad is one series: which points' energies make it up, and which of them
// have to be there. The zone has no resident.
type forecastLoad struct {
	resident metering.ResidentID
	points   []metering.PointID
}

// forecastLoads are the zone by its inputs, and every resident that is metered.
func forecastLoads(site *metering.Site) []forecastLoad {
	loads := []forecastLoad{{}}
	for _, p := range site.Inputs() {
		loads[0].points = append(loads[0].points, p.ID)
	}
	for _, r := range site.Residents {
		l := forecastLoad{resident: r.ID}
		for _, p := range site.Points {
			if p.Resident == r.ID && p.Role == metering.RoleResident && p.MediumOf() == metering.Electricity {
				l.points = append(l.points, p.ID)
			}
		}
		if len(l.points) > 0 {
			loads = append(loads, l)
		}
	}
	return loads
}

// spare are the inputs of lines that are not counted on: a silent one is missed by
// nobody.
func spare(site *metering.Site) map[metering.PointID]bool {
	list := map[metering.PointID]bool{}
	for _, p := range site.Inputs() {
		list[p.ID] = true
	}
	for _, source := range site.Sources {
		if source.Available {
			for _, id := range balancing.SupplyOf(site, time.Time{}, source).InService {
				delete(list, id)
			}
		}
	}
	return list
}

// recorded hears which intervals the ledger has written.
func (f *forecaster) recorded(intervals []metering.Interval) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range intervals {
		f.dirty[intervals[i].Start.UTC()] = true
	}
}

// again makes the forecaster read all of the past anew.
func (f *forecaster) again() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = true
}

func (f *forecaster) run(ctx context.Context, s *mqtt.Subscriber, pub *mqtt.Publisher) error {
	timer := time.NewTicker(lookEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-s.Messages():
			if c, err := wire.DecodeControl(m.Payload); err == nil { // the page says what is wrong with one
				f.nowcast = c
			}
			m.Ack()
		case <-timer.C:
			f.look(ctx, pub)
		}
	}
}

// look reads what is new, and tells if it is time.
func (f *forecaster) look(ctx context.Context, pub *mqtt.Publisher) {
	now := f.Clock.Now()
	news, err := f.read(ctx, now)
	if err != nil {
		if ctx.Err() == nil {
			f.Log.Warn("forecast: intervals cannot be read, trying again", "err", err)
		}
		return
	}
	if !news && now.Sub(f.toldAt) < tellEvery && now.Before(f.told.Add(f.block)) {
		return
	}
	began := time.Now()
	outlooks := f.engine.Forecast(now, f.live(now))
	message := f.message(outlooks, now)
	f.toldAt, f.told = now, message.Start
	if f.told.IsZero() {
		f.told = now // nothing can be said yet
	}
	f.show(message, time.Since(began))
	f.draw(outlooks, news, now)
	payload, err := wire.EncodeForecast(message)
	if err != nil {
		f.Log.Error("the forecast cannot be written", "err", err)
		return
	}
	wait, cancel := context.WithTimeout(ctx, lookEvery)
	defer cancel()
	if err := pub.Publish(wait, wire.ForecastTopic(f.Site.ID), payload, true); err != nil && ctx.Err() == nil {
		f.toldAt = time.Time{} // the next look tells it
		if !errors.Is(err, mqtt.ErrNotConnected) {
			f.Log.Warn("the forecast was not published", "err", err)
		}
	}
}

// live is what the balancer knows of the block in progress; nil if its report is
// of another block.
func (f *forecaster) live(now time.Time) map[string]forecast.Nowcast {
	c := f.nowcast
	if c.Projection == nil || c.BlockEnd.Sub(c.BlockStart) != f.block || now.Before(c.At) || !now.Before(c.BlockEnd) || !c.At.After(c.BlockStart) {
		return nil
	}
	return map[string]forecast.Nowcast{forecast.Total: {Elapsed: c.At.Sub(c.BlockStart), Projection: *c.Projection}}
}

// take hands over what is to be read: base periods ascending, or everything.
func (f *forecaster) take() (starts []time.Time, all bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	starts = slices.SortedFunc(maps.Keys(f.dirty), time.Time.Compare)
	all = f.all
	f.dirty, f.all = map[time.Time]bool{}, false
	return starts, all
}

// giveBack is for what could not be read.
func (f *forecaster) giveBack(starts []time.Time, all bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range starts {
		f.dirty[s] = true
	}
	f.all = f.all || all
}
