package reclaim_test

import (
	"slices"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"

	"pgregory.net/rapid"
)

// diary is the dumb twin of a case: it keeps what has happened and looks through all of
// it again for every question.
type diary struct {
	events []reclaim.Event
	terms  reclaim.Terms
}

// round is what happened since the case was last taken up.
func (d diary) round() []reclaim.Event {
	for i := len(d.events) - 1; i >= 0; i-- {
		if k := d.events[i].Kind; k == reclaim.Open || k == reclaim.ReopenCase {
			return d.events[i:]
		}
	}
	return nil
}

func (d diary) count(k reclaim.Kind) (n int) {
	for _, e := range d.round() {
		if e.Kind == k {
			n++
		}
	}
	return n
}

func (d diary) has(k reclaim.Kind) bool { return d.count(k) > 0 }

func (d diary) find(k reclaim.Kind) reclaim.Event {
	for _, e := range d.round() {
		if e.Kind == k {
			return e
		}
	}
	return reclaim.Event{}
}

func (d diary) upheld() bool {
	return slices.ContainsFunc(d.round(), func(e reclaim.Event) bool { return e.Kind == reclaim.Settle && e.Outcome == reclaim.Upheld })
}

// stage goes from the end of the ladder to its beginning.
func (d diary) stage() (reclaim.Stage, time.Time) {
	papers := []reclaim.Kind{reclaim.InRegister, reclaim.InContract, reclaim.InLimit}
	switch {
	case len(d.events) == 0:
		return reclaim.NoCase, time.Time{}
	case d.has(reclaim.CloseCase), d.has(reclaim.Recovered), d.upheld():
		return reclaim.Closed, time.Time{}
	case d.has(papers[0]) && d.has(papers[1]) && d.has(papers[2]):
		return reclaim.Returned, time.Time{}
	case d.has(reclaim.Terminate), d.has(reclaim.Offer):
		return reclaim.Returning, time.Time{}
	case d.has(reclaim.Sanction):
		return reclaim.Sanctioned, d.find(reclaim.Sanction).At
	case d.has(reclaim.Warning):
		return reclaim.Warned, d.find(reclaim.Warning).At
	case d.has(reclaim.Notice):
		return reclaim.Noticed, d.find(reclaim.Notice).At
	}
	return reclaim.Found, time.Time{}
}

// stopped reports whether clocks stand still at some moment of [from, to), or at to
// itself where they are the same.
func (d diary) stopped(from, to time.Time) bool {
	open := map[reclaim.Cause]bool{}
	var begun = map[reclaim.Cause]time.Time{}
	hit := false
	end := func(c reclaim.Cause, at time.Time) {
		if open[c] && begun[c].Before(to) && at.After(from) {
			hit = true
		}
		open[c] = false
	}
	for _, e := range d.round() {
		switch e.Kind {
		case reclaim.Suspend:
			open[e.Cause], begun[e.Cause] = true, e.At
		case reclaim.Dispute:
			open[reclaim.ByDispute], begun[reclaim.ByDispute] = true, e.At
		case reclaim.Resume:
			end(e.Cause, e.At)
		case reclaim.Settle:
			end(reclaim.ByDispute, e.At)
		}
		if e.Kind == reclaim.Offer {
			for c := range open {
				end(c, e.At)
			}
		}
	}
	for c := range open {
		if open[c] && begun[c].Before(to) {
			hit = true
		}
	}
	return hit
}

func (d diary) open(cause reclaim.Cause) bool {
	n := 0
	for _, e := range d.round() {
		switch {
		case e.Kind == reclaim.Suspend && e.Cause == cause, e.Kind == reclaim.Dispute && cause == reclaim.ByDispute:
			n++
		case e.Kind == reclaim.Resume && e.Cause == cause, e.Kind == reclaim.Settle && cause == reclaim.ByDispute, e.Kind == reclaim.Offer:
			n = 0
		}
	}
	return n > 0
}

// passed reports whether a number of days, each without a stop, have gone by from one
// moment to another, both days not counted by halves. The zone has no summer time.
func (d diary) passed(from time.Time, days int, to time.Time) bool {
	y, m, day := from.In(aqtobe).Date()
	n := 0
	for k := 1; ; k++ {
		start := time.Date(y, m, day+k, 0, 0, 0, 0, aqtobe)
		end := time.Date(y, m, day+k+1, 0, 0, 0, 0, aqtobe)
		if end.After(to) {
			return false
		}
		if !d.stopped(start, end) {
			n++
		}
		if n == days {
			return true
		}
	}
}

