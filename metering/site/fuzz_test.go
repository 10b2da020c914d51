package site_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/site"
)

// wellFormed checks what Parse promises of any input.
func wellFormed(t interface {
	Helper()
	Fatalf(string, ...any)
}, src []byte) {
	t.Helper()
	s, faults := around.Parse("site.yaml", src)
	if (s == nil) != (faults.Err() != nil) {
		t.Fatalf("site %v with faults\n%s", s != nil, faults.String())
	}
	for i, f := range faults {
		if f.Code == "" || f.What == "" || f.Why == "" || f.Remedy == "" || f.File != "site.yaml" || f.Severity < site.Info || f.Severity > site.Error {
			t.Fatalf("incomplete fault %+v", f)
		}
		if (f.Line == 0) != (f.Column == 0) || f.Line < 0 || f.Column < 0 {
			t.Fatalf("place of %+v", f)
		}
		if strings.ContainsAny(f.Snippet, "\n\r\t") || strings.Count(f.String(), "\n") > 5 {
			t.Fatalf("fault runs over lines: %q", f.String())
		}
		if i > 0 && f.Line != 0 && faults[i-1].Line > f.Line {
			t.Fatalf("line %d comes after line %d", f.Line, faults[i-1].Line)
		}
	}
	if s == nil {
		return
	}
	// What was taken holds together: whoever works with it need not check again.
	for _, n := range s.Topology.Nodes {
		path := s.Topology.Path(n.ID)
		if len(path) == 0 || path[len(path)-1].Parent != "" {
			t.Fatalf("node %q leads to no source", n.ID)
		}
	}
	for _, p := range s.Points {
		if _, ok := s.Topology.Node(p.Node); ok != (p.MediumOf() == metering.Electricity) {
			t.Fatalf("point %q of %s stands at %q", p.ID, p.MediumOf(), p.Node)
		}
	}
	for _, v := range s.Virtual {
		for _, term := range v.Terms {
			_, metered := s.Point(term.Of)
			_, virtual := s.VirtualPoint(term.Of)
			if num, den := term.Factor.Parts(); num == 0 || den <= 0 || term.Of != "" && !metered && !virtual {
				t.Fatalf("virtual point %q has the term %+v", v.ID, term)
			}
		}
	}
	for _, tariff := range s.Tariffs {
		for _, kind := range metering.DayKinds() {
			for at := time.Duration(0); at < 24*time.Hour; at += metering.BasePeriod {
				if _, ok := tariff.ZoneOf(kind, at); !ok {
					t.Fatalf("tariff %q has no zone at %v of a %s", tariff.ID, at, kind)
				}
			}
		}
	}
	for _, i := range s.Installs {
		_, ok := s.Point(i.Point)
		if num, den := i.Multiplier(); !ok || num <= 0 || den <= 0 {
			t.Fatalf("install %+v", i)
		}
	}
	for _, a := range s.Actuators {
		_, resident := s.Resident(a.Resident)
		_, node := s.Topology.Node(a.Node)
		setpoint := a.Kind == metering.ActuatorSetpoint
		if !resident || !node || a.Channel < 1 || a.Unit == 0 || a.Power <= 0 && !setpoint || a.Power < a.Most ||
			a.Least > a.FailSafe || a.FailSafe > a.Most || !setpoint && (a.Most != 0 || a.MaxOff < a.MinOff || a.PerHour < 1) ||
			a.Kind == metering.ActuatorBreaker && a.Mode > metering.ModeConfirm {
			t.Fatalf("actuator %+v", a)
		}
	}
	for _, l := range s.Limits {
		if _, ok := s.Topology.Node(l.Node); !ok || !l.Limit.IsStated() || len(l.Days) > 0 && (l.Begin < 0 || l.Begin >= l.End || l.End > 24*time.Hour) {
			t.Fatalf("limit %+v", l)
		}
	}
	for i, p := range s.Promises {
		_, ok := s.Topology.Node(p.Node)
		if !ok || p.Scenario == "" || !p.Limit.IsStated() || p.From.IsZero() || i > 0 && s.Promises[i-1].Scenario > p.Scenario ||
			i > 0 && s.Promises[i-1].Scenario == p.Scenario && p.From.Before(s.Promises[i-1].From) {
			t.Fatalf("promise %+v after %+v", p, s.Promises[:i])
		}
	}
	for _, c := range s.Conditions {
		for i, stage := range c.Stages {
			if stage.Power <= 0 || stage.Milestones < 1 || stage.Due.Before(c.From) || i > 0 && !stage.Due.After(c.Stages[i-1].Due) {
				t.Fatalf("stage %+v of the condition %q", stage, c.ID)
			}
		}
	}
	networkHolds(t, s)
	if _, ok := s.Feeding(); !ok {
		t.Fatalf("nothing feeds the site")
	}
}

