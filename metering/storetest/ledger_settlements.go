package storetest

import (
	"errors"
	"slices"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

func (c *ledgerCase) settle(id string, from, to, hour int) metering.Settlement {
	c.Helper()
	s, err := c.l.Settle(c.Context(), metering.Settlement{ID: id, From: period(from), To: period(to), Author: "Ерлан К.", Note: "январь"}, atHour(hour))
	c.must(err)
	return s
}

func (c *ledgerCase) settlements() []metering.Settlement {
	c.Helper()
	list, err := c.l.Settlements(c.Context())
	c.must(err)
	return list
}

func digestOf(list []metering.Interval) string {
	d := metering.NewDigest()
	for _, iv := range list {
		d.Add(iv)
	}
	return d.Sum()
}

// settlementLife closes a month, corrects it, and finds the bill as it was.
func (c *ledgerCase) settlementLife() {
	var list []metering.Interval
	for n := range 300 { // more than three days
		for _, p := range []metering.PointID{"b", "a"} {
			for _, ch := range []metering.Channel{metering.ChannelReactiveImport, metering.ChannelActiveImport, metering.ChannelGas} {
				iv := measured(p, n, metering.Energy(n))
				iv.Channel = ch
				list = append(list, iv)
			}
		}
	}
	c.commit(metering.Commit{ReceivedAt: atHour(80), Intervals: list})
	corrected := measured("a", 30, 1)
	c.commit(metering.Commit{ReceivedAt: atHour(81), Intervals: []metering.Interval{corrected}})

	// A local month begins in the middle of a day of UTC.
	const from, to = 20, 280
	stretch := metering.IntervalQuery{From: period(from), To: period(to)}
	billed := c.intervals(stretch)
	s := c.settle("2026-01", from, to, 100)
	want := metering.Settlement{
		ID: "2026-01", From: period(from), To: period(to), Author: "Ерлан К.", Note: "январь", MadeAt: atHour(100),
		Digest: digestOf(billed), Intervals: 6 * (to - from),
	}
	diff(c, "settlement", want, s)

	// Corrections come: of the first day, of one that was corrected before, and one
	// that is not there any more when seen from the bill.
	c.commit(metering.Commit{ReceivedAt: atHour(101), Intervals: []metering.Interval{measured("a", 21, 9000), measured("a", 30, 9001), measured("b", 279, 9002), measured("b", 279, 9003)}})
	c.commit(metering.Commit{ReceivedAt: atHour(102), Intervals: []metering.Interval{measured("a", 21, 9004), measured("c", 22, 9005)}})
	c.reopen()
	settled := stretch
	settled.Settlement = "2026-01"
	diff(c, "the bill as it was", billed, c.intervals(settled))
	if now := c.intervals(stretch); digestOf(now) == want.Digest || len(now) != len(billed)+1 {
		c.Errorf("the corrections do not show: %d intervals", len(now))
	}
	settled.Points, settled.Channels = []metering.PointID{"a", "c"}, []metering.Channel{metering.ChannelActiveImport}
	settled.From, settled.To = period(20), period(23)
	diff(c, "a part of it", []metering.Interval{version(measured("a", 20, 20), 1, 80), version(measured("a", 21, 21), 1, 80), version(measured("a", 22, 22), 1, 80)}, c.intervals(settled))
	settled.AsOf = atHour(79)
	diff(c, "whatever AsOf says", 3, len(c.intervals(settled)))

	again := c.settle("2026-01/2", from, to, 103)
	if again.Digest == s.Digest || again.Intervals != s.Intervals+1 {
		c.Errorf("the second settlement %+v is like the first", again)
	}
	none := c.settle("empty", 1000, 2000, 104)
	diff(c, "digest of nothing", digestOf(nil), none.Digest)
	diff(c, "settlements", []metering.Settlement{want, again, none}, c.settlements())
	diff(c, "nothing settled", nil, c.intervals(metering.IntervalQuery{From: day, To: period(2000), Settlement: "empty"}))
	_, err := c.l.Intervals(c.Context(), metering.IntervalQuery{From: day, To: period(10), Settlement: "2025-12"})
	if !errors.Is(err, metering.ErrNotFound) {
		c.Errorf("an unknown settlement: %v, want ErrNotFound", err)
	}
}

func (c *ledgerCase) settlementRefusals() {
	c.commit(metering.Commit{Intervals: []metering.Interval{measured("p", 0, 1)}})
	good := metering.Settlement{ID: "2026-01", From: period(0), To: period(1), Author: "Ерлан К."}
	f := func(what string, want error, change func(s *metering.Settlement)) {
		c.Helper()
		s := good
		change(&s)
		if _, err := c.l.Settle(c.Context(), s, atHour(1)); !errors.Is(err, want) {
			c.Errorf("%s: Settle = %v, want %v", what, err, want)
		}
	}
	f("no id", metering.ErrRefused, func(s *metering.Settlement) { s.ID = "" })
	f("no author", metering.ErrRefused, func(s *metering.Settlement) { s.Author = "" })
	f("no length", metering.ErrRefused, func(s *metering.Settlement) { s.To = s.From })
	f("backward", metering.ErrRefused, func(s *metering.Settlement) { s.To = period(-1) })
	diff(c, "settlements", nil, c.settlements())
	made, err := c.l.Settle(c.Context(), good, atHour(1))
	c.must(err)
	f("the same id again", metering.ErrConflict, func(*metering.Settlement) {})
	f("the same id of another stretch", metering.ErrConflict, func(s *metering.Settlement) { s.To = period(5) })
	diff(c, "settlements", []metering.Settlement{made}, c.settlements())
}

// settlementModel settles between random commits and compares with copies that
// were taken at each settlement.
func (c *ledgerCase) settlementModel() {
	type bill struct {
		s    metering.Settlement
		list []metering.Interval
	}
	var bills []bill
	current := map[int]metering.Interval{}
	hour := 0
	rapid.Check(c, func(rt *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(rt, "steps") {
			hour++
			x := metering.Commit{ReceivedAt: atHour(hour)}
			for range rapid.IntRange(0, 8).Draw(rt, "intervals") {
				n := rapid.IntRange(90, 100).Draw(rt, "period")
				iv := measured("p", n, metering.Energy(rapid.IntRange(0, 3).Draw(rt, "energy")))
				x.Intervals = append(x.Intervals, iv)
				if have := current[n]; have.Version == 0 || !have.SameAs(iv) {
					current[n] = version(iv, have.Version+1, hour)
				}
			}
			if err := c.l.Commit(c.Context(), x); err != nil {
				rt.Fatal(err)
			}
		}
		from := rapid.IntRange(88, 98).Draw(rt, "from")
		to := from + rapid.IntRange(1, 12).Draw(rt, "length")
		b := bill{}
		for n := from; n < to; n++ {
			if iv, ok := current[n]; ok {
				b.list = append(b.list, iv)
			}
		}
		var err error
		b.s, err = c.l.Settle(c.Context(), metering.Settlement{ID: atHour(hour).String(), From: period(from), To: period(to), Author: "a"}, atHour(hour))
		if err != nil {
			rt.Fatal(err)
		}
		if b.s.Digest != digestOf(b.list) || b.s.Intervals != len(b.list) {
			rt.Fatalf("settlement %+v of %+v", b.s, b.list)
		}
		bills = append(bills, b)
		b = rapid.SampledFrom(bills).Draw(rt, "bill")
		got, err := c.l.Intervals(c.Context(), metering.IntervalQuery{From: day, To: period(200), Settlement: b.s.ID})
		if err != nil {
			rt.Fatal(err)
		}
		if !slices.Equal(b.list, got) {
			rt.Fatalf("settlement %+v: %+v, want %+v", b.s, got, b.list)
		}
	})
}

// rebuiltDigest: two ledgers that came to the same by different ways give the
// same digest.
func (c *ledgerCase) rebuiltDigest() {
	c.commit(metering.Commit{ReceivedAt: atHour(1), Intervals: []metering.Interval{unknown("p", 0), measured("p", 1, 5)}})
	late := measured("p", 0, 7)
	late.Flags, late.Reason = metering.FlagLate|metering.FlagProvisional, "came late"
	c.commit(metering.Commit{ReceivedAt: atHour(2), Intervals: []metering.Interval{late}})
	first := c.settle("2026-01", 0, 96, 3)

	other := c.place()
	defer func() { c.must(other.Close()) }()
	c.must(other.Commit(c.Context(), metering.Commit{ReceivedAt: atHour(500), Intervals: []metering.Interval{measured("p", 1, 5), measured("p", 0, 7)}}))
	second, err := other.Settle(c.Context(), metering.Settlement{ID: "rebuilt", From: period(0), To: period(96), Author: "a"}, atHour(501).Add(time.Nanosecond))
	c.must(err)
	diff(c, "digest", first.Digest, second.Digest)
	diff(c, "made at, to the millisecond", atHour(501), second.MadeAt)
}
