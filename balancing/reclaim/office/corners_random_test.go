package office_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// A reservation that begins later can be given back before.
func TestAReservationToComeIsGivenBack(t *testing.T) {
	d := newDesk(t, tu("tu-1", 5*mw, jan2020, time.Time{}))
	d.must(d.one(office.Action{Kind: office.Apply, Newcomer: &office.Application{Name: "New", Node: "b", Power: 2 * mw, Profile: "flat"}}))
	id := d.o.Applications(d.now)[0].ID
	d.must(d.two(office.Action{Kind: office.Reserve, Application: id, From: d.now.AddDate(0, 1, 0)}))
	if err := d.two(office.Action{Kind: office.GiveBack, Application: id}); err != nil {
		t.Error(err)
	}
}

// Whatever people do: what is found can be replayed, another office that replays all of
// it says the same, books and register agree at every instant, and nobody loses or gains
// by a case but what it is about.
func TestRandomOffice(t *testing.T) {
	reached := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(rt, tu("tu-1", 3*mw, jan2020, time.Time{}), tu("tu-2", 2*mw, jan2020.AddDate(1, 0, 0), time.Time{}))
		for range rapid.IntRange(5, 60).Draw(rt, "steps") {
			d.now = d.now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 20, 100, 800, 2300}).Draw(rt, "hours"))*time.Hour + time.Duration(rapid.IntRange(0, 999).Draw(rt, "ms"))*time.Millisecond)
			if drafts := d.o.Drafts(d.now); len(drafts) > 0 && rapid.IntRange(0, 4).Draw(rt, "old draft") == 0 {
				draft := rapid.SampledFrom(drafts).Draw(rt, "draft")
				deeds, err := d.o.Sign(office.Person{Name: "b.serik"}, d.now, draft.ID)
				if (err != nil) != (draft.Fault != "") {
					rt.Fatalf("draft %s: the list says %q, and signing it %v", draft.ID, draft.Fault, err)
				}
				if d.record(deeds, err) == nil {
					reached["old draft of "+string(draft.Action.Kind)]++
					d.agree()
				}
			}
			what, a := drawAction(rt, d)
			before := d.o.Register().Allowed("works", d.now)
			var err error
			if rapid.IntRange(0, 9).Draw(rt, "alone") == 0 {
				err = d.one(a)
			} else {
				err = d.two(a)
			}
			if err != nil {
				reached["refused "+what]++
				continue
			}
			reached[what]++
			if after := d.o.Register().Allowed("works", d.now); after > before && a.Kind == office.StepCase && a.Event.Outcome != reclaim.Upheld {
				rt.Fatalf("%s gave the works %v more", what, after-before)
			}
			d.agree()
		}
		again := d.open()
		if err := again.Replay(d.deeds); err != nil {
			rt.Fatalf("replayed: %v", err)
		}
		if diff := cmp.Diff(d.state(d.o), d.state(again)); diff != "" {
			rt.Fatalf("another office says (-first +another):\n%s", diff)
		}
	})
	for _, k := range slices.Sorted(func(yield func(string) bool) {
		for k := range reached {
			if !yield(k) {
				return
			}
		}
	}) {
		t.Log(k, reached[k])
	}
}

func (d *desk) state(o *office.Office) map[string]string {
	s := map[string]string{}
	for _, a := range o.Books().Accounts() {
		s[a.String()] = fmt.Sprint(o.Books().Course(a))
	}
	for _, v := range o.Register().Versions() {
		s["version "+v.Condition+v.From.String()] = d.json(v)
	}
	for _, f := range o.Cases(d.now) {
		s["case "+f.ID] = d.json(f)
	}
	s["drafts"], s["queue"] = d.json(o.Drafts(d.now)), d.json(o.Applications(d.now))
	return s
}

func (d *desk) json(v any) string {
	text, err := json.Marshal(v)
	d.must(err)
	return string(text)
}

