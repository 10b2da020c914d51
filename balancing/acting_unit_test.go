package balancing_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// A limit by current is one by power at the power factor that is measured, and not
// below 0.8.
func TestLimitByCurrent(t *testing.T) {
	limit := func(p, q float64) metering.Power {
		c := controller(t, movable())
		var st balancing.State
		for i := range 5 {
			now := morning.Add(time.Duration(i) * 5 * time.Second)
			c.Step(balancing.Reading{Point: "f1", Meter: "m", At: now, HasPower: true, PowerW: p, ReactiveVar: q})
			c.Step(balancing.Reading{Point: "in-1", Meter: "m", At: now, HasPower: true, PowerW: p})
			st = c.Tick(now).State
		}
		for _, n := range st.Hands.Nodes {
			if n.Node == "f1n" {
				return n.Limit
			}
		}
		return 0
	}
	full := math.Sqrt(3) * 10e3 * 600
	for _, c := range []struct{ p, q, factor float64 }{{3e6, 3e6 * math.Tan(math.Acos(0.9)), 0.9}, {3e6, 9e6, 0.8}, {3e6, 0, 0.8}, {3e6, 1, 1}} {
		if got, want := float64(limit(c.p, c.q)), full*c.factor; math.Abs(got-want) > 2000 {
			t.Errorf("%v W and %v var: %v, want %v", c.p, c.q, got, want)
		}
	}
}

func TestReadingOfReactive(t *testing.T) {
	in := metering.Install{Meter: "m", Point: "f1"}
	of := func(rs ...metering.Reading) float64 {
		return balancing.ReadingOf(metering.Snapshot{Meter: "m", At: morning, Readings: append(rs, metering.Reading{Quantity: metering.ActivePower, Value: 4e6})}, in).ReactiveVar
	}
	if q := of(metering.Reading{Quantity: metering.ReactivePower, Value: 3e6}, metering.Reading{Quantity: metering.PowerFactor, Value: 0.5}); q != 3e6 {
		t.Errorf("measured: %v", q)
	}
	if q := of(metering.Reading{Quantity: metering.PowerFactor, Value: 0.8}); math.Abs(q-3e6) > 1 {
		t.Errorf("by the power factor: %v", q)
	}
	if q := of(); q != 0 {
		t.Errorf("unknown: %v", q)
	}
}

