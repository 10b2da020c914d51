package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/metering"
	"asue/metering/clock"
)

// addCapacity opens the office of technical conditions in the process that has page and
// ledger. A site whose file makes no office has none, and is metered all the same: nil.
func (p *process) addCapacity(s *stores) *capacity {
	c, err := newCapacity(p.Site, s.ledger, p.Clock.Now, hostingBlock, p.Log.With("part", "capacity"))
	if err != nil {
		p.Log.Error("the office of technical conditions cannot be opened: the page answers no questions about it", "err", err)
		return nil
	}
	c.demo, c.balanced, c.recorded = p.demo != nil, p.Config.Has(settings.RoleBalancer), p.register.wake
	c.silent, c.hearBy = p.Clock.Virtual(silentLeast), time.Now().Add(hearWithin)
	s.capacity = c
	p.Metrics.Register(c.metrics)
	p.Add(node.StageDeciders, node.As("capacity", c.run))
	return c
}

// The findings are kept ready: it is looked every findingsEvery of the wall clock whether
// there are others to be made, and they are made once the ledger was quiet for quietFor.
const (
	findingsEvery = 5 * time.Second
	quietFor      = 10 * time.Second
)

// run keeps the findings of the last validated year ready, and those of the last month
// that has ended, so that the page opens at once. It reads and writes nothing down.
func (c *capacity) run(ctx context.Context) error {
	wall := clock.Clock{}
	var told time.Time // the month whose findings were told last
	var seen news
	quiet := time.Now()
	for wall.Sleep(ctx, findingsEvery) == nil {
		now, err := c.news(ctx)
		switch {
		case err != nil:
		case now != seen: // history that is written or validated goes on for a while
			seen, quiet = now, time.Now()
		case time.Since(quiet) >= quietFor:
			err = c.keepReady(ctx, &told)
		}
		if err = errors.Join(err, c.tally(ctx)); err != nil && ctx.Err() == nil {
			c.log.Warn("the office of technical conditions is not ready, trying again", "err", err)
		}
	}
	return ctx.Err()
}

// news is what findings depend on and what comes in parts: what the ledger has taken in,
// and up to when it is validated.
type news struct {
	written int64
	end     int64 // of the last validated year, seconds
}

func (c *capacity) news(ctx context.Context) (news, error) {
	end, err := c.yearsEnd(ctx, time.Time{})
	return news{c.years.written.Load(), end.Unix()}, err
}

// keepReady makes what is not ready yet, and anew what is not young any more: the year up
// to the last validated day, and that up to the end of the last whole month, whose
// findings are the month's.
func (c *capacity) keepReady(ctx context.Context, told *time.Time) error {
	site, reg, err := c.registered(ctx)
	if err != nil {
		return err
	}
	last, err := c.yearsEnd(ctx, time.Time{})
	if err != nil {
		return err
	}
	local := last.In(c.site.Location)
	month, _ := metering.LocalDay(time.Date(local.Year(), local.Month(), 1, 12, 0, 0, 0, c.site.Location), c.site.Location)
	began := time.Now()
	y, err := c.years.of(ctx, site, reg, month.UTC(), renewAfter, c.progress(month, !told.Equal(month)))
	if err != nil {
		return err
	}
	if !told.Equal(month) {
		c.tellMonth(y, time.Since(began))
		*told = month
	}
	_, err = c.years.of(ctx, site, reg, last, renewAfter, c.progress(last, false))
	return err
}

// progress tells the log how far a year is: aloud for the first findings of a month.
func (c *capacity) progress(end time.Time, aloud bool) func(float64) {
	level, told := slog.LevelDebug, 0.0
	if aloud {
		level = slog.LevelInfo
	}
	return func(part float64) {
		if part >= told+0.25 {
			told = part
			c.log.Log(context.Background(), level, "technical conditions are being judged", "up_to", day(end.Add(-1), c.site.Location), "percent", int(100*part))
		}
	}
}

// tellMonth says what the findings of a month come to. Whether one is taken up is for
// people.
func (c *capacity) tellMonth(y *judgedYear, took time.Duration) {
	classes := map[reclaim.Class]int{}
	var returnable metering.Power
	for _, j := range y.list {
		classes[j.finding.Class]++
		if v := j.finding.Volume; v != nil {
			returnable += v.Returnable
		}
	}
	c.log.Info("findings of the month are ready", "up_to", day(y.uses.to.Add(-1), c.site.Location), "conditions", len(y.list),
		"returnable", returnable, "idle", classes[reclaim.Idle], "underused", classes[reclaim.Underused], "overreserved", classes[reclaim.OverReserved],
		"exceeding", classes[reclaim.Exceeding], "insufficient", classes[reclaim.Insufficient], "took", took.Round(time.Millisecond))
}

// again lets findings be made anew: much was written into the ledger.
func (c *capacity) again() {
	if c != nil {
		c.years.again()
	}
}

// recordedIntervals tells of intervals that the ledger has taken in.
func (c *capacity) recordedIntervals(intervals []metering.Interval) {
	if c != nil {
		c.years.recorded(intervals)
	}
}

// officeFigures are what /metrics tells.
type officeFigures struct {
	stages               map[reclaim.Stage]int
	drafts               int
	deeds                uint64
	free, reserved, held metering.Power
}

// tally looks at the office for /metrics: a scrape asks nothing of the ledger and waits
// for nobody.
func (c *capacity) tally(ctx context.Context) error {
	now := c.now()
	f := officeFigures{stages: map[reclaim.Stage]int{}}
	err := c.inOffice(ctx, func(o *office.Office) error {
		for _, file := range o.Cases(now) {
			f.stages[file.Case.Stage]++
		}
		f.drafts, f.deeds = len(o.Drafts(now)), o.Seq()
		for _, a := range o.Books().Accounts() {
			switch p := o.Books().Balance(a, now); a.Kind {
			case pool.KindPool:
				f.free += p
			case pool.KindReserved:
				f.reserved += p
			case pool.KindHeld:
				f.held += p
			}
		}
		return nil
	})
	if err == nil {
		c.figures.Store(&f)
	}
	return err
}

// metrics are cases by stage, drafts that wait, and what is free, reserved and held.
func (c *capacity) metrics(e node.Emitter) {
	f := c.figures.Load()
	if f == nil {
		return
	}
	for _, stage := range []reclaim.Stage{reclaim.Found, reclaim.Noticed, reclaim.Warned, reclaim.Sanctioned, reclaim.Returning, reclaim.Returned, reclaim.Closed} {
		e.Gauge("asue_capacity_cases", "Cases of the procedure by stage.", float64(f.stages[stage]), "stage", string(stage))
	}
	e.Gauge("asue_capacity_drafts", "Actions that wait for their second signature.", float64(f.drafts))
	e.Gauge("asue_capacity_pool_free_watts", "Firm power that is free to be given out.", float64(f.free))
	e.Gauge("asue_capacity_pool_reserved_watts", "Firm power that is reserved for applications.", float64(f.reserved))
	e.Gauge("asue_capacity_held_watts", "Firm power that is in dispute.", float64(f.held))
	e.Gauge("asue_capacity_deeds", "Decisions about capacity that the ledger has.", float64(f.deeds))
}
