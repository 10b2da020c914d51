package alarm_test

import (
	"math"
	"testing"
	"time"

	"asue/metering/alarm"
)

// TestFigures reckons a night by hand: a flood, a chattering sensor, one that stayed.
func TestFigures(t *testing.T) {
	b := open(t)
	var all []alarm.Transition
	on := func(at time.Duration, kind, subject string, active bool) {
		t.Helper()
		list, err := b.Observe(alarm.Condition{Kind: alarm.Kind(kind), Subject: subject, Active: active}, midnight.Add(at))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	// Twelve breakers within the first ten minutes: a flood. One is answered in time, one late.
	for i := range 12 {
		on(time.Duration(i)*30*time.Second, "breaker-open", string(rune('a'+i)), true)
	}
	ack := func(at time.Duration, id alarm.ID) {
		t.Helper()
		list, err := b.Acknowledge(id, "x", midnight.Add(at))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	ack(5*time.Minute+45*time.Second, "breaker-open/a")
	ack(40*time.Minute, "breaker-open/b")
	// A current that comes four times in a minute and is gone within seconds.
	for i := range 4 {
		on(time.Hour+time.Duration(i)*20*time.Second, "low-current", "x", true)
		on(time.Hour+time.Duration(i)*20*time.Second+5*time.Second, "low-current", "x", false)
	}
	from, to := midnight, midnight.Add(25*time.Hour)
	f := alarm.FiguresOf(all, b.List(), zone(), from, to)
	if f.Announced != 16 || f.Most10Min != 12 {
		t.Errorf("%d announced, %d in ten minutes at most, want 16 and 12", f.Announced, f.Most10Min)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	near("per hour", f.PerHour, 16.0/25)
	near("flood", f.Flood, 1.0/150)
	near("top ten", f.Top, 13.0/16)
	near("medium", f.Split[alarm.Medium], 12.0/16)
	near("answered in time", f.Answered, 1.0/16)
	if len(f.Chattering) != 1 || f.Chattering[0] != (alarm.Count{Alarm: "low-current/x", Times: 2}) {
		t.Errorf("chattering: %v", f.Chattering)
	}
	if len(f.Fleeting) != 1 || f.Fleeting[0] != (alarm.Count{Alarm: "low-current/x", Times: 4}) {
		t.Errorf("fleeting: %v", f.Fleeting)
	}
	if len(f.Stale) != 12 || f.Worst[0] != (alarm.Count{Alarm: "low-current/x", Times: 4}) {
		t.Errorf("stale %v, worst %v", f.Stale, f.Worst)
	}
	// Six minutes into the flood nobody is late: one has answered, the others have time.
	early := alarm.FiguresOf(all, b.List(), zone(), from, midnight.Add(6*time.Minute))
	if early.Announced != 12 {
		t.Errorf("%d announced in six minutes, want 12", early.Announced)
	}
	near("answered so far", early.Answered, 1)
	empty := alarm.FiguresOf(nil, nil, zone(), from, from)
	if empty.Announced != 0 || empty.PerHour != 0 || empty.Answered != 1 {
		t.Errorf("of no time: %+v", empty)
	}
}
