package dispatcher

import (
	"cmp"
	"context"
	"math"
	"strings"
	"sync"
	"time"

	"asue/metering"
)

const (
	// tallyFresh and tallySettled are how long a counted day serves again, in time
	// of the run: a running day and those of which late readings and validation
	// still speak, and the older ones, which only an act or a rebuild changes.
	tallyFresh   = 20 * time.Second
	tallySettled = 5 * time.Minute
	// tallyYoung is up to which age of its end a day counts as fresh.
	tallyYoung = 3 * 24 * time.Hour
	// tallyDays bounds the days that are kept.
	tallyDays = 400
)

// dayTally is one local day, counted for every point.
type dayTally map[metering.PointID]tally

// tallyCache counts days of the ledger and keeps the counts for a while, so that
// many open pages cost one question.
type tallyCache struct {
	mu   sync.Mutex
	days map[tallyKey]countedDay
}

type tallyKey struct {
	start   int64
	channel metering.Channel // 0: each point's first
}

type countedDay struct {
	tally dayTally
	at    time.Time
}

func (c countedDay) serves(end, now time.Time) bool {
	age := tallySettled
	if now.Sub(end) < tallyYoung {
		age = tallyFresh
	}
	return c.tally != nil && now.Sub(c.at).Abs() < age
}

// of returns the counts of days, which are ascending; of one channel, or of each
// point's first if it is 0.
func (t *tallyCache) of(ctx context.Context, ledger Ledger, site *metering.Site, days []span, ch metering.Channel, now time.Time) ([]dayTally, error) {
	t.mu.Lock() // held while asking: one question at a time is enough
	defer t.mu.Unlock()
	if len(t.days)+len(days) > tallyDays || t.days == nil {
		t.days = map[tallyKey]countedDay{}
	}
	key := func(d span) tallyKey { return tallyKey{d.start.Unix(), ch} }
	for i := 0; i < len(days); i++ {
		n := 0
		for i+n < len(days) && !t.days[key(days[i+n])].serves(days[i+n].end, now) {
			n++
		}
		if n == 0 {
			continue
		}
		run := days[i : i+n]
		counted, err := countDays(ctx, ledger, site, run, ch, now)
		if err != nil {
			return nil, err
		}
		for k, d := range run {
			t.days[key(d)] = countedDay{counted[k], now}
		}
		i += n - 1
	}
	var list []dayTally
	for _, d := range days {
		list = append(list, t.days[key(d)].tally)
	}
	return list, nil
}

// countDays asks the ledger for neighbouring days, point by point: what one point
// gives is in order already and does not fill the memory.
func countDays(ctx context.Context, ledger Ledger, site *metering.Site, days []span, ch metering.Channel, now time.Time) ([]dayTally, error) {
	counted := make([]dayTally, len(days))
	for i := range counted {
		counted[i] = dayTally{}
	}
	if days[0].start.After(now) {
		return counted, nil
	}
	for _, p := range allPoints(site) {
		own := cmp.Or(ch, mainChannel(p))
		if own.Medium() != p.MediumOf() {
			continue
		}
		base, err := ledger.Intervals(ctx, metering.IntervalQuery{
			Points: []metering.PointID{p.ID}, Channels: []metering.Channel{own}, From: days[0].start, To: days[len(days)-1].end,
		})
		if err != nil {
			return nil, err
		}
		for i, d := range days {
			var t tally
			for len(base) > 0 && base[0].Start.Before(d.end) {
				t.add(base[0])
				base = base[1:]
			}
			counted[i][p.ID] = t
		}
	}
	return counted, nil
}

// tally is what the ledger has of one point's day.
type tally struct {
	counts [len(cellGrades)]int32
	energy [len(cellGrades) - 1]metering.Energy // Null has none
}

func (t *tally) add(iv metering.Interval) {
	g := strings.IndexByte(cellGrades, byte(iv.Grade))
	if g < 0 {
		g = len(cellGrades) - 1 // an unknown letter is no energy
	}
	t.counts[g]++
	if g < len(t.energy) {
		t.energy[g] += iv.Energy
	}
}

// cell writes a tally as the page shows it; so many base intervals are due.
func (t *tally) cell(due int) DayCell {
	var c DayCell
	var sum metering.Energy
	there, grades := 0, 0
	for i, n := range t.counts {
		c.Counts[i] = int(n)
		there += int(n)
	}
	c.Counts[len(cellGrades)] = max(0, due-there)
	for i, e := range t.energy {
		sum += e
		if t.counts[i] > 0 {
			grades++
		}
	}
	if grades < 2 || sum == 0 {
		return c
	}
	for _, e := range t.energy {
		c.Shares = append(c.Shares, math.Round(1e4*float64(e)/float64(sum))/1e4)
	}
	return c
}
