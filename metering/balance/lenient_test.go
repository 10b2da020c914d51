package balance_test

import (
	"testing"

	"asue/metering"
	"asue/metering/balance"
)

// A virtual point that cannot be computed is left out with its fault, and so is
// what it is a part of; the others stay, in whatever order they stand.
func TestOneVirtualPointDoesNotStopTheOthers(t *testing.T) {
	of := func(ids ...metering.PointID) []metering.Term {
		var terms []metering.Term
		for _, id := range ids {
			terms = append(terms, metering.Term{Of: id})
		}
		return terms
	}
	virtual := func(id metering.PointID, terms []metering.Term) metering.VirtualPoint {
		return metering.VirtualPoint{Point: metering.Point{ID: id}, Terms: terms}
	}
	site := &metering.Site{
		Points: []metering.Point{{ID: "p", Node: "n", Role: metering.RoleFeeder}},
		Virtual: []metering.VirtualPoint{
			virtual("sum", of("twice", "p")), virtual("twice", of("p", "p")),
			virtual("broken", of("nobody")), virtual("of-broken", of("broken")),
		},
	}
	m, faults, err := balance.Lenient(site, balance.DefaultConfig())
	if err != nil || len(faults) != 2 {
		t.Fatalf("faults %v, %v", faults, err)
	}
	if list := m.Virtual(); len(list) != 2 || list[0] != "twice" || list[1] != "sum" {
		t.Errorf("computed: %v", list)
	}
	site.Virtual = site.Virtual[:2]
	if _, faults, err := balance.Lenient(site, balance.DefaultConfig()); err != nil || faults != nil {
		t.Errorf("faults %v, %v", faults, err)
	}
}
