package dispatcher_test

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// An act of the register reaches a page that is open: what a resident may draw changes at
// its time, on the page, in the share of it that is drawn, and where the declared power
// stands beside the intervals.
func TestRightsReachOpenPages(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = &books{} })
	s.second()
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	page := connect(t, server.URL, "")
	t.Cleanup(page.stop)
	of := func(e event) dispatcher.Resident {
		t.Helper()
		var snap dispatcher.Snapshot
		if e.name != "snapshot" {
			t.Fatalf("event %s, want a snapshot: %.200s", e.name, e.data)
		}
		if err := json.Unmarshal([]byte(e.data), &snap); err != nil {
			t.Fatal(err)
		}
		return snap.Residents[0]
	}
	before := of(page.next())
	id := metering.ResidentID(before.ID)
	effective := s.time().Add(3 * time.Second)

	site := s.zone.Site()
	changed := *site
	changed.Conditions = slices.Clone(site.Conditions)
	for i, c := range changed.Conditions {
		if c.Resident == id {
			changed.Conditions[i].To = effective
		}
	}
	changed.Conditions = append(changed.Conditions, metering.Condition{ID: "less", Resident: id, Power: 123_000, From: effective})
	changed.Armours = append(slices.Clone(site.Armours), metering.Armour{Resident: id, Technological: 50_000, Emergency: 20_000, From: effective})
	s.SetRights(&changed)

	s.second() // the act is known, and not in force yet: that is no news
	if e := page.next(); e.name != "delta" {
		t.Fatalf("event %s before anything has changed", e.name)
	}
	s.second()
	if e := page.next(); e.name != "delta" {
		t.Fatalf("event %s before anything has changed", e.name)
	}
	s.second()
	after := of(page.next())
	if after.AllowedW != 123_000 || after.TechArmourW == nil || *after.TechArmourW != 50_000 || before.AllowedW == after.AllowedW {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if after.LoadPct != nil && before.LoadPct != nil && *after.LoadPct == *before.LoadPct {
		t.Errorf("the share that is drawn is still %v %%", *after.LoadPct)
	}
	s.second()
	if e := page.next(); e.name != "delta" {
		t.Errorf("event %s after the snapshot, want the next delta", e.name)
	}
	late := connect(t, server.URL, "") // a page that is opened later sees the same
	t.Cleanup(late.stop)
	if r := of(late.next()); r.AllowedW != 123_000 {
		t.Errorf("a page opened later is told %d W", r.AllowedW)
	}
	list := get[dispatcher.IntervalList](t, s, "/api/v1/intervals?resident="+string(id)+"&from=2026-11-21&to=2026-11-22", 200)
	if n := len(list.Declared); n != 2 || !list.Declared[1].From.Equal(effective) || list.Declared[1].PowerW != 123_000 {
		t.Errorf("declared %+v", list.Declared)
	}
}
