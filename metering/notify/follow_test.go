package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/notify"
)

var evening = time.Date(2026, 11, 30, 13, 0, 0, 0, time.UTC) // 18:00 in Aqtobe

func kinds() []alarm.Definition {
	text := map[string]alarm.Text{}
	for _, lang := range []string{"ru", "kk", "en"} {
		text[lang] = alarm.Text{Title: "title " + lang, Cause: "meter {meter} is dark", Consequence: "nobody sees {what}", Action: "ring the fitter"}
	}
	return []alarm.Definition{
		{Kind: "limit", Priority: alarm.High, Respond: 2 * time.Minute, Texts: text},
		{Kind: "silent", Priority: alarm.Low, OnDelay: 30 * time.Second, OffDelay: 10 * time.Second, Respond: time.Hour, Passes: true, Behind: []alarm.Kind{"limit"}, Texts: text},
	}
}

// story is a book of alarms, and outside that hears of it.
type story struct {
	testing.TB
	book     *alarm.Book
	follower *notify.Follower
	now      time.Time
	heard    []string
	keys     map[string]bool
}

func begin(t testing.TB) *story {
	t.Helper()
	set := alarm.DefaultSettings()
	set.Release = 0
	book, err := alarm.New(kinds(), set)
	if err != nil {
		t.Fatal(err)
	}
	return &story{TB: t, book: book, follower: notify.NewFollower(kinds(), notify.DefaultQuiet), now: evening, keys: map[string]bool{}}
}

func (s *story) hear(events []notify.Event) {
	s.Helper()
	for _, e := range events {
		if s.keys[e.Key()] {
			s.Fatalf("the key %s comes twice", e.Key())
		}
		s.keys[e.Key()] = true
		s.heard = append(s.heard, fmt.Sprintf("%s %s %s", s.now.Format("15:04:05"), e.What, e.Alarm.ID))
	}
}

func (s *story) follow(list []alarm.Transition) {
	s.Helper()
	changes := make([]notify.Change, len(list))
	for i, t := range list {
		a, _ := s.book.Alarm(t.ID)
		changes[i] = notify.Change{Transition: t, Alarm: a}
	}
	s.hear(s.follower.Follow(changes, s.now))
}

func (s *story) observe(kind alarm.Kind, subject string, active ...bool) {
	s.Helper()
	var list []alarm.Condition
	for _, a := range active {
		list = append(list, alarm.Condition{Kind: kind, Subject: subject, Active: a, Within: []string{"zone"}, Args: map[string]any{"meter": subject}})
	}
	done, err := s.book.ObserveAll(list, s.now)
	if err != nil {
		s.Fatal(err)
	}
	s.follow(done)
}

// pass lets time pass, a second after the other.
func (s *story) pass(d time.Duration) {
	s.Helper()
	for end := s.now.Add(d); s.now.Before(end); {
		s.now = s.now.Add(time.Second)
		s.follow(s.book.Tick(s.now))
		s.hear(s.follower.Tick(s.now))
	}
}

func (s *story) told(what string, want ...string) {
	s.Helper()
	if !slices.Equal(s.heard, want) {
		s.Errorf("%s: outside heard\n  %s\nwant\n  %s", what, strings.Join(s.heard, "\n  "), strings.Join(want, "\n  "))
	}
	s.heard = nil
}

