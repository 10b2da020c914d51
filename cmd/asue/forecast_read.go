package main

import (
	"context"
	"slices"
	"time"

	"asue/balancing/forecast"
	"asue/metering"
	"asue/metering/demand"
	"asue/metering/grid"
	"asue/metering/vee/rules"
)

// readStretch is how much of the past is read in one go.
const readStretch = 7 * 24 * time.Hour

// read brings the engine up to the ledger: everything at the start and once a day
// (what was imported beside the running program is heard then), in between what
// was written. It reports whether there was anything.
func (f *forecaster) read(ctx context.Context, now time.Time) (news bool, err error) {
	starts, all := f.take()
	today := now.In(f.Site.Location).Format(time.DateOnly)
	all = all || today != f.readDay
	defer func() {
		if err != nil {
			f.giveBack(starts, all)
		}
	}()
	if err := f.exclude(ctx, now); err != nil {
		return false, err
	}
	if !all {
		return len(starts) > 0, f.readStarts(ctx, starts)
	}
	began := time.Now()
	to := metering.PeriodStart(now).Add(metering.BasePeriod)
	for from := metering.PeriodStart(now.Add(-forecast.Past - 24*time.Hour)); from.Before(to); from = from.Add(readStretch) {
		end := from.Add(readStretch)
		if end.After(to) {
			end = to
		}
		if err := f.readBetween(ctx, from, end); err != nil {
			return false, err
		}
	}
	f.readDay = today
	f.engine.Refit()
	f.Log.Debug("forecast: the past is read", "took", time.Since(began).Round(time.Millisecond))
	return true, nil
}

// readStarts reads some base periods, those near each other in one go.
func (f *forecaster) readStarts(ctx context.Context, starts []time.Time) error {
	for len(starts) > 0 {
		n := 1
		for n < len(starts) && starts[n].Sub(starts[n-1]) <= time.Hour && starts[n].Sub(starts[0]) < readStretch {
			n++
		}
		if err := f.readBetween(ctx, starts[0], starts[n-1].Add(metering.BasePeriod)); err != nil {
			return err
		}
		starts = starts[n:]
	}
	return nil
}

// readBetween adds the base periods of a stretch to the engine.
func (f *forecaster) readBetween(ctx context.Context, from, to time.Time) error {
	var points []metering.PointID
	for _, l := range f.loads {
		points = append(points, l.points...)
	}
	list, err := f.stores.ledger.Intervals(ctx, metering.IntervalQuery{
		Points: points, Channels: []metering.Channel{metering.ChannelActiveImport}, From: from, To: to,
	})
	if err != nil {
		return err
	}
	g, err := grid.New(from, to, list)
	if err != nil {
		return err
	}
	source := demand.Source{Grid: g, Counts: countsForForecast, Expected: f.expected()}
	for _, l := range f.loads {
		load := source.Load(string(l.resident), metering.ChannelActiveImport, l.points...)
		for i, slot := range load.Slots {
			if err := f.engine.Add(load.Name, g.Start(i), slot.Energy, slot.State == demand.Measured); err != nil {
				return err
			}
		}
	}
	return nil
}

// countsForForecast reports whether an interval shows what the load wanted: it was
// measured, and not cut off.
func countsForForecast(iv metering.Interval) bool {
	const not = metering.FlagOutage | metering.FlagFrozen | metering.FlagLimit | metering.FlagNegative
	return rules.CountsForPeak(iv) && iv.Flags&not == 0
}

// expected tells whether a point without an interval is missed.
func (f *forecaster) expected() func(metering.PointID, time.Time) bool {
	spares := spare(f.Site)
	chains := map[metering.PointID][]metering.Install{}
	return func(id metering.PointID, at time.Time) bool {
		chain, ok := chains[id]
		if !ok {
			chain = f.Site.InstallsOf(id)
			chains[id] = chain
		}
		return !spares[id] && slices.ContainsFunc(chain, func(i metering.Install) bool { return i.At(at) })
	}
}
