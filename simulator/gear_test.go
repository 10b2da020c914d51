package simulator_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/simulator"
	"asue/simulator/internal/plant"
)

// networked is a world whose network is described; the circuits of the reserve that are
// named are available.
func networked(t testing.TB, available ...string) *simulator.World {
	t.Helper()
	site := plant.Networked()
	for i := range site.Sources {
		for _, id := range available {
			site.Sources[i].Available = site.Sources[i].Available || site.Sources[i].ID == id
		}
	}
	w, err := simulator.New(site, 1, winter.Add(10*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// positions are the switches that are closed, in the order of the site.
func positions(w *simulator.World) (closed []string) {
	s := w.Snapshot()
	for _, x := range w.Site().Network.Switches {
		if is, _ := s.Switch(x.ID); is {
			closed = append(closed, string(x.ID))
		}
	}
	return closed
}

func stand(t *testing.T, w *simulator.World, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, positions(w)); diff != "" {
		t.Errorf("at %v: switches that are closed, -want +have:\n%s", w.Now().Sub(w.Origin()), diff)
	}
}

func kv(w *simulator.World, id metering.NodeID) float64 {
	v, ok := w.Snapshot().Voltage(id)
	if !ok {
		return math.NaN()
	}
	return v
}

// Karatagai trips: after the transfer's time both circuits of Akzhar carry a half each.
// It returns: two minutes later, after a second's break, everything is as before.
func TestTransferAndTheWayBack(t *testing.T) {
	w := networked(t, "akzhar", "akzhar-2")
	stand(t, w, "q-kar", "sv-110")
	before := power(w, "P-IN-1")
	if power(w, "P-IN-2") != 0 || kv(w, "in-2") < 114 {
		t.Fatalf("the reserve stands ready: %.0f kW, %.1f kV", power(w, "P-IN-2"), kv(w, "in-2"))
	}
	start(t, w, simulator.KaratagaiLost, "")
	w.Step(2 * time.Second)
	if zone := w.Snapshot().Zone(); zone != 0 || kv(w, "zn-1") != 0 || kv(w, "s10-2") != 0 {
		t.Errorf("%v before the transfer, %.1f kV", zone, kv(w, "zn-1"))
	}
	w.Step(500 * time.Millisecond)
	stand(t, w, "q-akz-1", "q-akz-2", "sv-110")
	one, two := power(w, "P-IN-2"), power(w, "P-IN-3")
	if math.Abs(one-two) > 1 || math.Abs(one+two-before) > 0.02*before || power(w, "P-IN-1") != 0 {
		t.Errorf("%.1f and %.1f kW over the reserve, %.1f kW before", one, two, before)
	}
	if got := kv(w, "zn-1"); got < 113.5 || got > 115.5 {
		t.Errorf("%.2f kV at the first section, behind both circuits and the bridge", got)
	}
	if err := w.Stop(simulator.KaratagaiLost); err != nil {
		t.Fatal(err)
	}
	w.Step(2*time.Minute - time.Millisecond)
	stand(t, w, "q-akz-1", "q-akz-2", "sv-110")
	w.Step(time.Millisecond)
	stand(t, w, "sv-110")
	if zone := w.Snapshot().Zone(); zone != 0 {
		t.Errorf("%v during the break", zone)
	}
	w.Step(time.Second)
	stand(t, w, "q-kar", "sv-110")
	if got := power(w, "P-IN-1"); got < 0.9*before || power(w, "P-IN-2") != 0 {
		t.Errorf("%.0f kW over the line that has returned", got)
	}
	start(t, w, simulator.KaratagaiLost, "") // and once more: the transfer is ready again
	w.Step(3 * time.Second)
	stand(t, w, "q-akz-1", "q-akz-2", "sv-110")
}

// A circuit without voltage is connected to nothing.
func TestTransferToOneCircuit(t *testing.T) {
	w := networked(t, "akzhar-2")
	start(t, w, simulator.KaratagaiLost, "")
	w.Step(5 * time.Second)
	stand(t, w, "q-akz-2", "sv-110")
	if kv(w, "in-2") != 0 || power(w, "P-IN-3") < 5000 {
		t.Errorf("%.1f kV at the dead circuit, %.0f kW over the other", kv(w, "in-2"), power(w, "P-IN-3"))
	}
}

// Akzhar is not available: nothing moves by itself. What the site may take in need is
// connected by hand, and gives the zone back when the line returns.
func TestReserveByHand(t *testing.T) {
	w := networked(t)
	start(t, w, simulator.LineReturns, "")
	w.Step(5*time.Minute - time.Second)
	stand(t, w, "q-kar", "sv-110")
	if w.Snapshot().Zone() != 0 {
		t.Error("the zone is not dark")
	}
	w.Step(10 * time.Second)
	stand(t, w, "q-akz-1", "sv-110")
	if power(w, "P-IN-2") < 5000 || power(w, "P-IN-3") != 0 {
		t.Errorf("%.0f and %.0f kW over the reserve", power(w, "P-IN-2"), power(w, "P-IN-3"))
	}
	w.Step(6 * time.Minute) // it has returned, and a minute is missing yet
	stand(t, w, "q-akz-1", "sv-110")
	w.Step(2 * time.Minute)
	stand(t, w, "q-kar", "sv-110")
	if power(w, "P-IN-1") < 5000 || kv(w, "in-2") != 0 {
		t.Errorf("%.0f kW over the line that has returned, %.1f kV at the reserve", power(w, "P-IN-1"), kv(w, "in-2"))
	}
}

// A transfer that is out of service does not act; persons do.
func TestTransferOutOfService(t *testing.T) {
	site := plant.Networked()
	site.Sources[1].Available = true
	for i := range site.Network.Transfers {
		site.Network.Transfers[i].Out = true
	}
	w, err := simulator.New(site, 1, winter)
	if err != nil {
		t.Fatal(err)
	}
	start(t, w, simulator.KaratagaiLost, "")
	w.Step(4 * time.Minute)
	stand(t, w, "q-kar", "sv-110")
	w.Step(time.Minute)
	stand(t, w, "q-akz-1", "sv-110")
}

// A transformer trips, the section switches close; it is back, they open again.
func TestTransformerLost(t *testing.T) {
	w := networked(t)
	before := power(w, "P-IN-1")
	start(t, w, simulator.TransformerLost, "")
	if a := w.Active(); len(a) != 1 || a[0].Target != "t-2" {
		t.Errorf("active %+v", a)
	}
	w.Step(5 * time.Second)
	if kv(w, "s10-2") != 0 || kv(w, "s10-1") < 10 || power(w, "P-chemistry") != 0 {
		t.Errorf("second section %.2f kV, first %.2f kV", kv(w, "s10-2"), kv(w, "s10-1"))
	}
	w.Step(time.Second)
	stand(t, w, "q-kar", "sv-110", "sv-35", "sv-10")
	if got := power(w, "P-IN-1"); math.Abs(got-before) > 0.03*before || power(w, "P-chemistry") == 0 {
		t.Errorf("%.0f kW with one transformer, %.0f kW with two", got, before)
	}
	w.Step(5 * time.Minute)
	if got := kv(w, "s10-2"); got < 10.36 || got > 10.64 {
		t.Errorf("%.3f kV at the second section: the tap changer of the other transformer holds 10.5 ± 1.2 %%", got)
	}
	if err := w.Stop(simulator.TransformerLost); err != nil {
		t.Fatal(err)
	}
	w.Step(2*time.Minute + time.Second)
	stand(t, w, "q-kar", "sv-110")
	if err := w.Start(simulator.TransformerLost, "t-9"); err == nil {
		t.Error("a transformer that is not there was lost")
	}
	plain := controlled(t, 1)
	start(t, plain, simulator.TransformerLost, "t-1")
	plain.Step(time.Minute)
	if power(plain, "P-data") != 0 || power(plain, "P-chemistry") == 0 {
		t.Error("without switches the transformer's own sections are dark, the others are not")
	}
}

// Whatever happens to a described network: steps of any size give the same registers,
// what enters is what is drawn and lost, and what has no source has no power.
func TestGearReplaysAndCloses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var available []string
		for _, id := range []string{"akzhar", "akzhar-2"} {
			if rapid.Bool().Draw(t, id) {
				available = append(available, id)
			}
		}
		make1 := func() *simulator.World {
			site := plant.Networked()
			for i := range site.Sources[1:] {
				for _, id := range available {
					site.Sources[i+1].Available = site.Sources[i+1].Available || site.Sources[i+1].ID == id
				}
			}
			w, err := simulator.New(site, 3, winter)
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		a, b := make1(), make1()
		scenarios := rapid.SampledFrom([]string{simulator.KaratagaiLost, simulator.LineReturns, simulator.TransformerLost, simulator.Calm, simulator.MorningPeak})
		for range rapid.IntRange(1, 4).Draw(t, "events") {
			e := simulator.Event{At: winter.Add(time.Duration(rapid.Int64Range(0, int64(20*time.Minute)).Draw(t, "at"))), Scenario: scenarios.Draw(t, "scenario")}
			for _, w := range []*simulator.World{a, b} {
				if err := w.Schedule(e); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, ns := range rapid.SliceOfN(rapid.Int64Range(0, int64(4*time.Minute)), 1, 8).Draw(t, "steps") {
			a.Step(time.Duration(ns))
			s := a.Snapshot()
			in, out := 0.0, 0.0
			for _, p := range a.Site().Points {
				m, _ := s.Point(p.ID)
				if !m.Live && m.P != 0 {
					t.Fatalf("%s is dead and draws %v W", p.ID, m.P)
				}
				switch p.Role {
				case metering.RoleInput:
					in += m.P
				case metering.RoleResident, metering.RoleOwnNeeds:
					out += m.P
				}
			}
			if lost := in - out; lost < -1 || lost > 115e3+0.01*out {
				t.Fatalf("%.0f W enter, %.0f W are drawn", in, out)
			}
		}
		b.StepTo(a.Now())
		if diff := cmp.Diff(registers(a), registers(b)); diff != "" {
			t.Fatalf("other steps, other registers:\n%s", diff)
		}
		if diff := cmp.Diff(positions(a), positions(b)); diff != "" {
			t.Fatalf("other steps, other switches:\n%s", diff)
		}
	})
}
