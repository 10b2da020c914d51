package forecast_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"asue/balancing/forecast"
	"asue/metering"
)

// Every half hour of four weeks the zone and its residents are forecast from what
// was known by then, and held against what came. In each series the bands hold
// about four blocks in five, near and far, and the forecast beats last week's.
func TestFourWeeksGoByAsForecast(t *testing.T) {
	from := begins(zoneTime)
	const days = 135
	cfg := forecast.Config{Location: zoneTime, Calendar: kazakhstan, Horizon: 24 * time.Hour, Series: []forecast.Series{{ID: forecast.Total, Allowed: 29_700_000}}}
	truth := map[string][]float64{forecast.Total: make([]float64, days*96)}
	for i, w := range []load{works[0], works[2], works[3], works[5], works[7]} {
		id := fmt.Sprintf("r-%02d", i+1)
		cfg.Series = append(cfg.Series, forecast.Series{ID: id, Allowed: w.peak * 5 / 4})
		truth[id] = w.play(uint64(i), zoneTime, kazakhstan, from, days)
		for j, v := range truth[id] {
			truth[forecast.Total][j] += 1.02 * v
		}
	}
	f := newForecaster(t, cfg)
	for id, watts := range truth {
		feed(t, f, id, from, watts)
	}
	tallies := map[string]map[string]*tally{}
	for now := from.AddDate(0, 0, days-29); now.Before(from.AddDate(0, 0, days-1)); now = now.Add(30 * time.Minute) {
		for _, out := range f.Forecast(now, nil) {
			if tallies[out.ID] == nil {
				tallies[out.ID] = map[string]*tally{"next": {}, "2h": {}, "day": {}, "naive": {}}
			}
			for b, block := range out.Blocks[:48] {
				name := "day"
				switch {
				case b == 0:
					name = "next"
				case b < 4:
					name = "2h"
				case (b+now.Hour())%5 > 0:
					continue
				}
				if y, ok := blockMean(truth[out.ID], from, block.Start, 30*time.Minute); ok {
					tallies[out.ID][name].count(block, y)
					before, _ := blockMean(truth[out.ID], from, block.Start.AddDate(0, 0, -7), 30*time.Minute)
					tallies[out.ID]["naive"].off += math.Abs(before - y)
					tallies[out.ID]["naive"].n++
				}
			}
		}
	}
	for i, s := range f.Report() {
		got := tallies[s.ID]
		all := &tally{}
		for _, name := range []string{"next", "2h", "day"} {
			one := got[name]
			t.Logf("%-5s %-5s in the band %.3f, not above q90 %.3f, off by %.1f kW", s.ID, name, one.share(one.inside), one.share(one.below), one.off/float64(one.n)/1000)
			all.add(one)
			if c := one.share(one.inside); math.Abs(c-0.80) > 0.04 {
				t.Errorf("%q %s: %.3f of the blocks lie in the band of 0.80", s.ID, name, c)
			}
		}
		if c := all.share(all.inside); math.Abs(c-0.80) > 0.03 {
			t.Errorf("%q: %.3f of the blocks lie in the band of 0.80, want within 0.03", s.ID, c)
		}
		if c := all.share(all.below); math.Abs(c-0.90) > 0.03 {
			t.Errorf("%q: %.3f of the blocks lie below the bound of 0.90, want within 0.03", s.ID, c)
		}
		if all.off >= got["naive"].off {
			t.Errorf("%q: off by %.0f, last week's by %.0f", s.ID, all.off, got["naive"].off)
		}
		if !(s.Skill > 0) {
			t.Errorf("%q: skill %.3f by %s", s.ID, s.Skill, s.Method)
		}
		t.Logf("%-5s %-9s skill %.3f, peak off by %.1f kW, its time right on %.2f, losses %v", s.ID, s.Method, s.Skill, s.PeakError/1000, s.PeakSlot, s.Losses)
		if i == 0 {
			for _, r := range s.Reaches {
				t.Logf("  %v..%v: %+v", r.From, r.To, r)
			}
		}
	}
}

type tally struct {
	n, inside, below int
	off              float64
}

func (c *tally) count(b forecast.Block, y float64) {
	c.n++
	c.off += math.Abs(float64(b.Mean) - y)
	if w := metering.Power(math.Round(y)); w >= b.Low && w <= b.High {
		c.inside++
	}
	if y <= float64(b.Q90) {
		c.below++
	}
}

func (c *tally) add(o *tally) {
	c.n, c.inside, c.below, c.off = c.n+o.n, c.inside+o.inside, c.below+o.below, c.off+o.off
}

func (c *tally) share(n int) float64 { return float64(n) / float64(c.n) }
