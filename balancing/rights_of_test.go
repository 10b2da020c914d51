package balancing_test

import (
	"fmt"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// What a site's conditions and armours say, from now on.
func TestRightsOf(t *testing.T) {
	mw := metering.Megawatt
	site := &metering.Site{
		Topology: metering.Topology{Nodes: []metering.Node{{ID: "src", Kind: metering.NodeSource}, {ID: "in", Parent: "src", Kind: metering.NodeInput},
			{ID: "s", Parent: "in"}, {ID: "fa", Parent: "s"}, {ID: "fb", Parent: "s"}, {ID: "fc", Parent: "s", Limit: metering.LimitOf(5 * mw)}}},
		Sources:   []metering.Source{{Name: "Karatagai", Node: "src", Contract: metering.LimitOf(20 * mw), Available: true}},
		Residents: []metering.Resident{{ID: "moves"}, {ID: "returns"}, {ID: "comes"}},
		Conditions: []metering.Condition{
			{Resident: "moves", Node: "fa", Power: 4 * mw, Category: 1, To: morning.Add(time.Hour)}, {Resident: "moves", Node: "fb", Power: 2 * mw, NonFirm: mw, From: morning.Add(time.Hour)},
			{Resident: "returns", Node: "fb", Power: 3 * mw, To: morning.Add(2 * time.Hour)}, {Resident: "returns", Node: "fb", Power: mw, From: morning.Add(2 * time.Hour), To: morning.Add(3 * time.Hour)},
			{Resident: "comes", Node: "fc", Power: mw, From: morning.Add(4 * time.Hour)},
		},
		Armours: []metering.Armour{{Resident: "moves", Technological: 900_000, Emergency: 300_000, TechnologicalFor: time.Hour}, {Resident: "returns", Technological: 400_000, Emergency: 400_000, ValidTo: morning.Add(150 * time.Minute)}},
		Points: []metering.Point{{ID: "p-in", Node: "in", Role: metering.RoleInput}, {ID: "pa", Node: "fa", Role: metering.RoleResident, Resident: "moves"},
			{ID: "pb", Node: "fb", Role: metering.RoleFeeder}, {ID: "pr", Node: "fb", Role: metering.RoleResident, Resident: "returns"}, {ID: "pc", Node: "fc", Role: metering.RoleResident, Resident: "comes"}},
		Actuators: []metering.Actuator{{ID: "k", Kind: metering.ActuatorRelay, Resident: "returns", Node: "fb", Point: "pr", Agent: "a", Power: 300 * metering.Kilowatt, Importance: 1, Mode: metering.ModeAuto}},
	}
	var got []string
	for _, v := range balancing.RightsOf(site, morning, 5).Versions {
		got = append(got, fmt.Sprintf("+%v:", v.From.Sub(morning)))
		for _, c := range v.Claims {
			got = append(got, fmt.Sprintf("  %s@%s %v class %d armour %v/%v", c.Resident, c.Node, c.Allowed, c.Class, c.Technological, c.Emergency))
		}
		got = append(got, fmt.Sprintf("  all %v caps %v", v.Allowed, v.Caps))
	}
	want := []string{
		"+0s:", // who comes draws without a right yet: what it draws is excess
		"  moves@fa 4 MW class 1 armour 900 kW/300 kW", "  returns@fb 3 MW class 2 armour 400 kW/400 kW", "  comes@fc 0 W class 2 armour 0 W/0 W",
		"  all map[comes:0 W moves:4 MW returns:3 MW] caps map[pa:4 MW pb:3 MW pc:5 MW]",
		"+1h0m0s:", // who has moved is still metered at the old place: a part of its armour stays there
		"  moves@fb 2 MW class 2 armour 900 kW/300 kW", "  returns@fb 3 MW class 2 armour 400 kW/400 kW", "  moves@fa 0 W class 1 armour 600 kW/200 kW", "  comes@fc 0 W class 2 armour 0 W/0 W",
		"  all map[comes:0 W moves:3 MW returns:3 MW] caps map[pa:not stated pb:6 MW pc:5 MW]",
		"+2h0m0s:",
		"  moves@fb 2 MW class 2 armour 900 kW/300 kW", "  returns@fb 1 MW class 2 armour 400 kW/400 kW", "  moves@fa 0 W class 1 armour 600 kW/200 kW", "  comes@fc 0 W class 2 armour 0 W/0 W",
		"  all map[comes:0 W moves:3 MW returns:1 MW] caps map[pa:not stated pb:4 MW pc:5 MW]",
		"+2h30m0s:",
		"  moves@fb 2 MW class 2 armour 900 kW/300 kW", "  returns@fb 1 MW class 2 armour 0 W/0 W", "  moves@fa 0 W class 1 armour 600 kW/200 kW", "  comes@fc 0 W class 2 armour 0 W/0 W",
		"  all map[comes:0 W moves:3 MW returns:1 MW] caps map[pa:not stated pb:4 MW pc:5 MW]",
		"+3h0m0s:", // the relay of who has returned all of it stays known
		"  moves@fb 2 MW class 2 armour 900 kW/300 kW", "  moves@fa 0 W class 1 armour 600 kW/200 kW", "  returns@fb 0 W class 2 armour 0 W/0 W", "  comes@fc 0 W class 2 armour 0 W/0 W",
		"  all map[comes:0 W moves:3 MW returns:0 W] caps map[pa:not stated pb:3 MW pc:5 MW]",
		"+4h0m0s:",
		"  moves@fb 2 MW class 2 armour 900 kW/300 kW", "  comes@fc 1 MW class 2 armour 0 W/0 W", "  moves@fa 0 W class 1 armour 600 kW/200 kW", "  returns@fb 0 W class 2 armour 0 W/0 W",
		"  all map[comes:1 MW moves:3 MW returns:0 W] caps map[pa:not stated pb:3 MW pc:1 MW]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Time alone carries a controller through all of them.
	c := controller(t, balancing.ConfigOf(site, morning, func(metering.PointID) time.Duration { return 5 * time.Second }))
	c.Step(balancing.RightsOf(site, morning, 5))
	for _, v := range balancing.RightsOf(site, morning, 5).Versions {
		st := c.Tick(v.From).State
		now := map[string]metering.Power{}
		for _, r := range st.Hands.Rights {
			now[string(r.Resident)+"@"+string(r.Node)] = r.Allowed
		}
		for _, cl := range v.Claims {
			if now[string(cl.Resident)+"@"+string(cl.Node)] != cl.Allowed || len(now) != len(v.Claims) {
				t.Errorf("at +%v: %v, want %+v", v.From.Sub(morning), now, v.Claims)
			}
		}
	}
}
