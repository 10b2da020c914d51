package validation_test

import (
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/chains"
)

// station makes the plant's points a little substation: p-0 feeds a busbar from
// which p-1 goes off, and nothing else; a virtual point is the difference.
func station(t testing.TB) *plant {
	p := newPlant(t)
	p.site.Topology.Nodes = []metering.Node{
		{ID: "src", Kind: metering.NodeSource, VoltageKV: 10},
		{ID: "in", Kind: metering.NodeInput, Parent: "src", VoltageKV: 10},
		{ID: "f", Kind: metering.NodeFeeder, Parent: "in", VoltageKV: 10},
	}
	p.site.Points[0] = metering.Point{ID: "p-0", Node: "in", Role: metering.RoleInput}
	p.site.Points[1] = metering.Point{ID: "p-1", Node: "f", Role: metering.RoleResident, Resident: "r"}
	p.site.Virtual = []metering.VirtualPoint{{
		Point: metering.Point{ID: "v", Name: "difference", Node: "in", Role: metering.RoleTechnical},
		Terms: []metering.Term{{Of: "p-0"}, {Of: "p-1", Factor: metering.Fraction{Num: -1, Den: 1}}},
	}}
	p.chains = chains.New(p.site, registers)
	p.in = p.newIngest()
	return p
}

// alike gives both meters the readings of m-1.
func alike(list []reading) []reading {
	var both []reading
	for _, r := range list {
		if r.meter == "m-1" {
			both = append(both, r, reading{"m-0", r.at, r.wh})
		}
	}
	return both
}

// The difference of two meters that count the same is nothing; it follows when a
// part changes, and gets no new version when none does.
func TestVirtualPointsFollowTheirParts(t *testing.T) {
	p := station(t)
	p.clock.set(hours(24))
	p.take(without(alike(readings(hours(0), hours(24))), "m-1", hours(9), hours(11)))
	v := p.validator()
	p.settled(v)
	p.quietly(v)
	got := p.intervals("v", hours(0), hours(23))
	if len(got) != 92 || strings.Trim(grades(got), "AS") != "" || !strings.Contains(grades(got), "S") {
		t.Fatalf("%d intervals: %s", len(got), grades(got))
	}
	if s := sum(got); s != 0 {
		t.Errorf("they add up to %d Wh: what is scaled to the registers keeps the sum", s)
	}
	if got[0].Method != metering.MethodVirtual || got[0].Version != 1 {
		t.Errorf("%+v", got[0])
	}
	p.clock.set(hours(25))
	p.settled(p.validator())
	if again := p.intervals("v", hours(0), hours(1)); again[0].Version != 1 {
		t.Errorf("version %d, though nothing has changed", again[0].Version)
	}
}