func must(t testing.TB, list []alarm.Transition, err error) []alarm.Transition {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestOneOfEach is an alarm that nobody answers in time and that ends.
func TestOneOfEach(t *testing.T) {
	s := begin(t)
	s.observe("limit", "zone", true)
	s.told("it begins", "13:00:00 raised limit/zone")
	s.pass(10 * time.Minute)
	s.told("nobody answers", "13:02:00 escalated limit/zone")
	done, err := s.book.Acknowledge("limit/zone", "a.serik", s.now)
	s.follow(must(t, done, err))
	s.told("late, but seen")
	s.observe("limit", "zone", false)
	s.told("over", "13:10:00 returned limit/zone")
	s.pass(time.Hour)
	s.told("nothing more")
}

// TestAnsweredInTime: who acknowledges keeps the others from being called.
func TestAnsweredInTime(t *testing.T) {
	s := begin(t)
	s.observe("limit", "zone", true)
	s.pass(time.Minute)
	done, err := s.book.Acknowledge("limit/zone", "a.serik", s.now)
	s.follow(must(t, done, err))
	s.pass(time.Hour)
	s.told("raised only", "13:00:00 raised limit/zone")
}

// TestDelaysAreTheBooks: what the book's delays swallow nobody hears of.
func TestDelaysAreTheBooks(t *testing.T) {
	s := begin(t)
	for range 20 {
		s.observe("silent", "m-1", true)
		s.pass(20 * time.Second)
		s.observe("silent", "m-1", false)
		s.pass(5 * time.Second)
	}
	s.told("within the delay")
	s.observe("silent", "m-1", true)
	s.pass(40 * time.Second)
	s.told("it stands", "13:08:50 raised silent/m-1")
}

// TestFlapping: an alarm without delays that comes and goes every ten seconds is told once
// in a quiet time, and last that it is over.
func TestFlapping(t *testing.T) {
	s := begin(t)
	for range 60 { // ten minutes
		s.observe("limit", "zone", true)
		s.pass(5 * time.Second)
		s.observe("limit", "zone", false)
		s.pass(5 * time.Second)
	}
	var raised, returned int
	for _, h := range s.heard {
		raised += strings.Count(h, "raised")
		returned += strings.Count(h, "returned")
	}
	if raised > 3 || raised == 0 || returned != raised {
		t.Errorf("raised %d times, returned %d times in ten minutes, want at most three of each:\n%s", raised, returned, strings.Join(s.heard, "\n"))
	}
	s.heard = nil
	s.pass(6 * time.Minute)
	s.heard = nil
	// It comes back for good within the quiet time: told when that is over.
	s.observe("limit", "zone", true)
	s.observe("limit", "zone", false)
	s.pass(time.Minute)
	s.observe("limit", "zone", true)
	at := s.now
	s.told("the second time is held", at.Add(-time.Minute).Format("15:04:05")+" raised limit/zone", at.Add(-time.Minute).Format("15:04:05")+" returned limit/zone")
	s.pass(4*time.Minute + time.Second)
	if want := at.Add(4*time.Minute).Format("15:04:05") + " raised limit/zone"; !slices.Contains(s.heard, want) {
		t.Errorf("not told after the quiet time: %v, want %s", s.heard, want)
	}
}

// TestHappened: what only happened is told once, without an end, and escalates.
func TestHappened(t *testing.T) {
	s := begin(t)
	s.observe("limit", "zone", true, false)
	s.told("it happened", "13:00:00 raised limit/zone")
	s.pass(3 * time.Minute)
	s.told("and nobody has seen it", "13:02:00 escalated limit/zone")
}

// TestHidden: shelves and causes hide it from outside too; what comes out of hiding and is
// still so is told again.
func TestHidden(t *testing.T) {
	s := begin(t)
	s.observe("silent", "m-1", true)
	s.pass(time.Minute)
	s.told("it stands", "13:00:30 raised silent/m-1")
	done, err := s.book.Shelve("silent/m-1", "a.serik", s.now.Add(2*time.Hour), false, "fitters", s.now)
	s.follow(must(t, done, err))
	s.pass(119 * time.Minute)
	s.told("shelved, it does not escalate")
	s.pass(2 * time.Minute)
	s.told("out of the shelf", "15:01:00 raised silent/m-1")
	s.observe("silent", "m-1", false)
	s.pass(time.Minute)
	s.told("over", "15:02:10 returned silent/m-1")
	// A cause stands for what follows from it.
	s.observe("limit", "zone", true)
	s.observe("silent", "m-1", true)
	s.pass(time.Minute)
	s.told("only the cause", "15:03:00 raised limit/zone")
}

// TestRestart: outside hears nothing twice, and what it has missed.
func TestRestart(t *testing.T) {
	s := begin(t)
	s.observe("limit", "zone", true)
	s.heard = nil
	snapshot := s.follower.Snapshot()
	again := func() {
		s.follower = notify.NewFollower(kinds(), notify.DefaultQuiet)
		if err := s.follower.Restore(snapshot); err != nil {
			t.Fatal(err)
		}
		s.hear(s.follower.Reconcile(s.book.List(), s.now))
	}
	again()
	s.told("nothing new")
	s.pass(3 * time.Minute)
	s.told("the time to respond goes on", "13:02:00 escalated limit/zone")

	// The book was lost, and announces anew what outside knows.
	snapshot = s.follower.Snapshot()
	fresh := begin(t)
	fresh.now = s.now
	s.book = fresh.book
	s.follower = notify.NewFollower(kinds(), notify.DefaultQuiet)
	if err := s.follower.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	s.observe("limit", "zone", true)
	s.told("it is known")

	// The program was killed between an announcement and its message.
	done, err := s.book.ObserveAll([]alarm.Condition{{Kind: "limit", Subject: "south", Active: true}}, s.now)
	if err != nil || len(done) != 1 {
		t.Fatal(done, err)
	}
	snapshot = s.follower.Snapshot()
	again()
	s.told("it is made up for", "13:03:00 raised limit/south")

	// A catalogue without the kind: what outside knows of is over.
	s.hear(s.follower.Reconcile(nil, s.now))
	s.told("gone", "13:03:00 returned limit/south", "13:03:00 returned limit/zone")

	if err := s.follower.Restore([]byte("{")); err == nil {
		t.Error("half a memory was taken up")
	}
}

// TestClockSetBack: no time lasts longer for it.
func TestClockSetBack(t *testing.T) {
	s := begin(t)
	s.observe("limit", "zone", true)
	s.now = s.now.Add(-24 * time.Hour)
	s.heard = nil
	s.pass(3 * time.Minute)
	if len(s.heard) != 1 || !strings.Contains(s.heard[0], "escalated") {
		t.Errorf("after the clock was set back by a day: %v", s.heard)
	}
}

// TestWhatOutsideKnows plays random days, restarts included, and holds that what outside
// was told last of an alarm is what the book says, once nothing moves for a quiet time;
// that no message comes twice, and none of what is hidden.
func TestWhatOutsideKnows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := begin(t)
		ids := []alarm.ID{"limit/zone", "silent/m-1", "limit/south"}
		last := map[alarm.ID]string{}
		learn := func() {
			for _, h := range s.heard {
				part := strings.Fields(h)
				id := alarm.ID(part[2])
				if a, known := s.book.Alarm(id); part[1] != "returned" && known && a.Hidden() {
					rt.Fatalf("%s though it is hidden", h)
				}
				if part[1] == "returned" && last[id] != "raised" {
					rt.Fatalf("%s, and outside never knew", h)
				}
				if part[1] != "escalated" {
					last[id] = part[1]
				}
			}
			s.heard = nil
		}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			id := rapid.SampledFrom(ids).Draw(rt, "alarm")
			kind, subject, _ := strings.Cut(string(id), "/")
			switch rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0, 1, 2:
				s.observe(alarm.Kind(kind), subject, rapid.Bool().Draw(rt, "active"))
			case 3:
				done, err := s.book.Acknowledge(id, "a", s.now)
				if err == nil {
					s.follow(done)
				}
			case 4:
				done, err := s.book.Shelve(id, "a", s.now.Add(time.Minute), false, "why", s.now)
				if err == nil {
					s.follow(done)
				}
			case 5:
				s.follow(s.book.BeginShift("b", s.now))
			case 6:
				snapshot := s.follower.Snapshot()
				s.follower = notify.NewFollower(kinds(), notify.DefaultQuiet)
				if err := s.follower.Restore(snapshot); err != nil {
					rt.Fatal(err)
				}
				s.hear(s.follower.Reconcile(s.book.List(), s.now))
			}
			learn()
			s.pass(time.Duration(rapid.IntRange(0, 90).Draw(rt, "seconds")) * time.Second)
			learn()
		}
		s.pass(6 * time.Minute)
		learn()
		for _, id := range ids {
			a, _ := s.book.Alarm(id)
			if a.State() == alarm.Unacknowledged && last[id] != "raised" {
				rt.Fatalf("%s is unacknowledged, and outside heard last %q", id, last[id])
			}
			if (a.State() == alarm.Normal || a.State() == alarm.Returned) && last[id] == "raised" && a.Times <= 1 && !a.Until.Equal(a.Since) {
				rt.Fatalf("%s is over, and outside does not know", id)
			}
		}
	})
}

