package simulator_test

import (
	"math"
	"testing"
	"time"

	"asue/metering"
	"asue/simulator"
	"asue/simulator/internal/plant"
)

// day is the mean power in MW of a point over hours of a local day.
func day(t *testing.T, seed uint64, date time.Time, point metering.PointID, from, to int) float64 {
	t.Helper()
	w := newWorld(t, seed, date.Add(time.Duration(from)*time.Hour))
	hours := to - from
	w.Step(time.Duration(hours) * time.Hour)
	return float64(w.Truth(point, metering.ChannelActiveImport)) / 1e9 / float64(hours)
}

func TestTradesWorkAsTheyDo(t *testing.T) {
	thursday, sunday := winter, winter.AddDate(0, 0, 3)
	summer := winter.AddDate(0, 6, 1)
	for seed := range uint64(5) {
		p := func(date time.Time, point metering.PointID, from, to int) float64 {
			return day(t, seed, date, point, from, to)
		}
		above := func(what string, more, factor, less float64) {
			t.Helper()
			if more <= factor*less {
				t.Errorf("seed %d: %s: %.3f MW is not %.2f times %.3f MW", seed, what, more, factor, less)
			}
		}
		above("plastics by day over night", p(thursday, "P-plastics", 8, 20), 5, p(thursday, "P-plastics", 0, 5))
		above("plastics heating up over running", p(thursday, "P-plastics", 6, 7), 1.05, p(thursday, "P-plastics", 9, 12))
		above("plastics on a workday over Sunday", p(thursday, "P-plastics", 8, 20), 5, p(sunday, "P-plastics", 8, 20))
		above("ceramics by night over 85 % of the day", p(thursday, "P-ceramics", 0, 6), 0.85, p(thursday, "P-ceramics", 9, 18))
		above("chemistry by night over 80 % of the day", p(thursday, "P-chemistry", 0, 6), 0.80, p(thursday, "P-chemistry", 9, 18))
		above("data centre in summer over winter", p(summer, "P-data", 12, 18), 1.05, p(thursday, "P-data", 12, 18))
		above("data centre by night over 90 % of the day", p(thursday, "P-data", 0, 6), 0.90, p(thursday, "P-data", 9, 18))
		above("logistics by day over night", p(thursday, "P-logistics", 9, 18), 2, p(thursday, "P-logistics", 1, 5))
		above("metal on a workday over Sunday", p(thursday, "P-metal", 0, 24), 1.5, p(sunday, "P-metal", 0, 24))
		above("own needs in winter over summer", p(thursday, "P-AUX", 0, 24), 1.5, p(summer, "P-AUX", 0, 24))
		above("a working zone over 12 MW at noon", p(thursday, "P-IN-1", 8, 12), 1, 11.5)
		if idle := p(thursday, "P-idle", 0, 24); idle <= 0 || idle > 0.002 {
			t.Errorf("seed %d: idle works draw %.4f MW, want a little of 0.8", seed, idle)
		}
		if site := p(thursday, "P-building", 8, 18); site < 0.01 || site > 0.2 {
			t.Errorf("seed %d: a site under construction draws %.3f MW of 1.2", seed, site)
		}
	}
}

func TestBuildingMaterialsFollowTheSeason(t *testing.T) {
	site := plant.Small()
	for i := range site.Residents {
		if site.Residents[i].ID == "R-building" {
			site.Residents[i].State = metering.Working
		}
	}
	noon := func(date time.Time) float64 {
		w, err := simulator.New(site, 1, date.Add(9*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		w.Step(6 * time.Hour)
		return float64(w.Truth("P-building", metering.ChannelActiveImport)) / 6e9
	}
	if s, w := noon(winter.AddDate(0, 6, 1)), noon(winter); s < 1.6*w || s > 1.25 {
		t.Errorf("summer %.2f MW, winter %.2f MW of 1.2", s, w)
	}
}

func TestMeasuresHangTogether(t *testing.T) {
	w := newWorld(t, 6, winter.Add(5*time.Hour))
	near := func(what string, got, want, within float64) {
		t.Helper()
		if math.IsNaN(got) || math.Abs(got-want) > within*math.Abs(want) {
			t.Errorf("%s: %g, want %g within %g", what, got, want, within)
		}
	}
	for range 50 {
		w.Step(37 * time.Second)
		s := w.Snapshot()
		for _, id := range w.Points() {
			m, ok := s.Point(id)
			if id == "P-IN-2" {
				if m.Live {
					t.Fatal("Akzhar has voltage although it is not available")
				}
				continue
			}
			v := func(q metering.Quantity) float64 {
				x, milli, has := m.Value(q)
				if !has || milli != 0 {
					t.Fatalf("%s: no value of %v", id, q)
				}
				return x
			}
			if !ok || !m.Live {
				t.Fatalf("%s is dead", id)
			}
			point, _ := w.Site().Point(id)
			node, _ := w.Site().Topology.Node(point.Node)
			near(string(id)+" U", v(metering.VoltageLL), 1.03*node.VoltageKV*1000, 0.05)
			near(string(id)+" U phase", v(metering.VoltageLL), math.Sqrt(3)*v(metering.VoltageLN), 0.001)
			near(string(id)+" f", v(metering.Frequency), 50, 0.0005)
			near(string(id)+" S", v(metering.ApparentPower), math.Hypot(v(metering.ActivePower), v(metering.ReactivePower)), 1e-9)
			near(string(id)+" P of phases", v(metering.ActivePowerA)+v(metering.ActivePowerB)+v(metering.ActivePowerC), v(metering.ActivePower), 1e-9)
			near(string(id)+" I", v(metering.Current), v(metering.ApparentPower)/(math.Sqrt(3)*v(metering.VoltageLL)), 0.005)
			near(string(id)+" PF", v(metering.PowerFactor)*v(metering.ApparentPower), v(metering.ActivePower), 1e-9)
			if n := v(metering.CurrentN); n > 0.05*v(metering.Current) {
				t.Errorf("%s: neutral %g A of %g A", id, n, v(metering.Current))
			}
			if thd := v(metering.THDCurrentB); thd < 1 || thd > 15 {
				t.Errorf("%s: THD of the current %g %%", id, thd)
			}
			if _, _, has := m.Value(metering.Quantity(200)); has {
				t.Error("a value of an unknown quantity")
			}
		}
	}
}

// A site file without simulation data still plays: half of the conditions.
func TestWorkingResidentWithoutSimulationData(t *testing.T) {
	site := plant.Small()
	for i := range site.Residents {
		site.Residents[i].Simulation = nil
	}
	site.Conditions = []metering.Condition{{ID: "TU-1", Resident: "R-data", Node: "f-R-data", Power: 5 * metering.Megawatt}}
	w, err := simulator.New(site, 1, winter)
	if err != nil {
		t.Fatal(err)
	}
	s := w.Snapshot()
	m, _ := s.Point("P-data")
	if m.P < 1.8e6 || m.P > 2.5e6 {
		t.Errorf("data centre with 5 MW of conditions draws %.0f W", m.P)
	}
	if m, ok := s.Point("P-metal"); !ok || m.P != 0 || !m.Live {
		t.Errorf("works that nothing is known of: %+v", m)
	}
}
