package hosting

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"asue/metering"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s %.6f, want %.6f", what, got, want)
	}
}

// G1 of the figures by which the method was agreed: 36 peaks over 27 MW in a year, scale
// 0.9 MW, limit 29.7 MW. The shape decides.
func TestTailOfDailyMaxima(t *testing.T) {
	for _, c := range []struct{ shape, day, days, year float64 }{
		{-0.15, 0.001833, 0.669, 0.488}, {0, 0.004911, 1.793, 0.834}, {0.1, 0.007154, 2.611, 0.927},
	} {
		day := dayAbove(36.0/365, 29.7-27, 0.9, c.shape)
		near(t, "day", day, c.day, 0.0000005)
		near(t, "days a year", 365*day, c.days, 0.001)
		near(t, "year", yearOf(day), c.year, 0.0005)
	}
	if dayAbove(0.1, 10, 0.9, -0.15) != 0 {
		t.Error("beyond the end of a bounded tail")
	}
}

// G3: existing days [20,26] [24,28] [27,29], new ones [1,1] [2,3], each with each, limit
// 29.7 MW: half of the days, a quarter of the blocks, 0.325 MWh a day.
func TestTallyOfDays(t *testing.T) {
	days, blocks, energy := 0, 0, 0.0
	for _, a := range [][2]float32{{20, 26}, {24, 28}, {27, 29}} {
		for _, b := range [][2]float32{{1, 1}, {2, 3}} {
			v := tallyOf([]float32{a[0] + b[0], a[1] + b[1]}, 29.7, 0.5)
			blocks += v.blocks
			energy += v.energy
			if v.blocks > 0 {
				days++
			}
		}
	}
	near(t, "day", float64(days)/6, 0.5, 0)
	near(t, "block", float64(blocks)/12, 0.25, 0)
	near(t, "energy a day", energy/6, 0.325, 1e-6)
}

// G4: 19 loads of 1.2 ± 0.35 MW. Independence hides the risk.
func TestCorrelationMatters(t *testing.T) {
	var c crude
	for range 19 {
		c.add(spread{1.2, 0.35})
	}
	near(t, "sd, independent", c.sd(0), 1.526, 0.0005)
	near(t, "sd, correlated by 0.2", c.sd(0.2), 3.272, 0.0005)
	near(t, "block", c.above(29.7, 0.2), 0.0175, 0.00005)
	near(t, "z if independent", (29.7-c.mean)/c.sd(0), 4.5, 0.05)
	if p := c.above(29.7, 0); p > 4e-6 {
		t.Errorf("independent: %v", p)
	}
}

// Peaks of a known distribution give its shape and scale back, and a refit is a fit of
// what was drawn.
func TestFitOfATail(t *testing.T) {
	for _, shape := range []float64{-0.2, 0.0001, 0.2} {
		var over []float64
		const n = 20_000
		for i := range n {
			p := 1 - (float64(i)+0.5)/n
			over = append(over, 3*(math.Pow(p, -shape)-1)/shape)
		}
		got, scale := fit(over, nil)
		near(t, "shape", got, shape, 0.01)
		near(t, "scale", scale, 3, 0.03)
	}
	rapid.Check(t, func(t *rapid.T) {
		over := rapid.SliceOfN(rapid.Float64Range(0.01, 5), 5, 40).Draw(t, "over")
		slices.Sort(over)
		e := peaks{over: over}
		seed := rapid.Uint64().Draw(t, "seed")
		shape, scale := e.refit(rand.New(rand.NewPCG(seed, 0)))
		dice := rand.New(rand.NewPCG(seed, 0))
		var drawn []float64
		for range over {
			drawn = append(drawn, over[dice.IntN(len(over))])
		}
		slices.Sort(drawn)
		wantShape, wantScale := fit(drawn, nil)
		if math.Abs(shape-wantShape) > 1e-9*max(1, math.Abs(wantShape)) || math.Abs(scale-wantScale) > 1e-9*max(1, math.Abs(wantScale)) {
			t.Fatalf("%v %v, want %v %v", shape, scale, wantShape, wantScale)
		}
	})
}

// Days in a row are one event.
func TestRunsOfDays(t *testing.T) {
	got := runs([]float64{1, 5, 6, 5, 1, 7, 1, 1, 4.5}, 4)
	if !slices.Equal(got, []float64{0.5, 2, 3}) {
		t.Errorf("excesses %v", got)
	}
	daily := make([]float64, 365)
	dice := rand.New(rand.NewPCG(3, 3))
	for i := range daily {
		daily[i] = 20 + 4*dice.Float64()
	}
	e := peaksOf(daily)
	if e == nil || len(e.over) < leastPeaks {
		t.Fatalf("peaks %+v", e)
	}
	above := 1.1
	for x := 20.0; x < 26; x += 0.1 { // more demanding limits are less likely to be kept
		p := e.day(x, e.scale, e.shape)
		if p > above {
			t.Fatalf("above %v: %v, above a lower one %v", x, p, above)
		}
		above = p
	}
	if peaksOf(slices.Repeat([]float64{5}, 365)) != nil {
		t.Error("a flat load has peaks")
	}
}

