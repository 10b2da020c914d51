package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

func witness(n int, powers ...metering.PowerSample) metering.Witness {
	return metering.Witness{Meter: "m-1", Start: period(n), Powers: powers}
}

func power(n, millis int, watts metering.Power) metering.PowerSample {
	return metering.PowerSample{At: period(n).Add(time.Duration(millis) * time.Millisecond), Power: watts}
}

func (c *ledgerCase) witnesses(meter metering.MeterID, from, to time.Time) []metering.Witness {
	c.Helper()
	list, err := c.l.Witnesses(c.Context(), meter, from, to)
	c.must(err)
	return list
}

func (c *ledgerCase) witnessSelection() {
	var all []metering.Witness
	for _, n := range []int{-1, 0, 1, 95, 96, 97, 500} {
		w := witness(n, power(n, 0, metering.Power(n)), power(n, 899_999, -metering.Power(1)<<61))
		w.Signs[metering.SignNoVoltage], w.Signs[metering.SignMeterClock] = 1, 1<<31-1
		all = append(all, w)
	}
	other := witness(0, power(0, 500, 7))
	other.Meter = "m-2"
	silent := witness(600) // nothing but that there was nothing
	c.commit(metering.Commit{Witnesses: append(slices.Clone(all), other, silent)})
	c.reopen()
	diff(c, "all", append(slices.Clone(all), silent), c.witnesses("m-1", period(-10), period(1000)))
	diff(c, "a day", all[1:4], c.witnesses("m-1", period(0), period(96)))
	diff(c, "one", all[2:3], c.witnesses("m-1", period(1), period(2)))
	diff(c, "between the grid", all[2:3], c.witnesses("m-1", period(0).Add(time.Nanosecond), period(1).Add(time.Nanosecond)))
	diff(c, "the other meter", []metering.Witness{other}, c.witnesses("m-2", period(-10), period(1000)))
	diff(c, "an unknown meter", nil, c.witnesses("m-3", period(-10), period(1000)))
	diff(c, "a range that runs backward", nil, c.witnesses("m-1", period(10), period(0)))
}

// witnessModel commits samples and signs in random order and portions, some of
// them again, and expects the earliest sample of each slot and the greatest of
// each sign.
func (c *ledgerCase) witnessModel() {
	round := 0
	rapid.Check(c, func(rt *rapid.T) {
		round++
		meter := metering.MeterID(fmt.Sprint("m", round))
		var pieces []metering.Witness
		model := map[time.Time]metering.Witness{}
		first := map[time.Time]metering.PowerSample{} // by slot
		for range rapid.IntRange(1, 60).Draw(rt, "pieces") {
			n := rapid.SampledFrom([]int{92, 95, 96}).Draw(rt, "period")
			w := metering.Witness{Meter: meter, Start: period(n)}
			for range rapid.IntRange(0, 3).Draw(rt, "samples") {
				p := power(n, rapid.OneOf(rapid.IntRange(0, 899_999), rapid.IntRange(0, 20_001)).Draw(rt, "at"), metering.Power(rapid.Int64().Draw(rt, "watts")/8))
				w = w.Merge(metering.Witness{Powers: []metering.PowerSample{p}})
				slot := p.At.Truncate(metering.WitnessSlot)
				if have, ok := first[slot]; !ok || p.At.Before(have.At) || p.At.Equal(have.At) && p.Power < have.Power {
					first[slot] = p
				}
			}
			sign := rapid.IntRange(0, len(w.Signs)-1).Draw(rt, "sign")
			w.Signs[sign] = rapid.Int32Range(0, 1<<31-1).Draw(rt, "value")
			pieces = append(pieces, w)
			m := model[w.Start]
			m.Meter, m.Start = meter, w.Start
			m.Signs[sign] = max(m.Signs[sign], w.Signs[sign])
			model[w.Start] = m
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 3))
		pieces = append(pieces, pieces[:rng.IntN(len(pieces))]...)
		rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for len(pieces) > 0 {
			n := 1 + rng.IntN(len(pieces))
			if err := c.l.Commit(c.Context(), metering.Commit{ReceivedAt: day, Witnesses: pieces[:n]}); err != nil {
				rt.Fatal(err)
			}
			pieces = pieces[n:]
		}
		var want []metering.Witness
		for _, start := range slices.SortedFunc(maps.Keys(model), time.Time.Compare) {
			want = append(want, model[start])
		}
		for _, slot := range slices.SortedFunc(maps.Keys(first), time.Time.Compare) {
			i := slices.IndexFunc(want, func(w metering.Witness) bool { return w.Start.Equal(metering.PeriodStart(slot)) })
			want[i].Powers = append(want[i].Powers, first[slot])
		}
		got, err := c.l.Witnesses(c.Context(), meter, day, period(200))
		if err != nil {
			rt.Fatal(err)
		}
		if fmt.Sprint(want) != fmt.Sprint(got) {
			rt.Fatalf("witnesses:\n%+v\nwant\n%+v", got, want)
		}
	})
}
