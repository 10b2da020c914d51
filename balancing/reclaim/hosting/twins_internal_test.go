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

// smallModel is one of a few nodes and weeks, small enough to be looked at block by block.
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
