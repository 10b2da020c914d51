package balancing_test

import (
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"
)

func twoLines() *metering.Site {
	return &metering.Site{
		Location: time.UTC,
		Topology: metering.Topology{Nodes: []metering.Node{
			{ID: "KAR", Kind: metering.NodeSource, VoltageKV: 110}, {ID: "AKZ", Kind: metering.NodeSource, VoltageKV: 110},
			{ID: "in-1", Kind: metering.NodeInput, Parent: "KAR", VoltageKV: 110},
			{ID: "in-2", Kind: metering.NodeInput, Parent: "AKZ", VoltageKV: 110},
		}},
		Sources: []metering.Source{
			{ID: "kar", Name: "Каратагай", Node: "KAR", Contract: metering.LimitOf(29_700 * metering.Kilowatt), Available: true},
			{ID: "akz", Name: "Акжар", Node: "AKZ", Contract: metering.LimitOf(12 * metering.Megawatt), Available: true},
		},
		Points: []metering.Point{
			{ID: "p-1", Node: "in-1", Role: metering.RoleInput}, {ID: "p-2", Node: "in-2", Role: metering.RoleInput},
		},
	}
}

func volts(at time.Time, v float64) metering.Snapshot {
	return metering.Snapshot{At: at, Readings: []metering.Reading{{Quantity: metering.VoltageAB, Value: v}}}
}

func TestDeadInputMeansLostLine(t *testing.T) {
	site := twoLines()
	site.Sources[1].Available = false
	w := balancing.NewSupplyWatch(site)
	at := time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC)
	w.Take("p-1", volts(at, 115_000))
	if got, ok := w.Check(at); ok {
		t.Fatalf("told %+v although nothing has changed", got)
	}
	w.Take("p-1", volts(at.Add(time.Second), 0))
	if got, ok := w.Check(at.Add(2 * time.Second)); ok {
		t.Fatalf("told %+v after one second without voltage: reclosing may still bring it back", got)
	}
	got, ok := w.Check(at.Add(4 * time.Second))
	if !ok || got.Feeding != "" || got.Limit.IsStated() {
		t.Fatalf("after three seconds: %+v, %v", got, ok)
	}
	w.Take("p-1", volts(at.Add(time.Minute), 114_000))
	if got, ok := w.Check(at.Add(time.Minute + 4*time.Second)); !ok || got.Feeding != "Каратагай" {
		t.Errorf("voltage is back: %+v, %v", got, ok)
	}
}

func TestOtherLineTakesOver(t *testing.T) {
	w := balancing.NewSupplyWatch(twoLines())
	at := time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC)
	w.Take("p-1", volts(at, 0))
	w.Take("p-2", volts(at, 112_000))
	got, ok := w.Check(at.Add(5 * time.Second))
	if limit, _ := got.Limit.Power(); !ok || got.Feeding != "Акжар" || limit != 12*metering.Megawatt {
		t.Errorf("told %+v, %v", got, ok)
	}
}

func TestSilentMeterLosesNoLine(t *testing.T) {
	w := balancing.NewSupplyWatch(twoLines())
	at := time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC)
	w.Take("p-1", volts(at, 115_000))
	w.Take("p-1", metering.Snapshot{At: at.Add(time.Second), Quality: metering.CommFail, Reason: "no answer"})
	if got, ok := w.Check(at.Add(time.Hour)); ok {
		t.Errorf("told %+v because a meter was silent", got)
	}
}

func TestSmallSiteHasAController(t *testing.T) {
	for _, contract := range []metering.Power{0, 150 * metering.Kilowatt, 5 * metering.Megawatt, 19 * metering.Megawatt} {
		site := twoLines()
		site.Sources[0].Contract = metering.LimitOf(contract)
		cfg := balancing.ConfigOf(site, time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC), func(metering.PointID) time.Duration { return time.Second })
		if _, err := balancing.New(cfg); err != nil {
			t.Errorf("contract of %v: %v", contract, err)
		}
	}
}