// volume is what is to be returned.
func (d diary) volume() (v, allowed metering.Power) {
	for _, e := range d.round() {
		switch {
		case e.Kind == reclaim.Open, e.Kind == reclaim.ReopenCase:
			v, allowed = e.Volume, e.Allowed
		case e.Kind == reclaim.Offer, e.Kind == reclaim.Settle && e.Outcome == reclaim.Amended:
			v = e.Volume
		}
	}
	return v, allowed
}

func (d diary) milestone(n int) (met, missed bool) {
	for _, e := range d.round() {
		met = met || e.Kind == reclaim.Met && e.Milestone == n
		missed = missed || e.Kind == reclaim.Missed && e.Milestone == n
	}
	return met, missed
}

// permits is the procedure in one long sentence.
func (d diary) permits(e reclaim.Event) bool {
	stage, since := d.stage()
	v, allowed := d.volume()
	still := d.open(reclaim.ByDispute) || d.open(reclaim.ForceMajeure) || d.open(reclaim.ByZone)
	papers := d.has(reclaim.InRegister) || d.has(reclaim.InContract) || d.has(reclaim.InLimit)
	live := stage == reclaim.Found || stage == reclaim.Noticed || stage == reclaim.Warned || stage == reclaim.Sanctioned
	if len(d.events) > 0 && e.At.Before(d.events[len(d.events)-1].At) {
		return false
	}
	switch e.Kind {
	case reclaim.Open:
		return stage == reclaim.NoCase && e.Volume > 0 && e.Volume <= e.Allowed
	case reclaim.ReopenCase:
		return stage == reclaim.Closed && e.Volume > 0 && e.Volume <= e.Allowed && e.Evidence != d.round()[0].Evidence
	case reclaim.Notice:
		return stage == reclaim.Found && !still
	case reclaim.Explain:
		return live && stage != reclaim.Found
	case reclaim.Warning:
		return stage == reclaim.Noticed && !still && d.passed(since, d.terms.Notice.Days, e.At)
	case reclaim.Met, reclaim.Missed:
		if stage != reclaim.Warned || e.Milestone < 0 || e.Milestone > 2 {
			return false
		}
		met, missed := d.milestone(e.Milestone)
		due := d.passed(since, d.find(reclaim.Warning).Plan.Milestones[e.Milestone].Days, e.At)
		return !met && !missed && (e.Kind == reclaim.Met || (due && !still))
	case reclaim.Sanction:
		return stage == reclaim.Warned && !still && d.count(reclaim.Met) < 3 &&
			(d.count(reclaim.Missed) >= d.terms.Missed || d.passed(since, d.find(reclaim.Warning).Plan.Term.Days, e.At))
	case reclaim.Terminate:
		return stage == reclaim.Sanctioned && !still && d.passed(since, d.terms.Sanction.Days, e.At)
	case reclaim.Offer:
		return live && !d.open(reclaim.ByDispute) && e.Volume > 0 && e.Volume <= allowed
	case reclaim.InRegister, reclaim.InContract, reclaim.InLimit:
		return stage == reclaim.Returning && !still && !d.has(e.Kind) && e.Remains == allowed-v
	case reclaim.Suspend:
		return (live || stage == reclaim.Returning) && e.Cause != reclaim.ByDispute && !d.open(e.Cause)
	case reclaim.Resume:
		return (live || stage == reclaim.Returning) && e.Cause != reclaim.ByDispute && d.open(e.Cause)
	case reclaim.Dispute:
		return (live || stage == reclaim.Returning) && stage != reclaim.Found && !d.open(reclaim.ByDispute)
	case reclaim.Settle:
		return (live || stage == reclaim.Returning) && d.open(reclaim.ByDispute) &&
			(e.Outcome != reclaim.Amended || (e.Volume > 0 && e.Volume < v && !papers))
	case reclaim.Recovered:
		return live && e.Months >= d.terms.Recovered
	case reclaim.CloseCase:
		return live || (stage == reclaim.Returning && !papers)
	}
	return false
}

