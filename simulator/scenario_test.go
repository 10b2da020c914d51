package simulator_test

import (
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/simulator"
	"asue/simulator/internal/plant"
)

func TestMorningPeakClimbsOverTheContractAndReturns(t *testing.T) {
	w := newWorld(t, 1, winter.Add(8*time.Hour+3*time.Minute+11*time.Second))
	usual := newWorld(t, 1, w.Now())
	if err := w.Start(simulator.MorningPeak, ""); err != nil {
		t.Fatal(err)
	}
	zone := func(after time.Duration) (surged, plain float64) {
		w.StepTo(w.Origin().Add(after))
		usual.StepTo(w.Now())
		return w.Snapshot().Zone().Megawatts(), usual.Snapshot().Zone().Megawatts()
	}
	if s, p := zone(30 * time.Second); s <= p {
		t.Errorf("after half a minute %.2f MW, without it %.2f MW: no climb to be seen", s, p)
	}
	for _, after := range []time.Duration{3*time.Minute + 20*time.Second, 10 * time.Minute, 91 * time.Minute} {
		if s, _ := zone(after); s < 14*1.06 || s > 14*1.11 {
			t.Errorf("after %v: %.2f MW, want about 8 %% above 14 MW", after, s)
		}
	}
	if s, p := zone(97*time.Minute + time.Second); s != p {
		t.Errorf("after the end %.3f MW, without it %.3f MW", s, p)
	}
	if len(w.Active()) != 0 {
		t.Errorf("still active: %+v", w.Active())
	}
}

func TestKaratagaiLostKillsTheZoneUntilCalm(t *testing.T) {
	w := newWorld(t, 1, winter)
	w.Step(time.Hour)
	if err := w.Start(simulator.KaratagaiLost, ""); err != nil {
		t.Fatal(err)
	}
	stood := registers(w)
	w.Step(10 * time.Minute)
	for _, p := range w.Points() {
		m, _ := w.Snapshot().Point(p)
		if m.Live || m.P != 0 || m.Q != 0 || m.S != 0 || m.U != [3]float64{} || m.I != [3]float64{} {
			t.Errorf("%s is not dead: %+v", p, m)
		}
		if _, _, ok := m.Value(metering.Frequency); ok {
			t.Errorf("%s: a frequency without voltage", p)
		}
	}
	if got := registers(w); !equal(got, stood) {
		t.Error("registers ran on without voltage")
	}
	if err := w.Start(simulator.Calm, ""); err != nil {
		t.Fatal(err)
	}
	w.Step(time.Minute)
	if s := w.Snapshot(); s.Zone() < 8*metering.Megawatt || len(s.Active()) != 0 {
		t.Errorf("after calm %v, active %v", s.Zone(), s.Active())
	}
}

func TestAkzharTakesOverWhenItIsAvailable(t *testing.T) {
	site := plant.Small()
	site.Sources[1].Available = true
	w, err := simulator.New(site, 1, winter)
	if err != nil {
		t.Fatal(err)
	}
	before := w.Snapshot()
	if err := w.Start(simulator.KaratagaiLost, ""); err != nil {
		t.Fatal(err)
	}
	if zone := w.Snapshot().Zone(); zone != 0 {
		t.Errorf("%v before the transfer", zone)
	}
	w.Step(3 * time.Second)
	after := w.Snapshot()
	lost, _ := after.Point("P-IN-1")
	taken, _ := after.Point("P-IN-2")
	if lost.Live || !taken.Live || taken.P < 0.99*before.Zone().Kilowatts()*1000 {
		t.Errorf("Karatagai %+v, Akzhar %+v, before %v", lost, taken, before.Zone())
	}
}

// A reserve for which the site states a limit is put into service by hand; the line
// that returns takes the zone back, and the data centre makes up for the dark.
func TestReserveAndReturn(t *testing.T) {
	w, free := controlled(t, 1), controlled(t, 1)
	start(t, w, simulator.LineReturns, "")
	zone := func(after time.Duration, id metering.PointID) float64 {
		w.StepTo(w.Origin().Add(after))
		free.StepTo(w.Now())
		return power(w, id) / 1000
	}
	if got := zone(4*time.Minute, "P-IN-2"); got != 0 || w.Snapshot().Zone() != 0 {
		t.Errorf("%.2f MW over the reserve after 4 minutes", got)
	}
	if got := zone(6*time.Minute, "P-IN-2"); got < 9 || power(w, "P-IN-1") != 0 {
		t.Errorf("%.2f MW over the reserve after 6 minutes", got)
	}
	if got := zone(10*time.Minute+20*time.Second, "P-IN-1"); got < 9 || power(w, "P-IN-2") != 0 {
		t.Errorf("%.2f MW over the line that has returned", got)
	}
	if now, usual := power(w, "P-data"), power(free, "P-data"); now < 1.05*usual {
		t.Errorf("the data centre takes %.0f kW after the dark, usually %.0f kW", now, usual)
	}
	if d, f := w.Snapshot().Demand(), free.Snapshot().Demand(); d < 99*f/100 || d > 101*f/100 {
		t.Errorf("a demand of %v, usually %v", d, f)
	}
	zone(31*time.Minute, "P-IN-1")
	if len(w.Active()) != 0 {
		t.Errorf("active %+v", w.Active())
	}
}

