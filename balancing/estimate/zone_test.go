package estimate_test

import (
	"testing"
	"time"

	"asue/balancing/estimate"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
	"asue/simulator"
)

// monday is 10 o'clock of a working day in the zone.
var monday = time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)

// stand is the simulated zone with an estimator that hears its meters.
type stand struct {
	t     testing.TB
	site  *metering.Site
	world *simulator.World
	e     *estimate.Estimator
	now   time.Time
	last  estimate.Picture
	// What is wrong with some meters: they are silent, or show so many times too much.
	silent map[metering.PointID]bool
	times  map[metering.PointID]float64
	volts  map[metering.PointID]float64
	raised []metering.Finding
	ended  []metering.Finding
}

func newStand(t testing.TB, change func(*metering.Site)) *stand {
	t.Helper()
	plan, faults := site.Parse("site.yaml", aktobe.Site(), nil)
	if plan == nil {
		t.Fatal(faults)
	}
	if change != nil {
		change(plan)
	}
	world, err := simulator.New(plan, 7, monday.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	e, err := estimate.New(estimate.Config{Site: plan}, monday)
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{t: t, site: plan, world: world, e: e, now: monday, silent: map[metering.PointID]bool{}, times: map[metering.PointID]float64{}, volts: map[metering.PointID]float64{}}
	world.Step(time.Hour)
	return s
}

// pass lets time go by in ticks of 5 s.
func (s *stand) pass(d time.Duration) {
	s.t.Helper()
	for range int(d / (5 * time.Second)) {
		s.world.Step(5 * time.Second)
		s.now = s.now.Add(5 * time.Second)
		s.hear()
		s.last = s.e.Step(s.now)
		s.raised = append(s.raised, s.last.Raised...)
		s.ended = append(s.ended, s.last.Cleared...)
	}
}

func (s *stand) hear() {
	picture := s.world.Snapshot()
	for _, m := range s.site.Meters {
		shown, install, ok := picture.Meter(m.ID)
		if !ok || s.silent[install.Point] {
			continue
		}
		factor, volts := 1.0, 1.0
		if f, wrong := s.times[install.Point]; wrong {
			factor = f
		}
		if f, wrong := s.volts[install.Point]; wrong {
			volts = f
		}
		snapshot := metering.Snapshot{Meter: m.ID, At: s.now}
		add := func(q metering.Quantity, times float64) {
			if v, _, ok := shown.Value(q); ok {
				snapshot.Readings = append(snapshot.Readings, metering.Reading{Quantity: q, Value: v * times})
			}
		}
		add(metering.ActivePower, factor*volts)
		add(metering.ReactivePower, factor*volts)
		add(metering.VoltageLL, volts)
		add(metering.Current, factor)
		s.e.Hear(snapshot)
	}
}

// truth is what really flows at a point, MW and Mvar, and the voltage there, kV.
func (s *stand) truth(p metering.PointID) (mw, mvar, kv float64) {
	s.t.Helper()
	m, ok := s.world.Snapshot().Point(p)
	if !ok {
		s.t.Fatalf("no point %s", p)
	}
	u, _, _ := m.Value(metering.VoltageLL)
	return m.P / 1e6, m.Q / 1e6, u / 1000
}
