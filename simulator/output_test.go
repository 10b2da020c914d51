package simulator_test

import (
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/simulator"
	"asue/simulator/internal/plant"
)

// morning is a working hour of a Thursday: ten o'clock in the zone.
var morning = winter.Add(10 * time.Hour)

func controlled(t testing.TB, seed uint64) *simulator.World {
	t.Helper()
	w, err := simulator.New(plant.Controlled(), seed, morning)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func write(t testing.TB, w *simulator.World, id metering.ActuatorID, what simulator.WriteKind, value int64) {
	t.Helper()
	if err := w.Write(simulator.Write{Actuator: id, What: what, Value: value, Source: "test"}); err != nil {
		t.Fatal(err)
	}
}

func look(t testing.TB, w *simulator.World, id metering.ActuatorID) simulator.ActuatorView {
	t.Helper()
	v, ok := w.Snapshot().Actuator(id)
	if !ok {
		t.Fatalf("no actuator %s", id)
	}
	return v
}

func start(t testing.TB, w *simulator.World, scenario, target string) {
	t.Helper()
	if err := w.Start(scenario, target); err != nil {
		t.Fatal(err)
	}
}

// power at a point, in kW.
func power(w *simulator.World, p metering.PointID) float64 {
	m, _ := w.Snapshot().Point(p)
	return m.P / 1000
}

// A set-point says within a second that its limit is in force; the load follows after
// its dead time and is there within 20 seconds, and the demand is what it was.
func TestLoadFollowsItsSetpoint(t *testing.T) {
	for seed := range uint64(12) {
		w, free := controlled(t, seed), controlled(t, seed)
		before := power(w, "P-ceramics")
		w.Step(300 * time.Millisecond)
		write(t, w, "sp-ceramics", simulator.WriteLimit, 2_000_000)
		w.Step(time.Second)
		if v := look(t, w, "sp-ceramics"); v.InForce != 2*metering.Megawatt || math.Abs(float64(v.Served)-before*1000) > 0.1*float64(v.Served) {
			t.Errorf("seed %d after a second: %+v, %.0f kW before", seed, v, before)
		}
		last := before * 1.1
		for second := range 60 {
			w.Step(time.Second)
			now := power(w, "P-ceramics")
			if now > last*1.03 {
				t.Errorf("seed %d: %.0f kW after %.0f kW on the way down", seed, now, last)
			}
			if last = now; second == 20 && now > 2000+0.06*(before-2000) {
				t.Errorf("seed %d: %.0f kW of %.0f kW after 20 s", seed, now, before)
			}
		}
		if last > 2000 || last < 1940 {
			t.Errorf("seed %d: %.0f kW a minute after a limit of 2 MW", seed, last)
		}
		free.StepTo(w.Now())
		want, _ := free.Snapshot().Resident("R-ceramics")
		demand, served := w.Snapshot().Resident("R-ceramics")
		if demand != want || served > 2*metering.Megawatt || w.Snapshot().Demand() != free.Snapshot().Demand() {
			t.Errorf("seed %d: demand %v, served %v; with nothing shed %v", seed, demand, served, want)
		}
	}
}

// The peak is one of demand: what is shed is not made good by the others.
func TestPeakDoesNotFillWhatIsShed(t *testing.T) {
	w, free := controlled(t, 1), controlled(t, 1)
	for _, world := range []*simulator.World{w, free} {
		start(t, world, simulator.MorningPeak, "")
	}
	write(t, w, "sp-ceramics", simulator.WriteLimit, 1_500_000)
	for range 3 {
		write(t, w, "r-chemistry-1", simulator.WriteCoil, 0)
	}
	w.Step(20 * time.Minute)
	free.Step(20 * time.Minute)
	a, b := w.Snapshot(), free.Snapshot()
	if a.Demand() != b.Demand() || b.Demand() < 15*metering.Megawatt {
		t.Errorf("demand %v with something shed, %v without", a.Demand(), b.Demand())
	}
	shed := metering.Power(0)
	for _, r := range w.Site().Residents {
		demand, served := a.Resident(r.ID)
		shed += demand - served
		if d, _ := b.Resident(r.ID); d != demand {
			t.Errorf("%s wants %v with something shed, %v without", r.ID, demand, d)
		}
	}
	if gap := b.Zone() - a.Zone() - shed; shed < 2*metering.Megawatt || gap < -50*metering.Kilowatt || gap > 150*metering.Kilowatt { // ripple and losses
		t.Errorf("shed %v, the zone takes %v less", shed, b.Zone()-a.Zone())
	}
}

// A step carries its part of the demand, and nothing while it is open.
func TestRelaysSwitchStepsOfALoad(t *testing.T) {
	w := controlled(t, 3)
	whole := power(w, "P-chemistry")
	first := look(t, w, "r-chemistry-1")
	if first.Measured < 200*metering.Kilowatt || first.Measured > 400*metering.Kilowatt || !first.AuxClosed || !first.Coil {
		t.Errorf("closed: %+v of %.0f kW", first, whole)
	}
	write(t, w, "r-chemistry-1", simulator.WriteCoil, 0)
	if v := look(t, w, "r-chemistry-1"); v.Coil || !v.AuxClosed {
		t.Errorf("at once: %+v", v)
	}
	w.Step(3 * time.Second)
	v := look(t, w, "r-chemistry-1")
	if v.AuxClosed || v.Measured != 0 || v.Position != metering.PositionOpen || v.Demand < 200*metering.Kilowatt {
		t.Errorf("open: %+v", v)
	}
	if now := power(w, "P-chemistry"); math.Abs(whole-now-first.Measured.Kilowatts()) > 0.03*whole {
		t.Errorf("%.0f kW, and %.0f kW with a step of %v open", whole, now, first.Measured)
	}
	write(t, w, "r-chemistry-1", simulator.WriteCoil, 1)
	w.Step(3 * time.Second)
	if now := power(w, "P-chemistry"); math.Abs(whole-now) > 0.03*whole {
		t.Errorf("%.0f kW, and %.0f kW closed again", whole, now)
	}
}

// A breaker moves only within ten seconds of its select, darkens its feeder, and does
// not close before its spring is charged.
func TestBreakerIsSelectedAndOperated(t *testing.T) {
	w := controlled(t, 1)
	try := func(what simulator.WriteKind) error {
		return w.Write(simulator.Write{Actuator: "b-plastics", What: what, Value: 1})
	}
	refused := func(what simulator.WriteKind) {
		t.Helper()
		if err := try(what); !errors.Is(err, simulator.ErrState) {
			t.Errorf("%s: %v, want a refusal", what, err)
		}
	}
	do := func(what simulator.WriteKind) {
		t.Helper()
		if err := try(what); err != nil {
			t.Error(err)
		}
	}
	refused(simulator.WriteOperateOpen)
	do(simulator.WriteSelectClose)
	refused(simulator.WriteOperateOpen)
	do(simulator.WriteSelectOpen)
	w.Step(11 * time.Second)
	refused(simulator.WriteOperateOpen)
	do(simulator.WriteSelectOpen)
	w.Step(9 * time.Second)
	do(simulator.WriteOperateOpen)
	if v := look(t, w, "b-plastics"); v.AuxClosed || v.AuxOpen || !v.Moving {
		t.Errorf("on its way: %+v", v)
	}
	w.Step(3 * time.Second)
	m, _ := w.Snapshot().Point("P-plastics")
	if v := look(t, w, "b-plastics"); v.AuxClosed || !v.AuxOpen || v.Measured != 0 || m.Live || m.P != 0 || v.Demand < metering.Megawatt {
		t.Errorf("open: %+v, %+v", v, m)
	}
	closing := func() { do(simulator.WriteSelectClose); do(simulator.WriteOperateClose); w.Step(3 * time.Second) }
	closing()
	if m, _ := w.Snapshot().Point("P-plastics"); !m.Live || m.P < 1e6 {
		t.Errorf("closed again: %+v", m)
	}
	do(simulator.WriteSelectOpen)
	do(simulator.WriteOperateOpen)
	w.Step(3 * time.Second)
	do(simulator.WriteSelectClose)
	refused(simulator.WriteOperateClose) // the spring
	w.Step(15 * time.Second)
	closing()
	if v := look(t, w, "b-plastics"); v.Position != metering.PositionClosed {
		t.Errorf("closed at last: %+v", v)
	}
}

// A device whose limit is not renewed goes to its fallback by itself.
func TestSetpointLooksAfterItself(t *testing.T) {
	w := controlled(t, 1)
	write(t, w, "sp-data", simulator.WriteFallback, 2_500_000)
	write(t, w, "sp-data", simulator.WriteTimeout, 90)
	write(t, w, "sp-data", simulator.WriteLimit, 1_600_000)
	w.Step(89 * time.Second)
	if v := look(t, w, "sp-data"); v.TimedOut || v.InForce != 1600*metering.Kilowatt {
		t.Errorf("before: %+v", v)
	}
	start(t, w, simulator.DeviceOffline, "sp-data")
	w.Step(2 * time.Second)
	if v := look(t, w, "sp-data"); !v.TimedOut || v.InForce != 2500*metering.Kilowatt || v.Limit != 1600*metering.Kilowatt {
		t.Errorf("after: %+v", v)
	}
	w.Step(30 * time.Second)
	if now := power(w, "P-data"); now < 2350 || now > 2500 {
		t.Errorf("%.0f kW with a fallback of 2.5 MW", now)
	}
	if err := w.Stop(simulator.DeviceOffline); err != nil {
		t.Fatal(err)
	}
	write(t, w, "sp-data", simulator.WriteLimit, 1_700_000)
	w.Step(2 * time.Second)
	if v := look(t, w, "sp-data"); v.TimedOut || v.InForce != 1700*metering.Kilowatt {
		t.Errorf("written again: %+v", v)
	}
}

func TestWaysToFail(t *testing.T) {
	const limit = 2_000_000
	fails := func(scenario string, check func(w *simulator.World, setpoint, relay simulator.ActuatorView)) {
		t.Helper()
		w := controlled(t, 5)
		start(t, w, scenario, "sp-ceramics")
		if scenario != simulator.DeviceDrifts {
			start(t, w, scenario, "r-chemistry-2")
		}
		for _, wr := range []simulator.Write{{Actuator: "sp-ceramics", What: simulator.WriteLimit, Value: limit}, {Actuator: "r-chemistry-2", What: simulator.WriteCoil}} {
			err := w.Write(wr)
			switch offline, local := scenario == simulator.DeviceOffline || scenario == simulator.DeviceRestart, scenario == simulator.DeviceLocal; {
			case offline != errors.Is(err, simulator.ErrNoAnswer), local != errors.Is(err, simulator.ErrState), !offline && !local && err != nil:
				t.Errorf("%s: %v", scenario, err)
			}
		}
		w.Step(30 * time.Second)
		check(w, look(t, w, "sp-ceramics"), look(t, w, "r-chemistry-2"))
	}
	fails(simulator.DeviceStuck, func(w *simulator.World, s, r simulator.ActuatorView) {
		if s.Limit != limit || s.InForce == limit || s.Served < 3*metering.Megawatt || !s.Fault || r.Coil || !r.AuxClosed || r.Served == 0 {
			t.Errorf("stuck: %+v, %+v", s, r)
		}
		if err := w.Stop(simulator.DeviceStuck); err != nil {
			t.Fatal(err)
		}
		w.Step(30 * time.Second)
		if s, r := look(t, w, "sp-ceramics"), look(t, w, "r-chemistry-2"); s.Served > limit || s.Fault || r.AuxClosed || r.Served != 0 {
			t.Errorf("stuck no more: %+v, %+v", s, r)
		}
	})
	fails(simulator.DeviceLies, func(_ *simulator.World, s, r simulator.ActuatorView) {
		if s.InForce != limit || s.Served < 3*metering.Megawatt || s.Measured != s.Served || r.AuxClosed || r.Served == 0 {
			t.Errorf("lies: %+v, %+v", s, r)
		}
	})
	fails(simulator.DeviceSlow, func(w *simulator.World, s, r simulator.ActuatorView) {
		if s.InForce != limit || s.Served < 22*metering.Power(limit)/20 {
			t.Errorf("slow: %+v, %+v", s, r)
		}
		w.Step(4 * time.Minute)
		if s := look(t, w, "sp-ceramics"); s.Served > limit {
			t.Errorf("slow, after a time: %+v", s)
		}
	})
	for _, scenario := range []string{simulator.DeviceOffline, simulator.DeviceLocal} {
		fails(scenario, func(_ *simulator.World, s, r simulator.ActuatorView) {
			if s.Served < 3*metering.Megawatt || r.Served == 0 || s.Local != (scenario == simulator.DeviceLocal) || r.Offline == s.Local {
				t.Errorf("%s: %+v, %+v", scenario, s, r)
			}
		})
	}
	fails(simulator.DeviceDrifts, func(w *simulator.World, s, _ simulator.ActuatorView) {
		w.Step(5 * time.Minute)
		if now := look(t, w, "sp-ceramics"); now.InForce != limit || now.Served < 108*metering.Power(limit)/100 {
			t.Errorf("drifts: %+v, then %+v", s, now)
		}
	})
}

// A module that loses its supply serves its loads; a set-point comes back with its
// fallback; the other actuators of the device go with the one that was named.
func TestDeviceRestartsInItsFallback(t *testing.T) {
	w := controlled(t, 2)
	write(t, w, "r-chemistry-1", simulator.WriteCoil, 0)
	write(t, w, "r-chemistry-3", simulator.WriteCoil, 0)
	write(t, w, "sp-ceramics", simulator.WriteLimit, 2_000_000)
	w.Step(time.Minute)
	start(t, w, simulator.DeviceRestart, "r-chemistry-2")
	start(t, w, simulator.DeviceRestart, "sp-ceramics")
	w.Step(10 * time.Second)
	if v := look(t, w, "r-chemistry-3"); !v.Offline || !v.Coil || !v.AuxClosed {
		t.Errorf("without supply: %+v", v)
	}
	w.Step(11 * time.Second)
	if v := look(t, w, "sp-ceramics"); v.Offline || v.Limit != 3*metering.Megawatt || v.InForce != v.Limit || len(w.Active()) != 0 {
		t.Errorf("back: %+v", v)
	}
}

// What a data centre was short of it makes up for, and no more than that.
func TestReboundIsBounded(t *testing.T) {
	w, free := controlled(t, 1), controlled(t, 1)
	write(t, w, "sp-data", simulator.WriteLimit, 1_600_000)
	w.Step(15 * time.Minute)
	write(t, w, "sp-data", simulator.WriteLimit, 5_000_000)
	most := 0.0
	for range 1800 {
		w.Step(time.Second)
		free.StepTo(w.Now())
		usual := power(free, "P-data")
		most = max(most, power(w, "P-data")/usual)
	}
	if most < 1.15 || most > 1.31 {
		t.Errorf("%.2f times the usual load at most, want about 1.3", most)
	}
	lost := free.Truth("P-data", metering.ChannelActiveImport) - w.Truth("P-data", metering.ChannelActiveImport)
	if lost < 0 {
		t.Errorf("it took %d mWh more than if nothing had been shed", -lost)
	}
	if now, usual := power(w, "P-data"), power(free, "P-data"); math.Abs(now-usual) > 0.01*usual {
		t.Errorf("half an hour later %.0f kW, usually %.0f kW", now, usual)
	}
}

func TestWritesThatNoDeviceTakes(t *testing.T) {
	w := controlled(t, 1)
	f := func(id metering.ActuatorID, what simulator.WriteKind, value int64, kind error) {
		t.Helper()
		err := w.Write(simulator.Write{Actuator: id, What: what, Value: value})
		if err == nil || kind != nil && !errors.Is(err, kind) {
			t.Errorf("%s %s %d: %v", id, what, value, err)
		}
	}
	f("nobody", simulator.WriteLimit, 1, nil)
	f("sp-data", simulator.WriteCoil, 1, nil)
	f("r-chemistry-1", simulator.WriteLimit, 1, nil)
	f("sp-data", simulator.WriteLimit, 5_000_001, simulator.ErrValue)
	f("sp-data", simulator.WriteFallback, -1, simulator.ErrValue)
	f("sp-data", simulator.WriteTimeout, 65536, simulator.ErrValue)
	f("r-chemistry-1", simulator.WriteCoil, 2, simulator.ErrValue)
	f("b-plastics", simulator.WriteSelectOpen, 2, simulator.ErrValue)
	if n := len(w.Writes()); n != 5 || len(w.Events()) != 0 || w.Writes()[0].Refused == "" {
		t.Errorf("%d writes in the log, events %v", n, w.Events())
	}
	if err := w.Schedule(simulator.Event{At: w.Now(), Write: &simulator.Write{Actuator: "nobody"}}); err == nil {
		t.Error("a write to nobody was put on the programme")
	}
}

// devicesAct writes to devices and has them fail, at times and with values that the
// test draws, to a world that has not begun to move.
func devicesAct(t *rapid.T, worlds ...*simulator.World) {
	for range rapid.IntRange(1, 10).Draw(t, "events") {
		at := worlds[0].Now().Add(time.Duration(rapid.Int64Range(0, int64(12*time.Minute)).Draw(t, "at")))
		e := rapid.SampledFrom([]simulator.Event{
			{Write: &simulator.Write{Actuator: "sp-ceramics", What: simulator.WriteLimit, Value: 2_000_000}},
			{Write: &simulator.Write{Actuator: "sp-ceramics", What: simulator.WriteTimeout, Value: 40}},
			{Write: &simulator.Write{Actuator: "sp-data", What: simulator.WriteLimit, Value: 1_700_000}},
			{Write: &simulator.Write{Actuator: "sp-data", What: simulator.WriteLimit, Value: 5_000_000}},
			{Write: &simulator.Write{Actuator: "r-chemistry-1", What: simulator.WriteCoil, Value: 0}},
			{Write: &simulator.Write{Actuator: "r-chemistry-1", What: simulator.WriteCoil, Value: 1}},
			{Write: &simulator.Write{Actuator: "b-plastics", What: simulator.WriteSelectOpen, Value: 1}},
			{Write: &simulator.Write{Actuator: "b-plastics", What: simulator.WriteOperateOpen, Value: 1}},
			{Scenario: simulator.DeviceStuck, Target: "sp-data"}, {Scenario: simulator.DeviceSlow, Target: "sp-ceramics"},
			{Scenario: simulator.DeviceDrifts, Target: "sp-data"}, {Scenario: simulator.DeviceRestart, Target: "r-chemistry-1"},
			{Scenario: simulator.FailedRelays}, {Scenario: simulator.MorningPeak}, {Scenario: simulator.KaratagaiLost},
			{Scenario: simulator.LineReturns}, {Scenario: simulator.Calm},
		}).Draw(t, "event")
		e.At = at
		for _, w := range worlds {
			if err := w.Schedule(e); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Devices act by whole seconds, however the world is stepped.
func TestStepsOfAnySizeGiveTheSameDevices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		begin := morning.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "start")))
		a, err := simulator.New(plant.Controlled(), 7, begin)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := simulator.New(plant.Controlled(), 7, begin)
		devicesAct(t, a, b)
		var sum time.Duration
		for _, ns := range rapid.SliceOfN(rapid.Int64Range(0, int64(4*time.Minute)), 1, 12).Draw(t, "steps") {
			a.Step(time.Duration(ns))
			sum += time.Duration(ns)
		}
		b.Step(sum)
		if diff := cmp.Diff(registers(a), registers(b)); diff != "" {
			t.Fatalf("the same %v in other steps:\n%s", sum, diff)
		}
		// What happened, done again in a new world, gives it once more.
		again, _ := simulator.New(plant.Controlled(), 7, begin)
		for _, e := range b.Events() {
			if err := again.Schedule(e); err != nil {
				t.Fatal(err)
			}
		}
		again.Step(sum)
		if diff := cmp.Diff(registers(b), registers(again)); diff != "" {
			t.Fatalf("the same events gave other registers:\n%s", diff)
		}
		for _, x := range a.Site().Actuators {
			va, _ := a.Snapshot().Actuator(x.ID)
			vb, _ := again.Snapshot().Actuator(x.ID)
			if va != vb {
				t.Fatalf("%s: %+v, and replayed %+v", x.ID, va, vb)
			}
		}
	})
}