// networkHolds checks that what was taken of a network can be calculated: every end
// and every switch is there, and no figure is one by which nothing can be divided.
func networkHolds(t interface {
	Helper()
	Fatalf(string, ...any)
}, s *metering.Site) {
	t.Helper()
	n := s.Network
	bus := func(id metering.NodeID) {
		t.Helper()
		if node, ok := s.Topology.Node(id); !ok || node.Kind == metering.NodeTransformer {
			t.Fatalf("%q is no bus", id)
		}
	}
	switches := map[metering.ElementID]bool{}
	for _, q := range n.Switches {
		bus(q.A)
		bus(q.B)
		switches[q.ID] = true
	}
	for _, l := range n.Lines {
		bus(l.From)
		bus(l.To)
		if f := l.Filled(); l.From == l.To || !(f.LengthKM > 0 && f.OhmPerKM > 0 && f.ReactPerKM > 0 && f.MicroSPerKM >= 0 && f.Amperes >= 0) {
			t.Fatalf("line %+v", f)
		}
	}
	for _, tr := range n.Transformers {
		for i, id := range tr.Bus {
			bus(id)
			if !(tr.KV[i] > 0 && tr.MVA[i] > 0 && tr.Uk[i] > 0) {
				t.Fatalf("transformer %+v", tr)
			}
		}
		tap := tr.Tap
		if !(tr.PkKW > 0 && tr.PxKW >= 0) || tap.Min > tap.Position || tap.Position > tap.Max || tap.StepPct > 0 && tap.Holds != 1 && tap.Holds != 2 {
			t.Fatalf("transformer %+v", tr)
		}
	}
	for _, f := range n.Feeds {
		if !slices.ContainsFunc(s.Sources, func(src metering.Source) bool { return src.ID == f.Source }) || !(f.KV > 0) {
			t.Fatalf("feed %+v", f)
		}
	}
	for _, tr := range n.Transfers {
		bus(tr.Watch)
		bus(tr.Reserve)
		for _, id := range slices.Concat(tr.Open, tr.Close) {
			if !switches[id] {
				t.Fatalf("transfer %+v", tr)
			}
		}
	}
	for _, sc := range n.Scenarios {
		for _, id := range slices.Concat(sc.Open, sc.Close) {
			if len(sc.Sources) == 0 || !switches[id] {
				t.Fatalf("scenario %+v", sc)
			}
		}
	}
	sum := 0.0
	for _, share := range n.Plan.Shares {
		bus(share.Node)
		sum += share.Part
	}
	if len(n.Plan.Shares) > 0 && math.Abs(sum-1) > 1e-5 {
		t.Fatalf("shares of %v", sum)
	}
}

// FuzzParse feeds Parse with anything, from the cases and the example on.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example(f)))
	paths, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	slices.Sort(paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		input, _, _ := strings.Cut(string(text), "----\n")
		f.Add([]byte(input))
	}
	f.Fuzz(func(t *testing.T, src []byte) { wellFormed(t, src) })
}
