package main

import (
	"log/slog"
	"time"

	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/feeder"
	"asue/metering/influx"
)

// copied is an InfluxDB that gets a copy of what goes to the series store, for people who
// have their boards there. It has cursors of its own and holds nobody up: what the ledger
// has forgotten ("keep" under "series") while it was away is missing there.
type copied struct {
	series    *influx.Copy
	feeder    *feeder.Feeder
	publisher *feeder.Publisher
}

const (
	cursorCopyBatches   = "influxdb"
	cursorCopyIntervals = "influxdb-intervals"
)

// addCopy feeds the InfluxDB of the process file, if it names one.
func (p *process) addCopy(s *stores, log *slog.Logger) {
	if p.Config.Series.CopyURL == "" {
		return
	}
	c := &copied{series: influx.NewCopy(influx.Options{URL: p.Config.Series.CopyURL, Bucket: p.Config.Series.CopyDatabase})}
	c.feeder = feeder.New(feeder.Options{
		Name: cursorCopyBatches, Ledger: s.ledger, Series: c.series, Site: p.Site, Log: log, Clock: p.Clock, Decode: decodeBatch,
	})
	c.publisher = feeder.NewPublisher(feeder.PublisherOptions{
		Name: cursorCopyIntervals, Ledger: s.ledger, Series: c.series, Site: p.Site, Log: log, Clock: p.Clock,
	})
	s.copy = c
	p.Add(node.StageStores, node.As("copy in InfluxDB", c.feeder.Run), node.As("intervals' copy in InfluxDB", c.publisher.Run))
}

// extra hands samples that are not in the ledger to the series store and to the copy.
func (s *stores) extra(samples ...metering.Sample) {
	s.feeder.Extra(samples...)
	if s.copy != nil {
		s.copy.feeder.Extra(samples...)
	}
}

// committed tells that the ledger has new batches.
func (s *stores) committed() {
	s.feeder.Wake()
	if s.copy != nil {
		s.copy.feeder.Wake()
	}
}

// published tells that the ledger has recorded intervals with these starts.
func (s *stores) published(starts []time.Time) {
	s.publisher.Recorded(starts...)
	if s.copy != nil {
		s.copy.publisher.Recorded(starts...)
	}
}

func (c *copied) metrics(e node.Emitter) {
	if c == nil {
		return
	}
	f := c.feeder.Stats()
	e.Counter("asue_copy_samples_total", "Samples written to the copy in InfluxDB, those sent again included.", float64(f.Samples))
	e.Counter("asue_copy_bad_samples_total", "Samples that InfluxDB refused for good.", float64(f.Bad))
	e.Counter("asue_copy_failures_total", "Writes to InfluxDB that failed and were tried again.", float64(f.Failures))
	e.Gauge("asue_copy_failing", "1 while InfluxDB cannot be written.", node.Truth(f.LastError != ""))
}

func (c *copied) close(log *slog.Logger) {
	if c == nil {
		return
	}
	if err := c.series.Close(); err != nil {
		log.Warn("the copy in InfluxDB did not close cleanly", "err", err)
	}
}
