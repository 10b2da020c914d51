package metering_test

import (
	"maps"
	"slices"
	"testing"

	"asue/metering"
)

// TestBasesOfANetwork: a length of which the plan speaks, a conductor that is a guess,
// a breaker's position that nobody vouches for.
func TestBasesOfANetwork(t *testing.T) {
	origin := metering.Origin{Provenance: []metering.Provenance{
		{Of: []string{"length"}, Basis: metering.BasisPassport, Source: "Plan"}, {Basis: metering.BasisAssumed, Source: "guess"}}}
	n := metering.Network{
		Feeds:    []metering.Feed{{Source: "main", KV: 115, ShortCircuitMVA: 2500, Origin: metering.Origin{Provenance: []metering.Provenance{{Basis: metering.BasisMeasured, Source: "Test"}}}}},
		Lines:    []metering.NetworkLine{{ID: "w", From: "src", To: "in", LengthKM: 15, Conductor: "АС-185/29", Origin: origin}},
		Switches: []metering.Switch{{ID: "q", A: "in", B: "h1", Closed: true}},
	}
	want := map[metering.Basis]int{metering.BasisMeasured: 2, metering.BasisPassport: 1, metering.BasisAssumed: 1, "": 1}
	if got := n.Bases(); !maps.Equal(got, want) {
		t.Errorf("bases %v, want %v", got, want)
	}
	if got := n.Buses(); !slices.Equal(got, []metering.NodeID{"src", "in", "h1"}) {
		t.Errorf("buses %v", got)
	}
	if p, ok := n.Lines[0].BasisOf("length"); !ok || p.Source != "Plan" {
		t.Errorf("length by %+v", p)
	}
	if p, ok := n.Switches[0].BasisOf("closed"); ok {
		t.Errorf("position by %+v", p)
	}
}
