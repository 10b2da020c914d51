package reclaim_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
	"asue/metering/demand"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// year is a stretch of so many days of the zone, beginning on 1 July 2025.
func year(t require, days int) (*reclaim.Year, time.Time) {
	t.Helper()
	from := time.Date(2025, 7, 1, 0, 0, 0, 0, aqtobe)
	y, err := reclaim.NewYear(from, from.AddDate(0, 0, days), aqtobe, metering.Calendar{}, 30*time.Minute)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return y, from.UTC()
}

// require is what *testing.T and *rapid.T have in common.
type require interface {
	Helper()
	Fatalf(format string, args ...any)
}

func subject(tu metering.Power) reclaim.Subject {
	return reclaim.Subject{
		Resident: "r", Node: "f", Commissioned: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		Conditions: []metering.Condition{{ID: "tu-1", Resident: "r", Node: "f", Power: tu}},
	}
}

func load(from time.Time, slots []demand.Slot) demand.Load {
	return demand.Load{Name: "r", From: from, Slots: slots}
}

// drawn are measured slots of some mean powers.
func drawn(powers ...metering.Power) []demand.Slot {
	var list []demand.Slot
	for _, p := range powers {
		list = append(list, demand.Slot{Energy: metering.Energy(p / 4), State: demand.Measured, Grade: metering.Actual})
	}
	return list
}

// group is some residents in the making, a week in half hours of MW. What is not said is
// zero.
type group struct {
	t        *testing.T
	names    []string
	loads    map[string]demand.Load
	zoneLoad *demand.Load
	said     strings.Builder
}

// C1 of the figures by which the rules were agreed, and what follows if a part of it is
// not known.
func TestWhoseMaximaComeTogether(t *testing.T) {
	tell(t, "testdata/together.txt", &group{t: t, loads: map[string]demand.Load{}})
}

func (g *group) answer() string {
	defer g.said.Reset()
	return g.said.String()
}

func (g *group) week(blocks []string) demand.Load {
	_, from := year(g.t, 7)
	slots := drawn(make([]metering.Power, 7*96)...)
	for i, text := range blocks {
		mw, err := strconv.Atoi(text)
		if err != nil {
			g.t.Fatal(err)
		}
		p := metering.Power(mw) * metering.Megawatt
		copy(slots[2*i:], drawn(p, p))
	}
	return load(from, slots)
}

func (g *group) command(words []string) {
	switch words[0] {
	case "draws":
		g.names = append(g.names, words[1])
		g.loads[words[1]] = g.week(words[2:])
	case "lose":
		block, _ := strconv.Atoi(words[2])
		g.loads[words[1]].Slots[2*(block-1)] = demand.Slot{State: demand.Missing}
	case "zone":
		l := g.week(words[1:])
		g.zoneLoad = &l
	case "together":
		g.together()
	}
}

func (g *group) together() {
	y, _ := year(g.t, 7)
	var subjects []reclaim.Subject
	var records []reclaim.Record
	for _, name := range g.names {
		s := subject(10 * metering.Megawatt)
		s.Resident = metering.ResidentID(name)
		subjects, records = append(subjects, s), append(records, reclaim.Record{Load: g.loads[name]})
	}
	got, err := y.Together(g.zoneLoad, subjects, records)
	if err != nil {
		g.t.Fatal(err)
	}
	fmt.Fprintf(&g.said, "peak %v from %s, %d of %d blocks known; coincidence %.4f, diversity %.4f\n",
		got.AtPeak, got.Peak.In(aqtobe).Format("15:04"), got.Known, got.Blocks, got.Coincidence(), got.Diversity())
	for _, m := range got.Members {
		r, ok := m.Responsibility()
		fmt.Fprintf(&g.said, "%s: maximum %v, responsibility ", m.Resident, m.Max)
		if ok {
			fmt.Fprintf(&g.said, "%.3f", r)
		} else {
			g.said.WriteString("not known")
		}
		fmt.Fprintf(&g.said, ", %v in the zone's highest blocks, %d known\n", m.Top, m.TopBlocks)
	}
}

// naive finds the same figures by looking at everything again for each of them.
type naive struct {
	powers, maxima []metering.Power
	counts         reclaim.Counts
}

