package office_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// What a return took, what was done meanwhile, and what a dispute that is upheld makes of
// the register.
func TestWhatARestorationFinds(t *testing.T) {
	due := time.Date(2026, 7, 15, 0, 0, 0, 0, time.UTC)
	grows := tu("tu-2", 2*mw, jan2020.AddDate(1, 0, 0), time.Time{})
	grows.Category = 2
	grows.Stages = []metering.GrowthStage{{Power: mw, Due: due, Milestones: 1, Document: "plan"}, {Power: mw, Due: due.AddDate(1, 0, 0), Milestones: 1, Document: "plan"}}
	change := func(after int, terms register.Terms) func(*desk) {
		return func(d *desk) {
			d.must(d.two(office.Action{Kind: office.ChangeTerms, From: d.now.AddDate(0, 0, after), Acts: []register.Act{{Kind: register.Change, Condition: "tu-1", Resident: "works", Terms: &terms}}}))
		}
	}
	for what, c := range map[string]struct {
		conditions []metering.Condition
		volume     metering.Power
		meanwhile  func(*desk)
		want       map[string]register.Terms
	}{
		"nothing": {
			[]metering.Condition{tu("tu-1", 5*mw, jan2020, time.Time{})}, 2 * mw, func(*desk) {},
			map[string]register.Terms{"tu-1": {Node: "a", Firm: 5 * mw}},
		},
		"another voltage and category": {
			[]metering.Condition{tu("tu-1", 5*mw, jan2020, time.Time{})}, 2 * mw, change(0, register.Terms{Node: "a", Firm: 3 * mw, Voltage: 10, Category: 1}),
			map[string]register.Terms{"tu-1": {Node: "a", Firm: 5 * mw, Voltage: 10, Category: 1}},
		},
		"a change to come": {
			[]metering.Condition{tu("tu-1", 5*mw, jan2020, time.Time{})}, 2 * mw, change(90, register.Terms{Node: "a", Firm: 3 * mw, NonFirm: mw}),
			map[string]register.Terms{"tu-1": {Node: "a", Firm: 3 * mw}, "tu-1-2": {Node: "a", Firm: 2 * mw}},
		},
		"a stage of growth of what was withdrawn": {
			[]metering.Condition{tu("tu-1", 3*mw, jan2020, time.Time{}), grows}, 2 * mw, func(*desk) {},
			map[string]register.Terms{"tu-1": {Node: "a", Firm: 3 * mw}, "tu-2-2": {Node: "a", Firm: 2 * mw, Category: 2, Stages: []register.Stage{register.Stage(grows.Stages[1])}}},
		},
		"the non-firm rest withdrawn": {
			[]metering.Condition{{ID: "tu-1", Resident: "works", Node: "a", Power: 2 * mw, NonFirm: mw, Document: "doc", From: jan2020}}, 2 * mw,
			func(d *desk) {
				d.must(d.two(office.Action{Kind: office.ChangeTerms, Acts: []register.Act{{Kind: register.Withdraw, Condition: "tu-1", Resident: "works"}}}))
			},
			map[string]register.Terms{"tu-1-2": {Node: "a", Firm: 2 * mw}},
		},
	} {
		t.Run(what, func(t *testing.T) {
			d := newDesk(t, c.conditions...)
			id := d.take(c.volume)
			d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: c.volume}))
			d.must(d.step(id, reclaim.Event{Kind: reclaim.InRegister}))
			d.now = d.now.AddDate(0, 0, 1)
			c.meanwhile(d)
			d.must(d.step(id, reclaim.Event{Kind: reclaim.Dispute}))
			d.now = due.AddDate(0, 0, 5)
			d.must(d.step(id, reclaim.Event{Kind: reclaim.Settle, Outcome: reclaim.Upheld}))
			got := map[string]string{}
			for _, v := range d.o.Register().At(d.now) {
				got[v.Condition] = d.json(v.Terms)
			}
			for id, terms := range c.want {
				if want := d.json(terms); got[id] != want {
					t.Errorf("%s: %s, want %s", id, got[id], want)
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("in force are %v", got)
			}
			d.booksSince(d.now, 0)
		})
	}
}

// Whatever happens between the register's paper and the end of the dispute: when it is
// upheld there is as much firm power as without the return, from then on for all time, and
// as much non-firm power as just before.
func TestARestorationBringsBackWhatWasTaken(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		end := func() time.Time {
			return rapid.SampledFrom([]time.Time{{}, {}, jan2020.AddDate(6, 7, 0), jan2020.AddDate(6, 9, 0)}).Draw(rt, "until")
		}
		one, two := tu("tu-1", 3*mw, jan2020, end()), tu("tu-2", 2*mw, jan2020.AddDate(1, 0, 0), end())
		one.NonFirm, two.NonFirm = power(rt, "non-firm", 0), power(rt, "non-firm", 0)
		d := newDesk(rt, one, two)
		site := d.o.Register()
		id := d.take(power(rt, "volume", 1))
		f, _ := d.o.Case(id, d.now)
		d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: f.Case.Volume}))
		a := d.stepOf(id, reclaim.Event{Kind: reclaim.InRegister})
		a.From = d.now.AddDate(0, 0, rapid.IntRange(0, 40).Draw(rt, "days"))
		if d.two(a) != nil {
			return // not on a day after the end of a condition
		}
		for range rapid.IntRange(0, 4).Draw(rt, "meanwhile") {
			versions := d.o.Register().Versions()
			v := rapid.SampledFrom(versions).Draw(rt, "version")
			act := register.Act{Kind: register.Change, Condition: v.Condition, Resident: "works", From: d.now.AddDate(0, 0, rapid.IntRange(0, 60).Draw(rt, "from")), Terms: &v.Terms}
			act.Terms.NonFirm = power(rt, "non-firm", 0)
			if rapid.IntRange(0, 3).Draw(rt, "end") == 0 {
				act.Kind, act.Terms = register.Withdraw, nil
			}
			if err := d.two(office.Action{Kind: office.ChangeTerms, Acts: []register.Act{act}}); err == nil {
				d.now = d.now.AddDate(0, 0, rapid.IntRange(0, 20).Draw(rt, "passed"))
			}
		}
		d.must(d.step(id, reclaim.Event{Kind: reclaim.Dispute}))
		d.now = d.now.AddDate(0, 0, rapid.IntRange(0, 60).Draw(rt, "dispute"))
		before := d.o.Register().Conditions()
		d.must(d.step(id, reclaim.Event{Kind: reclaim.Settle, Outcome: reclaim.Upheld}))
		for days := range 200 {
			at := d.now.AddDate(0, 0, days)
			if got, want := d.firm(at), site.Allowed("works", at); got != want {
				rt.Fatalf("on %s there are %v of firm power, want %v%s", at, got, want, d.trace())
			}
			_, want := firmAt(before, "works", "a", at)
			if _, got := firmAt(d.o.Register().Conditions(), "works", "a", at); got != want {
				rt.Fatalf("on %s there are %v of non-firm power, want %v%s", at, got, want, d.trace())
			}
		}
		d.booksSince(d.now, 0)
	})
}

func power(t *rapid.T, name string, least int) metering.Power {
	return metering.Power(rapid.IntRange(least, 4).Draw(t, name)) * mw / 2
}
