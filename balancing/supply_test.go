package balancing_test

import (
	"fmt"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
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

// standby is twoLines with a second circuit of Akzhar, both of one station; the
// contracts of the circuits are 12 and 9 MW.
func standby() *metering.Site {
	site := twoLines()
	site.Topology.Nodes = append(site.Topology.Nodes, metering.Node{ID: "AKZ2", Kind: metering.NodeSource, VoltageKV: 110},
		metering.Node{ID: "in-3", Kind: metering.NodeInput, Parent: "AKZ2", VoltageKV: 110})
	site.Sources = append(site.Sources, metering.Source{ID: "akz2", Name: "Акжар, цепь 2", Node: "AKZ2", Contract: metering.LimitOf(9 * metering.Megawatt), Available: true})
	site.Points = append(site.Points, metering.Point{ID: "p-3", Node: "in-3", Role: metering.RoleInput})
	site.Network.Feeds = []metering.Feed{{Source: "kar"}, {Source: "akz", Station: "akzhar"}, {Source: "akz2", Station: "akzhar"}}
	return site
}

// inputs are what the meters of all three inputs say once a second from one moment to
// another, in kV and MW; changes are what Check has told, in words.
func watch(w *balancing.SupplyWatch, from time.Time, seconds int, says map[metering.PointID][2]float64) (changes []string) {
	for s := range seconds {
		at := from.Add(time.Duration(s) * time.Second)
		for point, v := range says {
			snapshot := volts(at, v[0]*1000)
			snapshot.Readings = append(snapshot.Readings, metering.Reading{Quantity: metering.ActivePower, Value: v[1] * 1e6})
			w.Take(point, snapshot)
		}
		if m, ok := w.Check(at); ok {
			changes = append(changes, fmt.Sprintf("%d s: %q with %v, %v, %d inputs", s, m.Feeding, m.With, m.Limit, len(m.InService)))
		}
	}
	return changes
}

// The reserve stands under voltage all the time. It feeds from when it carries the
// site, and no more when the line that has returned does.
func TestReserveUnderVoltageFeedsWhenItCarries(t *testing.T) {
	w := balancing.NewSupplyWatch(standby())
	at := time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		what    string
		seconds int
		says    map[metering.PointID][2]float64
		want    []string
	}{
		{"normal", 60, map[metering.PointID][2]float64{"p-1": {115, 25}, "p-2": {115, 0}, "p-3": {115, 0}}, nil},
		{"lost, before the transfer", 6, map[metering.PointID][2]float64{"p-1": {0, 0}, "p-2": {115, 0}, "p-3": {115, 0}}, []string{`3 s: "" with [], not stated, 0 inputs`}},
		{"transferred to both circuits", 60, map[metering.PointID][2]float64{"p-1": {0, 0}, "p-2": {115, 12}, "p-3": {115, 12}}, []string{`3 s: "Акжар" with [Акжар, цепь 2], 21 MW, 2 inputs`}},
		{"a circuit is lost", 60, map[metering.PointID][2]float64{"p-1": {0, 0}, "p-2": {115, 24}, "p-3": {0, 0}}, []string{`6 s: "Акжар" with [], 12 MW, 1 inputs`}},
		{"it is back", 60, map[metering.PointID][2]float64{"p-1": {0, 0}, "p-2": {115, 12}, "p-3": {115, 12}}, []string{`6 s: "Акжар" with [Акжар, цепь 2], 21 MW, 2 inputs`}},
		{"the first line has returned, and carries nothing yet", 60, map[metering.PointID][2]float64{"p-1": {115, 0}, "p-2": {115, 12}, "p-3": {115, 12}}, nil},
		{"its circuits do not end at one moment", 5, map[metering.PointID][2]float64{"p-1": {115, 24}, "p-2": {115, 12}, "p-3": {115, 0}}, nil},
		{"the site is back on it", 60, map[metering.PointID][2]float64{"p-1": {115, 24}, "p-2": {115, 0}, "p-3": {115, 0}}, []string{`3 s: "Каратагай" with [], 29.7 MW, 1 inputs`}},
	} {
		if diff := cmp.Diff(step.want, watch(w, at, step.seconds, step.says)); diff != "" {
			t.Errorf("%s: -want +have:\n%s", step.what, diff)
		}
		at = at.Add(time.Duration(step.seconds) * time.Second)
	}
}

// A line that is not available by the site file is put into service by hand: what carries
// the site feeds it, whatever the file says. Voltage alone is not enough.
func TestReserveByHandFeeds(t *testing.T) {
	site := standby()
	site.Sources[1].Available, site.Sources[2].Available = false, false
	w := balancing.NewSupplyWatch(site)
	at := time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		says map[metering.PointID][2]float64
		want []string
	}{
		{map[metering.PointID][2]float64{"p-1": {0, 0}, "p-2": {115, 0}, "p-3": {0, 0}}, []string{`3 s: "" with [], not stated, 0 inputs`}},
		{map[metering.PointID][2]float64{"p-1": {0, 0}, "p-2": {115, 11}, "p-3": {0, 0}}, []string{`3 s: "Акжар" with [], 12 MW, 1 inputs`}},
		{map[metering.PointID][2]float64{"p-1": {115, 11}, "p-2": {0, 0}, "p-3": {0, 0}}, []string{`3 s: "Каратагай" with [], 29.7 MW, 1 inputs`}},
	} {
		if diff := cmp.Diff(step.want, watch(w, at, 30, step.says)); diff != "" {
			t.Errorf("%v: -want +have:\n%s", step.says, diff)
		}
		at = at.Add(30 * time.Second)
	}
}
