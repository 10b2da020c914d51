package hosting_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim/hosting"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// feeder is a zone of two nodes, with another line in some scenarios.
func feeder(t testing.TB) (*hosting.Model, hosting.Question) {
	t.Helper()
	m, err := hosting.New([]hosting.Node{
		{ID: "input", Limits: []hosting.Step{{Limit: metering.LimitOf(29_700 * kW)}}, Firm: 33_000 * kW, Armour: 6000 * kW, Backup: metering.LimitOf(12_000 * kW)},
		{ID: "f-1", Parent: "input", Limits: []hosting.Step{{Limit: metering.LimitOf(9000 * kW)}}, Firm: 7000 * kW},
	}, []hosting.Load{play("old", "f-1", 5000, 60, 1), play("works", "input", 17_000, 60, 2)}, 30*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 7, 10, 0, 0, 0, 0, time.UTC)
	return m, hosting.Question{Node: "f-1", At: at, Profile: hosting.Flat(30 * time.Minute), Power: 2000 * kW, Scenarios: []hosting.Scenario{
		{Name: "works", Changes: []hosting.Change{
			{Node: "f-1", Limits: []hosting.Step{{Limit: metering.LimitOf(9000 * kW)}, {From: at.AddDate(1, 0, 0), Limit: metering.LimitOf(14_000 * kW)}}},
			{Node: "input", Limits: []hosting.Step{{Limit: metering.LimitOf(29_700 * kW)}, {From: at.AddDate(0, 6, 0), Limit: metering.LimitOf(41_700 * kW)}}}}},
	}}
}

func quick() hosting.Policy {
	p := hosting.DefaultPolicy()
	p.Years, p.Quarters, p.Levels = 200, 6, []float64{0.8, 1}
	return p
}

// rank orders verdicts, the best first.
func rank(v hosting.Verdict) int {
	return slices.Index([]hosting.Verdict{hosting.Firm, hosting.Flexible, hosting.NonFirm, hosting.Later, hosting.No}, v)
}

// More never fares better: not the verdict, not the date, not the curtailment, not the
// risk. And what can connect does not depend on what is asked for.
func TestMoreNeverFaresBetter(t *testing.T) {
	m, q := feeder(t)
	dice := rand.New(rand.NewPCG(7, 7))
	powers := []metering.Power{kW, 3000 * kW, 3001 * kW}
	for range 25 {
		powers = append(powers, metering.Power(1+dice.IntN(11_000))*kW)
	}
	slices.Sort(powers)
	verdicts := map[hosting.Verdict]int{}
	var a hosting.Answer // with less
	for i, power := range powers {
		q.Power = power
		b, err := m.Ask(q, quick())
		if err != nil {
			t.Fatal(err)
		}
		verdicts[b.Verdict]++
		if i > 0 {
			compare(t, a, b)
		}
		a = b
	}
	for _, f := range a.From {
		for _, quarter := range f.Quarters {
			if quarter.Firm < a.FirmNow {
				t.Errorf("%q: %v from %v, and %v for good", f.Scenario, quarter.Firm, quarter.From, a.FirmNow)
			}
		}
	}
	for i, r := range a.Path {
		if want := []metering.NodeID{"f-1", "input"}[i]; r.Node != want || r.Headroom != r.Limit-r.Q99 || r.Ratio <= 0 {
			t.Errorf("room %+v", r)
		}
	}
	if len(verdicts) < 4 {
		t.Errorf("powers from %v to %v know the verdicts %v only", powers[0], a.Asked, verdicts)
	}
}

