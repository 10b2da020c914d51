package dispatcher_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

func TestCompletenessCountsGradesDayByDay(t *testing.T) {
	b := &books{}
	b.fill("p-r-01", metering.ChannelActiveImport, midnight, 96+48, 1000)
	for i, g := range []metering.Grade{metering.FinalGrade, metering.Substitute, metering.Estimated, metering.Null} {
		b.intervals[10+i].Grade = g
	}
	b.intervals[13].Energy = 0
	b.intervals = append(b.intervals[:20], b.intervals[24:]...) // an hour that the ledger has nothing of
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	list := get[dispatcher.Completeness](t, s, "/api/v1/completeness?from=2026-11-19&to=2026-11-23&role=resident", 200)
	if len(list.Days) != 4 || list.Days[1].Date != "2026-11-20" || !list.Days[1].Start.Equal(midnight) {
		t.Fatalf("days %s", mustJSON(t, list.Days))
	}
	p := list.Points[0]
	if p.Point != "p-r-01" || p.Channel != "A+" || p.Medium != "electricity" || len(p.Days) != 4 {
		t.Fatalf("row %s", mustJSON(t, p))
	}
	// At 12:00 of the 21st 48 quarters of the day have ended.
	for i, want := range [][6]int{{0, 0, 0, 0, 0, 96}, {88, 1, 1, 1, 1, 4}, {48}, {}} {
		if p.Days[i].Counts != want {
			t.Errorf("day %s: %v, want %v", list.Days[i].Date, p.Days[i].Counts, want)
		}
	}
	if sh := p.Days[1].Shares; len(sh) != 4 || sh[0] != 0.967 || sh[1] != 0.011 || p.Days[2].Shares != nil {
		t.Errorf("shares %v, %v", sh, p.Days[2].Shares)
	}
	if p.Missed != 96+5 || p.Stood != 2 {
		t.Errorf("missed %d, stood in %d", p.Missed, p.Stood)
	}
}

// Nothing is due where no meter stands; a virtual point has none and is due always.
func TestCompletenessExpectsOnlyWhatIsMetered(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) {
		c.Ledger = &books{}
		site := c.Site
		site.Points = append(site.Points,
			metering.Point{ID: "bare", Role: metering.RoleFeeder},
			metering.Point{ID: "young", Role: metering.RoleFeeder},
			metering.Point{ID: "water", Role: metering.RoleFeeder, Medium: metering.DrinkingWater})
		put := func(m metering.MeterID, p metering.PointID, from, to time.Time) {
			site.Installs = append(site.Installs, metering.Install{Meter: m, Point: p, From: from, To: to})
		}
		put("m1", "young", midnight.Add(6*time.Hour+time.Minute), midnight.Add(12*time.Hour))
		put("m2", "young", midnight.Add(13*time.Hour), midnight.Add(18*time.Hour))
		put("m3", "water", time.Time{}, time.Time{})
		site.Virtual = []metering.VirtualPoint{{Point: metering.Point{ID: "sum", Role: metering.RoleFeeder}}}
	})
	list := get[dispatcher.Completeness](t, s, "/api/v1/completeness?from=2026-11-20&to=2026-11-21&role=feeder", 200)
	got := map[string]string{}
	for _, p := range list.Points {
		got[p.Point] = fmt.Sprint(p.Channel, " ", p.Days[0].Counts)
	}
	for point, want := range map[string]string{
		"bare": "A+ [0 0 0 0 0 0]", "young": "A+ [0 0 0 0 0 47]", "water": "drinking-water [0 0 0 0 0 96]", "sum": "A+ [0 0 0 0 0 96]",
	} {
		if got[point] != want {
			t.Errorf("%s: %s, want %s", point, got[point], want)
		}
	}
	water := get[dispatcher.Completeness](t, s, "/api/v1/completeness?medium=drinking-water", 200)
	if len(water.Points) != 1 || len(water.Days) != 31 {
		t.Errorf("%d water points over %d days", len(water.Points), len(water.Days))
	}
	if r := get[dispatcher.Completeness](t, s, "/api/v1/completeness?channel=R%2B", 200); len(r.Points) == 0 || r.Points[0].Channel != "R+" {
		t.Errorf("reactive: %s", mustJSON(t, r.Points))
	}
}

