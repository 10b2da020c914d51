package rules_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// A month of one channel assessed a day at a time, with everything a point has at
// hand: history, siblings, a check meter, witnesses every minute, statistics.
func BenchmarkAssess(b *testing.B) {
	days := plainCases(31, 1)
	n := 0
	b.ReportAllocs()
	before := processor(b)
	for b.Loop() {
		for i := range days {
			n += len(rules.Assess(days[i]).Intervals)
		}
	}
	report(b, "assess", n, processor(b)-before)
}

// report prints intervals per second of processor time, which a busy machine does
// not change.
func report(b *testing.B, name string, n int, used time.Duration) {
	perSecond := float64(n) / used.Seconds()
	b.ReportMetric(perSecond, "intervals/cpu_s")
	fmt.Printf("\nBENCH %s %.0f intervals/cpu_s\n", name, perSecond)
}

// processor is the processor time of this process so far, collection of garbage
// included.
func processor(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Nothing is allocated for an interval on the clean path: a week takes as many
// allocations as a day.
func TestCleanPathDoesNotAllocatePerInterval(t *testing.T) {
	day, week := plainCases(1, 1)[0], plainCases(1, 7)[0]
	one := testing.AllocsPerRun(20, func() { rules.Assess(day) })
	both := testing.AllocsPerRun(20, func() { rules.Assess(week) })
	if both > one+12 {
		t.Errorf("a day takes %.0f allocations, a week %.0f", one, both)
	}
}

// plainCases are cases of some days each on which nothing is wrong.
func plainCases(n, days int) []rules.Case {
	from := time.Date(2026, 2, 1, 19, 0, 0, 0, time.UTC) // midnight in Aqtobe
	zone := time.FixedZone("Asia/Aqtobe", 5*3600)
	run := func(start time.Time, slots int, ch metering.Channel, of int64) []metering.Interval {
		var list []metering.Interval
		for i := range slots {
			t := start.Add(time.Duration(i) * metering.BasePeriod)
			list = append(list, metering.Interval{
				Point: "p", Channel: ch, Start: t, Energy: metering.Energy(of + t.Unix()/900*7919%(of/5)), Uncertainty: 20,
				Grade: metering.Actual, Method: metering.MethodRegister, Version: 1,
			})
		}
		return list
	}
	history := run(from.AddDate(0, 0, -29), 29*96, metering.ChannelActiveImport, 200_000)
	usage := &rules.Usage{}
	for _, kind := range metering.DayKinds() {
		for d := range 5 {
			usage.Learn(kind, history[d*96:(d+1)*96], 0)
		}
	}
	var list []rules.Case
	for d := range n {
		start := from.AddDate(0, 0, d*days)
		day := run(start, days*96, metering.ChannelActiveImport, 200_000)
		var witnesses []metering.Witness
		for _, iv := range day {
			w := metering.Witness{Meter: "m", Start: iv.Start}
			for s := range 15 {
				w.Powers = append(w.Powers, metering.PowerSample{At: iv.Start.Add(time.Duration(s) * time.Minute), Power: iv.MeanPower()})
			}
			witnesses = append(witnesses, w)
		}
		list = append(list, rules.Case{
			Point: metering.Point{ID: "p", Class: "plain"}, Channel: metering.ChannelActiveImport,
			From: start, To: start.AddDate(0, 0, days), Location: zone,
			Calendar: metering.Calendar{Holidays: []string{"2026-03-08", "2026-03-21"}},
			Rules:    []metering.RuleSet{{Name: "site"}, {Name: "plain", Class: "plain", Values: map[string]float64{"spike_excess": 2}}},
			Declared: []rules.Declared{{Power: metering.Megawatt}}, MaxPower: 2 * metering.Megawatt, Quantum: 10, Accuracy: 0.9, CheckAccuracy: 0.9,
			Derivation: vee.Derivation{Intervals: day}, Current: day, Before: history, Check: run(start, days*96, metering.ChannelActiveImport, 200_000),
			Siblings: []rules.Sibling{
				{Channel: metering.ChannelActiveExport, Intervals: run(start, days*96, metering.ChannelActiveExport, 5)},
				{Channel: metering.ChannelReactiveImport, Intervals: run(start, days*96, metering.ChannelReactiveImport, 90_000)},
			},
			Witnesses: witnesses, Usage: usage,
			Verified: []rules.Verified{{Part: "meter m", To: start.AddDate(1, 0, 0)}},
		})
	}
	return list
}
