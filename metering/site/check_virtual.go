package site

import (
	"fmt"
	"slices"

	"asue/metering"
	"asue/metering/form"
)

func (c *checker) checkVirtual() {
	for i := range c.plant.virtual.V {
		g := &c.plant.virtual.V[i]
		c.checkVirtualPoint(g.At, &g.V)
	}
	c.checkVirtualCycles()
}

func (c *checker) checkVirtualPoint(at *form.Node, v *virtualDraft) {
	if _, taken := c.points.byID[v.id.V]; taken && v.id.OK {
		c.Refuse(v.id.At, form.Found("duplicate-id", fmt.Sprintf("the virtual point %q has the id of a metering point", v.id.V),
			"an id names one point", "give one of the two another id"))
	}
	c.nodes.find(c.Report, v.node)
	if v.node.Stated() && v.medium.OK && v.medium.V != metering.Electricity {
		c.Refuse(v.node.At, form.Found("misplaced-node", fmt.Sprintf("a virtual point of %s at the node %q", v.medium.V, v.node.V),
			"nodes are those of the electric network", "delete \"node\""))
	}
	c.residents.find(c.Report, v.resident)
	if isOneOf(v.role, metering.RoleResident) && !v.resident.Stated() {
		c.Refuse(at, form.Found("no-resident", fmt.Sprintf("the virtual point %q of role \"resident\" names no resident", v.id.V),
			"its energy would be nobody's", "add \"resident\""))
	}
	if v.terms.OK && len(v.terms.V) == 0 {
		c.Refuse(v.terms.At, form.Found("no-terms", fmt.Sprintf("the virtual point %q is the sum of nothing", v.id.V),
			"its energy would always be zero", "add a term, like {of: POINT}"))
	}
	for i := range v.terms.V {
		t := &v.terms.V[i]
		c.checkTerm(t.At, v, &t.V)
		c.checkTwice(v, v.terms.V[:i], &t.V)
	}
}

func (c *checker) checkTerm(at *form.Node, v *virtualDraft, t *termDraft) {
	stated := 0
	for _, is := range []bool{t.of.Stated(), t.lossOf.Stated(), t.shareOf.Stated()} {
		if is {
			stated++
		}
	}
	if stated != 1 {
		what := "a term without anything that enters"
		if stated > 1 {
			what = "a term of several things at once"
		}
		c.Refuse(at, form.Found("one-of", what, "a term is the energy of a point, the loss of a node or a share of one", "write one of: of, loss_of, share_of"))
		return
	}
	if t.from.OK && t.to.OK && t.period().reversed() {
		c.Refuse(t.to.At, form.Found("reversed-period", "a term that ends before it begins",
			"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"))
	}
	if v.medium.Stated() && !v.medium.OK {
		return
	}
	medium := v.mediumOf()
	if t.channel.OK && t.channel.V.Medium() != medium {
		c.refuseTermMedium(t.channel.At, v, fmt.Sprintf("the channel %s", t.channel.V), t.channel.V.Medium())
	}
	switch {
	case t.of.Stated():
		if other, ok := c.mediumOf(t.of); ok && other != medium {
			c.refuseTermMedium(t.of.At, v, fmt.Sprintf("%q", t.of.V), other)
		}
	case medium != metering.Electricity:
		c.refuseTermMedium(at, v, "a loss of the electric network", metering.Electricity)
	case t.lossOf.Stated():
		c.checkLossOf(t)
	default:
		c.checkShareOf(v, t)
	}
}

func (c *checker) refuseTermMedium(at *form.Node, v *virtualDraft, what string, other metering.Medium) {
	c.Refuse(at, form.Found("wrong-medium", fmt.Sprintf("%s, which is %s, in %q, a virtual point of %s", what, other, v.id.V, v.mediumOf()),
		"a sum is of one medium", "correct the medium, or delete the term"))
}

// mediumOf is what flows through a point, metered or virtual; a reference that
// leads nowhere is reported.
func (c *checker) mediumOf(ref given[metering.PointID]) (metering.Medium, bool) {
	if !ref.OK {
		return "", false
	}
	if p, ok := c.points.byID[ref.V]; ok {
		return mediumName(p.medium), !p.medium.Stated() || p.medium.OK
	}
	if v, ok := c.virtual.byID[ref.V]; ok {
		return v.mediumOf(), !v.medium.Stated() || v.medium.OK
	}
	if !c.points.partly && !c.virtual.partly {
		c.Refuse(ref.At, form.Found("unknown-point", fmt.Sprintf("there is no point %q", ref.V),
			"the file declares no point and no virtual point of this id", form.DidYouMean(string(ref.V), slices.Concat(c.points.ids, c.virtual.ids))))
	}
	return "", false
}

