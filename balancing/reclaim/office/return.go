package office

import (
	"fmt"
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// part is firm power at a node.
type part struct {
	node  metering.NodeID
	power metering.Power
}

// inForce is the ТУ of evidence by node, in the order of its conditions.
func inForce(t reclaim.Told) (list []part) {
	for _, c := range t.Conditions {
		if !c.At(t.To.Add(-1)) || c.Power == 0 {
			continue
		}
		if i := slices.IndexFunc(list, func(p part) bool { return p.node == c.Node }); i >= 0 {
			list[i].power += c.Power
		} else {
			list = append(list, part{c.Node, c.Power})
		}
	}
	return list
}

// shares are how much of the volume is returned at each node: all of it at the one, or of
// the youngest condition first where there are several.
func (f *file) shares() map[metering.NodeID]metering.Power {
	if len(f.Nodes) == 1 {
		return map[metering.NodeID]metering.Power{f.Nodes[0]: f.Case.Volume}
	}
	told := f.told()
	list := slices.DeleteFunc(told.Conditions, func(c metering.Condition) bool { return !c.At(told.To.Add(-1)) })
	slices.SortStableFunc(list, func(a, b metering.Condition) int { return b.From.Compare(a.From) })
	left, shares := f.Case.Volume, map[metering.NodeID]metering.Power{}
	for _, c := range list {
		take := min(left, c.Power)
		shares[c.Node] += take
		left -= take
	}
	return shares
}

// told is what the evidence says that the case rests on.
func (f *file) told() reclaim.Told {
	told, err := reclaim.ToldBy(f.Evidence[len(f.Evidence)-1])
	if err != nil {
		panic(fmt.Sprintf("BUG: case %s: evidence that opened it cannot be read: %v", f.ID, err))
	}
	return told
}

// remains is how much firm power is left at each node when the volume is returned, of what
// the register has there at a time: less, where a condition has come to its end meanwhile.
func (o *Office) remains(f *file, at time.Time) (list []part) {
	shares := f.shares()
	for _, p := range inForce(f.told()) {
		now := rightsOf(o.register.Conditions(), place{f.Resident, p.node}).firm(at)
		list = append(list, part{p.node, min(now, p.power-shares[p.node])})
	}
	return list
}

// reduce are the acts that take the volume of a case out of the register.
func (o *Office) reduce(f *file, from time.Time, a Action) (acts []register.Act, err error) {
	for _, p := range o.remains(f, from) {
		list, err := o.register.Reduce(f.Resident, p.node, p.power, from, a.Basis, a.Document)
		if err != nil {
			return nil, err
		}
		acts = append(acts, list...)
	}
	return acts, nil
}

// seenFor is how old what the balancer reports may be.
const seenFor = 10 * time.Minute

// limitSet says why a limit is not set: the balancer shares by another right than what has
// to remain.
func (o *Office) limitSet(f *file, seen *Seen, at time.Time) error {
	var want metering.Power
	for _, p := range o.remains(f, at) {
		want += p.power
	}
	for _, c := range o.register.Conditions() {
		if c.Resident == f.Resident && !slices.Contains(f.Nodes, c.Node) && c.At(at) {
			want += c.Power
		}
	}
	switch {
	case at.Sub(seen.At) > seenFor:
		return refuse("what the balancer reports of %s is of %s: wait until it reports again", o.who(f.Resident), o.day(seen.At))
	case seen.Allowed != want:
		return refuse("the balancer shares by a right of %v, %v has to remain: it follows the register from the day of the act on", seen.Allowed, want)
	}
	return nil
}
