package metering_test

import (
	"fmt"
	"strings"
	"testing"

	"asue/metering"
)

// TestNamesRoundTrip: what is printed is found again, no two things have one
// name, and what is unknown says its number and is not found.
func TestNamesRoundTrip(t *testing.T) {
	roundTrip(t, "channel", metering.Channel.String, metering.ChannelNamed, len(metering.AllChannels()))
	roundTrip(t, "method", metering.Method.String, metering.MethodNamed, 15)
	roundTrip(t, "severity", metering.Severity.String, metering.SeverityNamed, 6)
	roundTrip(t, "quality", metering.Quality.String, metering.QualityOf, 12)
}

func roundTrip[T ~uint8](t *testing.T, kind string, name func(T) string, find func(string) (T, bool), known int) {
	t.Helper()
	seen := map[string]T{}
	for n := range 256 {
		x := T(n)
		text := name(x)
		if text == fmt.Sprintf("%s(%d)", kind, n) {
			if _, ok := find(text); ok {
				t.Errorf("%s %d is unknown, and found", kind, n)
			}
			continue
		}
		if other, double := seen[text]; double {
			t.Errorf("%ss %d and %d are both called %q", kind, other, n, text)
		}
		seen[text] = x
		if found, ok := find(text); !ok || found != x {
			t.Errorf("%s %q: found %d, %v; want %d", kind, text, found, ok, n)
		}
	}
	if len(seen) != known {
		t.Errorf("%d %ss have names, want %d: %v", len(seen), kind, known, seen)
	}
	if _, ok := find(""); ok {
		t.Errorf("%s without a name is found", kind)
	}
}

func TestChannelsFeedAndAreFed(t *testing.T) {
	for _, ch := range metering.AllChannels() {
		if back, ok := metering.ChannelOf(ch.Quantity()); !ok || back != ch {
			t.Errorf("%v is fed by %v, which feeds %v", ch, ch.Quantity(), back)
		}
		if ch.Unit() == "" || ch.Medium() == "" {
			t.Errorf("%v has unit %q and medium %q", ch, ch.Unit(), ch.Medium())
		}
	}
	if _, ok := metering.ChannelOf(0); ok {
		t.Error("no quantity feeds a channel")
	}
}

func TestFlagNames(t *testing.T) {
	all := metering.Flags(1<<32 - 1)
	names := all.Names()
	if len(names) != 26 || strings.Join(names[:2], " ") != "gap interp_wide" {
		t.Errorf("%d flags have names: %v", len(names), names)
	}
	for bit := range 26 {
		if one := metering.Flags(1 << bit).Names(); len(one) != 1 || one[0] != names[bit] {
			t.Errorf("bit %d is %v, want %q", bit, one, names[bit])
		}
	}
}

// TestYields is the whole table: who stands there, who comes, on whose word.
func TestYields(t *testing.T) {
	stands := []struct {
		what string
		metering.Interval
	}{
		{"measured", metering.Interval{Grade: metering.Actual, Method: metering.MethodRegister}},
		{"unknown", metering.Interval{Grade: metering.Null}},
		{"anchored", metering.Interval{Grade: metering.Actual, Method: metering.MethodAnchored}},
		{"estimate", metering.Interval{Grade: metering.Substitute, Method: metering.MethodScaled}},
		{"check meter", metering.Interval{Grade: metering.Substitute, Method: metering.MethodCheck}},
		{"act", metering.Interval{Grade: metering.FinalGrade, Method: metering.MethodAgreed, Flags: metering.FlagManual}},
		{"act of nothing", metering.Interval{Grade: metering.Null, Flags: metering.FlagManual | metering.FlagGap}},
	}
	// A letter for each of: registers with nothing, registers with an energy, rules
	// with nothing, rules with an energy, a person. y: it yields.
	want := map[string]string{
		"measured": "yyyyy", "unknown": "yyyyy", "anchored": "yyyyy",
		"estimate": "-yyyy", "check meter": "-yyyy",
		"act": "----y", "act of nothing": "----y",
	}
	nothing, energy := metering.Interval{Grade: metering.Null}, metering.Interval{Grade: metering.Actual, Method: metering.MethodRegister}
	for _, s := range stands {
		got := ""
		for _, c := range []struct {
			metering.Interval
			a metering.Authority
		}{{nothing, metering.ByRegisters}, {energy, metering.ByRegisters}, {nothing, metering.ByRules}, {energy, metering.ByRules}, {energy, metering.ByPerson}} {
			if s.Yields(c.Interval, c.a) {
				got += "y"
			} else {
				got += "-"
			}
		}
		if got != want[s.what] {
			t.Errorf("%s: %s, want %s", s.what, got, want[s.what])
		}
	}
}