func (c *checker) checkLossOf(t *termDraft) {
	n, ok := c.nodes.find(c.Report, t.lossOf)
	if ok && !n.line.Stated() && !n.transformer.Stated() {
		c.Refuse(t.lossOf.At, form.Found("no-loss-data", fmt.Sprintf("the loss of %q, of which no passport is given", t.lossOf.V),
			"a loss is calculated from the data of a transformer or a line", "add \"transformer\" or \"line\" to the node, or delete the term"))
	}
}

// checkShareOf wants residents below the node, this point's among them.
func (c *checker) checkShareOf(v *virtualDraft, t *termDraft) {
	if _, ok := c.nodes.find(c.Report, t.shareOf); !ok {
		return
	}
	if !v.resident.Stated() {
		c.Refuse(t.shareOf.At, form.Found("no-resident", fmt.Sprintf("a share of %q in %q, which names no resident", t.shareOf.V, v.id.V),
			"what is shared out is shared out among residents", "add \"resident\" to the virtual point"))
		return
	}
	if _, ok := c.residents.byID[v.resident.V]; !ok || !v.resident.OK {
		return
	}
	below := map[metering.ResidentID]bool{}
	for i := range c.plant.points.V {
		p := &c.plant.points.V[i].V
		if p.role.OK && !p.node.OK && !p.elsewhere() {
			return // somebody may stand below; the fault is reported already
		}
		if isOneOf(p.role, metering.RoleResident) && p.carries(metering.Electricity) && c.liesBelow(p.node.V, t.shareOf.V) {
			below[p.resident.V] = true
		}
	}
	switch {
	case len(below) == 0:
		c.Refuse(t.shareOf.At, form.Found("nobody-below", fmt.Sprintf("no resident is metered below %q", t.shareOf.V),
			"its loss and imbalance are shared out among the residents below it", "name the node that feeds them"))
	case !below[v.resident.V]:
		c.Refuse(t.shareOf.At, form.Found("nobody-below", fmt.Sprintf("the resident %q is not metered below %q", v.resident.V, t.shareOf.V),
			"it has no share in what is lost there", "name a node that feeds it"))
	}
}

// liesBelow reports whether a node is another one or is fed by it.
func (c *checker) liesBelow(id, above metering.NodeID) bool {
	for range c.plant.nodes.V { // so often and no more, in a ring too
		if id == above {
			return true
		}
		n, ok := c.nodes.byID[id]
		if !ok || !n.parent.OK {
			return false
		}
		id = n.parent.V
	}
	return id == above
}

// checkTwice warns of a point that enters a sum twice at one time by the same
// channel.
func (c *checker) checkTwice(v *virtualDraft, before []given[termDraft], t *termDraft) {
	for i := range before {
		a := &before[i].V
		if !a.of.OK || !t.of.OK || a.of.V != t.of.V || a.channel.V != t.channel.V || !a.period().overlaps(t.period()) {
			continue
		}
		c.Warn(t.of.At, form.Found("counted-twice", fmt.Sprintf("%q enters %q twice", t.of.V, v.id.V),
			fmt.Sprintf("the other term stands in line %d; both count", a.of.At.At.Line), "delete one of them, or write the factor that is meant"))
		return
	}
}

// checkVirtualCycles reports each ring of virtual points once, at its first one of
// the file.
func (c *checker) checkVirtualCycles() {
	w := walker{c: c, state: map[metering.PointID]walkState{}}
	for _, id := range c.virtual.ids {
		w.visit(metering.PointID(id))
	}
	for _, ring := range w.rings {
		first := 0
		for i, id := range ring {
			if c.virtual.byID[id].id.At.At.Line < c.virtual.byID[ring[first]].id.At.At.Line {
				first = i
			}
		}
		ring = slices.Concat(ring[first:], ring[:first], ring[first:first+1])
		c.Refuse(c.virtual.byID[ring[0]].id.At, form.Found("cycle", "virtual points form a ring: "+joined(ring, " ← "),
			"each would have to be known before itself", "compute one of them from metering points"))
	}
}

// walker goes through virtual points and their terms depth first; whoever is met
// again on the way to himself closes a ring.
type walker struct {
	c     *checker
	state map[metering.PointID]walkState
	way   []metering.PointID
	rings [][]metering.PointID
}

type walkState uint8

const (
	onTheWay walkState = iota + 1
	passed
)

func (w *walker) visit(id metering.PointID) {
	v, ok := w.c.virtual.byID[id]
	if !ok || w.state[id] == passed {
		return
	}
	if w.state[id] == onTheWay {
		w.rings = append(w.rings, slices.Clone(w.way[slices.Index(w.way, id):]))
		return
	}
	w.state[id] = onTheWay
	w.way = append(w.way, id)
	for _, t := range v.terms.V {
		if t.V.of.OK {
			w.visit(t.V.of.V)
		}
	}
	w.way = w.way[:len(w.way)-1]
	w.state[id] = passed
}