// TestRoutes: who hears what.
func TestRoutes(t *testing.T) {
	high := notify.Event{What: notify.Raised, Alarm: alarm.Alarm{ID: "limit/zone", Kind: "limit", Priority: alarm.High}}
	test := notify.Event{What: notify.Test}
	f := func(r notify.Route, e notify.Event, want bool) {
		t.Helper()
		if got := r.Takes(e); got != want {
			t.Errorf("%+v takes %s: %v", r, e.What, got)
		}
	}
	f(notify.Route{}, high, true)
	f(notify.Route{Priorities: []alarm.Priority{alarm.High}}, high, true)
	f(notify.Route{Priorities: []alarm.Priority{alarm.Low}}, high, false)
	f(notify.Route{Kinds: []alarm.Kind{"limit"}}, high, true)
	f(notify.Route{Kinds: []alarm.Kind{"silent"}}, high, false)
	f(notify.Route{Priorities: []alarm.Priority{alarm.High}, Kinds: []alarm.Kind{"silent"}}, high, false)
	f(notify.Route{Priorities: []alarm.Priority{alarm.Low}}, test, true)
}

// site has one resident at one point.
func site() *metering.Site {
	return &metering.Site{ID: "aktobe", Name: "Актобе", Location: time.FixedZone("Aqtobe", 5*3600),
		Points:    []metering.Point{{ID: "F-1", Name: "яч. 12"}},
		Residents: []metering.Resident{{ID: "ceramics-1", Name: "Керамика-1"}}}
}
