package site_test

import (
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
	if _, ok := s.Feeding(); !ok {
		t.Fatalf("nothing feeds the site")
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
