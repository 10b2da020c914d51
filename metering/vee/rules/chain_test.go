package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// polled is a register that was read now and then: what a ledger keeps of it.
func polled(times []time.Time, content func(i int) int64, count metering.Count) []metering.RegisterSpan {
	var spans []metering.RegisterSpan
	for i, at := range times {
		c := count
		c.Raw = content(i)
		s := metering.SpanOf("m", metering.ActiveImport, metering.RegisterReading{At: at, Count: c})
		if n := len(spans); n > 0 && spans[n-1].Start.Equal(s.Start) {
			spans[n-1] = spans[n-1].Merge(s)
			continue
		}
		spans = append(spans, s)
	}
	return spans
}

// From readings to intervals that can be billed: a register behind transformers
// that was read at odd moments, with holes of every length. Derived, judged and
// estimated, all intervals together hold what the register says between its first
// and its last boundary, to the watt-hour.
func TestFromReadingsToIntervals(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
		to := from.AddDate(0, 0, 2)
		count := metering.Count{Step: 1000, Secondary: true}
		times := []time.Time{from}
		raw := []int64{rapid.Int64Range(0, 1<<30).Draw(rt, "first")}
		for at := from; at.Before(to); {
			step := rapid.SampledFrom([]time.Duration{61 * time.Second, 5 * time.Minute, 11 * time.Minute, 40 * time.Minute, 47 * time.Minute, 2 * time.Hour, 9 * time.Hour}).Draw(rt, "step")
			next := at.Add(step)
			if next.After(to) {
				next = to
			}
			times = append(times, next)
			raw = append(raw, raw[len(raw)-1]+rapid.Int64Range(0, int64(next.Sub(at)/time.Second)).Draw(rt, "counts"))
			at = next
		}
		want := metering.Energy((raw[len(raw)-1] - raw[0]) * 20)
		for i := range 3 { // readings that bear the last one out
			times, raw = append(times, to.Add(time.Duration(i+1)*time.Minute)), append(raw, raw[len(raw)-1])
		}
		in := metering.Install{Meter: "m", Point: "p", CT: metering.Ratio{Primary: 100, Secondary: 5}}
		chain := vee.Chain{Point: "p", Channel: metering.ChannelActiveImport, Links: []vee.Link{{
			Install: in, MaxPower: 100 * metering.Kilowatt, Spans: polled(times, func(i int) int64 { return raw[i] }, count),
		}}}
		c := rules.Case{
			Point: metering.Point{ID: "p"}, Channel: metering.ChannelActiveImport, From: from, To: to,
			MaxPower: 100 * metering.Kilowatt, Quantum: 20, Derivation: chain.Derive(from, to, to),
		}
		result := rules.Assess(c)
		var sum metering.Energy
		for _, iv := range result.Intervals {
			if iv.Grade == metering.Null {
				rt.Fatalf("%+v", iv)
			}
			sum += iv.Energy
		}
		if sum != want {
			rt.Fatalf("intervals hold %d, the register says %d", sum, want)
		}
		c.Current = result.Intervals
		if diff := cmp.Diff(result, rules.Assess(c)); diff != "" {
			rt.Fatalf("-first +again:\n%s", diff)
		}
	})
}

// BenchmarkDeriveAndAssess takes a month of one channel, read every minute, from
// the readings that a ledger keeps to validated intervals.
func BenchmarkDeriveAndAssess(b *testing.B) {
	cases := plainCases(31, 1)
	var chains []vee.Chain
	for i := range cases {
		c := &cases[i]
		var times []time.Time
		for at := c.From.Add(-40 * time.Second); at.Before(c.To.Add(2 * time.Minute)); at = at.Add(time.Minute) {
			times = append(times, at)
		}
		spans := polled(times, func(i int) int64 { return 1_000_000 + int64(i)*14_000 + int64(i*i%997) }, metering.Count{Step: 1000})
		chains = append(chains, vee.Chain{Point: "p", Channel: metering.ChannelActiveImport, Links: []vee.Link{{
			Install: metering.Install{Meter: "m", Point: "p"}, MaxPower: c.MaxPower, Spans: spans,
		}}})
		c.Witnesses = slices.Clone(c.Witnesses)
		for k := range c.Witnesses {
			c.Witnesses[k].Powers = nil // power is another than the simulated register's
		}
	}
	n := 0
	b.ReportAllocs()
	before := processor(b)
	for b.Loop() {
		for i := range cases {
			cases[i].Derivation = chains[i].Derive(cases[i].From, cases[i].To, cases[i].To)
			result := rules.Assess(cases[i])
			n += len(result.Intervals)
		}
	}
	report(b, "derive_and_assess", n, processor(b)-before)
}
