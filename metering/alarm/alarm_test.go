package alarm_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering/alarm"
)

// TestCheckNamesEveryFault holds that a catalogue with faults is told all of them at
// once, each with its place.
func TestCheckNamesEveryFault(t *testing.T) {
	text := alarm.Text{Title: "Meter is silent", Cause: "line", Consequence: "no data", Action: "ring the fitter"}
	noAction := text
	noAction.Action = ""
	list := []alarm.Definition{
		{Kind: "a", Priority: "urgent", Respond: time.Minute, Texts: map[string]alarm.Text{"ru": text, "kk": text}},
		{Kind: "a", Priority: alarm.Low, Texts: map[string]alarm.Text{"ru": noAction, "kk": text}},
		{Kind: "b", Priority: alarm.Low, Respond: time.Hour, OnDelay: -1, Behind: []alarm.Kind{"c", "z"}, Texts: map[string]alarm.Text{"ru": text, "kk": text}},
		{Kind: "c", Priority: alarm.Low, Respond: time.Hour, Horn: time.Second, Behind: []alarm.Kind{"b"}, Texts: map[string]alarm.Text{"ru": text}},
		{Kind: "d", Priority: alarm.Low, Respond: time.Hour, Together: &alarm.Together{Kind: "a", AtLeast: 1}, Texts: map[string]alarm.Text{"ru": text, "kk": text}},
	}
	err := alarm.Check(list, []string{"ru", "kk"})
	if err == nil {
		t.Fatal("a catalogue full of faults was accepted")
	}
	for _, want := range []string{
		`alarm 1 "a": priority "urgent"`, `alarm 2 "a": kind: empty or there twice`, `alarm 2 "a": time_to_respond 0s`, `alarm 2 "a": operator_action in "ru": missing`,
		`alarm 3 "b": on_delay -1ns`, `alarm 3 "b": behind "z"`, `alarm 4 "c": horn every 1s`, `alarm 4 "c": title in "kk": missing`,
		`alarm 5 "d": together`, `alarm "b": it is behind itself`, `alarm "c": it is behind itself`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s", want)
		}
	}
	if n := len(strings.Split(err.Error(), "\n")); n != 14 {
		t.Errorf("%d faults told, want 14:\n%v", n, err)
	}
}

// bits is the dumb twin: one alarm, no delay, nothing that hides.
type bits struct{ active, unacked bool }

// TestTwoBits plays random conditions and acknowledgements of an alarm without delays,
// and holds the table of states against two bits.
func TestTwoBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := alarm.New(zone(), settings())
		if err != nil {
			t.Fatal(err)
		}
		var twin bits
		now := midnight
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "seconds")) * time.Second)
			if rapid.Bool().Draw(t, "observe") {
				active := rapid.Bool().Draw(t, "active")
				if _, err := b.Observe(alarm.Condition{Kind: "breaker-open", Subject: "f-1", Active: active}, now); err != nil {
					t.Fatal(err)
				}
				twin.unacked = twin.unacked || active && !twin.active
				twin.active = active
			} else if _, err := b.Acknowledge("breaker-open/f-1", "a", now); err == nil {
				twin.unacked = false
			}
			a, _ := b.Alarm("breaker-open/f-1")
			if a.Active != twin.active || a.Unacked != twin.unacked {
				t.Fatalf("the book says %+v, two bits say %+v", a, twin)
			}
			if want := twin.active || twin.unacked; want != (len(b.List()) == 1) {
				t.Fatalf("on the list: %v, want %v", b.List(), want)
			}
		}
	})
}

