package storetest

import (
	"cmp"
	"slices"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

func (c *ledgerCase) versions() {
	first := measured("p", 0, 100)
	for i := range 3 { // the same again is no new version
		c.commit(metering.Commit{ReceivedAt: day.Add(time.Duration(i) * time.Hour), Intervals: []metering.Interval{first}})
	}
	second := first
	second.Flags, second.Reason = metering.FlagLate, "late"
	third := second
	third.Energy = 101
	c.commit(metering.Commit{ReceivedAt: day.Add(5 * time.Hour), Intervals: []metering.Interval{second, third}})
	c.commit(metering.Commit{ReceivedAt: day.Add(6 * time.Hour), Intervals: []metering.Interval{first}}) // back again is a change too

	number := func(iv metering.Interval, version, hour int) metering.Interval {
		iv.Version, iv.RecordedAt = version, day.Add(time.Duration(hour)*time.Hour)
		return iv
	}
	want := []metering.Interval{number(first, 1, 0), number(second, 2, 5), number(third, 3, 5), number(first, 4, 6)}
	history, err := c.l.History(c.Context(), "p", metering.ChannelActiveImport, period(0))
	c.must(err)
	diff(c, "history", want, history)
	diff(c, "current", want[3:], c.intervals(metering.IntervalQuery{From: day, To: period(96)}))
	other, err := c.l.History(c.Context(), "p", metering.ChannelActiveExport, period(0))
	c.must(err)
	diff(c, "history of another channel", nil, other)
}

// wholeInterval writes extremes of every field and reads them back.
func (c *ledgerCase) wholeInterval() {
	var want []metering.Interval
	add := func(iv metering.Interval) {
		iv.Version, iv.RecordedAt = 1, day
		want = append(want, iv)
	}
	for i, ch := range metering.Channels() {
		iv := measured("p", i, metering.Energy(1)<<62)
		iv.Channel = ch
		add(iv)
	}
	add(metering.Interval{Point: "p", Channel: 1, Start: period(10), Grade: metering.Null, Flags: metering.FlagGap, Reason: "нет показаний с 08:00"})
	add(metering.Interval{Point: "p", Channel: 1, Start: period(11), Energy: -5, Uncertainty: 7, Grade: metering.Estimated, Method: 25, Flags: 1<<32 - 1, Reason: "x"})
	add(metering.Interval{Point: "q", Channel: 1, Start: period(11).AddDate(-40, 0, 0), Energy: 3, Grade: metering.FinalGrade, Method: metering.MethodSimulated, Flags: metering.FlagSimulated})
	add(metering.Interval{Point: "p", Channel: 1, Start: period(96 * 365), Energy: 3, Grade: metering.Actual})
	c.commit(metering.Commit{Intervals: want})
	sortIntervals(want)
	diff(c, "intervals", want, c.intervals(metering.IntervalQuery{From: day.AddDate(-60, 0, 0), To: day.AddDate(60, 0, 0)}))
}

func sortIntervals(list []metering.Interval) {
	slices.SortFunc(list, func(a, b metering.Interval) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Point, b.Point), cmp.Compare(a.Channel, b.Channel))
	})
}

func (c *ledgerCase) asOf() {
	put := func(hour int, wh metering.Energy) {
		c.commit(metering.Commit{ReceivedAt: day.Add(time.Duration(hour) * time.Hour), Intervals: []metering.Interval{measured("p", 0, wh)}})
	}
	put(1, 100)
	put(3, 200)
	put(5, 300)
	at := func(hour time.Duration, want ...metering.Energy) {
		c.Helper()
		var got []metering.Energy
		for _, iv := range c.intervals(metering.IntervalQuery{From: day, To: period(1), AsOf: day.Add(hour)}) {
			got = append(got, iv.Energy)
		}
		diff(c, "as of "+hour.String(), want, got)
	}
	at(time.Minute)
	at(time.Hour, 100)
	at(3*time.Hour-time.Millisecond, 100)
	at(3*time.Hour, 200)
	at(4*time.Hour, 200)
	at(5*time.Hour-time.Millisecond, 200)
	at(5*time.Hour, 300)
	at(24*time.Hour, 300)
}

