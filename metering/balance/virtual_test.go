package balance_test

import (
	"testing"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"
)

// An outage at a part is a fact about the sum. That a person has set the part is
// not: the sum must still give way when registers say more.
func TestAPersonsWordIsNotInherited(t *testing.T) {
	site := &metering.Site{Points: []metering.Point{{ID: "p"}}, Virtual: []metering.VirtualPoint{
		{Point: metering.Point{ID: "v"}, Terms: []metering.Term{{Of: "p"}}},
	}}
	part := metering.Interval{
		Point: "p", Channel: metering.ChannelActiveImport, Start: midnight, Energy: 5, Grade: metering.Substitute,
		Method: metering.MethodAgreed, Flags: metering.FlagManual | metering.FlagOutage,
	}
	m, err := balance.New(site, balance.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	g, err := grid.New(midnight, midnight.Add(metering.BasePeriod), []metering.Interval{part})
	if err != nil {
		t.Fatal(err)
	}
	computed, err := m.On(g).Compute()
	if err != nil || len(computed) != 1 {
		t.Fatal(computed, err)
	}
	v := computed[0]
	if v.Flags != metering.FlagOutage || v.Grade != metering.Substitute || v.Authority() != metering.ByRegisters || v.ActualShare != 0 {
		t.Errorf("%+v", v)
	}
}

// A term holds in its own time: the feeder was moved to this section at 00:30.
func TestATermHoldsInItsTime(t *testing.T) {
	moved := midnight.Add(2 * metering.BasePeriod)
	site := &metering.Site{Points: []metering.Point{{ID: "p"}, {ID: "q"}}, Virtual: []metering.VirtualPoint{
		{Point: metering.Point{ID: "v"}, Terms: []metering.Term{{Of: "p"}, {Of: "q", Period: metering.Period{From: moved}}}},
		{Point: metering.Point{ID: "w"}, Terms: []metering.Term{{Of: "q", Period: metering.Period{To: moved}}}},
	}}
	var list []metering.Interval
	for slot := range 4 {
		at := midnight.Add(metering.BasePeriod * timeOf(slot))
		for p, e := range map[metering.PointID]metering.Energy{"p": 1, "q": 10} {
			list = append(list, metering.Interval{Point: p, Channel: metering.ChannelActiveImport, Start: at, Energy: e, Grade: metering.Actual})
		}
	}
	m, err := balance.New(site, balance.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	g, err := grid.New(midnight, midnight.Add(4*metering.BasePeriod), list)
	if err != nil {
		t.Fatal(err)
	}
	computed, err := m.On(g).Compute()
	if err != nil {
		t.Fatal(err)
	}
	got := map[metering.PointID][]metering.Energy{}
	for _, c := range computed {
		got[c.Point] = append(got[c.Point], c.Energy)
	}
	if v := got["v"]; len(v) != 4 || v[1] != 1 || v[2] != 11 {
		t.Errorf("v is %v, want 1, 1, 11, 11", v)
	}
	if w := got["w"]; len(w) != 2 || w[0] != 10 {
		t.Errorf("w is %v, want two intervals of 10", w)
	}
}