// The dumb twin of the registers again, with devices that act: power at every second,
// summed.
func TestRegistersAreTheIntegralOfWhatIsServed(t *testing.T) {
	w := controlled(t, 3)
	sum := make(map[metering.PointID]*big.Int)
	for _, p := range w.Points() {
		sum[p] = new(big.Int)
	}
	for k := range 1500 {
		switch k {
		case 17:
			write(t, w, "sp-ceramics", simulator.WriteLimit, 1_800_000)
		case 63:
			write(t, w, "r-chemistry-2", simulator.WriteCoil, 0)
			write(t, w, "sp-data", simulator.WriteLimit, 1_600_000)
		case 700:
			write(t, w, "b-plastics", simulator.WriteSelectOpen, 1)
			write(t, w, "b-plastics", simulator.WriteOperateOpen, 1)
		case 801:
			write(t, w, "sp-data", simulator.WriteLimit, 5_000_000)
		}
		s := w.Snapshot()
		for p, mWs := range sum {
			m, _ := s.Point(p)
			mWs.Add(mWs, big.NewInt(int64(math.Round(m.P*1000))))
		}
		w.Step(time.Second)
	}
	for p, mWs := range sum {
		want := new(big.Int).Div(mWs, big.NewInt(3600)).Int64()
		if got := w.Truth(p, metering.ChannelActiveImport); got != want {
			t.Errorf("%s: register %d mWh, integral of power %d mWh", p, got, want)
		}
	}
}
