package pool_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim/pool"
	"asue/metering"
)

const kW = metering.Kilowatt

func day(n int) time.Time { return time.Date(2026, 7, 1+n, 0, 0, 0, 0, time.UTC) }

func from(n int) metering.Period { return metering.Period{From: day(n)} }

func days(n, m int) metering.Period { return metering.Period{From: day(n), To: day(m)} }

func limit(kilowatts int) []pool.Ceiling {
	return []pool.Ceiling{{Limit: metering.LimitOf(metering.Power(kilowatts) * kW), Document: "decision-1"}}
}

func paper(n int, entries ...pool.Entry) pool.Posting {
	return pool.Posting{Recorded: day(n), Author: "engineer", Approver: "director", Basis: "contract 5.4", Document: fmt.Sprintf("doc-%d", n), Entries: entries}
}

func entry(a, b pool.Account, kilowatts int, valid metering.Period) pool.Entry {
	return pool.Entry{From: a, To: b, Power: metering.Power(kilowatts) * kW, Valid: valid}
}

func post(t *testing.T, l *pool.Ledger, p pool.Posting) {
	t.Helper()
	if _, err := l.Post(p); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, l *pool.Ledger, p pool.Posting, wants ...string) {
	t.Helper()
	n := len(l.Postings())
	_, err := l.Post(p)
	for _, want := range wants {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in: %v", want, err)
		}
	}
	if len(l.Postings()) != n {
		t.Error("a refused posting was taken in")
	}
}

func balance(t *testing.T, l *pool.Ledger, a pool.Account, at time.Time, kilowatts int) {
	t.Helper()
	if got := l.Balance(a, at); got != metering.Power(kilowatts)*kW {
		t.Errorf("%v on %s: %v, want %d kW", a, at.Format(time.DateOnly), got, kilowatts)
	}
}

// zone is an input of 10 MW with two feeders of 6 and 3 MW, two residents with 5 and
// 2.5 MW issued long ago, and 2.5 MW in the pool.
func zone(t *testing.T) *pool.Ledger {
	t.Helper()
	l, err := pool.New([]pool.Node{
		{ID: "input", Ceilings: limit(10_000)},
		{ID: "f-1", Parent: "input", Ceilings: limit(6000)},
		{ID: "f-2", Parent: "input", Ceilings: limit(3000)},
	})
	if err != nil {
		t.Fatal(err)
	}
	opening := paper(0,
		entry(pool.Grid(), pool.Supply("input"), 10_000, from(-1000)),
		entry(pool.Supply("input"), pool.Firm("r-1", "f-1"), 5000, from(-1000)),
		entry(pool.Supply("input"), pool.Firm("r-2", "f-2"), 2500, from(-1000)))
	opening.Opening = true
	post(t, l, opening)
	post(t, l, paper(0, entry(pool.Supply("input"), pool.Free("input"), 2500, from(0))))
	return l
}

// What was freed at one feeder can be used at another, up to the headroom of the path.
func TestFreedHereUsedThere(t *testing.T) {
	l := zone(t)
	post(t, l, paper(10, entry(pool.Firm("r-1", "f-1"), pool.Free("f-1"), 3250, from(10))))
	balance(t, l, pool.Firm("r-1", "f-1"), day(9), 5000)
	balance(t, l, pool.Firm("r-1", "f-1"), day(10), 1750)
	balance(t, l, pool.Free("f-1"), day(10), 3250)

	usable, room, err := l.Usable("f-2", day(10), time.Time{})
	if err != nil || usable != 500*kW || room.Node != "f-2" {
		t.Errorf("usable at f-2: %v, bound by %q, %v", usable, room.Node, err)
	}
	usable, room, _ = l.Usable("f-1", day(10), time.Time{})
	if usable != 4250*kW || room.Node != "f-1" {
		t.Errorf("usable at f-1: %v, bound by %q", usable, room.Node)
	}
	usable, room, _ = l.Usable("f-1", day(5), time.Time{}) // before it was freed
	if usable != 1000*kW || room.Node != "f-1" || !room.From.Equal(day(5)) {
		t.Errorf("usable at f-1 from day 5: %v, bound by %q from %v", usable, room.Node, room.From)
	}

	refused(t, l, paper(11, entry(pool.Free("f-1"), pool.Firm("r-3", "f-2"), 600, from(11))),
		"node f-2: 3.1 MW would be committed", "its ceiling is 3 MW")
	post(t, l, paper(11, entry(pool.Free("f-1"), pool.Firm("r-3", "f-2"), 500, from(11))))
	entries, err := l.Draw(pool.Firm("r-4", "f-1"), 4000*kW, from(12))
	if err != nil || len(entries) != 2 || entries[0].From != pool.Free("f-1") || entries[1].From != pool.Free("input") {
		t.Fatalf("draw: %v, %v", entries, err)
	}
	post(t, l, paper(12, entries...))
	balance(t, l, pool.Free("input"), day(12), 1250)
	if _, err := l.Draw(pool.Firm("r-5", "f-1"), 1300*kW, from(12)); err == nil || !strings.Contains(err.Error(), "50 kW short") {
		t.Errorf("draw more than there is: %v", err)
	}
	if _, err := l.Draw(pool.Firm("r-5", "f-9"), kW, from(12)); err == nil {
		t.Error("drawn at a node that is not known")
	}
}

