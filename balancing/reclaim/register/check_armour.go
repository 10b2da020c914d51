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
// for what stood in the register already. A condition that runs out by its own end counts
// on: papers are prolonged when they have to be, and the act on armour stays.
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
				c.next.day(t), c.next.armourAt(id, t), c.next.granted(id, t))
			f.Act, f.what = c.touched[id], c.next.describe(Act{Kind: "armour", Resident: id})
			c.faults = append(c.faults, f)
			break
		}
	}
}

// covers holds an armour that is more than before against what is in force on its first
// day, as of the acts before it.
func (r *Register) covers(a Act) *Fault {
	if a.Protected == nil {
		return nil
	}
	power, allowed := max(a.Protected.Technological, a.Protected.Emergency), r.Allowed(a.Resident, a.From)
	if power <= allowed || power <= r.armourAt(a.Resident, a.From) {
		return nil
	}
	return fault("armour", "what must not be cut is part of what may be drawn: state less, or issue more before", "%v, above the firm power of %v from %s", power, allowed, r.day(a.From))
}

// uncovered is by how much armour stands above firm power; negative where it does not.
func (r *Register) uncovered(id metering.ResidentID, t time.Time) metering.Power {
	return r.armourAt(id, t) - r.granted(id, t)
}

// granted is the firm power of a resident by conditions that nobody has withdrawn, those
// that have run out among them.
func (r *Register) granted(id metering.ResidentID, t time.Time) metering.Power {
	var sum metering.Power
	for _, h := range r.histories {
		if h.resident != id || h.withdrawn && !t.Before(h.last) {
			continue
		}
		for _, v := range slices.Backward(h.versions) {
			if !t.Before(v.From) {
				sum += v.Firm
				break
			}
		}
	}
	return sum
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
		if h.resident != id {
			continue
		}
		for _, v := range h.versions {
			add(v.From, time.Time{})
		}
		if h.withdrawn {
			add(h.last, time.Time{})
		}
	}
	for _, a := range r.armours[id] {
		add(a.from, a.to)
	}
	return list
}
