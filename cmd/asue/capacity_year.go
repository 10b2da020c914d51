package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/register"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/demand"
	"asue/metering/grid"
	"asue/metering/validation"
)

// judgedYear is a rolling year in which everybody was judged, with what newcomers are
// answered from. It is read-only once made.
type judgedYear struct {
	uses *uses
	list []judged // without their records
	days [][]reclaim.DayMax
	// together is how they come together at the peak of the zone; nil where nothing of
	// the input is known.
	together *reclaim.Together
	zone     hostingZone
}

// powerFactorOf is the cos φ with which limits in MVA and A are turned into power, where
// nobody asks for another one.
const powerFactorOf = 0.9

// judgeYear judges everybody in the year that ends with a local midnight.
func judgeYear(ctx context.Context, site *metering.Site, ledger metering.Ledger, to time.Time, block time.Duration, progress func(float64)) (*judgedYear, error) {
	u, err := newUses(ctx, site, ledger, to, block)
	if err != nil {
		return nil, err
	}
	y := &judgedYear{uses: u}
	subjects := usersOf(site, u.to)
	for i, s := range subjects {
		progress(0.9 * float64(i) / float64(len(subjects)))
		j, err := u.judgeOne(ctx, s)
		if err != nil {
			return nil, err
		}
		days, err := u.year.DailyMaxima(j.Subject, j.record)
		if err != nil {
			return nil, err
		}
		y.list, y.days = append(y.list, j), append(y.days, days)
	}
	if y.together, err = u.together(ctx, y.list); err != nil {
		return nil, err
	}
	if y.zone, err = zoneOf(ctx, u, y.list, powerFactorOf); err != nil {
		return nil, err
	}
	for i := range y.list {
		y.list[i].record.Load.Slots = nil // a year of quarters of an hour, of which the rest was made
	}
	progress(1)
	return y, nil
}

// together is how the uses come together at the peak of what came in.
func (u *uses) together(ctx context.Context, list []judged) (*reclaim.Together, error) {
	points := inputsOf(u.site, u.to)
	if len(points) == 0 || len(list) == 0 {
		return nil, nil
	}
	intervals, err := u.intervals(ctx, points, time.Time{})
	if err != nil {
		return nil, err
	}
	g, err := grid.New(u.from, u.to, intervals)
	if err != nil {
		return nil, err
	}
	zone := demand.Source{Grid: g, Counts: reclaim.Undisputed}.Load("zone", metering.ChannelActiveImport, points...)
	subjects, records := make([]reclaim.Subject, len(list)), make([]reclaim.Record, len(list))
	for i, j := range list {
		subjects[i], records[i] = j.Subject, j.record
	}
	t, err := u.year.Together(&zone, subjects, records)
	if err != nil || t.Peak == nil {
		return nil, err
	}
	return &t, nil
}

// find is a subject's place in the year; −1 if it has none.
func (y *judgedYear) find(resident, node string) int {
	return slices.IndexFunc(y.list, func(j judged) bool { return string(j.Resident) == resident && string(j.Node) == node })
}

// mostYears is how many judged years are kept: the last one, that of the last month, and
// some that somebody has asked for.
const mostYears = 6

// freshFor is for how long a judged year is taken to be what the ledger would say, as
// far as nobody has told that it was written: other processes do not. Those that are
// kept ready are made again after renewAfter, before anybody has to wait. Both are of
// the wall clock. A case that is opened looks for itself.
const (
	freshFor   = time.Hour
	renewAfter = 30 * time.Minute
)

// judgedYears keeps judged years until the ledger or the register says something else.
// Each is made by the first who asks for it; others who ask meanwhile wait for that.
type judgedYears struct {
	ledger metering.Ledger
	block  time.Duration

	mu      sync.Mutex   // guards all below
	kept    []*keptYear  // the one that was asked for last at the end
	written atomic.Int64 // counts news of the ledger that concern years kept; read without mu
}

// keptYear is a year as it is kept or made.
type keptYear struct {
	to   time.Time
	acts int           // of the register by which it is judged
	turn chan struct{} // one entry: whoever has it makes or looks at the year
	part atomic.Int64  // how far its making is, in thousandths

	// Of whoever has the turn.
	year    *judgedYear
	written int64     // judgedYears.written when its making began
	made    time.Time // by the wall clock
}

