package pool_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim/pool"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// A ceiling is raised from a day on by decision, lowered later by another, and neither
// touches what was posted before.
func TestCeilingsByDecision(t *testing.T) {
	l := zone(t)
	before := l.Clone()
	more := paper(3, entry(pool.Free("input"), pool.Firm("r-3", "f-1"), 1500, from(40)))
	refused(t, l, more, "node f-1: 6.5 MW would be committed", "its ceiling is 6 MW")
	set := func(node metering.NodeID, n int, limit metering.Limit) {
		t.Helper()
		if err := l.SetCeiling(node, pool.Ceiling{From: day(n), Limit: limit, Document: "decision-2"}); err != nil {
			t.Fatal(err)
		}
	}
	set("f-1", 30, metering.LimitOf(7000*kW))
	post(t, l, more)
	for _, c := range []struct {
		day  int
		want string
	}{{29, "6 MW"}, {30, "7 MW"}} {
		if got, ok := l.CeilingAt("f-1", day(c.day)); !ok || got.String() != c.want {
			t.Errorf("ceiling on day %d: %v, want %s", c.day, got, c.want)
		}
	}
	if got := l.Committed("input", day(40)); got != 9000*kW {
		t.Errorf("committed at the input: %v", got)
	}

	// One of the same day replaces it; a lower one leaves what is there, and lets nothing in.
	set("f-1", 30, metering.LimitOf(6100*kW))
	balance(t, l, pool.Firm("r-3", "f-1"), day(40), 1500)
	refused(t, l, paper(4, entry(pool.Free("input"), pool.Firm("r-4", "f-1"), 1, from(41))), "its ceiling is 6.1 MW")
	post(t, l, paper(4, entry(pool.Firm("r-3", "f-1"), pool.Free("f-1"), 300, from(41)))) // less may be
	if over := l.Excess(day(41)); over["f-1"] != 100*kW {
		t.Errorf("excess: %v", over)
	}
	// What was borne once is repeated in books whose ceilings are lower now.
	again, err := pool.New([]pool.Node{{ID: "input", Ceilings: limit(1)}, {ID: "f-1", Parent: "input", Ceilings: limit(1)}, {ID: "f-2", Parent: "input"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range l.Postings() {
		if _, err := again.Repeat(p); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(l.Postings(), again.Postings()); diff != "" {
		t.Error(diff)
	}
	if _, err := again.Repeat(paper(5, entry(pool.Free("input"), pool.Firm("r-5", "f-1"), 5000, from(41)))); err == nil {
		t.Error("what there is not was repeated")
	}

	// The end of a later ceiling is that of the next one: unlimited here.
	set("f-1", 60, metering.Unlimited())
	if room, err := l.Headroom("f-1", day(60), time.Time{}); err != nil || room.Node != "input" {
		t.Errorf("bound by %+v, %v", room, err)
	}
	// A clone is another ledger.
	if got, _ := before.CeilingAt("f-1", day(30)); got.String() != "6 MW" || len(before.Postings()) != 2 || before.Balance(pool.Firm("r-3", "f-1"), day(40)) != 0 {
		t.Errorf("the clone was changed: %v, %d postings", got, len(before.Postings()))
	}
}

func TestCeilingsThatAreRefused(t *testing.T) {
	l := zone(t)
	for _, c := range []struct {
		node metering.NodeID
		c    pool.Ceiling
		want string
	}{
		{"f-9", pool.Ceiling{From: day(1), Limit: metering.LimitOf(kW), Document: "d"}, "not known"},
		{"f-1", pool.Ceiling{From: day(1), Limit: metering.LimitOf(kW)}, "name the document"},
		{"f-1", pool.Ceiling{From: day(1), Document: "d"}, "state a power"},
		{"f-1", pool.Ceiling{From: day(1).Add(time.Millisecond), Limit: metering.LimitOf(kW), Document: "d"}, "whole seconds"},
	} {
		if err := l.SetCeiling(c.node, c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q: %v", c.want, err)
		}
	}
	if got, ok := l.CeilingAt("f-1", day(1)); !ok || got.String() != "6 MW" {
		t.Errorf("a refused ceiling was set: %v", got)
	}
	if _, ok := l.CeilingAt("f-9", day(1)); ok || l.Committed("f-9", day(1)) != 0 {
		t.Error("a node that is not known has a ceiling")
	}
}

// The three things that a limit can be stay apart in JSON; 0 is a limit.
func TestCeilingsAsJSON(t *testing.T) {
	for _, c := range []struct {
		c    pool.Ceiling
		want string
	}{
		{pool.Ceiling{From: day(1), Limit: metering.LimitOf(0), Document: "d"}, `{"from":"2026-07-02T00:00:00Z","limit_w":0,"document":"d"}`},
		{pool.Ceiling{Limit: metering.Unlimited()}, `{"unlimited":true}`},
		{pool.Ceiling{}, `{}`},
	} {
		text, err := json.Marshal(c.c)
		if err != nil || string(text) != c.want {
			t.Errorf("%s, %v; want %s", text, err, c.want)
		}
		var back pool.Ceiling
		if err := json.Unmarshal(text, &back); err != nil || back != c.c {
			t.Errorf("%s comes back as %+v, %v", text, back, err)
		}
	}
	for _, bad := range []string{`{"limit_w":-1}`, `{"limit_w":5,"unlimited":true}`, `{"limit_w":"5"}`} {
		if err := json.Unmarshal([]byte(bad), &pool.Ceiling{}); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
