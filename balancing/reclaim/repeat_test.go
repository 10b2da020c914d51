package reclaim_test

import (
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// A case that went its way under shorter terms goes the same way when it is read again
// under longer ones; what no terms permit is still refused.
func TestCaseReadAgainUnderOtherTerms(t *testing.T) {
	short := reclaim.Terms{Notice: reclaim.Term{Days: 5, Working: true}, Plan: reclaim.Term{Days: 10, Working: true}, Sanction: reclaim.Term{Days: 2},
		Missed: 1, Recovered: 1, Location: aqtobe, Calendar: metering.Calendar{Workdays: []string{"2026-07-04", "2026-07-05"}}}
	day := func(n int) time.Time { return time.Date(2026, 7, n, 12, 0, 0, 0, aqtobe) }
	plan := &reclaim.Plan{Term: reclaim.Term{Days: 3, Working: true}, Milestones: []reclaim.Milestone{{What: "order", Days: 1}, {What: "start", Days: 3}}}
	events := []reclaim.Event{
		{Kind: reclaim.Open, At: day(1), Evidence: reclaim.Hash{1}, Volume: 3250 * kW, Allowed: 5000 * kW},
		{Kind: reclaim.Notice, At: day(1)},
		{Kind: reclaim.Warning, At: day(7), Plan: plan}, // Thu 2, Fri 3, Sat 4 and Sun 5 are worked, Mon 6 is the fifth
		{Kind: reclaim.Missed, At: day(9)},
		{Kind: reclaim.Sanction, At: day(9), Measures: []reclaim.Measure{reclaim.NonFirm}},
		{Kind: reclaim.Terminate, At: day(12)},
	}
	var want, got reclaim.Case
	for i, e := range events {
		e.By, e.Document, e.Basis = "commission", "doc", "contract 5.4"
		var err error
		if want, err = want.Apply(e, short); err != nil {
			t.Fatalf("event %d: %v", i+1, err)
		}
		if got, err = got.Repeat(e, aqtobe); err != nil {
			t.Fatalf("event %d read again: %v", i+1, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("event %d: %s", i+1, diff)
		}
	}
	for _, e := range []reclaim.Event{
		{Kind: reclaim.Notice, At: day(20)},                // not at this stage
		{Kind: reclaim.InContract, At: day(20)},            // another power remains
		{Kind: reclaim.Resume, At: day(20), Cause: "zone"}, // nothing stands still
	} {
		e.By, e.Document, e.Basis = "commission", "doc", "contract 5.4"
		if next, err := got.Repeat(e, aqtobe); err == nil || !cmp.Equal(next, got) {
			t.Errorf("%s was read again as %+v, %v", e.Kind, next, err)
		}
	}
}