// A reservation goes back by itself on the day on which it expires; or it is given back,
// or turned into firm power, before.
func TestAReservationExpires(t *testing.T) {
	l := zone(t)
	reserve := func(app string, kilowatts, n int) pool.Posting {
		entries, err := l.Reserve(app, "f-1", metering.Power(kilowatts)*kW, day(n), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return paper(n, entries...)
	}
	post(t, l, reserve("app-1", 400, 1))
	post(t, l, reserve("app-2", 300, 1))
	post(t, l, reserve("app-3", 300, 1))
	balance(t, l, pool.Free("input"), day(1), 1500)
	refused(t, l, reserve("app-4", 100, 2), "node f-1: 6.1 MW would be committed")
	refused(t, l, reserve("app-1", 100, 2), "has 400 kW reserved")

	entries, err := l.Allot("app-2", "r-9", "f-1", day(20))
	if err != nil {
		t.Fatal(err)
	}
	post(t, l, paper(20, entries...))
	balance(t, l, pool.Firm("r-9", "f-1"), day(20), 300)
	balance(t, l, pool.Firm("r-9", "f-1"), day(400), 300)
	balance(t, l, pool.Reserved("app-2", "f-1"), day(20), 0)

	// A part of app-3's comes back, then the rest.
	post(t, l, paper(30, entry(pool.Reserved("app-3", "f-1"), pool.Free("input"), 100, days(30, 91))))
	if entries, err = l.GiveBack("app-3", "f-1", day(40)); err != nil {
		t.Fatal(err)
	}
	post(t, l, paper(40, entries...))
	balance(t, l, pool.Reserved("app-3", "f-1"), day(35), 200)
	balance(t, l, pool.Reserved("app-3", "f-1"), day(40), 0)
	if _, err = l.GiveBack("app-3", "f-1", day(40)); err == nil || !strings.Contains(err.Error(), "nothing is reserved") {
		t.Errorf("given back twice: %v", err)
	}

	balance(t, l, pool.Reserved("app-1", "f-1"), day(90), 400)
	balance(t, l, pool.Reserved("app-1", "f-1"), day(91), 0)
	balance(t, l, pool.Free("input"), day(91), 2200)
	refused(t, l, paper(92, entry(pool.Reserved("app-1", "f-1"), pool.Free("input"), 400, from(92))), "RESERVED app-1 at f-1 would be 400 kW short")
}

// What is reserved from a later day is given back before that day, and nobody gets it as
// firm power before.
func TestAReservationToComeIsGivenBack(t *testing.T) {
	l := zone(t)
	reserve := func(kilowatts, n, m int) {
		entries, err := l.Reserve("app-1", "f-1", metering.Power(kilowatts)*kW, day(n), day(m))
		if err != nil {
			t.Fatal(err)
		}
		post(t, l, paper(1, entries...))
	}
	reserve(300, 30, 60)
	reserve(200, 80, 90)
	if _, err := l.Allot("app-1", "r-9", "f-1", day(20)); err == nil || !strings.Contains(err.Error(), "nothing is reserved") {
		t.Errorf("allotted before it began: %v", err)
	}
	entries, err := l.GiveBack("app-1", "f-1", day(40))
	if err != nil {
		t.Fatal(err)
	}
	post(t, l, paper(2, entries...))
	for n, want := range map[int]int{29: 0, 30: 300, 39: 300, 40: 0, 59: 0, 80: 0, 89: 0} {
		balance(t, l, pool.Reserved("app-1", "f-1"), day(n), want)
	}
	if _, err := l.GiveBack("app-1", "f-1", day(41)); err == nil || !strings.Contains(err.Error(), "nothing is reserved") {
		t.Errorf("given back twice: %v", err)
	}
}

// While somebody disputes, the power belongs to nobody else.
func TestHeldInDispute(t *testing.T) {
	l := zone(t)
	post(t, l, paper(1, entry(pool.Firm("r-1", "f-1"), pool.Held("r-1", "f-1"), 3000, from(1))))
	refused(t, l, paper(2, entry(pool.Free("input"), pool.Firm("r-3", "f-1"), 1100, from(2))), "node f-1: 6.1 MW")
	post(t, l, paper(3, entry(pool.Held("r-1", "f-1"), pool.Firm("r-1", "f-1"), 1000, from(3)),
		entry(pool.Held("r-1", "f-1"), pool.Free("f-1"), 2000, from(3))))
	balance(t, l, pool.Firm("r-1", "f-1"), day(3), 3000)
	balance(t, l, pool.Free("f-1"), day(3), 2000)
	refused(t, l, paper(4, entry(pool.Held("r-1", "f-1"), pool.Free("f-1"), 1, from(4))), "HELD r-1 at f-1 would be 1 kW short")
}

// What is non-firm comes from the grid and never becomes firm by itself; what was
// demoted was firm and can be again.
func TestNonFirm(t *testing.T) {
	l := zone(t)
	post(t, l, paper(1, entry(pool.Grid(), pool.NonFirm("r-2", "f-2"), 5000, from(1)))) // above every ceiling
	post(t, l, paper(2, entry(pool.Grid(), pool.NonFirm("r-1", "f-1"), 700, from(2))))
	post(t, l, paper(3, entry(pool.Firm("r-1", "f-1"), pool.Demoted("r-1", "f-1"), 2000, from(3))))
	refused(t, l, paper(4, entry(pool.NonFirm("r-2", "f-2"), pool.Free("f-2"), 100, from(4))), "do not go from NONFIRM to POOL")
	refused(t, l, paper(4, entry(pool.NonFirm("r-2", "f-2"), pool.Firm("r-2", "f-2"), 100, from(4))), "do not go from NONFIRM to FIRM")
	refused(t, l, paper(4, entry(pool.Free("input"), pool.Firm("r-3", "f-1"), 1100, from(4))), "node f-1: 6.1 MW")
	var order []string
	for _, g := range l.LastInFirstOut(day(5)) {
		order = append(order, fmt.Sprintf("%v %v", g.Account, g.Power))
	}
	if got, want := strings.Join(order, ", "), "DEMOTED r-1 at f-1 2 MW, NONFIRM r-1 at f-1 700 kW, NONFIRM r-2 at f-2 5 MW"; got != want {
		t.Errorf("curtailed in the order %s; want %s", got, want)
	}
}

// A zone that has promised more than its ceiling: nothing can be added, what goes can
// go, and a ceiling that comes down later counts from then on.
func TestPromisedTooMuch(t *testing.T) {
	lower := append(limit(10_000), pool.Ceiling{From: day(100), Limit: metering.LimitOf(6000 * kW), Document: "decision-2"})
	l, err := pool.New([]pool.Node{{ID: "input", Ceilings: lower}, {ID: "f-1", Parent: "input"}})
	if err != nil {
		t.Fatal(err)
	}
	opening := paper(0, entry(pool.Grid(), pool.Supply("input"), 12_000, from(-10)), entry(pool.Supply("input"), pool.Firm("r-1", "f-1"), 11_000, from(-10)))
	opening.Opening = true
	post(t, l, opening)
	post(t, l, paper(1, entry(pool.Supply("input"), pool.Free("input"), 1000, from(0))))
	if over := l.Excess(day(1)); over["input"] != 1000*kW || len(over) != 1 {
		t.Errorf("over the ceiling: %v", over)
	}
	refused(t, l, paper(2, entry(pool.Free("input"), pool.Firm("r-2", "f-1"), 1, from(2))), "11.001 MW would be committed")
	post(t, l, paper(3, entry(pool.Firm("r-1", "f-1"), pool.Free("f-1"), 500, from(3))))
	post(t, l, paper(4, entry(pool.Firm("r-1", "f-1"), pool.Free("f-1"), 4000, from(4))))
	room, err := l.Headroom("f-1", day(4), day(100))
	if err != nil || room.Power != 3500*kW {
		t.Errorf("headroom until the ceiling comes down: %+v, %v", room, err)
	}
	room, _ = l.Headroom("f-1", day(4), time.Time{})
	if room.Power != 0 || !room.From.Equal(day(100)) || room.Node != "input" {
		t.Errorf("headroom for good: %+v", room)
	}
	post(t, l, paper(5, entry(pool.Free("f-1"), pool.Firm("r-2", "f-1"), 2000, days(5, 100))))
	refused(t, l, paper(5, entry(pool.Free("f-1"), pool.Firm("r-3", "f-1"), 500, days(5, 101))), "from 2026-10-09T00:00Z on, its ceiling is 6 MW")
}

func TestWhatWasKnownThen(t *testing.T) {
	l := zone(t)
	post(t, l, paper(20, entry(pool.Firm("r-1", "f-1"), pool.Free("f-1"), 1000, from(10)))) // recorded ten days late
	if got := l.AsOf(pool.Firm("r-1", "f-1"), day(12), day(15)); got != 5000*kW {
		t.Errorf("on day 15 it was thought to have %v", got)
	}
	if got := l.AsOf(pool.Firm("r-1", "f-1"), day(12), day(20)); got != 4000*kW {
		t.Errorf("since day 20 it is known to have had %v", got)
	}
}

func TestAPostingIsRefusedWithAllItsFaults(t *testing.T) {
	l := zone(t)
	refused(t, l, pool.Posting{Author: "a", Approver: "a", Entries: []pool.Entry{
		{From: pool.Free("nowhere"), To: pool.Firm("", "f-1"), Power: 1500, Valid: days(5, 5)},
		entry(pool.Free("input"), pool.Reserved("app", "f-1"), 1, from(1)),
		entry(pool.Grid(), pool.Account{Kind: "GIFT", Node: "f-1"}, -1, metering.Period{}),
		entry(pool.Supply("input"), pool.Firm("r-1", "f-1"), 1, metering.Period{From: day(1).Add(time.Millisecond)}),
	}},
		"state author", "a cannot approve what a has written", `entry 1: POOL at nowhere: node "nowhere" is not known`, "entry 1: FIRM at f-1: name its owner",
		"entry 1: 1.5 kW: want a whole number", "entry 1: it holds from 2026-07-06T00:00Z to 2026-07-06T00:00Z", "entry 2: a reservation ends on some day",
		"entry 3: GIFT at f-1: there is no such kind", "entry 3: kilowatts do not go from GRID to GIFT", "entry 4: only an opening takes", "entry 4: it holds from", "whole seconds")
	refused(t, l, pool.Posting{}, "it has no entry")
	late := paper(-1, entry(pool.Supply("input"), pool.Free("input"), 1, from(1)))
	refused(t, l, late, "before the last posting")
	opening := paper(1, entry(pool.Free("input"), pool.Firm("r-1", "f-1"), 1, from(1)))
	opening.Opening = true
	refused(t, l, opening, "an opening takes over supply, firm and non-firm power and losses")

	_, err := pool.New([]pool.Node{{ID: "a", Parent: "b"}, {ID: "b", Parent: "a"}, {ID: "b"}, {ID: "c", Parent: "d"}, {ID: "e", Ceilings: []pool.Ceiling{{}}},
		{ID: "g", Ceilings: append(limit(1), limit(2)...)}})
	for _, want := range []string{`node "a": its parents go round`, `node "b": its id`, `node "c": its ancestor "d"`, `node "e": ceiling 1: state`, `node "g": ceiling 2: it begins`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in: %v", want, err)
		}
	}
}
