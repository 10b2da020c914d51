package main

import (
	"context"
	"fmt"
	"log/slog"

	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/feeder"
	"asue/metering/victoria"
	"asue/metering/wire"
)

// stores are the ledger, the series store, and what carries data from the one
// to the other.
type stores struct {
	ledger    metering.Ledger
	series    *victoria.Series
	child     *victoria.Supervisor // nil for an outside store
	feeder    *feeder.Feeder
	publisher *feeder.Publisher
	rights    feeder.Rights
	copy      *copied // nil unless an InfluxDB gets one
	forecast  *forecaster
	network   *networker // nil for a site whose network is not described
	capacity  *capacity  // nil in a process without the page
}

const (
	cursorBatches   = "series"
	cursorIntervals = "series-intervals"
)

// openStores opens the ledger and makes the series store, which starts with the
// stages.
func (p *process) openStores(ctx context.Context) (*stores, error) {
	ledger, err := p.openLedger(ctx)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	s := &stores{ledger: ledger}
	options := victoria.Options{URL: p.Config.Series.URL, QueryURL: p.Config.Series.QueryURL, Retention: p.Config.Series.Retention}
	if options.URL == "" {
		s.child = victoria.NewSupervisor(
			storeCommand(p.self, p.Path("series"), p.Config.Series.Retention, p.Config.Series.Memory), p.Log.With("part", "series"))
		options.URL, options.Transport = s.child.BaseURL(), s.child.Transport()
		p.Add(node.StageStores, node.As("series store", s.child.Run), node.As("series store's snapshots", p.serveSnapshots(s.child)))
	}
	if s.series, err = victoria.New(options); err != nil {
		s.close(p.Log)
		return nil, fmt.Errorf("series: %w", err)
	}
	p.addFeeder(s)
	p.Health.Require("series", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), readyPatience)
		defer cancel()
		return s.series.Ready(ctx)
	})
	p.Metrics.Register(storeMetrics(s))
	return s, nil
}

func (p *process) addFeeder(s *stores) {
	log := p.Log.With("part", "feeder")
	s.feeder = feeder.New(feeder.Options{
		Name: cursorBatches, Ledger: s.ledger, Series: s.series, Site: p.Site, Log: log, Clock: p.Clock,
		Decode: decodeBatch,
	})
	s.publisher = feeder.NewPublisher(feeder.PublisherOptions{
		Name: cursorIntervals, Ledger: s.ledger, Series: s.series, Site: p.Site, Log: log, Clock: p.Clock,
	})
	p.addCopy(s, log)
	janitor := &feeder.Janitor{
		Ledger: s.ledger, Cursors: []string{cursorBatches}, Keep: p.Config.Series.Keep, Clock: p.Clock, Log: log,
	}
	p.Add(node.StageStores,
		node.As("feeder", s.afterStart(s.feeder.Run)),
		node.As("interval publisher", s.afterStart(s.publisher.Run)),
		node.As("janitor", janitor.Run),
	)
}

func decodeBatch(payload []byte) ([]metering.Snapshot, error) {
	batch, err := wire.DecodeBatch(payload)
	return batch.Snapshots, err
}

// afterStart lets a part wait until the child answers for the first time, so
// that an ordinary start looks like one in the log.
func (s *stores) afterStart(run func(context.Context) error) func(context.Context) error {
	if s.child == nil {
		return run
	}
	return func(ctx context.Context) error {
		if err := s.child.Ready(ctx); err != nil {
			return err
		}
		return run(ctx)
	}
}

func (s *stores) close(log *slog.Logger) {
	s.copy.close(log)
	if s.series != nil {
		if err := s.series.Close(); err != nil {
			log.Warn("series store did not close cleanly", "err", err)
		}
	}
	if err := s.ledger.Close(); err != nil {
		log.Warn("ledger did not close cleanly", "err", err)
	}
}

func storeMetrics(s *stores) node.Source {
	return func(e node.Emitter) {
		f := s.feeder.Stats()
		e.Counter("asue_feeder_samples_total", "Samples written to the series store, those sent again included.", float64(f.Samples))
		e.Counter("asue_feeder_batches_total", "Batches carried to the series store.", float64(f.Batches))
		e.Counter("asue_feeder_bad_samples_total", "Samples that the series store refused for good.", float64(f.Bad))
		e.Counter("asue_feeder_failures_total", "Writes that failed and were tried again.", float64(f.Failures))
		e.Counter("asue_feeder_rewinds_total", "Times the series store was found to be another run.", float64(f.Rewinds))
		e.Gauge("asue_feeder_cursor", "Position up to which the series store is safe.", float64(f.Cursor))
		e.Gauge("asue_feeder_failing", "1 while the series store cannot be written.", node.Truth(f.LastError != ""))
		s.copy.metrics(e)
		if s.child != nil {
			c := s.child.Stats()
			e.Gauge("asue_series_store_running", "1 while the store's process answers.", node.Truth(c.Running))
			e.Counter("asue_series_store_starts_total", "Starts of the store's process.", float64(c.Starts))
		}
	}
}
