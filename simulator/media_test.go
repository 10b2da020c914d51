package simulator_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/simulator"
	"asue/simulator/internal/plant"
)

func pipedWorld(t testing.TB) *simulator.World {
	t.Helper()
	w, err := simulator.New(plant.Piped(), 1, winter)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func cubicMetres(w *simulator.World, p metering.PointID, c metering.Channel) float64 {
	return float64(w.Truth(p, c)) / 1e6
}

// A ceramics works of 4.2 MW burns some 30,000 m³ of gas on a day in January; a store
// burns only what heats it, a works that stands still draws no water.
func TestWorksBurnGasAndDrawWater(t *testing.T) {
	w := pipedWorld(t)
	w.Step(24 * time.Hour)
	between := func(p metering.PointID, c metering.Channel, least, most float64) {
		t.Helper()
		if got := cubicMetres(w, p, c); got < least || got > most {
			t.Errorf("%s: %.1f m³ of %v in a day, want %v to %v", p, got, c, least, most)
		}
	}
	between("G-ceramics", metering.ChannelGas, 25_000, 45_000)
	between("G-logistics", metering.ChannelGas, 100, 800)
	between("W-ceramics", metering.ChannelDrinkingWater, 80, 130)
	between("W-idle", metering.ChannelDrinkingWater, 0, 0)
	if got, want := w.Truth("G-IN-check", metering.ChannelGas), w.Truth("G-IN", metering.ChannelGas); got != want {
		t.Errorf("the meter beside the input shows %d, the input %d", got, want)
	}
	if got := w.Truth("G-IN", metering.ChannelDrinkingWater) + w.Truth("G-IN", metering.ChannelActiveImport) + w.Truth("P-ceramics", metering.ChannelGas); got != 0 {
		t.Errorf("a point counts another medium: %d", got)
	}
}

// What comes in is what all works take, the unmetered ones too, and a little more.
func TestMoreComesInThanIsMetered(t *testing.T) {
	w := pipedWorld(t)
	for range 7 * 24 {
		before := map[metering.PointID]int64{}
		for _, p := range []metering.PointID{"G-IN", "G-ceramics", "G-logistics"} {
			before[p] = w.Truth(p, metering.ChannelGas)
		}
		w.Step(time.Hour)
		in := w.Truth("G-IN", metering.ChannelGas) - before["G-IN"]
		metered := w.Truth("G-ceramics", metering.ChannelGas) - before["G-ceramics"] + w.Truth("G-logistics", metering.ChannelGas) - before["G-logistics"]
		if in <= metered || in > 2*metered {
			t.Fatalf("at %v: %d mL come in, %d are metered", w.Now(), in, metered)
		}
	}
}

// When the lines fail, the kilns go out: gas follows production.
func TestGasFollowsProduction(t *testing.T) {
	w := pipedWorld(t)
	w.Step(time.Hour)
	rate := func() int64 {
		before := w.Truth("G-ceramics", metering.ChannelGas)
		w.Step(5 * time.Minute)
		return w.Truth("G-ceramics", metering.ChannelGas) - before
	}
	working := rate()
	if err := w.Start(simulator.KaratagaiLost, ""); err != nil {
		t.Fatal(err)
	}
	w.Step(time.Minute)
	if standing := rate(); standing > working/5 || standing == 0 {
		t.Errorf("%d mL with the kilns on, %d without voltage", working, standing)
	}
}

// Steps of any sizes give the same volumes, and gas and water change nothing at the
// registers of energy.
func TestVolumesReplay(t *testing.T) {
	whole, parts, dry := pipedWorld(t), pipedWorld(t), newWorld(t, 1, winter)
	whole.Step(2 * time.Hour)
	dry.Step(2 * time.Hour)
	for range 7200 * 4 {
		parts.Step(250 * time.Millisecond)
	}
	volumes := func(w *simulator.World) map[metering.PointID]int64 {
		all := map[metering.PointID]int64{}
		for _, p := range plant.Piped().Points {
			all[p.ID] = w.Truth(p.ID, p.Channels()[0])
		}
		return all
	}
	if diff := cmp.Diff(volumes(whole), volumes(parts)); diff != "" {
		t.Error(diff)
	}
	for _, p := range dry.Points() {
		if got, want := whole.Truth(p, metering.ChannelActiveImport), dry.Truth(p, metering.ChannelActiveImport); got != want {
			t.Errorf("%s: %d with pipes, %d without", p, got, want)
		}
	}
}

// What a gas meter shows is volume and nothing else, and the log of the truth has it.
func TestMeasureOfAGasMeter(t *testing.T) {
	w := pipedWorld(t)
	var log simulator.TruthLog
	w.Record(&log)
	w.Step(30 * time.Minute)
	m, ok := w.Snapshot().Point("G-ceramics")
	if _, milli, has := m.Value(metering.GasVolume); !ok || !has || milli != w.Truth("G-ceramics", metering.ChannelGas) || milli == 0 {
		t.Errorf("%d, %v", milli, has)
	}
	for _, q := range metering.Quantities() {
		if _, _, has := m.Value(q); has != (q == metering.GasVolume) {
			t.Errorf("a gas meter and %v: %v", q, has)
		}
	}
	now := winter.Add(30 * time.Minute)
	milli, ok := log.Register("G-ceramics", metering.ChannelGas, now)
	if !ok || milli != w.Truth("G-ceramics", metering.ChannelGas) {
		t.Errorf("logged %d, %v", milli, ok)
	}
	if _, ok := log.Register("G-ceramics", metering.ChannelActiveImport, now); ok {
		t.Error("energy of a gas meter was logged")
	}
}

// Two gas lines of one works, and two inputs, share what flows.
func TestTwoMetersOfOneWorksShare(t *testing.T) {
	site := plant.Piped()
	for _, p := range []metering.Point{
		{ID: "G-ceramics-2", Role: metering.RoleResident, Resident: "R-ceramics", Medium: metering.Gas},
		{ID: "G-IN-2", Role: metering.RoleInput, Medium: metering.Gas},
	} {
		site.Points = append(site.Points, p)
	}
	two, err := simulator.New(site, 1, winter)
	if err != nil {
		t.Fatal(err)
	}
	one := pipedWorld(t)
	one.Step(6 * time.Hour)
	two.Step(6 * time.Hour)
	for _, p := range []metering.PointID{"G-ceramics", "G-IN"} {
		whole, a, b := one.Truth(p, metering.ChannelGas), two.Truth(p, metering.ChannelGas), two.Truth(p+"-2", metering.ChannelGas)
		if a != b || whole-a-b > 1000 || a+b > whole {
			t.Errorf("%s: %d and %d of %d", p, a, b, whole)
		}
	}
}