func look(from time.Time, days int, s reclaim.Subject, r reclaim.Record) naive {
	var n naive
	state := func(i int) string {
		at := from.Add(time.Duration(i) * metering.BasePeriod)
		touches := func(p metering.Period) bool {
			return p.From.Before(at.Add(metering.BasePeriod)) && (p.To.IsZero() || p.To.After(at))
		}
		switch {
		case slices.ContainsFunc(r.Held, touches):
			return "held"
		case slices.ContainsFunc(r.Outages, touches):
			return "outage"
		case !r.Load.Slots[i].Known():
			return "missing"
		case r.Load.Slots[i].State == demand.Estimate:
			return "imputed"
		}
		return "valid"
	}
	for i := range r.Load.Slots {
		if from.Add(time.Duration(i) * metering.BasePeriod).Before(s.Commissioned) {
			continue
		}
		n.counts.Expected++
		switch state(i) {
		case "held":
			n.counts.Held++
		case "outage":
			n.counts.Outage++
		case "missing":
			n.counts.Missing++
		case "imputed":
			n.counts.Imputed++
		default:
			n.counts.Valid++
		}
	}
	for d := range days {
		most, some := metering.Power(0), false
		for b := d * 96; b < d*96+96; b += 2 {
			if from.Add(time.Duration(b)*metering.BasePeriod).Before(s.Commissioned) || state(b) != "valid" || state(b+1) != "valid" {
				continue
			}
			p := metering.Power(2 * (r.Load.Slots[b].Energy + r.Load.Slots[b+1].Energy))
			n.powers = append(n.powers, p)
			if !some || p > most {
				most, some = p, true
			}
		}
		if some {
			n.maxima = append(n.maxima, most)
		}
	}
	return n
}

// share is the greatest power that at least so many of n blocks reach, found by
// trying them all.
func share(powers []metering.Power, perMille int) metering.Power {
	best := metering.Power(-1)
	for _, p := range powers {
		reach := 0
		for _, q := range powers {
			if q >= p {
				reach++
			}
		}
		if reach*1000 >= perMille*len(powers) && p > best {
			best = p
		}
	}
	return best
}

func drawRecord(t *rapid.T, from time.Time, days int) reclaim.Record {
	slots := make([]demand.Slot, days*96)
	level := rapid.SliceOfN(rapid.IntRange(0, 900), 12, 12).Draw(t, "levels")
	for i := range slots {
		slots[i] = drawn(metering.Power(level[i%len(level)]+i%7*(i/96)) * kW)[0]
	}
	for range rapid.IntRange(0, 5).Draw(t, "gaps") {
		first := rapid.IntRange(0, len(slots)-1).Draw(t, "first")
		n := rapid.IntRange(1, 60).Draw(t, "length")
		st := rapid.SampledFrom([]demand.State{demand.Absent, demand.Missing, demand.Estimate}).Draw(t, "state")
		for i := first; i < min(first+n, len(slots)); i++ {
			slots[i].State = st
			if st != demand.Estimate {
				slots[i].Energy = 0
			}
		}
	}
	period := func(label string) (list []metering.Period) {
		for range rapid.IntRange(0, 2).Draw(t, label) {
			a := rapid.IntRange(0, days*24*60-1).Draw(t, "minute")
			list = append(list, metering.Period{From: from.Add(time.Duration(a) * time.Minute), To: from.Add(time.Duration(a+rapid.IntRange(1, 600).Draw(t, "for")) * time.Minute)})
		}
		return list
	}
	return reclaim.Record{Load: load(from, slots), Held: period("held"), Outages: period("outages")}
}

func TestUseAgainstTheNaiveOne(t *testing.T) {
	set := reclaim.Default()
	set.Days, set.Replicates = 3, 20
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(7, 12).Draw(t, "days")
		y, from := year(t, days)
		s := subject(metering.Megawatt)
		s.Commissioned = from.Add(time.Duration(rapid.IntRange(-100, 300).Draw(t, "commissioned")) * 10 * time.Minute)
		r := drawRecord(t, from, days)
		u, err := y.Use(s, r, set)
		if err != nil {
			t.Fatal(err)
		}
		n := look(from, days, s, r)
		if diff := cmp.Diff(n.counts, u.Intervals); diff != "" {
			t.Fatalf("intervals (-want +got):\n%s", diff)
		}
		if u.Blocks != len(n.powers) {
			t.Fatalf("%d valid blocks, want %d", u.Blocks, len(n.powers))
		}
		if len(n.powers) > 0 {
			for _, c := range []struct {
				what string
				got  metering.Power
				pm   int
			}{{"maximum", u.Max, 0}, {"p99.9", u.P999, 1}, {"p99.5", u.P995, 5}, {"p95", u.P95, 50}, {"curve at 40 %", u.Curve[40], 400}} {
				if want := share(n.powers, c.pm); c.got != want {
					t.Fatalf("%s %v, want %v", c.what, c.got, want)
				}
			}
		}
		slices.Sort(n.maxima)
		slices.Reverse(n.maxima)
		if (u.DailyMaximum != nil) != (len(n.maxima) >= 3) {
			t.Fatalf("daily maximum %v of %d days", u.DailyMaximum, len(n.maxima))
		}
		if u.DailyMaximum != nil && *u.DailyMaximum != n.maxima[2] {
			t.Fatalf("daily maximum %v, want %v", *u.DailyMaximum, n.maxima[2])
		}
	})
}