// model is one of a few nodes and weeks, small enough to be looked at block by block.
func smallModel(t *rapid.T) (*Model, *study, network) {
	const perWeek = 28 // four blocks a day
	dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	nodes := []Node{{ID: "input", Limits: limitsOf(rapid.IntRange(20, 90).Draw(t, "input"))}, {ID: "f", Parent: "input", Limits: limitsOf(rapid.IntRange(10, 70).Draw(t, "f"))}, {ID: "g", Parent: "input"}}
	var loads []Load
	for _, node := range []string{"f", "g"} {
		l := Load{Name: node, Node: metering.NodeID(node)}
		for w := range seasons {
			week := Week{Season: w}
			for range perWeek {
				week.Power = append(week.Power, float32(dice.IntN(31)))
			}
			l.Weeks = append(l.Weeks, week)
		}
		loads = append(loads, l)
	}
	m, err := New(nodes, loads, 6*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p := DefaultPolicy()
	p.Years, p.Levels, p.Guard = 100, []float64{0.5, 1}, 1
	parts := make([]float32, perWeek)
	for b := range parts {
		parts[b] = float32(b%5) / 4
	}
	profile, _ := Template("steps", parts)
	flat, _ := Template("flat", slices.Repeat([]float32{1}, perWeek))
	q := Question{Power: 10_000, Profile: profile, Node: "f", At: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
		Committed: []Committed{{Node: "g", Power: 4000, Profile: flat, From: time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)}}}
	s := m.study(q, p)
	return m, s, s.worst(quartersFrom(q.At, 4))
}

func limitsOf(kw int) []Step { return []Step{{Limit: limitOf(kw)}} }

// played is a year block by block: what is drawn at f and at the input, and what of it
// is the newcomer's.
func (s *study) played(year int, x float64, do func(season int, f, input, own float32)) {
	lv := float32(s.policy.Levels[s.draws.level[year]])
	for season, w := range s.draws.of(year) {
		for b := range s.m.perWeek {
			own := lv * float32(x) * s.parts[w][b]
			f := s.m.load[1][int(w)*s.m.perWeek+b]
			g := s.m.load[2][int(w)*s.m.perWeek+b]
			do(season, f+own, f+g+own+lv*4, own)
		}
	}
}

// Years that are summed up by weeks are the years played block by block.
func TestRiskAgainstYearsPlayedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, s, n := smallModel(t)
		x := float64(rapid.IntRange(0, 40).Draw(t, "x"))
		r := s.risk(s.demandAt(n, 1, x), n.limits[1])
		hit, blocks, energy := 0, 0, 0.0
		for y := range s.draws.years {
			some := false
			s.played(y, x, func(_ int, _, input, _ float32) {
				if over := float64(input) - n.limits[1]; over > 1e-4 {
					some = true
					blocks++
					energy += 6 * over
				}
			})
			if some {
				hit++
			}
		}
		years := float64(s.draws.years)
		if math.Abs(r.Year-float64(hit)/years) > 1e-9 || math.Abs(r.Hours-6*float64(blocks)/years) > 1e-6 || math.Abs(float64(r.Energy)/1000-energy/years) > 0.01*(1+energy/years) {
			t.Fatalf("year %v, hours %v, energy %v; played out: %v, %v, %v kWh", r.Year, r.Hours, r.Energy, float64(hit)/years, 6*float64(blocks)/years, energy/years)
		}
		if r.Year != s.yearRisk(s.demandAt(n, 1, x), n.limits[1]) {
			t.Fatal("the short way to the part of the years differs")
		}
		if r.YearLow > r.Year || r.YearHigh < r.Year {
			t.Fatalf("interval %v..%v around %v", r.YearLow, r.YearHigh, r.Year)
		}
	})
}

// What is curtailed is what the tightest node calls for, and no more than there is.
func TestCurtailmentAgainstYearsPlayedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, s, n := smallModel(t)
		x := float64(rapid.IntRange(1, 40).Draw(t, "x"))
		c := s.curtailment(n, x, 1)
		hours, energy, asked := 0.0, 0.0, 0.0
		months := map[time.Month]float64{}
		for y := range s.draws.years {
			s.played(y, x, func(season int, f, input, own float32) {
				asked += 6 * float64(own)
				lost := min(float64(own), max(float64(f)-n.limits[0], float64(input)-n.limits[1]))
				if lost > 1e-4 {
					hours += 6
					energy += 6 * lost
					months[monthOf(season)] += 6 * lost
				}
			})
		}
		years := float64(s.draws.years)
		if math.Abs(c.Hours-hours/years) > 1e-6 || math.Abs(float64(c.Energy)/1000-energy/years) > 0.001*(1+energy/years) || math.Abs(c.Share-energy/max(asked, 1)) > 1e-4 {
			t.Fatalf("%+v; played out: %v h, %v kWh, share %v", c, hours/years, energy/years, energy/asked)
		}
		worst := 0.0
		for _, e := range months {
			worst = max(worst, e/years)
		}
		if math.Abs(float64(c.WorstEnergy)/1000-worst) > 0.001*(1+worst) {
			t.Fatalf("worst month %v %v, played out %v kWh", c.WorstMonth, c.WorstEnergy, worst)
		}
	})
}

func limitOf(kw int) metering.Limit { return metering.LimitOf(metering.Power(kw) * metering.Kilowatt) }
