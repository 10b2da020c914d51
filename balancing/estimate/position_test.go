package estimate

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"asue/metering"
)

// twoLines is a small network: two inputs on two sections with a bridge, a transformer
// at each, sections of 10 kV with a section switch.
func twoLines() *metering.Site {
	node := func(id, parent metering.NodeID, kind metering.NodeKind, kv float64) metering.Node {
		return metering.Node{ID: id, Kind: kind, Parent: parent, VoltageKV: kv}
	}
	s := &metering.Site{Sources: []metering.Source{{ID: "one", Node: "far-1", Available: true}, {ID: "two", Node: "far-2"}}}
	s.Topology.Nodes = []metering.Node{
		node("far-1", "", metering.NodeSource, 110), node("far-2", "", metering.NodeSource, 110),
		node("in-1", "far-1", metering.NodeInput, 110), node("in-2", "far-2", metering.NodeInput, 110),
		node("zn-1", "in-1", metering.NodeSection, 110), node("zn-2", "zn-1", metering.NodeSection, 110),
		node("t-1", "zn-1", metering.NodeTransformer, 110), node("t-2", "zn-2", metering.NodeTransformer, 110),
		node("s35-1", "t-1", metering.NodeSection, 35), node("s35-2", "t-2", metering.NodeSection, 35),
		node("s10-1", "t-1", metering.NodeSection, 10), node("s10-2", "t-2", metering.NodeSection, 10),
		node("f-1", "s10-1", metering.NodeFeeder, 10), node("f-2", "s10-2", metering.NodeFeeder, 10),
	}
	meter := func(point metering.PointID, at metering.NodeID, role metering.PointRole) {
		s.Points = append(s.Points, metering.Point{ID: point, Node: at, Role: role})
		s.Meters = append(s.Meters, metering.Meter{ID: metering.MeterID("m-" + point), AccuracyClass: "0.2S"})
		s.Installs = append(s.Installs, metering.Install{Meter: metering.MeterID("m-" + point), Point: point, CT: metering.Ratio{Primary: 300, Secondary: 5}, VT: metering.Ratio{Primary: 110_000, Secondary: 100}})
	}
	meter("in-1", "in-1", metering.RoleInput)
	meter("in-2", "in-2", metering.RoleInput)
	meter("bridge", "zn-2", metering.RoleTechnical)
	meter("t-1", "t-1", metering.RoleTransformer)
	meter("t-2", "t-2", metering.RoleTransformer)
	meter("s10-1", "s10-1", metering.RoleSection)
	meter("s10-2", "s10-2", metering.RoleSection)
	meter("f-1", "f-1", metering.RoleFeeder)
	meter("f-2", "f-2", metering.RoleFeeder)
	n := &s.Network
	n.Feeds = []metering.Feed{{Source: "one", KV: 115}, {Source: "two", KV: 115}}
	for _, k := range []metering.NodeID{"1", "2"} {
		n.Lines = append(n.Lines, metering.NetworkLine{ID: metering.ElementID("l-" + k), From: "far-" + k, To: "in-" + k, LengthKM: 15, Conductor: "АС-185/29"})
		n.Transformers = append(n.Transformers, metering.ThreeWinding{Node: "t-" + k, Bus: [3]metering.NodeID{"zn-" + k, "s35-" + k, "s10-" + k},
			KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 63, 63}, Uk: [3]float64{10.5, 17, 6.5}, UkOnHV: true, PkKW: 290, PxKW: 56, IxPct: 0.7,
			Tap: metering.TapChanger{StepPct: 1.78, Min: -9, Max: 9, Holds: 2, TargetKV: 10.5, BandPct: 1.2}})
	}
	add := func(id metering.ElementID, a, b metering.NodeID, closed bool, point metering.PointID) {
		n.Switches = append(n.Switches, metering.Switch{ID: id, Kind: metering.SwitchBreaker, A: a, B: b, Closed: closed, Point: point})
	}
	add("q-1", "in-1", "zn-1", true, "in-1")
	add("q-2", "in-2", "zn-2", false, "in-2")
	add("bridge", "zn-1", "zn-2", true, "")
	add("sv-35", "s35-1", "s35-2", false, "")
	add("sv-10", "s10-1", "s10-2", false, "")
	return s
}

// TestPositions runs the cases of testdata/positions.txt: what meters show, and what
// follows. A meter is named with its voltage in kV and its power in MW, or "silent"; "?"
// marks a position that nothing shows.
func TestPositions(t *testing.T) {
	text, err := os.ReadFile("testdata/positions.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(string(text), "\n\n")
	if len(cases) < 8 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		title, rest, _ := strings.Cut(strings.TrimSpace(c), "\n")
		if strings.HasPrefix(rest, "#") || title == "" {
			continue
		}
		t.Run(strings.TrimPrefix(title, "# "), func(t *testing.T) { runPositions(t, rest) })
	}
}

func runPositions(t *testing.T, text string) {
	now := time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)
	e, err := New(Config{Site: twoLines()}, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(text, "\n") {
		word, rest, _ := strings.Cut(line, ": ")
		if word == "later" {
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(d)
			continue
		}
		if word != "->" {
			var kv, mw float64
			if rest == "silent" {
				continue
			}
			if _, err := fmt.Sscanf(rest, "%f kV %f MW", &kv, &mw); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			e.Hear(metering.Snapshot{Meter: metering.MeterID("m-" + word), At: now, Readings: []metering.Reading{
				{Quantity: metering.ActivePower, Value: mw * 1e6}, {Quantity: metering.ReactivePower, Value: mw * 0.4e6}, {Quantity: metering.VoltageLL, Value: kv * 1000}}})
			continue
		}
		v := e.look(now)
		e.conclude(v)
		said := "sources " + strings.Join(e.setting.Sources, "+")
		if len(e.setting.Out) > 0 {
			said += ", out " + strings.Join(e.setting.Out, "+")
		}
		for _, w := range v.switches {
			said += ", " + string(w.ID) + " " + map[bool]string{true: "closed", false: "open"}[w.Closed]
			if !w.Known {
				said += "?"
			}
		}
		if said != rest {
			t.Errorf("it is concluded:\n%s\nwant\n%s\n%+v", said, rest, v.switches)
		}
	}
}