func TestActingFaults(t *testing.T) {
	c := movable()
	c.Acting.ZoneShare, c.Acting.Pause, c.Acting.Mode = 2, -1, 9
	c.Nodes = append(c.Nodes, balancing.Node{ID: "t1n"}, balancing.Node{ID: "x", Parent: "y"}, balancing.Node{ID: "p", Parent: "q"}, balancing.Node{ID: "q", Parent: "p"}, balancing.Node{ID: "z", MostA: 3})
	c.Claims = append(c.Claims, balancing.Claim{Resident: "nobody"}, balancing.Claim{Resident: "a", Node: "nowhere", Class: 1}, balancing.Claim{Resident: "b", Node: "f1n", Technological: 1, Emergency: 2, Class: 1}, c.Claims[1])
	bad := func(change func(*metering.Actuator)) {
		a := c.Actuators[0]
		a.ID = metering.ActuatorID(fmt.Sprintf("bad-%d", len(c.Actuators)))
		change(&a)
		c.Actuators = append(c.Actuators, a)
	}
	bad(func(a *metering.Actuator) { a.Kind = "valve" })
	bad(func(a *metering.Actuator) { a.Resident = "ghost" })
	bad(func(a *metering.Actuator) { a.Node = "nowhere" })
	bad(func(a *metering.Actuator) { a.Point = "nowhere" })
	bad(func(a *metering.Actuator) { a.Power = 0 })
	bad(func(a *metering.Actuator) { a.Importance = 10 })
	bad(func(a *metering.Actuator) { a.Kind = metering.ActuatorBreaker })
	bad(func(a *metering.Actuator) { a.Kind, a.Least, a.Most = metering.ActuatorSetpoint, 2, 1 })
	bad(func(a *metering.Actuator) { a.MaxOff = -1 })
	_, err := balancing.New(c)
	if err == nil {
		t.Fatal("all of it was taken")
	}
	for _, want := range []string{
		"share of the zone: 2", "pause: -1ns", "mode: mode(9)", "node t1n is named twice", "parent y is not named", "node p is its own ancestor", "a voltage for a current",
		`claim of nobody at "": the resident`, `claim of a at "nowhere": the node`, "no more in an emergency", `claim of b at "" is named twice`,
		`bad-4: unknown kind "valve"`, "bad-5: resident", "bad-6: node nowhere", "bad-7: point nowhere", "bad-8: power", "bad-9: importance 10", "bad-10: mode auto", "bad-11: band", "bad-12: on",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}

// What a site file says of limits, claims and actuators becomes nodes below the
// supply: sources and inputs are the site itself.
func TestConfigOfActing(t *testing.T) {
	site := &metering.Site{
		Topology: metering.Topology{Nodes: []metering.Node{
			{ID: "kar", Kind: metering.NodeSource}, {ID: "in-k", Parent: "kar", Kind: metering.NodeInput}, {ID: "t", Name: "T-1", Parent: "in-k", MostVA: 63e6},
			{ID: "f", Parent: "t", Limit: metering.LimitOf(0)}, {ID: "akz", Kind: metering.NodeSource}, {ID: "in-a", Parent: "akz", Kind: metering.NodeInput},
		}},
		Sources:   []metering.Source{{Name: "Karatagai", Node: "kar", Contract: metering.LimitOf(20 * metering.Megawatt), Available: true}, {Name: "Akzhar", Node: "akz"}},
		Residents: []metering.Resident{{ID: "r"}, {ID: "s"}},
		Conditions: []metering.Condition{{Resident: "r", Node: "f", Power: 3 * metering.Megawatt, Category: 1}, {Resident: "r", Node: "t", Power: metering.Megawatt},
			{Resident: "r", Node: "f", Power: metering.Megawatt, Category: 3}, {Resident: "s", Node: "in-k", Power: metering.Megawatt, From: morning.Add(time.Hour)}},
		Armours:   []metering.Armour{{Resident: "r", Technological: 1001, TechnologicalFor: time.Hour, Emergency: 101}, {Resident: "s", Technological: 5, ValidTo: morning.Add(-time.Hour)}},
		Points:    []metering.Point{{ID: "in", Node: "in-k", Role: metering.RoleInput}, {ID: "p", Node: "f", Role: metering.RoleResident, Resident: "r"}},
		Limits:    []metering.LimitBand{{Node: "kar", Limit: metering.LimitOf(9 * metering.Megawatt)}, {Node: "in-a", Limit: metering.LimitOf(5 * metering.Megawatt), Document: "an agreement"}},
		Actuators: []metering.Actuator{{ID: "k", Kind: metering.ActuatorRelay, Resident: "r", Node: "f", Point: "p", Agent: "a", Power: 300 * metering.Kilowatt, Importance: 1, Mode: metering.ModeAuto}},
	}
	c := balancing.ConfigOf(site, morning, func(metering.PointID) time.Duration { return time.Second })
	want := []balancing.Node{{ID: "t", Name: "T-1", Limit: metering.Unlimited(), MostVA: 63e6}, {ID: "f", Parent: "t", Limit: metering.LimitOf(0)}}
	if diff := cmp.Diff(want, c.Nodes, cmp.Comparer(func(a, b metering.Limit) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	claims := []balancing.Claim{{Resident: "r", Node: "f", Allowed: 4 * metering.Megawatt, Technological: 800, TechnologicalFor: time.Hour, Emergency: 80, Class: 1},
		{Resident: "r", Node: "t", Allowed: metering.Megawatt, Technological: 201, TechnologicalFor: time.Hour, Emergency: 21, Class: 2}}
	if diff := cmp.Diff(claims, c.Claims); diff != "" {
		t.Error(diff)
	}
	sources := []balancing.Source{{Name: "Karatagai", Nodes: []metering.NodeID{"kar", "in-k"}, Contract: metering.LimitOf(20 * metering.Megawatt), Available: true}, {Name: "Akzhar", Nodes: []metering.NodeID{"akz", "in-a"}}}
	if diff := cmp.Diff(sources, c.Sources, cmp.Comparer(func(a, b metering.Limit) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if c.SmallestStep != 300*metering.Kilowatt || c.Points[1].Node != "f" || c.Points[0].Node != "" {
		t.Errorf("smallest step %v, points %+v", c.SmallestStep, c.Points)
	}
	controlled := controller(t, c)
	controlled.Step(balancing.Reading{Point: "in", Meter: "m", At: morning, HasPower: true, PowerW: 1e6})
	if st := controlled.Tick(morning).State; st.Limit.Power != 9*metering.Megawatt || st.Hands.LimitWhy != "calendar" {
		t.Errorf("limit %v by %q, want the calendar's on the line in service", st.Limit, st.Hands.LimitWhy)
	}
	// The reserve states no limit of its own; the calendar does.
	controlled.Step(balancing.Supply{At: morning, Feeding: "Akzhar", InService: []metering.PointID{"in"}})
	if st := controlled.Tick(morning.Add(time.Second)).State; st.Limit.Power != 5*metering.Megawatt || len(st.Reasons) > 0 {
		t.Errorf("on the reserve: limit %v, %v", st.Limit, st.Reasons)
	}
}

// An agent starts anew between select and operate: nothing is known against its
// device, and it is commanded again within a minute.
func TestAgentStartsAnewDuringACommand(t *testing.T) {
	c := controller(t, movable())
	boot, selected := uint64(1), []time.Duration(nil)
	for i := range 240 {
		now := morning.Add(time.Duration(i) * time.Second)
		for _, p := range []metering.PointID{"in-1", "f1", "f2"} {
			c.Step(balancing.Reading{Point: p, Meter: "m", At: now, HasPower: true, PowerW: 2e6})
		}
		c.Step(balancing.Beat{AgentBeat: metering.AgentBeat{Agent: "a1", Boot: boot, Nonce: uint64(i), At: now, States: []metering.ActuatorState{{
			Actuator: "sp", At: now, Readable: true, Now: metering.Desired{Limit: 2 * metering.Megawatt}, Guarding: metering.GuardFailSafe}}}})
		switch i {
		case 5:
			c.Step(balancing.Leadership{At: now, Term: 1, Held: true})
		case 70:
			by := []metering.Approval{{User: "x", Role: metering.RoleDispatcher, At: now}, {User: "y", Role: metering.RoleDispatcher, At: now}}
			c.Step(balancing.Order{Order: metering.Order{ID: "o", Kind: metering.OrderArm, At: now, Reason: "a test", By: by}})
		}
		for _, m := range c.Tick(now).Allotments {
			if m.Verb == metering.VerbSelect && m.Actuator == "sp" && m.Boot == boot {
				selected = append(selected, time.Duration(i)*time.Second)
				boot++
			}
		}
	}
	if len(selected) < 2 || selected[1]-selected[0] > time.Minute {
		t.Errorf("selected after %v: want again within a minute of the agent's start", selected)
	}
}

// A person's pin lowers a limit half a minute after the last change, whichever that
// was, and raises one five minutes after it: earlier the agent would refuse.
func TestPinKeepsTheAgentsPace(t *testing.T) {
	cfg := movable()
	c, f := controller(t, cfg), newField()
	d := f.add(cfg.Actuators[3], 0, time.Second)
	d.now.Limit, d.ways = 2500*metering.Kilowatt, "alone" // it is greeted first: a change that takes nothing away
	by := []metering.Approval{{User: "x", Role: metering.RoleDispatcher}, {User: "y", Role: metering.RoleDispatcher}}
	order := func(o metering.Order, now time.Time) {
		o.At, o.Reason, o.By, o.Expires = now, "a test", by, now.Add(time.Hour)
		c.Step(balancing.Order{Order: o})
	}
	var told []string
	for i := range 600 {
		now := morning.Add(time.Duration(i) * time.Second)
		for _, p := range []metering.PointID{"in-1", "f1", "f2"} {
			c.Step(balancing.Reading{Point: p, Meter: "m", At: now, HasPower: true, PowerW: 2e6})
		}
		switch i {
		case 5:
			c.Step(balancing.Leadership{At: now, Term: 1, Held: true})
		case 70:
			order(metering.Order{ID: "arm", Kind: metering.OrderArm}, now)
		case 80:
			order(metering.Order{ID: "down", Kind: metering.OrderPin, Resident: "a", Power: 2200 * metering.Kilowatt}, now)
		case 130:
			order(metering.Order{ID: "up", Kind: metering.OrderPin, Resident: "a", Power: 2400 * metering.Kilowatt}, now)
		}
		for _, m := range f.step(now) {
			c.Step(m)
		}
		for _, m := range c.Tick(now).Allotments {
			if m.Verb == metering.VerbSelect {
				told = append(told, fmt.Sprintf("%d s: %v", i/10*10, m.Want))
			}
			for _, answer := range f.hear(m, now) {
				c.Step(answer)
			}
		}
	}
	want := []string{"70 s: at most 2.5 MW", "110 s: at most 2.2 MW", "430 s: at most 2.4 MW"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
