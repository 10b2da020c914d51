package pool_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"asue/balancing/reclaim/pool"
	"asue/metering"

	"pgregory.net/rapid"
)

// heap is the dumb twin: a heap of entries, added up anew at every moment that occurs in
// one of them.
type heap struct {
	nodes   []pool.Node
	entries []pool.Entry
}

func (h heap) moments(more []pool.Entry) []time.Time {
	set := map[time.Time]bool{day(-5000): true}
	for _, e := range append(slices.Clone(h.entries), more...) {
		set[e.Valid.From] = true
		if !e.Valid.To.IsZero() {
			set[e.Valid.To] = true
		}
	}
	for _, n := range h.nodes {
		for _, c := range n.Ceilings {
			set[c.From] = true
		}
	}
	return slices.Collect(maps.Keys(set))
}

func balances(entries []pool.Entry, at time.Time) map[pool.Account]metering.Power {
	sum := map[pool.Account]metering.Power{}
	for _, e := range entries {
		if e.Valid.Holds(at) {
			sum[e.From] -= e.Power
			sum[e.To] += e.Power
		}
	}
	return sum
}

func (h heap) below(n, root metering.NodeID) bool {
	for n != root && n != "" {
		i := slices.IndexFunc(h.nodes, func(x pool.Node) bool { return x.ID == n })
		n = h.nodes[i].Parent
	}
	return n == root
}

func (h heap) committed(entries []pool.Entry, node metering.NodeID, at time.Time) (sum metering.Power) {
	for a, p := range balances(entries, at) {
		switch a.Kind {
		case pool.KindGrid, pool.KindSupply, pool.KindPool, pool.KindNonFirm:
		default:
			if h.below(a.Node, node) {
				sum += p
			}
		}
	}
	return sum
}

// permits looks at everything at every moment.
func (h heap) permits(entries []pool.Entry, opening bool) bool {
	after := append(slices.Clone(h.entries), entries...)
	for _, at := range h.moments(entries) {
		for a, p := range balances(after, at) {
			if a.Kind != pool.KindGrid && p < 0 {
				return false
			}
		}
		for _, n := range h.nodes {
			limit, stated := metering.Power(0), false
			for _, c := range n.Ceilings {
				if !at.Before(c.From) {
					limit, stated = c.Limit.Power()
				}
			}
			now := h.committed(after, n.ID, at)
			if stated && !opening && now > limit && now > h.committed(h.entries, n.ID, at) {
				return false
			}
		}
		for _, e := range entries {
			if e.To.Kind == pool.KindReserved && e.Valid.Holds(at) && balances(h.entries, at)[e.To] > 0 {
				return false
			}
		}
	}
	return true
}

func drawEntry(t *rapid.T, l *pool.Ledger, now int) []pool.Entry {
	nodes := []metering.NodeID{"input", "f-1", "f-2"}
	node := func(label string) metering.NodeID { return rapid.SampledFrom(nodes).Draw(t, label) }
	resident := func() metering.ResidentID {
		return rapid.SampledFrom([]metering.ResidentID{"r-1", "r-2"}).Draw(t, "resident")
	}
	app := func() string { return rapid.SampledFrom([]string{"app-1", "app-2"}).Draw(t, "application") }
	valid := from(now + rapid.IntRange(-5, 20).Draw(t, "begins"))
	until := valid
	until.To = valid.From.AddDate(0, 0, rapid.IntRange(1, 40).Draw(t, "lasts"))
	if rapid.Bool().Draw(t, "ends") {
		valid = until
	}
	n := node("node")
	kilowatts := rapid.IntRange(1, 40).Draw(t, "kW")
	one := func(a, b pool.Account, v metering.Period) []pool.Entry {
		return []pool.Entry{entry(a, b, kilowatts, v)}
	}
	switch rapid.IntRange(0, 13).Draw(t, "what") {
	case 0:
		return one(pool.Grid(), pool.Supply(n), valid)
	case 1:
		return one(pool.Supply(n), pool.Free(n), valid)
	case 2, 3:
		return one(pool.Free(n), pool.Firm(resident(), node("where")), valid)
	case 4, 5:
		return one(pool.Free(n), pool.Reserved(app(), node("where")), until)
	case 6:
		return one(pool.Firm(resident(), n), pool.Free(n), valid)
	case 7:
		return one(pool.Firm(resident(), n), pool.Held(resident(), n), valid)
	case 8:
		return one(pool.Held(resident(), n), pool.Free(n), valid)
	case 9:
		return one(pool.Grid(), pool.NonFirm(resident(), n), valid)
	case 10:
		return one(pool.Reserved(app(), n), pool.Free(n), until)
	case 11:
		if e, err := l.Allot(app(), resident(), n, day(now)); err == nil {
			return e
		}
	case 12:
		if e, err := l.GiveBack(app(), n, day(now)); err == nil {
			return e
		}
	case 13:
		if e, err := l.Draw(pool.Firm(resident(), n), metering.Power(kilowatts)*kW, valid); err == nil {
			return e
		}
	}
	return one(pool.Supply("input"), pool.Free(n), valid)
}