func compare(t *testing.T, a, b hosting.Answer) {
	t.Helper()
	if rank(a.Verdict) > rank(b.Verdict) || a.FirmNow != b.FirmNow {
		t.Errorf("%v: %s, %v: %s; firm now %v and %v", a.Asked, a.Verdict, b.Asked, b.Verdict, a.FirmNow, b.FirmNow)
	}
	for i, f := range a.From {
		if g := b.From[i]; g.From != nil && (f.From == nil || f.From.After(*g.From)) {
			t.Errorf("%s: %v from %v, %v from %v", f.Scenario, a.Asked, f.From, b.Asked, g.From)
		}
	}
	ca, cb := a.Curtailment, b.Curtailment
	if ca.Hours > cb.Hours || ca.Share > cb.Share+1e-9 || ca.Energy > cb.Energy || (cb.Allowed && !ca.Allowed) {
		t.Errorf("curtailed: %+v with %v, %+v with %v", ca, a.Asked, cb, b.Asked)
	}
	for i := 1; i < len(cb.Curve); i++ {
		if less, more := cb.Curve[i-1], cb.Curve[i]; less.Power > more.Power || less.Hours > more.Hours || less.Share > more.Share+1e-9 {
			t.Errorf("curve of %v: %+v, then %+v", b.Asked, less, more)
		}
	}
	if c := cb.Curve[len(cb.Curve)-1]; c.Power < b.Asked {
		t.Errorf("the curve of %v ends at %v", b.Asked, c.Power)
	}
	for i, r := range a.With {
		if s := b.With[i]; r.Year > s.Year || r.Energy > s.Energy || r.Hours > s.Hours || a.Before[i].Year > r.Year {
			t.Errorf("at risk: %+v with %v, %+v with %v", r, a.Asked, s, b.Asked)
		}
	}
}

// The same question has the same answer; another seed has another name.
func TestAnAnswerCanBeFoundAgain(t *testing.T) {
	m, q := feeder(t)
	first, err := m.Ask(q, quick())
	if err != nil {
		t.Fatal(err)
	}
	m2, q2 := feeder(t)
	second, _ := m2.Ask(q2, quick())
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("asked twice:\n%s", diff)
	}
	names := map[string]string{first.Digest: "the question"}
	other := func(what string, change func(q *hosting.Question, p *hosting.Policy)) {
		q, p := q, quick()
		q.Scenarios = slices.Clone(q.Scenarios)
		change(&q, &p)
		a, err := m.Ask(q, p)
		if err != nil {
			t.Fatal(err)
		}
		if same, ok := names[a.Digest]; ok {
			t.Errorf("%s has the digest of %s", what, same)
		}
		names[a.Digest] = what
	}
	other("another seed", func(_ *hosting.Question, p *hosting.Policy) { p.Seed++ })
	other("another power", func(q *hosting.Question, _ *hosting.Policy) { q.Power++ })
	other("another flexible part", func(q *hosting.Question, _ *hosting.Policy) { q.Flexible = 0.1 })
	other("another profile", func(q *hosting.Question, _ *hosting.Policy) {
		q.Profile, _ = hosting.Template("flat", append(slices.Repeat([]float32{1}, 335), 0.5))
	})
	other("a scenario less", func(q *hosting.Question, _ *hosting.Policy) { q.Scenarios = nil })
}

func TestAnAnswerCanBeStopped(t *testing.T) {
	m, q := feeder(t)
	var parts []float64
	q.Progress = func(part float64) bool { parts = append(parts, part); return true }
	if _, err := m.Ask(q, quick()); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(parts) || len(parts) < 10 || parts[len(parts)-1] != 1 || slices.Max(parts) > 1 {
		t.Errorf("progress %v", parts)
	}
	n := 0
	q.Progress = func(float64) bool { n++; return n < 5 }
	if _, err := m.Ask(q, quick()); !errors.Is(err, hosting.ErrStopped) || n != 5 {
		t.Errorf("stopped after %d: %v", n, err)
	}
}