// agree holds the books against the register: exactly, where no return is under way.
func (d *desk) agree() {
	d.t.Helper()
	var owed metering.Power
	since := d.c.Opened
	for _, f := range d.o.Cases(d.now) {
		if f.Case.Stage == reclaim.Returning && f.Case.Done[reclaim.InRegister] != "" {
			owed += f.Case.Volume
		}
		for _, e := range f.Events {
			if e.Kind == reclaim.InRegister {
				since = d.now // then something was owed for a time that is past
			}
		}
	}
	d.booksSince(since, owed)
	for _, a := range d.o.Books().Accounts() {
		for _, l := range d.o.Books().Course(a) {
			if l.Power < 0 && a.Kind != pool.KindGrid {
				d.t.Fatalf("%v has %v from %v%s", a, l.Power, l.From, d.trace())
			}
		}
	}
	// No kilowatt is anybody's twice.
	for _, t := range []time.Time{d.now, d.now.AddDate(1, 0, 0)} {
		var sum metering.Power
		for _, a := range d.o.Books().Accounts() {
			if a.Kind != pool.KindGrid && a.Kind != pool.KindNonFirm {
				sum += d.o.Books().Balance(a, t)
			}
		}
		if sum != 20*mw {
			d.t.Fatalf("%v are on all accounts, and 20 MW were declared%s", sum, d.trace())
		}
	}
	var firm metering.Power
	for _, f := range d.o.Cases(d.now) {
		open := f.Case.Stage != reclaim.Returned && f.Case.Stage != reclaim.Closed
		disputed := slices.ContainsFunc(f.Case.Pauses, func(p reclaim.Pause) bool { return p.Cause == reclaim.ByDispute && p.To.IsZero() })
		if open && disputed {
			firm += f.Case.Volume
		}
	}
	firm = min(firm, d.firm(d.now)+owed) // nobody holds more than there is
	if held := d.o.Books().Balance(pool.Held("works", "a"), d.now); held != firm {
		d.t.Fatalf("%v are held, %v are in dispute%s", held, firm, d.trace())
	}
}

func drawAction(rt *rapid.T, d *desk) (string, office.Action) {
	power := func(name string) metering.Power {
		return metering.Power(rapid.IntRange(1, 6).Draw(rt, name)) * mw / 2
	}
	pick := rapid.IntRange(0, 9).Draw(rt, "what")
	cases := d.o.Cases(d.now)
	switch {
	case pick == 0:
		allowed := d.firm(d.now)
		if allowed < mw {
			return "open", office.Action{Kind: office.OpenCase}
		}
		return "open", office.Action{Kind: office.OpenCase, Evidence: d.evidence(min(power("volume"), allowed))}
	case pick <= 5 && len(cases) > 0:
		f := cases[0]
		if len(f.Possible) == 0 {
			return "open", office.Action{Kind: office.OpenCase, Evidence: d.evidence(mw)}
		}
		k := rapid.SampledFrom(f.Possible).Draw(rt, "event")
		e := reclaim.Event{Kind: k, Volume: power("of"), Months: 3, Cause: reclaim.ForceMajeure, Measures: []reclaim.Measure{reclaim.NonFirm},
			Outcome: rapid.SampledFrom([]reclaim.Outcome{reclaim.Dismissed, reclaim.Amended, reclaim.Upheld}).Draw(rt, "outcome"),
			Plan:    &reclaim.Plan{Term: reclaim.Term{Days: 90}, Milestones: []reclaim.Milestone{{What: "order", Days: 30}, {What: "start", Days: 60}}}}
		if k != reclaim.Settle {
			e.Outcome = ""
		}
		a := d.stepOf(f.ID, e)
		if k == reclaim.InRegister && rapid.Bool().Draw(rt, "later") {
			a.From = d.now.Add(time.Duration(rapid.IntRange(0, 40).Draw(rt, "days")) * 24 * time.Hour)
		}
		return string(k), a
	case pick == 6:
		return "apply", office.Action{Kind: office.Apply, Newcomer: &office.Application{Name: "New", Node: "b", Power: power("asked"), Profile: "flat"}}
	case pick <= 8:
		list := d.o.Applications(d.now)
		if len(list) == 0 {
			return "apply", office.Action{Kind: office.Apply, Newcomer: &office.Application{Name: "New", Node: "b", Power: power("asked"), Profile: "flat"}}
		}
		n := rapid.SampledFrom(list).Draw(rt, "application")
		k := rapid.SampledFrom([]office.Kind{office.Reserve, office.Reserve, office.GiveBack, office.Allot, office.Refuse}).Draw(rt, "kind")
		return string(k), office.Action{Kind: k, Application: n.ID, Resident: "mill", Why: "declined"}
	}
	act := register.Act{Kind: rapid.SampledFrom([]register.Kind{register.Issue, register.Change, register.Withdraw}).Draw(rt, "act"), Resident: "works",
		Condition: rapid.SampledFrom([]string{"tu-1", "tu-2", "tu-7"}).Draw(rt, "condition")}
	if act.Kind != register.Withdraw {
		act.Terms = &register.Terms{Node: "a", Firm: power("firm"), NonFirm: metering.Power(rapid.IntRange(0, 2).Draw(rt, "non-firm")) * mw}
	}
	if rapid.Bool().Draw(rt, "dated") {
		act.From = d.now.Add(time.Duration(rapid.IntRange(-60, 0).Draw(rt, "from")) * 24 * time.Hour)
	}
	return "register." + string(act.Kind), office.Action{Kind: office.ChangeTerms, Acts: []register.Act{act}, Why: "declined"}
}