// Whatever is posted in whatever order, the books and their dumb twin permit the same
// and come to the same; every balance is 0 or more at every moment, and they add up to 0.
func TestBooksAgainstTheirTwin(t *testing.T) {
	nodes := []pool.Node{
		{ID: "input", Ceilings: append(limit(150), pool.Ceiling{From: day(30), Limit: metering.LimitOf(100 * kW)}, pool.Ceiling{From: day(60), Limit: metering.Unlimited()})},
		{ID: "f-1", Parent: "input", Ceilings: limit(80)},
		{ID: "f-2", Parent: "input"},
	}
	rapid.Check(t, func(t *rapid.T) {
		l, err := pool.New(nodes)
		if err != nil {
			t.Fatal(err)
		}
		h := heap{nodes: nodes}
		post := func(p pool.Posting) {
			_, err := l.Post(p)
			if want := h.permits(p.Entries, p.Opening); want != (err == nil) {
				t.Fatalf("%+v: the twin says %v, the books %v", p.Entries, want, err)
			}
			if err == nil {
				h.entries = append(h.entries, p.Entries...)
			}
		}
		opening := paper(0, entry(pool.Grid(), pool.Supply("input"), 200, from(-10)), entry(pool.Supply("input"), pool.Firm("r-1", "f-1"), 60, from(-10)))
		opening.Opening = true
		post(opening)
		post(paper(0, entry(pool.Supply("input"), pool.Free("input"), 100, from(-10))))
		now := 0
		for range rapid.IntRange(1, 25).Draw(t, "postings") {
			now += rapid.IntRange(0, 10).Draw(t, "days")
			post(paper(now, drawEntry(t, l, now)...))
		}
		for _, at := range h.moments(nil) {
			want := balances(h.entries, at)
			var sum metering.Power
			for _, a := range l.Accounts() {
				got := l.Balance(a, at)
				sum += got
				if got != want[a] || got != l.AsOf(a, at, day(now)) || (got < 0 && a != pool.Grid()) {
					t.Fatalf("%v at %v: %v, the twin %v, as of now %v", a, at, got, want[a], l.AsOf(a, at, day(now)))
				}
			}
			if sum != 0 {
				t.Fatalf("at %v all accounts add up to %v", at, sum)
			}
			for _, node := range nodes { // what the headroom lets through goes through, and a kilowatt more does not
				room, err := l.Headroom(node.ID, at, at.Add(time.Second))
				if err != nil {
					t.Fatal(err)
				}
				grid := entry(pool.Grid(), pool.Supply(node.ID), int(room.Power/kW)+1, metering.Period{From: at, To: at.Add(time.Second)})
				if room.Unlimited {
					continue
				}
				lose := entry(pool.Supply(node.ID), pool.Loss(node.ID), int(room.Power/kW)+1, grid.Valid)
				if h.permits([]pool.Entry{grid, lose}, false) {
					t.Fatalf("more than the headroom %+v fits at %s", room, node.ID)
				}
				lose.Power -= kW
				if lose.Power > 0 && !h.permits([]pool.Entry{grid, lose}, false) {
					t.Fatalf("the headroom %+v does not fit at %s", room, node.ID)
				}
			}
		}
		// After the last day on which anything reserved expires nothing is reserved.
		for _, a := range l.Accounts() {
			if far := l.Balance(a, day(now+1000)); a.Kind == pool.KindReserved && far != 0 {
				t.Fatalf("%v still has %v", a, far)
			}
		}
	})
}

// What is given back is gone from then on, and only from then on, whatever was reserved
// when and given back in part; the pools are as if nothing had been reserved after it.
func TestGivenBackAtAnyTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := pool.New([]pool.Node{{ID: "input"}, {ID: "f-1", Parent: "input"}})
		if err != nil {
			t.Fatal(err)
		}
		post := func(n int, entries ...pool.Entry) bool {
			_, err := l.Post(paper(n, entries...))
			return err == nil
		}
		post(0, entry(pool.Grid(), pool.Supply("input"), 200, from(0)), entry(pool.Supply("input"), pool.Free("input"), 90, from(0)),
			entry(pool.Supply("input"), pool.Free("f-1"), 20, from(0)))
		before, a := balances(l.Postings()[0].Entries, day(0)), pool.Reserved("app-1", "f-1")
		for range rapid.IntRange(1, 8).Draw(t, "reservations") {
			n := rapid.IntRange(0, 50).Draw(t, "from")
			valid := days(n, n+rapid.IntRange(1, 30).Draw(t, "days"))
			kilowatts := rapid.IntRange(1, 60).Draw(t, "kW")
			if rapid.IntRange(0, 2).Draw(t, "back") == 0 {
				post(0, entry(a, pool.Free(rapid.SampledFrom([]metering.NodeID{"input", "f-1"}).Draw(t, "to")), kilowatts, valid))
			} else if entries, err := l.Reserve("app-1", "f-1", metering.Power(kilowatts)*kW, valid.From, valid.To); err == nil {
				post(0, entries...)
			}
		}
		at := rapid.IntRange(0, 80).Draw(t, "at")
		reserved := map[int]metering.Power{}
		var later metering.Power
		for n := range 90 {
			reserved[n] = l.Balance(a, day(n))
			if n >= at {
				later += reserved[n]
			}
		}
		entries, err := l.GiveBack("app-1", "f-1", day(at))
		if (err == nil) != (later > 0) {
			t.Fatalf("%v is reserved from day %d on, and giving it back: %v", later, at, err)
		}
		if err == nil && !post(1, entries...) {
			t.Fatalf("%+v is refused", entries)
		}
		for n := range 90 {
			got := l.Balance(a, day(n))
			if n < at && got != reserved[n] || n >= at && got != 0 {
				t.Fatalf("given back on day %d: on day %d %v are reserved, before %v", at, n, got, reserved[n])
			}
			if n >= at && l.Balance(pool.Free("input"), day(n))+l.Balance(pool.Free("f-1"), day(n)) != before[pool.Free("input")]+before[pool.Free("f-1")] {
				t.Fatalf("on day %d the pools are not what they were", n)
			}
		}
	})
}
