package register

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"asue/metering"
)

// checkArmours holds armour against firm power: what must not be cut is part of what may
// be drawn. Only what is worse than before is a fault, so that an act is never refused
// for what stood in the register already.
func (c *checker) checkArmours() {
	residents := slices.Collect(maps.Keys(c.touched))
	slices.SortFunc(residents, func(a, b metering.ResidentID) int {
		return cmp.Or(cmp.Compare(c.touched[a], c.touched[b]), cmp.Compare(a, b))
	})
	for _, id := range residents {
		if c.refused[id] {
			continue // what was refused may be what would make it right
		}
		moments := append(c.before.moments(id), c.next.moments(id)...)
		slices.SortFunc(moments, time.Time.Compare)
		for _, t := range moments {
			over := c.next.uncovered(id, t)
			if over <= 0 || over <= c.before.uncovered(id, t) {
				continue
			}
			f := fault("armour", "bring the armour down by then, or leave as much firm power", "from %s on an armour of %v stands above firm power of %v",
				c.next.day(t), c.next.armourAt(id, t), c.next.Allowed(id, t))
			f.Act, f.what = c.touched[id], c.next.describe(Act{Kind: "armour", Resident: id})
			c.faults = append(c.faults, f)
			break
		}
	}
}

// uncovered is by how much armour stands above firm power; negative where it does not.
func (r *Register) uncovered(id metering.ResidentID, t time.Time) metering.Power {
	return r.armourAt(id, t) - r.Allowed(id, t)
}

// moments are those at which armour or firm power of a resident changes.
func (r *Register) moments(id metering.ResidentID) []time.Time {
	var list []time.Time
	add := func(from, to time.Time) {
		list = append(list, from)
		if !to.IsZero() {
			list = append(list, to)
		}
	}
	for _, h := range r.histories {
		for _, v := range h.versions {
			if h.resident == id {
				add(v.From, v.To)
			}
		}
	}
	for _, a := range r.armours[id] {
		add(a.from, a.to)
	}
	return list
}