func (c *ledgerCase) selection() {
	var all []metering.Interval
	for n := range 200 { // more than two days
		for _, p := range []metering.PointID{"b", "a", "c"} {
			for _, ch := range []metering.Channel{metering.ChannelReactiveImport, metering.ChannelActiveImport} {
				iv := measured(p, n, metering.Energy(n))
				iv.Channel = ch
				all = append(all, iv)
			}
		}
	}
	c.commit(metering.Commit{Intervals: all})
	sortIntervals(all)
	f := func(what string, q metering.IntervalQuery) {
		c.Helper()
		var want []metering.Interval
		for _, iv := range all {
			if (len(q.Points) == 0 || slices.Contains(q.Points, iv.Point)) && (len(q.Channels) == 0 || slices.Contains(q.Channels, iv.Channel)) &&
				!iv.Start.Before(q.From) && iv.Start.Before(q.To) {
				iv.Version, iv.RecordedAt = 1, day
				want = append(want, iv)
			}
		}
		diff(c, what, want, c.intervals(q))
	}
	f("everything", metering.IntervalQuery{From: day, To: period(1000)})
	f("a day", metering.IntervalQuery{From: period(96), To: period(192)})
	f("over midnight", metering.IntervalQuery{From: period(90), To: period(100)})
	f("one point", metering.IntervalQuery{Points: []metering.PointID{"b"}, From: period(5), To: period(150)})
	f("two points, named twice", metering.IntervalQuery{Points: []metering.PointID{"c", "a", "c"}, From: period(5), To: period(150)})
	f("one channel", metering.IntervalQuery{Channels: []metering.Channel{metering.ChannelActiveImport}, From: period(5), To: period(9)})
	f("one channel of one point", metering.IntervalQuery{Points: []metering.PointID{"a"}, Channels: []metering.Channel{metering.ChannelReactiveImport}, From: period(5), To: period(9)})
	f("an unknown point", metering.IntervalQuery{Points: []metering.PointID{"nobody"}, From: day, To: period(9)})
	f("within one period", metering.IntervalQuery{From: period(3).Add(time.Second), To: period(3).Add(time.Minute)})
	f("an empty range", metering.IntervalQuery{From: period(3), To: period(3)})
	f("a range that runs backward", metering.IntervalQuery{From: period(9), To: period(3)})
}

// intervalModel compares versions with a plain list of all that was committed.
func (c *ledgerCase) intervalModel() {
	type key struct {
		p metering.PointID
		n int
	}
	model := map[key][]metering.Interval{}
	clock := day
	rapid.Check(c, func(rt *rapid.T) {
		touched := map[key]bool{}
		for range rapid.IntRange(1, 3).Draw(rt, "commits") {
			clock = clock.Add(time.Minute)
			x := metering.Commit{ReceivedAt: clock}
			for range rapid.IntRange(0, 10).Draw(rt, "intervals") {
				k := key{rapid.SampledFrom([]metering.PointID{"a", "b"}).Draw(rt, "point"), rapid.IntRange(90, 100).Draw(rt, "period")}
				iv := measured(k.p, k.n, metering.Energy(rapid.IntRange(0, 2).Draw(rt, "energy")))
				iv.Uncertainty = metering.Energy(rapid.IntRange(0, 1).Draw(rt, "uncertainty"))
				x.Intervals = append(x.Intervals, iv)
				touched[k] = true
				if n := len(model[k]); n == 0 || !model[k][n-1].SameAs(iv) {
					iv.Version, iv.RecordedAt = n+1, clock
					model[k] = append(model[k], iv)
				}
			}
			if err := c.l.Commit(c.Context(), x); err != nil {
				rt.Fatal(err)
			}
		}
		for k, want := range model {
			if !touched[k] {
				continue
			}
			got, err := c.l.History(c.Context(), k.p, metering.ChannelActiveImport, period(k.n))
			if err != nil {
				rt.Fatal(err)
			}
			if !slices.Equal(want, got) {
				rt.Fatalf("history of %v: %+v, want %+v", k, got, want)
			}
		}
	})
}
