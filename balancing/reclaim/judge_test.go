package reclaim_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
	"asue/metering/demand"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// fullYear is a year of one resident; the calendar is laid out once.
type fullYear struct {
	y    *reclaim.Year
	from time.Time
	set  reclaim.Settings
}

func newFullYear(t require) fullYear {
	t.Helper()
	y, from := year(t, 365)
	set := reclaim.Default()
	set.Replicates = 100
	return fullYear{y, from, set}
}

func (f fullYear) judge(t require, tu metering.Power, r reclaim.Record) reclaim.Finding {
	t.Helper()
	s := subject(tu)
	u, err := f.y.Use(s, r, f.set)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return reclaim.Judge(s, u, f.set)
}

func (f fullYear) flat(p metering.Power) reclaim.Record {
	return reclaim.Record{Load: load(f.from, drawn(slices.Repeat([]metering.Power{p}, 365*96)...))}
}

// on draws a power for two hours of some days.
func on(r reclaim.Record, days []int, p metering.Power) reclaim.Record {
	r.Load.Slots = slices.Clone(r.Load.Slots)
	for _, d := range days {
		copy(r.Load.Slots[d*96+40:], drawn(slices.Repeat([]metering.Power{p}, 8)...))
	}
	return r
}

// One day, whatever is drawn on it, changes nothing; ten days, whichever, are a need.
func TestOneDaySavesNothingTenDo(t *testing.T) {
	f := newFullYear(t)
	rapid.Check(t, func(t *rapid.T) {
		base := metering.Power(rapid.IntRange(100, 2000).Draw(t, "base")) * kW
		peak := metering.Power(rapid.IntRange(2500, 6000).Draw(t, "peak")) * kW
		days := rapid.SliceOfNDistinct(rapid.IntRange(0, 364), 10, 10, rapid.ID).Draw(t, "days")
		plain := f.judge(t, 5000*kW, f.flat(base))
		one := f.judge(t, 5000*kW, on(f.flat(base), days[:1], peak))
		ten := f.judge(t, 5000*kW, on(f.flat(base), days, peak))
		if one.Class != plain.Class || one.Volume.Retained != plain.Volume.Retained || one.Volume.Returnable != plain.Volume.Returnable {
			t.Fatalf("%v for a day: %s, %v returnable instead of %s, %v", peak, one.Class, one.Volume.Returnable, plain.Class, plain.Volume.Returnable)
		}
		if need, _ := ten.Use.Need(); need != peak || ten.Volume.Retained < min(peak, 5000*kW) {
			t.Fatalf("%v on ten days: need %v, retained %v", peak, need, ten.Volume.Retained)
		}
	})
}

// However little is drawn: who was held back is not idle, and what is not covered is not
// judged.
func TestNeverOnGapsOrOurOwnDoing(t *testing.T) {
	f := newFullYear(t)
	rapid.Check(t, func(t *rapid.T) {
		r := f.flat(metering.Power(rapid.IntRange(0, 300).Draw(t, "base")) * kW)
		lost := rapid.IntRange(0, 80).Draw(t, "days lost")
		first := rapid.IntRange(0, 364-lost).Draw(t, "from")
		how := rapid.IntRange(0, 2).Draw(t, "how")
		for i := first * 96; i < (first+lost)*96; i++ {
			switch how {
			case 0:
				r.Load.Slots[i] = demand.Slot{State: demand.Missing}
			case 1:
				r.Load.Slots[i].State = demand.Estimate
			}
		}
		if how == 2 {
			r.Outages = []metering.Period{{From: f.from.AddDate(0, 0, first), To: f.from.AddDate(0, 0, first+lost)}}
		}
		held := rapid.IntRange(0, 20).Draw(t, "times held")
		for range held {
			at := f.from.Add(time.Duration(rapid.IntRange(0, 364*24-1).Draw(t, "hour")) * time.Hour)
			r.Held = append(r.Held, metering.Period{From: at, To: at.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute)})
		}
		got := f.judge(t, 5000*kW, r)
		if held > 0 && got.Class == reclaim.Idle {
			t.Fatalf("held back %d times and found idle", held)
		}
		c := got.Use.Intervals
		if c.Valid*10 < c.Expected*9 && (got.Class != reclaim.Insufficient || got.Volume != nil) {
			t.Fatalf("%d of %d valid: %s", c.Valid, c.Expected, got.Class)
		}
		if got.Class == reclaim.Insufficient && got.Reason == "" {
			t.Fatal("no reason")
		}
		if v := got.Volume; v != nil && (v.Returnable < 0 || v.Retained+v.Returnable > got.Use.Allowed || v.Returnable%(50*kW) != 0 || v.Retained < min(got.Use.Allowed, *got.Use.DailyMaximum)) {
			t.Fatalf("keeps %v and returns %v of %v", v.Retained, v.Returnable, got.Use.Allowed)
		}
	})
}

// Weeks for playing years again have a power everywhere; what was not valid is filled in
// and counted.
func TestWeeks(t *testing.T) {
	f := newFullYear(t)
	r := f.flat(1000 * kW)
	dice := rand.New(rand.NewPCG(1, 1))
	for i := range r.Load.Slots {
		r.Load.Slots[i].Energy += metering.Energy(dice.IntN(1000))
	}
	for i := 7 * 96; i < 9*96; i++ {
		r.Load.Slots[i] = demand.Slot{State: demand.Missing}
	}
	r.Held = []metering.Period{{From: f.from, To: f.from.Add(time.Hour)}}
	weeks, err := f.y.Weeks(subject(5000*kW), r)
	if err != nil || len(weeks) != 52 {
		t.Fatalf("%d weeks, %v", len(weeks), err)
	}
	for i, w := range weeks {
		want := map[int]int{0: 2, 1: 96}[i]
		if w.Filled != want || len(w.Power) != 336 {
			t.Errorf("week %d of season %d: %d blocks, %d filled, want %d", i, w.Season, len(w.Power), w.Filled, want)
		}
		for b, p := range w.Power {
			if p < 1000 || p > 1004 {
				t.Fatalf("week %d, block %d: %v kW", i, b, p)
			}
		}
	}
	if weeks[0].Season != 25 || weeks[26].Season != 51 || weeks[27].Season != 0 {
		t.Errorf("1 July is in season %d, half a year later %d and %d", weeks[0].Season, weeks[26].Season, weeks[27].Season)
	}
	s := subject(5000 * kW)
	s.Commissioned = f.from.AddDate(0, 0, 8)
	if weeks, _ = f.y.Weeks(s, r); len(weeks) != 50 {
		t.Errorf("commissioned on the ninth day: %d weeks", len(weeks))
	}
	none := f.flat(0)
	for i := range none.Load.Slots {
		none.Load.Slots[i] = demand.Slot{}
	}
	if weeks, err = f.y.Weeks(subject(5000*kW), none); err != nil || weeks != nil {
		t.Errorf("of nothing: %d weeks, %v", len(weeks), err)
	}
}

// Events and cases go through JSON unharmed.
func TestEventsAsJSON(t *testing.T) {
	e := reclaim.Event{Kind: reclaim.Open, At: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), By: "commission", Document: "doc", Evidence: reclaim.Hash{1, 2, 255}, Volume: 3 * kW, Allowed: 5 * kW}
	text, err := json.Marshal(e)
	if err != nil || !strings.Contains(string(text), `"evidence":"0102ff00`) {
		t.Fatalf("%s, %v", text, err)
	}
	var back reclaim.Event
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`{"evidence":"01"}`, `{"evidence":"` + strings.Repeat("zz", 32) + `"}`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
