package study

import (
	"math"
	"slices"

	"asue/metering"
)

// Loads spreads a load of the site, in MW, by the plan of the site file. A bus's part
// falls to the residents below it by their technical conditions in force, where there
// are any. Loads come in the order of plan and conditions. Without a plan there are none.
func (m *Model) Loads(totalMW float64) []Load {
	plan := m.site.Network.Plan
	if len(plan.Shares) == 0 {
		return nil
	}
	tan := math.Tan(math.Acos(plan.PowerFactor))
	var loads []Load
	for _, share := range plan.Shares {
		mw := totalMW * share.Part
		add := func(part float64, node metering.NodeID, r metering.ResidentID, c metering.Category) {
			loads = append(loads, Load{Node: node, MW: mw * part, Mvar: mw * part * tan, Resident: r, Category: c, planned: true})
		}
		here := m.conditionsAt(m.draws[share.Node])
		sum := 0.0
		for _, c := range here {
			sum += c.Power.Megawatts()
		}
		if sum == 0 {
			add(1, share.Node, "", 0)
			continue
		}
		for _, c := range here {
			add(c.Power.Megawatts()/sum, c.Node, c.Resident, c.Category)
		}
	}
	return loads
}

// conditionsAt are the technical conditions in force whose load is drawn at a bus.
func (m *Model) conditionsAt(bus int) []metering.Condition {
	var here []metering.Condition
	for _, c := range m.site.Conditions {
		if at, ok := m.draws[c.Node]; ok && at == bus && c.At(m.at) && c.Power > 0 {
			here = append(here, c)
		}
	}
	return here
}

// drawn is what a bus draws.
type drawn struct {
	mw, mvar float64
	stale    bool
}

// gather adds the loads up by bus. It fails with UnknownError for a node that is not
// in the site, or below no bus.
func (m *Model) gather(loads []Load) ([]drawn, error) {
	at := make([]drawn, len(m.buses))
	for _, l := range loads {
		i, ok := m.draws[l.Node]
		if !ok || i < 0 {
			return nil, &UnknownError{"node", string(l.Node)}
		}
		at[i].mw += l.MW
		at[i].mvar += l.Mvar
		at[i].stale = at[i].stale || l.Stale
	}
	return at, nil
}

// times is every load multiplied.
func times(loads []drawn, factor float64) []drawn {
	scaled := make([]drawn, len(loads))
	for i, l := range loads {
		scaled[i] = drawn{l.mw * factor, l.mvar * factor, l.stale}
	}
	return scaled
}

// dark are the loads at buses that are not live, by category and then resident.
func (m *Model) dark(loads []Load, live []bool) []metering.Dark {
	list := []metering.Dark{}
	for _, l := range loads {
		if i := m.draws[l.Node]; live[i] || l.MW == 0 {
			continue
		}
		same := func(d metering.Dark) bool { return d.Resident == l.Resident && d.Category == l.Category }
		if k := slices.IndexFunc(list, same); k >= 0 {
			list[k].MW += l.MW
		} else {
			list = append(list, metering.Dark{Resident: l.Resident, Category: l.Category, MW: l.MW})
		}
	}
	slices.SortFunc(list, func(a, b metering.Dark) int {
		if a.Category != b.Category {
			return int(a.Category) - int(b.Category)
		}
		if a.Resident < b.Resident {
			return -1
		}
		return 1
	})
	return list
}