func TestManyFailAtOnce(t *testing.T) {
	ways, dead := map[string]int{}, 0
	for seed := range uint64(40) {
		w := controlled(t, seed)
		start(t, w, simulator.DeadMeters, "")
		start(t, w, simulator.FailedRelays, "")
		for _, m := range w.Site().Meters {
			if w.Comm(m.ID) == simulator.Silent {
				dead++
			}
		}
		if w.Comm("M-01") != simulator.Answers {
			t.Fatal("the meter of the input is dead")
		}
		for _, id := range []metering.ActuatorID{"r-chemistry-1", "r-chemistry-2", "r-chemistry-3"} {
			err := w.Write(simulator.Write{Actuator: id, What: simulator.WriteCoil})
			w.Step(5 * time.Second)
			switch v := look(t, w, id); {
			case err != nil:
				t.Errorf("seed %d: %v", seed, err) // the first module always answers
			case v.AuxClosed:
				ways["stuck"]++
			case v.Served > 0:
				ways["lies"]++
			default:
				ways["well"]++
			}
		}
		if v := look(t, w, "r-chemistry-1"); v.Coil || !v.AuxClosed {
			t.Errorf("seed %d: the first relay is well", seed)
		}
	}
	if dead < 60 || dead > 140 { // of 40 times 9 residents' meters
		t.Errorf("%d meters dead", dead)
	}
	for _, way := range []string{"stuck", "lies", "well"} {
		if ways[way] < 5 {
			t.Errorf("ways %v", ways)
		}
	}
}

func TestScenariosOfActuators(t *testing.T) {
	w := controlled(t, 1)
	start(t, w, simulator.DeviceStuck, "sp-data")
	start(t, w, simulator.DeviceStuck, "sp-ceramics")
	start(t, w, simulator.DeviceStuck, "sp-data") // anew
	if len(w.Active()) != 2 {
		t.Errorf("active %+v", w.Active())
	}
	if err := w.Schedule(simulator.Event{At: w.Now(), Scenario: simulator.DeviceStuck, Target: "sp-data", Stop: true}); err != nil || len(w.Active()) != 1 {
		t.Errorf("%v, active %+v", err, w.Active())
	}
	start(t, w, simulator.DeviceDrifts, "")
	if a := w.Active(); a[len(a)-1].Target != "sp-ceramics" {
		t.Errorf("active %+v", a)
	}
	if err := w.Start(simulator.DeviceDrifts, "b-plastics"); err == nil || !strings.Contains(err.Error(), "only a set-point") {
		t.Errorf("a breaker that drifts: %v", err)
	}
	if err := w.Start(simulator.DeviceLies, "nobody"); err == nil || !strings.Contains(err.Error(), `no actuator "nobody"`) {
		t.Errorf("nobody lies: %v", err)
	}
	if err := newWorld(t, 1, winter).Start(simulator.DeviceLies, ""); err == nil || !strings.Contains(err.Error(), "has no actuator") {
		t.Errorf("a site without actuators: %v", err)
	}
}

func TestScenariosOfTheLines(t *testing.T) {
	w := newWorld(t, 1, winter)
	start := func(name, target string) {
		t.Helper()
		if err := w.Start(name, target); err != nil {
			t.Fatal(err)
		}
	}
	start(simulator.MeterSilent, "")
	start(simulator.GatewaySlow, "")
	s := w.Snapshot()
	if s.Comm("M-05") != simulator.Silent || s.Comm("M-06") != simulator.Answers { // M-05 is the first resident's
		t.Errorf("active %+v", s.Active())
	}
	if d := s.Line("L3"); d.DelayMin != 2*time.Second || d.DelayMax != 4*time.Second { // L1 and L2 carry the inputs
		t.Errorf("L3 %+v, active %+v", d, s.Active())
	}
	if s.Line("L1") != (simulator.LineState{}) {
		t.Error("L1 is slow too")
	}
	start(simulator.MeterSilent, "M-07") // begins anew, with another target
	if w.Comm("M-05") != simulator.Answers || w.Comm("M-07") != simulator.Silent {
		t.Errorf("active %+v", w.Active())
	}
	if err := w.Stop(simulator.MeterSilent); err != nil || w.Comm("M-07") != simulator.Answers || len(w.Active()) != 1 {
		t.Errorf("%v, active %+v", err, w.Active())
	}
	if s.Comm("M-05") != simulator.Silent {
		t.Error("an old snapshot has changed")
	}
}

func TestWrongScenariosAreRefused(t *testing.T) {
	w := newWorld(t, 1, winter)
	f := func(e simulator.Event, want string) {
		t.Helper()
		if err := w.Schedule(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", e, err, want)
		}
	}
	f(simulator.Event{At: winter, Scenario: "flood"}, `unknown scenario "flood": use one of calm, morning-peak`)
	f(simulator.Event{At: winter, Scenario: simulator.MeterSilent, Target: "M-99"}, `no meter "M-99"`)
	f(simulator.Event{At: winter, Scenario: simulator.GatewaySlow, Target: "L9"}, `no line "L9"`)
	f(simulator.Event{At: winter, Scenario: simulator.MorningPeak, Target: "L1"}, "takes no target")
	f(simulator.Event{At: winter.Add(-time.Second), Scenario: simulator.Calm}, "stands at")
	if len(w.Events()) != 0 || len(w.Active()) != 0 {
		t.Error("a refused event left something behind")
	}
}

func TestEventsReplayAWorld(t *testing.T) {
	w := newWorld(t, 8, winter)
	for _, name := range []string{simulator.MorningPeak, simulator.KaratagaiLost, simulator.Calm} {
		w.Step(7*time.Minute + 123*time.Millisecond)
		if err := w.Start(name, ""); err != nil {
			t.Fatal(err)
		}
	}
	w.Step(time.Hour)
	again := newWorld(t, 8, winter)
	for _, e := range w.Events() {
		if err := again.Schedule(e); err != nil {
			t.Fatal(err)
		}
	}
	again.StepTo(w.Now())
	if !equal(registers(w), registers(again)) {
		t.Error("the same events gave other registers")
	}
}

func equal(a, b map[string]int64) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}