// Risk of what is there, and how it falls with the limit.
func TestRiskOfWhatIs(t *testing.T) {
	m, _ := feeder(t)
	p := quick()
	last := 1.1
	for _, above := range []metering.Power{10_000, 17_000, 18_500, 19_500, 21_000, 40_000} {
		r, err := m.Risk("input", above*kW, p)
		if err != nil {
			t.Fatal(err)
		}
		if r.Year > last || (r.Energy > 0) != (r.Block > 0) || r.Energy > r.EnergyP95 && r.Year < 0.01 {
			t.Errorf("above %v: %+v", above*kW, r)
		}
		if math.Abs(r.Hours-r.Block*8736) > 1e-6 {
			t.Errorf("above %v: %v h, %v of the blocks", above*kW, r.Hours, r.Block)
		}
		last = r.Year
	}
	if r, _ := m.Risk("input", 40_000*kW, p); r.Worst() > 1e-3 || r.Tail == nil {
		t.Errorf("twice what was ever drawn: %+v", r)
	}
	if r, _ := m.Risk("input", kW, p); r.Year != 1 || r.Block != 1 || r.Worst() != 1 {
		t.Errorf("a kilowatt: %+v", r)
	}
	// No year that is played comes above what has been; the tail does.
	highest := float32(0)
	old, works := play("old", "f-1", 5000, 60, 1), play("works", "input", 17_000, 60, 2)
	for w := range old.Weeks {
		for b := range old.Weeks[w].Power {
			highest = max(highest, old.Weeks[w].Power[b]+works.Weeks[w].Power[b])
		}
	}
	if r, _ := m.Risk("input", metering.Power(highest+1)*kW, p); r.Year != 0 || r.Tail.Year == 0 || r.Tail.Upper < r.Tail.Year {
		t.Errorf("just above what has been: %+v, %+v", r, r.Tail)
	}
	if _, err := m.Risk("nowhere", kW, p); err == nil {
		t.Error("risk nowhere")
	}
	young, err := hosting.New([]hosting.Node{{ID: "input"}}, []hosting.Load{play("old", "input", 5000, 30, 1)}, 30*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := young.Risk("input", kW, p); !errors.Is(err, hosting.ErrInsufficient) {
		t.Errorf("thirty weeks: %v", err)
	}
}

// A week that nobody has measured is not drawn.
func TestFilledWeeksAreNotDrawn(t *testing.T) {
	l := play("old", "input", 5000, 60, 1)
	for i := range 6 {
		l.Weeks[10+i].Filled = 40
	}
	for b := range l.Weeks[10].Power {
		l.Weeks[10].Power[b] = 1e6
	}
	m, err := hosting.New([]hosting.Node{{ID: "input"}}, []hosting.Load{l}, 30*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Risk("input", 20_000*kW, quick())
	if err != nil || m.Weeks() != 54 || r.Year != 0 {
		t.Errorf("%d weeks, %+v, %v", m.Weeks(), r, err)
	}
}

func TestProfiles(t *testing.T) {
	hours := 365.0 * 24
	rapid.Check(t, func(t *rapid.T) {
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		parts := make([]float32, 336)
		for b := range parts {
			parts[b] = float32(dice.IntN(99)+1) / 100
		}
		parts[0] = 1
		p, err := hosting.Template("t", parts)
		if err != nil {
			t.Fatal(err)
		}
		want := rapid.Float64Range(0.05, 0.95).Draw(t, "load factor")
		energy := metering.Energy(want * hours * 1e6)
		if p, err = p.WithEnergy(metering.Megawatt, energy); err != nil {
			t.Fatal(err)
		}
		if got := p.Mean(); math.Abs(got-want) > 1e-3 {
			t.Fatalf("mean %v, want %v", got, want)
		}
	})
	day := metering.Energy(24 * 1e6)
	for _, c := range []struct {
		err  func() error
		want string
	}{
		{func() error { _, err := hosting.Template("t", []float32{1.5}); return err }, "each 0 to 1"},
		{func() error { _, err := hosting.Given("g", []float32{0, 0}); return err }, "greatest power is 0"},
		{func() error { _, err := hosting.Given("g", nil); return err }, "empty"},
		{func() error { _, err := hosting.Flat(time.Hour).WithEnergy(metering.Megawatt, 300*day); return err }, "not always"},
		{func() error { _, err := hosting.Flat(time.Hour).WithEnergy(metering.Megawatt, 366*day); return err }, "less than 1 MW all the time"},
	} {
		if err := c.err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q in: %v", c.want, err)
		}
	}
	given, err := hosting.Given("g", []float32{50, 100, 25})
	if err != nil || math.Abs(given.Mean()-175.0/300) > 1e-6 {
		t.Errorf("given: %v, %v", given.Mean(), err)
	}
}

func TestFaultsAreToldTogether(t *testing.T) {
	m, q := feeder(t)
	q.Power, q.Node, q.At = -1, "nowhere", time.Time{}
	q.Committed = []hosting.Committed{{Node: "f-1", Profile: hosting.Flat(time.Hour)}}
	q.Scenarios = []hosting.Scenario{{Changes: []hosting.Change{{Node: "f-7", Limits: []hosting.Step{{}}}}}}
	_, err := m.Ask(q, quick())
	for _, want := range []string{`question: node "nowhere"`, "question: -1 W", "state when", `committed 1: profile "flat" has 168 blocks`, "committed 1: 0 W", "a scenario has no name", `node "f-7"`, "limit 1: state a power"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in: %v", want, err)
		}
	}
	_, err = m.Ask(q, hosting.Policy{Levels: []float64{2}})
	for _, want := range []string{"guard 0", "years 0", "level 2"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in: %v", want, err)
		}
	}
}