// What is lost, dark or held back must not matter by what stands in its place.
func TestWhatIsNotValidTellsNothing(t *testing.T) {
	set := reclaim.Default()
	set.Days, set.Replicates = 3, 20
	rapid.Check(t, func(t *rapid.T) {
		y, from := year(t, 8)
		s := subject(metering.Megawatt)
		r := drawRecord(t, from, 8)
		before, err := y.Use(s, r, set)
		if err != nil {
			t.Fatal(err)
		}
		changed := r
		changed.Load.Slots = slices.Clone(r.Load.Slots)
		for i := range changed.Load.Slots {
			at := metering.Period{From: from.Add(time.Duration(i) * metering.BasePeriod)}
			dark := slices.ContainsFunc(r.Outages, func(p metering.Period) bool { return p.Holds(at.From) })
			if slot := &changed.Load.Slots[i]; dark || slot.State == demand.Estimate {
				slot.Energy /= 3
			}
		}
		after, err := y.Use(s, changed, set)
		if err != nil {
			t.Fatal(err)
		}
		before.Fills, after.Fills = nil, nil // these look at imputed values as lower bounds
		if before.Quiet != after.Quiet {
			t.Fatalf("quiet changed")
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("what is not valid matters:\n%s", diff)
		}
	})
}

// Drawing more, anywhere, never makes a need smaller; nor does it free more.
func TestMoreDrawnIsMoreNeeded(t *testing.T) {
	set := reclaim.Default()
	set.Days, set.Replicates, set.GraceMonths = 3, 50, 0
	rapid.Check(t, func(t *rapid.T) {
		y, from := year(t, 9)
		s := subject(metering.Megawatt)
		r := drawRecord(t, from, 9)
		first := rapid.IntRange(0, 9*96-1).Draw(t, "from")
		more := reclaim.Record{Load: load(from, slices.Clone(r.Load.Slots)), Held: r.Held, Outages: r.Outages}
		for i := first; i < min(first+50, len(more.Load.Slots)); i++ {
			if more.Load.Slots[i].Known() {
				more.Load.Slots[i].Energy += 50_000
			}
		}
		a, errA := y.Use(s, r, set)
		b, errB := y.Use(s, more, set)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		na, oka := a.Need()
		nb, okb := b.Need()
		if oka != okb || nb < na || b.Upper < a.Upper {
			t.Fatalf("need %v → %v, upper %v → %v", na, nb, a.Upper, b.Upper)
		}
	})
}

func TestFaultsAreToldTogether(t *testing.T) {
	y, from := year(t, 7)
	none := 3
	s := reclaim.Subject{Resident: "r", Node: "f", GraceMonths: &none, Armour: -1, Growth: []reclaim.Commitment{{}}}
	_, err := y.Use(s, reclaim.Record{Load: load(from, make([]demand.Slot, 7*96))}, reclaim.Default())
	for _, want := range []string{"no technical condition", "commissioned: not set", "name the decision", "armour -1 W is negative", "growth 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if _, err := y.Use(subject(1), reclaim.Record{Load: load(from, nil)}, reclaim.Default()); err == nil || !strings.Contains(err.Error(), "has 0 intervals") {
		t.Errorf("a load of another time: %v", err)
	}
	if _, err := y.Use(subject(1), reclaim.Record{}, reclaim.Settings{}); err == nil || !strings.Contains(err.Error(), "version") || !strings.Contains(err.Error(), "step_w") {
		t.Errorf("settings: %v", err)
	}
	_, err = reclaim.NewYear(from.Add(time.Hour), from.AddDate(2, 0, 0), aqtobe, metering.Calendar{}, 30*time.Minute)
	if err == nil || !strings.Contains(err.Error(), "no local midnight") || !strings.Contains(err.Error(), "367 days") {
		t.Errorf("year: %v", err)
	}
}

// A zone with daylight saving has days of 46 and 50 blocks; each block stands once in
// its day, and months are whole.
func TestAYearWithShiftsOfTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	to := time.Date(2026, 5, 31, 0, 0, 0, 0, berlin)
	from := reclaim.YearTo(to, berlin)
	y, err := reclaim.NewYear(from, to, berlin, metering.Calendar{}, 30*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	s := subject(metering.Megawatt)
	slots := drawn(slices.Repeat([]metering.Power{500 * kW}, int(to.Sub(from)/metering.BasePeriod))...)
	u, err := y.Use(s, reclaim.Record{Load: load(from.UTC(), slots)}, reclaim.Default())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	total := 0
	for _, m := range u.Months {
		names = append(names, m.Name)
		total += m.Intervals.Valid
	}
	want := "2025-05-31 2025-06-30 2025-07-31 2025-08-31 2025-09-30 2025-10-31 2025-11-30 2025-12-31 2026-01-31 2026-02-28 2026-03-31 2026-04-30"
	if got := strings.Join(names, " "); got != want || total != 365*96 || u.Blocks != 365*48 || u.Energy != 365*24*500_000 {
		t.Errorf("months %s; %d intervals, %d blocks, %v", got, total, u.Blocks, u.Energy)
	}
	if u.LoadFactor() != 1 || u.Trend != 0 || u.Above50 != 0 {
		t.Errorf("load factor %v, trend %v, %d blocks above half", u.LoadFactor(), u.Trend, u.Above50)
	}
}
