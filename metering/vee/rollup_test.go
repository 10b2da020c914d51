package vee_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/vee"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// TestCalendar asks how long days and months of a zone are; the file is to be read
// by people.
func TestCalendar(t *testing.T) {
	const file = "testdata/calendar.txt"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	answered := false
	for line := range strings.Lines(string(src)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 3 && words[0] != "#":
			answered = false
			out.WriteString(line + "----\n" + span(t, words[0], words[1], words[2]) + "\n")
		case line == "----\n":
			answered = true
		case answered && line != "\n":
		default:
			answered = false
			out.WriteString(line)
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(src), out.String()); diff != "" && !*rewrite {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func span(t *testing.T, step, zoneName, when string) string {
	t.Helper()
	loc := zone(t, zoneName)
	at, err := time.ParseInLocation("2006-01-02T15", when, loc)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := vee.StepNamed(step)
	if !ok {
		t.Fatalf("no step %q", step)
	}
	start, end := s.Bounds(at, loc)
	total := vee.RollUp([]metering.Interval{actual("p", start, 5)}, s, loc)
	const form = "2006-01-02T15Z07"
	return fmt.Sprintf("%s … %s, %d intervals", start.Format(form), end.Format(form), total[0].Missing+1)
}

func actual(p metering.PointID, start time.Time, e metering.Energy) metering.Interval {
	return metering.Interval{
		Point: p, Channel: metering.ChannelActiveImport, Start: start, Energy: e, Uncertainty: 1,
		Grade: metering.Actual, Method: metering.MethodRegister,
	}
}

func TestTotalOfAnHourNamesItsParts(t *testing.T) {
	at := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
	estimated := actual("p", at.Add(30*time.Minute), 500)
	estimated.Grade = metering.Estimated
	null := metering.Interval{Point: "p", Channel: metering.ChannelActiveImport, Start: at.Add(45 * time.Minute), Grade: metering.Null, Flags: metering.FlagGap}
	got := vee.RollUp([]metering.Interval{null, estimated, actual("p", at, 1000), actual("p", at.Add(15*time.Minute), 500)}, vee.Hour, time.UTC)
	want := []vee.Total{{
		Point: "p", Channel: metering.ChannelActiveImport, Start: at, End: at.Add(time.Hour),
		Energy: 2000, Uncertainty: 3, Grade: metering.Null, Flags: metering.FlagGap,
		Parts: []vee.Part{
			{Grade: metering.Actual, Count: 2, Energy: 1500, Share: 0.75},
			{Grade: metering.Estimated, Count: 1, Energy: 500, Share: 0.25},
			{Grade: metering.Null, Count: 1},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMissingIntervalMakesTheTotalUnknown(t *testing.T) {
	at := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
	got := vee.RollUp([]metering.Interval{actual("p", at, 1000)}, vee.HalfHour, time.UTC)[0]
	if got.Missing != 1 || got.Known() || got.Energy != 1000 {
		t.Errorf("half hour with one interval: %+v; want one missing, not known, 1 kWh so far", got)
	}
}

func TestTotalsAddUpAtEveryStepAndInAnyOrder(t *testing.T) {
	loc := zone(t, "Asia/Almaty")
	rapid.Check(t, func(rt *rapid.T) {
		from := time.Date(2024, 2, rapid.IntRange(20, 29).Draw(rt, "day"), 0, 0, 0, 0, loc).UTC()
		n := rapid.IntRange(1, 800).Draw(rt, "intervals")
		var list []metering.Interval
		var sum metering.Energy
		for i := range n {
			iv := actual(metering.PointID(rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "point")),
				from.Add(time.Duration(i)*metering.BasePeriod), metering.Energy(rapid.IntRange(0, 1e9).Draw(rt, "energy")))
			sum += iv.Energy
			list = append(list, iv)
		}
		shuffled := append([]metering.Interval{}, list...)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		rng.Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, step := range []vee.Step{vee.HalfHour, vee.Hour, vee.Day, vee.Month} {
			totals := vee.RollUp(list, step, loc)
			if diff := cmp.Diff(totals, vee.RollUp(shuffled, step, loc)); diff != "" {
				rt.Fatalf("%v: the order matters:\n%s", step, diff)
			}
			var got metering.Energy
			var counted int
			for _, tot := range totals {
				got += tot.Energy
				counted += int(tot.End.Sub(tot.Start)/metering.BasePeriod) - tot.Missing
			}
			if got != sum || counted != n {
				rt.Fatalf("%v: totals hold %v in %d intervals, want %v in %d", step, got, counted, sum, n)
			}
		}
	})
}