// TestWhatHolds plays random days of a whole zone and holds what must never be.
func TestWhatHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := alarm.New(zone(), settings())
		if err != nil {
			t.Fatal(err)
		}
		now := midnight
		subjects := []string{"meter-silent/m-1 line/l-2 collector/c-1", "meter-silent/m-2 line/l-2 collector/c-1", "meter-silent/m-3 line/l-2 collector/c-1",
			"breaker-open/f-1", "low-current/f-1", "low-current/f-2", "limit/zone"}
		on := map[string]bool{}
		observe := func(s string, active bool) []alarm.Transition {
			word := strings.Fields(s)
			kind, subject, _ := strings.Cut(word[0], "/")
			list, err := b.Observe(alarm.Condition{Kind: alarm.Kind(kind), Subject: subject, Active: active, Within: word[1:]}, now)
			if err != nil {
				t.Fatal(err)
			}
			on[s] = active
			return list
		}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
			s := rapid.SampledFrom(subjects).Draw(t, "subject")
			id := alarm.ID(strings.Fields(s)[0])
			was, _ := b.Alarm(id)
			byPerson := false
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0, 1, 2:
				observe(s, rapid.Bool().Draw(t, "active"))
			case 3:
				_, err = b.Acknowledge(id, "a", now)
				byPerson = err == nil
			case 4:
				_, _ = b.Shelve(id, "a", now.Add(time.Hour), rapid.Bool().Draw(t, "once"), "why", now)
			case 5:
				_, _ = b.TakeOut(id, "a", now.Add(2*time.Hour), "why", now)
			case 6:
				b.BeginShift("b", now)
			}
			is, _ := b.Alarm(id)
			if was.State() == alarm.Unacknowledged && is.State() == alarm.Acknowledged && !byPerson {
				t.Fatalf("%s was acknowledged by nobody", id)
			}
			for _, h := range b.Horn(now) {
				if a, _ := b.Alarm(h.Alarm); a.Hidden() || !a.Unacked {
					t.Fatalf("the horn sounds for %s, which is %s", h.Alarm, a.State())
				}
			}
			for _, a := range b.List() {
				if a.Shelf != nil && a.Shelf.Until.Sub(now) > 8*time.Hour {
					t.Fatalf("%s is shelved for longer than a shift", a.ID)
				}
			}
			// A restart in between changes nothing.
			twin, err := alarm.New(zone(), settings())
			if err != nil {
				t.Fatal(err)
			}
			if gone, err := twin.Restore(b.Snapshot()); err != nil || len(gone) > 0 {
				t.Fatalf("restored: %v, without %v", err, gone)
			}
			if !bytes.Equal(twin.Snapshot(), b.Snapshot()) {
				t.Fatalf("another book after a restart:\n%s\n%s", twin.Snapshot(), b.Snapshot())
			}
			b = twin
		}
		// When all is over and everybody has seen it, the list is empty again.
		for _, s := range subjects {
			observe(s, false)
		}
		now = now.Add(3 * time.Hour)
		b.Tick(now)
		for _, a := range b.List() {
			if _, err := b.Acknowledge(a.ID, "a", now); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(time.Hour)
		b.Tick(now)
		if len(b.List()) > 0 {
			t.Fatalf("left on the list: %+v", b.List())
		}
	})
}

// TestNothingIsAnnouncedTwice holds that an alarm is announced when it begins, and then
// again only when it was hidden or had returned in between.
func TestNothingIsAnnouncedTwice(t *testing.T) {
	b := open(t)
	n := 0
	now := midnight
	for i := range 100 {
		now = now.Add(time.Second)
		list, err := b.Observe(alarm.Condition{Kind: "limit", Subject: "zone", Active: true, Args: map[string]any{"power_w": i}}, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, tr := range append(list, b.Tick(now)...) {
			if tr.Announced {
				n++
			}
		}
	}
	if n != 1 {
		t.Errorf("announced %d times, want once", n)
	}
	if a, _ := b.Alarm("limit/zone"); a.Args["power_w"] != 99 {
		t.Errorf("the text has %v, want the newest figure", a.Args)
	}
}

// TestRestoreRefuses holds that what is no snapshot leaves the book as it was.
func TestRestoreRefuses(t *testing.T) {
	b := open(t)
	if _, err := b.Observe(alarm.Condition{Kind: "limit", Subject: "zone", Active: true}, midnight); err != nil {
		t.Fatal(err)
	}
	before := b.Snapshot()
	for _, bad := range []string{"", "{", `{"form":2,"entries":[]}`, `{"form":1,"entries":[null]}`, `{"form":1,"entries":[{"id":"limit/a","kind":"limit","subject":"b"}]}`} {
		if _, err := b.Restore([]byte(bad)); err == nil {
			t.Errorf("restored from %q", bad)
		}
	}
	if !bytes.Equal(before, b.Snapshot()) {
		t.Error("the book has changed")
	}
	gone, err := b.Restore([]byte(`{"form":1,"entries":[{"id":"old-kind/a","kind":"old-kind","subject":"a","active":true}]}`))
	if err != nil || len(gone) != 1 || gone[0] != "old-kind/a" {
		t.Errorf("of a kind that is no longer there: %v, %v", gone, err)
	}
}

// TestDeadband holds that a value around the bound does not chatter.
func TestDeadband(t *testing.T) {
	high := alarm.Deadband{Bound: 100, Band: 5}
	low := alarm.Deadband{Bound: 10, Band: 1, Low: true}
	over := func(d alarm.Deadband, was bool, v float64, want bool) {
		t.Helper()
		if got := d.Over(was, v); got != want {
			t.Errorf("%+v: was %v, now %v: %v, want %v", d, was, v, got, want)
		}
	}
	over(high, false, 100, false)
	over(high, false, 100.1, true)
	over(high, true, 97, true)
	over(high, true, 95, false)
	over(low, false, 10, false)
	over(low, false, 9.9, true)
	over(low, true, 10.5, true)
	over(low, true, 11, false)
}