// drawEvent draws an event that may come next, more often one that could.
func drawEvent(t *rapid.T, c reclaim.Case, at time.Time, terms reclaim.Terms) reclaim.Event {
	kinds := reclaim.Kinds()
	if possible := c.Possible(at, terms); len(possible) > 0 && rapid.IntRange(0, 3).Draw(t, "likely") > 0 {
		kinds = slices.DeleteFunc(possible, func(k reclaim.Kind) bool { // or few cases would come far
			return (k == reclaim.CloseCase || k == reclaim.Recovered || k == reclaim.Offer) && len(possible) > 1 && at.Day()%7 > 0
		})
	}
	e := reclaim.Event{
		Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), At: at, By: "commission", Document: "doc", Basis: "contract",
		Volume:   metering.Power(rapid.IntRange(0, 6).Draw(t, "volume")) * metering.Megawatt,
		Allowed:  5 * metering.Megawatt,
		Evidence: reclaim.Hash{byte(rapid.IntRange(1, 3).Draw(t, "evidence"))},
		Plan: &reclaim.Plan{Term: reclaim.Term{Days: rapid.IntRange(60, 90).Draw(t, "plan")},
			Milestones: []reclaim.Milestone{{What: "a", Days: 10}, {What: "b", Days: 30}, {What: "c", Days: 60}}},
		Milestone: rapid.IntRange(-1, 3).Draw(t, "milestone"),
		Measures:  []reclaim.Measure{reclaim.NonFirm},
		Remains:   c.Allowed - c.Volume,
		Cause:     rapid.SampledFrom([]reclaim.Cause{reclaim.ForceMajeure, reclaim.ByZone, reclaim.ByDispute}).Draw(t, "cause"),
		Outcome:   rapid.SampledFrom([]reclaim.Outcome{reclaim.Dismissed, reclaim.Dismissed, reclaim.Amended, reclaim.Upheld}).Draw(t, "outcome"),
		Months:    rapid.IntRange(2, 3).Draw(t, "months"),
	}
	if rapid.IntRange(0, 9).Draw(t, "wrong") == 0 {
		e.Remains += metering.Kilowatt
	}
	return e
}

// Whatever comes in whatever order, the case and its dumb twin permit the same, and are
// at the same stage; and no return is complete with a paper missing.
func TestProcedureAgainstItsTwin(t *testing.T) {
	terms := reclaim.DefaultTerms(metering.Calendar{}, aqtobe)
	reached := map[reclaim.Stage]int{}
	rapid.Check(t, func(t *rapid.T) {
		d := diary{terms: terms}
		var c reclaim.Case
		at := time.Date(2026, 7, 1, 9, 0, 0, 0, aqtobe)
		for range rapid.IntRange(1, 80).Draw(t, "events") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 3, 7, 10, 24, 31, 35, 61, 95}).Draw(t, "days"))*24*time.Hour +
				time.Duration(rapid.IntRange(0, 20).Draw(t, "hours"))*time.Hour)
			e := drawEvent(t, c, at, terms)
			next, err := c.Apply(e, terms)
			if want := d.permits(e); want != (err == nil) {
				stage, _ := d.stage()
				t.Fatalf("%s at %s: the twin says %v, the case %v", e.Kind, stage, want, err)
			}
			if err != nil {
				continue
			}
			c = next
			d.events = append(d.events, e)
			stage, _ := d.stage()
			v, allowed := d.volume()
			if c.Stage != stage || c.Volume != v || c.Allowed != allowed {
				t.Fatalf("after %s: %s, %v of %v; the twin: %s, %v of %v", e.Kind, c.Stage, c.Volume, c.Allowed, stage, v, allowed)
			}
			if c.Stage == reclaim.Returned && (len(c.Done) != 3 || len(c.Lacks()) != 0) {
				t.Fatalf("returned with %v", c.Done)
			}
			reached[c.Stage]++
		}
		again, err := reclaim.Replay(d.events, terms)
		if err != nil || again.Stage != c.Stage || again.Last != c.Last {
			t.Fatalf("replayed: %s, %v", again.Stage, err)
		}
	})
	for _, s := range []reclaim.Stage{reclaim.Found, reclaim.Noticed, reclaim.Warned, reclaim.Sanctioned, reclaim.Returning, reclaim.Returned, reclaim.Closed} {
		if reached[s] == 0 {
			t.Errorf("no random case came to %s: %v", s, reached)
		}
	}
}