// of is the year that ends with a local midnight, by a register, not older than some
// time.
func (k *judgedYears) of(ctx context.Context, site *metering.Site, reg *register.Register, to time.Time, most time.Duration, progress func(float64)) (*judgedYear, error) {
	y := k.take(to, reg)
	if err := y.wait(ctx, progress); err != nil {
		return nil, err
	}
	defer func() { <-y.turn }()
	if y.year != nil && y.written == k.written.Load() && time.Since(y.made) < most {
		return y.year, nil
	}
	y.part.Store(0)
	written := k.written.Load()
	made, err := judgeYear(ctx, site, k.ledger, to, k.block, func(part float64) {
		y.part.Store(int64(1000 * part))
		if progress != nil {
			progress(part)
		}
	})
	if err != nil {
		return nil, err
	}
	k.mu.Lock() // find looks at it without the turn
	y.year, y.written, y.made = made, written, time.Now()
	k.mu.Unlock()
	return made, nil
}

// take is the place of a year, a new one if there is none.
func (k *judgedYears) take(to time.Time, reg *register.Register) *keptYear {
	acts := len(reg.Acts()) // acts are only ever added
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.kept, func(y *keptYear) bool { return y.to.Equal(to) && y.acts == acts })
	y := &keptYear{to: to, acts: acts, turn: make(chan struct{}, 1)}
	if i >= 0 {
		y = k.kept[i]
		k.kept = slices.Delete(k.kept, i, i+1)
	}
	k.kept = append(k.kept, y)
	if len(k.kept) > mostYears {
		k.kept = slices.Delete(k.kept, 0, len(k.kept)-mostYears)
	}
	return y
}

// wait waits for the turn, and tells meanwhile how far somebody else's making is.
func (y *keptYear) wait(ctx context.Context, progress func(float64)) error {
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case y.turn <- struct{}{}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if progress != nil {
				progress(float64(y.part.Load()) / 1000)
			}
		}
	}
}

// recorded lets years that contain intervals be made anew. It is called with whatever
// the ledger has taken in, and does not wait.
func (k *judgedYears) recorded(intervals []metering.Interval) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var last time.Time
	for _, y := range k.kept {
		if y.to.After(last) {
			last = y.to
		}
	}
	for _, iv := range intervals {
		if iv.Channel == metering.ChannelActiveImport && iv.Start.Before(last) {
			k.written.Add(1)
			return
		}
	}
}

// again lets all years be made anew.
func (k *judgedYears) again() { k.written.Add(1) }

// find is what the finding with some evidence is about, among the years kept.
func (k *judgedYears) find(hash reclaim.Hash) (reclaim.Claim, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, y := range k.kept {
		if y.year == nil {
			continue
		}
		for _, j := range y.year.list {
			if j.evidence.SHA256 == hash {
				claim, err := reclaim.ClaimOf(j.evidence.Text)
				return claim, err == nil
			}
		}
	}
	return reclaim.Claim{}, false
}

// year is the judged year that ends with the local midnight at or before a time; with
// the last one before which everything is validated if that is zero.
func (c *capacity) year(ctx context.Context, site *metering.Site, reg *register.Register, asOf time.Time, progress func(float64)) (*judgedYear, error) {
	to, err := c.yearsEnd(ctx, asOf)
	if err != nil {
		return nil, err
	}
	return c.years.of(ctx, site, reg, to, freshFor, progress)
}

func (c *capacity) yearsEnd(ctx context.Context, asOf time.Time) (time.Time, error) {
	now := c.now()
	at := asOf
	if at.IsZero() {
		upTo, err := validation.UpTo(ctx, c.ledger)
		if err != nil {
			return at, err
		}
		if at = now; !upTo.IsZero() && upTo.Before(at) {
			at = upTo
		}
	}
	midnight, _ := metering.LocalDay(at, c.site.Location)
	if midnight.After(now) {
		return midnight, refused("the year would end on %s, which has not passed yet", midnight.In(c.site.Location).Format(time.DateOnly))
	}
	return midnight.UTC(), nil
}

// asked is a judged year by the register as it stands.
func (c *capacity) asked(ctx context.Context, asOf time.Time, progress func(float64)) (*judgedYear, error) {
	site, reg, err := c.registered(ctx)
	if err != nil {
		return nil, err
	}
	return c.year(ctx, site, reg, asOf, progress)
}

var _ dispatcher.Capacity = (*capacity)(nil)
