package main

import (
	"context"
	"fmt"
	"time"

	"asue/cmd/internal/edge"
	"asue/cmd/internal/node"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/feeder"
	"asue/metering/ingest"
)

// addHistory gives the demo its past, from the records of the very world that is
// played on. The registers at the last quarter of an hour go in at once, so that
// the interval that is open now has its beginning; the rest follows in the
// background.
func (p *process) addHistory(ctx context.Context, s *stores) error {
	quarters := p.demo.truth.Quarters()
	if len(quarters) == 0 {
		return nil
	}
	last := quarters[len(quarters)-1]
	if err := s.ledger.Commit(ctx, metering.Commit{ReceivedAt: p.Clock.Now(), Spans: p.registersAt(last)}); err != nil {
		return fmt.Errorf("the demo's registers: %w", err)
	}
	p.Add(node.StageIngest, node.As("history", func(ctx context.Context) error {
		began := time.Now()
		if err := p.writeHistory(ctx, s, quarters); err != nil {
			return err
		}
		s.forecast.again()
		s.capacity.again()
		took := time.Since(began)
		p.Log.Info("history is ready", "days", int(last.Sub(quarters[0]).Hours()/24), "took", took.Round(time.Millisecond))
		if p.demo.out != nil {
			fmt.Fprintf(p.demo.out, "%s of history are there, written in %.1f s\n", counted(p.demo.days, "day", "days"), took.Seconds())
		}
		if err := p.addYear(ctx, s); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}))
	return nil
}

// measuredSince is when the demo's past, which is simulated, ends and measuring begins;
// zero for a real site.
func (p *process) measuredSince() time.Time {
	if p.demo == nil {
		return time.Time{}
	}
	quarters := p.demo.truth.Quarters()
	if len(quarters) == 0 {
		return time.Time{}
	}
	return quarters[len(quarters)-1]
}

// registersAt are the counters of all meters as they stood at a quarter of an
// hour, as a collector would have read them.
func (p *process) registersAt(at time.Time) []metering.RegisterSpan {
	var spans []metering.RegisterSpan
	for _, install := range p.Site.Installs {
		point, _ := p.Site.Point(install.Point)
		model, ok := edge.ModelAt(p.library, p.Site, install)
		if !ok || !install.At(at) {
			continue
		}
		for _, ch := range point.Channels() {
			milli, known := p.demo.truth.Register(install.Point, ch, at)
			r, has := model.Of(ch.Quantity())
			if !known || !has {
				continue
			}
			reading, err := countOf(r, milli, install)
			if err != nil {
				p.Log.Warn("a register has no past", "meter", install.Meter, "channel", ch, "err", err)
				continue
			}
			reading.At = at
			spans = append(spans, metering.SpanOf(install.Meter, ch.Quantity(), reading))
		}
	}
	return spans
}

// countOf is what a meter's register shows for an energy at the primary side: it
// is written into register words and read back, like any other reading.
func countOf(r *regmap.Register, milli int64, install metering.Install) (metering.RegisterReading, error) {
	words := make([]uint16, r.Words())
	regmap.Encode(r, regmap.Value{MilliUnits: milli}, install.CT, install.VT, words)
	block := regmap.Block{Function: r.Function, Address: r.Address, Count: uint16(len(words)), Group: r.Group, Registers: []*regmap.Register{r}}
	readings, err := regmap.Decode(block, words, install.CT, install.VT)
	if err != nil {
		return metering.RegisterReading{}, err
	}
	if len(readings) != 1 || !readings[0].Usable() {
		return metering.RegisterReading{}, fmt.Errorf("register %s does not hold %d thousandths", r.Name, milli)
	}
	return metering.RegisterReading{Count: readings[0].Count}, nil
}

// historyChunk is how much history goes into one transaction, newest first on
// the page but oldest first in the ledger.
const historyChunk = 7 * 24 * time.Hour

func (p *process) writeHistory(ctx context.Context, s *stores, quarters []time.Time) error {
	if err := s.series.Ready(ctx); err != nil && s.child != nil {
		if err := s.child.Ready(ctx); err != nil {
			return err
		}
	}
	history := ingest.NewHistory(s.ledger, p.Site.ID)
	bulk := feeder.NewBulk(s.series, p.Site, p.Log)
	from, err := history.Resume(ctx, quarters[0])
	if err != nil {
		return err
	}
	last := quarters[len(quarters)-1]
	for from.Before(last) {
		to := from.Add(historyChunk)
		if to.After(last) {
			to = last
		}
		chunk := p.historyBetween(from, to)
		if err := history.Add(ctx, p.Clock.Now(), chunk); err != nil {
			return err
		}
		if err := p.drawHistory(ctx, bulk, chunk); err != nil {
			return err
		}
		from = to
	}
	return bulk.Flush(ctx)
}

func (p *process) historyBetween(from, to time.Time) ingest.Chunk {
	chunk := ingest.Chunk{UpTo: to}
	for start := from; start.Before(to); start = start.Add(metering.BasePeriod) {
		for _, point := range p.Site.Points {
			for _, ch := range point.Channels() {
				begin, ok1 := p.demo.truth.Register(point.ID, ch, start)
				end, ok2 := p.demo.truth.Register(point.ID, ch, start.Add(metering.BasePeriod))
				if !ok1 || !ok2 || !p.metered(point.ID, ch, start) {
					continue
				}
				// Registers are cut to whole units before they are subtracted, so
				// that neighbours add up exactly.
				chunk.Intervals = append(chunk.Intervals, ingest.Simulated{
					Point: point.ID, Channel: ch, Start: start, Energy: metering.Energy(end/1000 - begin/1000),
				})
			}
		}
	}
	return chunk
}

// metered reports whether a point's meter has a register for a channel.
func (p *process) metered(point metering.PointID, ch metering.Channel, at time.Time) bool {
	install, ok := p.Site.MeterAt(point, at)
	if !ok {
		return false
	}
	model, ok := edge.ModelAt(p.library, p.Site, install)
	if !ok {
		return false
	}
	_, has := model.Of(ch.Quantity())
	return has
}

// drawHistory writes a chunk's mean powers and registers to the series store.
func (p *process) drawHistory(ctx context.Context, bulk *feeder.Bulk, chunk ingest.Chunk) error {
	for _, i := range chunk.Intervals {
		interval := metering.Interval{
			Point: i.Point, Channel: i.Channel, Start: i.Start, Version: 1, Energy: i.Energy,
			Grade: metering.Actual, Method: metering.MethodSimulated, Flags: metering.FlagSimulated,
		}
		if err := bulk.Interval(ctx, interval); err != nil {
			return err
		}
		if i.Channel != metering.ChannelActiveImport {
			continue
		}
		if err := bulk.Power(ctx, i.Point, i.Start.Add(metering.BasePeriod/2), interval.MeanPower()); err != nil {
			return err
		}
		milli, _ := p.demo.truth.Register(i.Point, i.Channel, interval.End())
		if err := bulk.Register(ctx, i.Point, interval.End(), i.Channel, metering.Energy(milli/1000)); err != nil {
			return err
		}
	}
	return nil
}
