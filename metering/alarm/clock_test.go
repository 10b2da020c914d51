package alarm_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"asue/metering/alarm"
)

// TestClockSetBack holds that a clock that goes back an hour makes no delay, no shelf and
// no silence last an hour longer.
func TestClockSetBack(t *testing.T) {
	b := open(t)
	now := midnight.Add(12 * time.Hour)
	observe := func(kind alarm.Kind, subject string) {
		t.Helper()
		if _, err := b.Observe(alarm.Condition{Kind: kind, Subject: subject, Active: true}, now); err != nil {
			t.Fatal(err)
		}
	}
	observe("limit", "zone")
	observe("breaker-open", "f-1")
	observe("meter-silent", "m-1") // after 30 s
	if _, err := b.Shelve("breaker-open/f-1", "a", now.Add(8*time.Hour), false, "why", now); err != nil {
		t.Fatal(err)
	}
	if err := b.Silence("a", 10*time.Minute, now); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-time.Hour)
	b.Tick(now)
	now = now.Add(31 * time.Second)
	b.Tick(now)
	if a, _ := b.Alarm("meter-silent/m-1"); a.State() != alarm.Unacknowledged {
		t.Errorf("31 s after the clock was set back a delay of 30 s still runs: %s", a.State())
	}
	if a, _ := b.Alarm("breaker-open/f-1"); a.Shelf == nil || a.Shelf.Until.Sub(now) > 8*time.Hour {
		t.Errorf("the shelf: %+v", a.Shelf)
	}
	now = now.Add(10 * time.Minute)
	b.Tick(now)
	if len(b.Horn(now)) == 0 {
		t.Error("ten minutes of silence have become more than an hour")
	}
}

// TestAnotherCatalogueAfterARestart holds that an alarm that stood for many does not stand
// for ever where nothing is rolled up any more.
func TestAnotherCatalogueAfterARestart(t *testing.T) {
	b := open(t)
	var list []alarm.Condition
	for i := range 3 {
		list = append(list, alarm.Condition{Kind: "meter-silent", Subject: fmt.Sprint("m-", i), Active: true, Within: []string{"line/l-2"}})
	}
	if _, err := b.ObserveAll(list, midnight); err != nil {
		t.Fatal(err)
	}
	now := midnight.Add(time.Minute)
	b.Tick(now)
	if a, _ := b.Alarm("line-silent/line/l-2"); !a.Active {
		t.Fatal("three silent meters are no alarm of their line")
	}
	kinds := zone()
	for i := range kinds {
		kinds[i].Together = nil
	}
	later, err := alarm.New(kinds, settings())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := later.Restore(b.Snapshot()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // its cause goes, and what it explained is released a minute later
		now = now.Add(2 * time.Minute)
		later.Tick(now)
	}
	if a, _ := later.Alarm("line-silent/line/l-2"); a.Active {
		t.Errorf("it stands for nobody: %+v", a)
	}
	if a, _ := later.Alarm("meter-silent/m-0"); a.State() != alarm.Unacknowledged {
		t.Errorf("a meter that stands for itself now is %s", a.State())
	}
}

// TestVersion holds that a reader who looks again whenever the version has changed has
// always seen the newest list.
func TestVersion(t *testing.T) {
	b := open(t)
	now := midnight
	var seen uint64
	var list string
	check := func(what string) {
		t.Helper()
		is, err := json.Marshal(b.List())
		if err != nil {
			t.Fatal(err)
		}
		if v := b.Version(); v != seen {
			seen, list = v, string(is)
		} else if string(is) != list {
			t.Errorf("%s: the list has changed, its version has not", what)
		}
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		check(what)
	}
	observe := func(what string, c alarm.Condition) {
		t.Helper()
		_, err := b.Observe(c, now)
		must(what, err)
	}
	observe("begins", alarm.Condition{Kind: "limit", Subject: "zone", Active: true})
	before := b.Version()
	observe("the same", alarm.Condition{Kind: "limit", Subject: "zone", Active: true})
	if b.Version() != before {
		t.Error("saying the same again is another version")
	}
	observe("another figure", alarm.Condition{Kind: "limit", Subject: "zone", Active: true, Args: map[string]any{"w": 1}})
	must("a comment", b.Comment("limit/zone", "a", "text", now))
	_, err := b.Shelve("limit/zone", "a", now.Add(time.Hour), false, "why", now)
	must("shelved", err)
	_, err = b.Shelve("limit/zone", "a", now.Add(2*time.Hour), false, "longer", now)
	must("shelved for longer", err)
	_, err = b.TakeOut("limit/zone", "a", now.Add(3*time.Hour), "why", now)
	must("out of service", err)
	now = now.Add(2 * time.Hour)
	b.Tick(now)
	check("the shelf below has ended")
	_, err = b.PutBack("limit/zone", "a", now)
	must("back", err)
	must("silence", b.Silence("a", time.Minute, now))
	_, err = b.Acknowledge("limit/zone", "a", now)
	must("acknowledged", err)
	b.BeginShift("b", now)
	check("a shift begins")
	observe("over", alarm.Condition{Kind: "limit", Subject: "zone"})
	now = now.Add(time.Hour)
	b.Tick(now)
	check("gone")
	if len(b.List()) > 0 {
		t.Errorf("left: %+v", b.List())
	}
}