// Many open pages cost one question; an old day is asked for again after minutes,
// a young one after seconds.
func TestCompletenessIsCountedOnce(t *testing.T) {
	b := &books{}
	b.fill("p-r-01", metering.ChannelActiveImport, midnight, 96, 1000)
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	const path = "/api/v1/completeness?from=2026-10-22&to=2026-11-22"
	ask := func() int {
		before := b.asked
		get[dispatcher.Completeness](t, s, path, 200)
		return b.asked - before
	}
	points := len(s.zone.Site().Points)
	if n := ask(); n != points {
		t.Errorf("31 days of %d points were asked for in %d questions", points, n)
	}
	if n := ask(); n != 0 {
		t.Errorf("the second page asks %d questions", n)
	}
	s.pass(30 * time.Second)
	if n := ask(); n != points || b.last.Sub(b.first) != 4*24*time.Hour {
		t.Errorf("half a minute later %v are asked for in %d questions, want the last days", b.last.Sub(b.first), n)
	}
	b.revise("p-r-01", midnight, noon, func(i *metering.Interval) { i.Grade = metering.FinalGrade })
	s.pass(6 * time.Minute)
	if n := ask(); n != points || b.last.Sub(b.first) != 31*24*time.Hour {
		t.Errorf("six minutes later %v are asked for in %d questions", b.last.Sub(b.first), n)
	}
	b.err = errors.New("down")
	s.pass(6 * time.Minute)
	if w := get[map[string]any](t, s, path, 503); w["detail"] == nil {
		t.Error("a failing ledger is not told")
	}
}

func TestCompletenessHasBounds(t *testing.T) {
	s := newStage(t, nil)
	w := ask(s, http.MethodGet, "/api/v1/completeness?from=2026-01-01&to=2026-11-21&channel=Z&role=king", "")
	for _, place := range []string{"query.to", "query.channel", "query.role", "at most 101"} {
		if !strings.Contains(w.Body.String(), place) {
			t.Errorf("%d %s does not name %s", w.Code, w.Body, place)
		}
	}
	if w.Code != 422 {
		t.Errorf("answers %d", w.Code)
	}
}

// A dumb twin counts every quarter of every day by itself.
func TestCompletenessAgreesWithADumbCount(t *testing.T) {
	b := &books{}
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	rapid.Check(t, func(r *rapid.T) {
		s.pass(6 * time.Minute) // what was counted before does not serve any more
		now := s.time()
		b.intervals = nil
		start := midnight.AddDate(0, 0, -rapid.IntRange(0, 6).Draw(r, "days"))
		for i := range rapid.IntRange(0, 500).Draw(r, "quarters") {
			if rapid.IntRange(0, 9).Draw(r, "skip") == 0 {
				continue
			}
			iv := quarter(start.Add(time.Duration(i)*metering.BasePeriod), 10)
			iv.Point, iv.Grade = "p-r-02", metering.Grade("AFSEN"[rapid.IntRange(0, 4).Draw(r, "grade")])
			b.intervals = append(b.intervals, iv)
		}
		list := get[dispatcher.Completeness](t, s, "/api/v1/completeness?from=2026-11-12&to=2026-11-23", 200)
		for d, day := range list.Days {
			var want [6]int
			for at := day.Start; at.Before(day.End); at = at.Add(metering.BasePeriod) {
				grade := 5
				for _, iv := range b.intervals {
					if iv.Start.Equal(at) {
						grade = strings.IndexByte("AFSEN", byte(iv.Grade))
					}
				}
				if grade < 5 || !at.Add(metering.BasePeriod).After(now) {
					want[grade]++
				}
			}
			// Intervals of the future, which only this test makes, hide as many that
			// are missing: what is due is compared up to now alone.
			got := list.Points[2].Days[d].Counts
			if day.End.After(now) {
				want[5], got[5] = 0, 0
			}
			if got != want {
				r.Fatalf("%s: %v, want %v", day.Date, got, want)
			}
		}
	})
}