// An act on a part changes the virtual point at once: nobody else tells it.
func TestVirtualPointsFollowActs(t *testing.T) {
	p := station(t)
	p.clock.set(hours(24))
	p.take(alike(readings(hours(0), hours(24))))
	v := p.validator()
	p.settled(v)
	p.quietly(v)
	was := p.intervals("p-1", hours(9), hours(9.25))[0]
	set := metering.Interval{
		Point: "p-1", Channel: a, Start: was.Start, Energy: was.Energy - 1000, Grade: metering.Substitute,
		Method: metering.MethodAgreed, Flags: metering.FlagManual, Reason: "act 7",
	}
	err := p.ledger.Commit(t.Context(), metering.Commit{ReceivedAt: p.clock.Now(), Authority: metering.ByPerson, Acts: []metering.Act{{
		ID: "act-7", Author: "Metrologist", Reason: "fuse of phase B", Changes: []metering.ActChange{{After: set}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Follow(t.Context(), []metering.PointID{"p-1"}, hours(9), hours(9.25)); err != nil {
		t.Fatal(err)
	}
	if got := p.intervals("v", hours(9), hours(9.25)); len(got) != 1 || got[0].Energy != 1000 || got[0].Version != 2 {
		t.Errorf("%+v", got)
	}
	if sum, err := p.validator().Rebuild(t.Context(), hours(0), hours(23), true, nil); err != nil || sum.Changed != 0 {
		t.Errorf("a rebuild would change %d intervals, %v", sum.Changed, err)
	}
}

// A feeder whose meter was changed without an end reading is filled in by what
// the busbar's other meters say.
func TestTheNodesOtherFlowsFillIn(t *testing.T) {
	p := station(t)
	p.clock.set(hours(24))
	all := without(alike(readings(hours(0), hours(24))), "m-1", hours(9), hours(11))
	for i := range all {
		if all[i].meter == "m-1" && !all[i].at.Before(hours(11)) {
			all[i].wh -= wh(all, "m-0", hours(11)) - 40 // the register began anew
		}
	}
	p.take(all)
	p.settled(p.validator())
	var nodal int
	feeder, input := p.intervals("p-1", hours(9.25), hours(10.75)), p.intervals("p-0", hours(9.25), hours(10.75))
	for i, iv := range feeder {
		if iv.Method == metering.MethodNodal {
			nodal++
		}
		if off := (iv.Energy - input[i].Energy); off > 1 || off < -1 {
			t.Errorf("%v: %d Wh, the input has %d", iv.Start, iv.Energy, input[i].Energy)
		}
	}
	if nodal != len(feeder) || nodal == 0 {
		t.Errorf("%d of %d intervals by the node's other flows: %s", nodal, len(feeder), grades(feeder))
	}
}

// A feeder is estimated by like days or not at all, because the busbar's meter was
// away too; two days later what that one held comes in. The feeder is looked at
// again, and stands as if all had come in order.
func TestWhatComesLateBesideIsHeard(t *testing.T) {
	all := without(alike(readings(hours(0), hours(72))), "m-1", hours(9), hours(11))
	begin := wh(all, "m-0", hours(11)) - 40
	for i := range all {
		if all[i].meter == "m-1" && !all[i].at.Before(hours(11)) {
			all[i].wh -= begin // the register began anew
		}
	}
	p := station(t)
	p.clock.set(hours(24))
	p.take(without(without(without(all, "m-0", hours(8), hours(12)), "m-0", hours(24), hours(72)), "m-1", hours(24), hours(72)))
	v := p.validator()
	p.settled(v)
	before := p.intervals("p-1", hours(9.25), hours(10.75))
	if before[0].Method == metering.MethodNodal {
		t.Fatalf("%+v", before[0])
	}
	p.clock.set(hours(72))
	p.take(all)
	v.Changed(p.intervals("p-0", hours(7), hours(13)))
	for _, point := range []metering.PointID{"p-0", "p-1"} {
		v.Changed(p.intervals(point, hours(23), hours(72)))
	}
	for range 4 {
		p.quietly(v)
	}
	for _, iv := range p.intervals("p-1", hours(9.25), hours(10.75)) {
		if iv.Method != metering.MethodNodal {
			t.Errorf("%+v", iv)
		}
	}
	p.clock.set(hours(72)) // nothing is closed by the clock yet
	if sum, err := p.validator().Rebuild(t.Context(), hours(0), hours(71), true, nil); err != nil || sum.Changed != 0 {
		t.Errorf("a rebuild would change %d intervals, %v", sum.Changed, err)
	}
}

// A rebuild from spans alone comes to the end in one go, whichever point it takes
// first: a feeder's estimate waits for the meters that it leans on.
func TestRebuildWaitsForTheNodesOtherFlows(t *testing.T) {
	all := without(alike(readings(hours(0), hours(24))), "m-0", hours(9), hours(11))
	begin := wh(all, "m-1", hours(11)) - 40
	for i := range all {
		if all[i].meter == "m-0" && !all[i].at.Before(hours(11)) {
			all[i].wh -= begin
		}
	}
	p := station(t)
	p.clock.set(hours(24))
	var spans []metering.RegisterSpan
	for _, r := range all {
		span := metering.SpanOf(r.meter, metering.ActiveImport, metering.RegisterReading{
			At: r.at, Took: 20 * time.Millisecond, Count: metering.Count{Raw: r.wh, Step: 1000},
		})
		spans = append(spans, span)
	}
	if err := p.ledger.Commit(t.Context(), metering.Commit{ReceivedAt: p.clock.Now(), Spans: spans}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.validator().Rebuild(t.Context(), hours(0), hours(23), false, nil); err != nil {
		t.Fatal(err)
	}
	if iv := p.intervals("p-0", hours(10), hours(10.25)); len(iv) != 1 || iv[0].Method != metering.MethodNodal {
		t.Errorf("%+v", iv)
	}
	if sum, err := p.validator().Rebuild(t.Context(), hours(0), hours(23), true, nil); err != nil || sum.Changed != 0 {
		t.Errorf("a second rebuild would change %d intervals, %v", sum.Changed, err)
	}
}

// A meter that shows a tenth too little is an imbalance beyond what is permitted:
// it is found, with the figures, at the node.
func TestImbalanceIsFound(t *testing.T) {
	p := station(t)
	p.clock.set(hours(24))
	all := alike(readings(hours(0), hours(24)))
	first := wh(all, "m-1", hours(0))
	for i := range all {
		if all[i].meter == "m-1" {
			all[i].wh = first + (all[i].wh-first)*9/10
		}
	}
	p.take(all)
	v := p.validator()
	p.settled(v)
	p.quietly(v)
	list, err := p.ledger.Findings(t.Context(), metering.FindingQuery{From: hours(0), To: hours(24), Severity: metering.Alarm})
	if err != nil {
		t.Fatal(err)
	}
	var found bool
	for _, f := range list {
		found = found || f.Rule == "balance" && f.Node == "in" && len(f.Numbers) > 0
	}
	if !found {
		t.Errorf("findings: %+v", list)
	}
}
