package site

import (
	"fmt"
	"slices"
	"strings"

	"asue/metering"
	"asue/metering/form"
)

// register holds everything of one kind by its id, in the order of the file.
type register[ID ~string, T any] struct {
	what string // "node"
	// partly is set when some entry's id could not be read: a reference that
	// leads nowhere may mean that one, which is reported already.
	partly bool
	ids    []string
	byID   map[ID]*T
}

// enroll registers the entries whose id could be read, and reports ids that
// stand twice or differ in capitals only. The first of two stays.
func enroll[ID ~string, T any](r *form.Report, what string, all given[[]given[T]], id func(*T) *given[ID]) register[ID, T] {
	items := all.V
	reg := register[ID, T]{what: what, byID: make(map[ID]*T, len(items)), partly: all.Stated() && !all.OK}
	firsts := map[ID]*form.Node{}
	folded := map[string]ID{}
	for i := range items {
		g := id(&items[i].V)
		if !g.OK {
			reg.partly = true
			continue
		}
		if first, twice := firsts[g.V]; twice {
			r.Refuse(g.At, form.Found("duplicate-id", fmt.Sprintf("the %s %q stands twice", what, g.V),
				fmt.Sprintf("it stands in line %d already (%s); an id names one thing", first.At.Line, first.Path), "give one of the two another id"))
			continue
		}
		fold := strings.ToLower(string(g.V))
		if other, same := folded[fold]; same {
			r.Warn(g.At, form.Found("similar-id", fmt.Sprintf("the %s ids %q and %q differ in capitals only", what, other, g.V),
				"people and some file systems take them for the same", "make them differ in a letter or a digit"))
		}
		firsts[g.V], folded[fold] = g.At, g.V
		reg.byID[g.V] = &items[i].V
		reg.ids = append(reg.ids, string(g.V))
	}
	return reg
}

// find looks a reference up and reports it when it leads nowhere. A reference
// that is absent or could not be read finds nothing and is reported elsewhere.
func (reg register[ID, T]) find(r *form.Report, ref given[ID]) (*T, bool) {
	if !ref.OK {
		return nil, false
	}
	t, ok := reg.byID[ref.V]
	if !ok && !reg.partly {
		r.Refuse(ref.At, form.Found("unknown-"+reg.what, fmt.Sprintf("there is no %s %q", reg.what, ref.V),
			fmt.Sprintf("the file declares no %s of this id", reg.what), form.DidYouMean(string(ref.V), reg.ids)))
	}
	return t, ok
}

// checker knows the whole plant while its parts are held against each other.
type checker struct {
	*form.Report
	plant     *plantDraft
	nodes     register[metering.NodeID, nodeDraft]
	sources   register[string, sourceDraft]
	residents register[metering.ResidentID, residentDraft]
	lines     register[metering.LineID, lineDraft]
	points    register[metering.PointID, pointDraft]
	meters    register[metering.MeterID, meterDraft]
	virtual   register[metering.PointID, virtualDraft]
	agents    register[metering.AgentID, agentDraft]
	actuators register[metering.ActuatorID, actuatorDraft]
	options   Options
}

// check holds the parts of the plant against each other.
func check(r *form.Report, d *plantDraft, o Options) {
	c := &checker{Report: r, plant: d, options: o}
	c.nodes = enroll(r, "node", d.nodes, func(n *nodeDraft) *given[metering.NodeID] { return &n.id })
	c.sources = enroll(r, "source", d.sources, func(s *sourceDraft) *given[string] { return &s.id })
	c.residents = enroll(r, "resident", d.residents, func(x *residentDraft) *given[metering.ResidentID] { return &x.id })
	c.lines = enroll(r, "line", d.lines, func(l *lineDraft) *given[metering.LineID] { return &l.id })
	c.points = enroll(r, "point", d.points, func(p *pointDraft) *given[metering.PointID] { return &p.id })
	c.meters = enroll(r, "meter", d.meters, func(m *meterDraft) *given[metering.MeterID] { return &m.id })
	c.virtual = enroll(r, "virtual point", d.virtual, func(v *virtualDraft) *given[metering.PointID] { return &v.id })
	c.agents = enroll(r, "agent", d.agents, func(a *agentDraft) *given[metering.AgentID] { return &a.id })
	c.actuators = enroll(r, "actuator", d.actuators, func(a *actuatorDraft) *given[metering.ActuatorID] { return &a.id })

	c.checkNodes()
	c.checkSources()
	c.checkResidents()
	c.checkPoints()
	c.checkMeters()
	c.checkVirtual()
	c.checkRuleSets()
	c.checkCalendar()
	c.checkTariffs()
	c.checkMedia()
	c.checkActuators()
	c.checkLimits()
	c.checkPromises()
	c.checkNetwork()
}

// isOneOf reports whether a word was read and is one of some.
func isOneOf[W comparable](g given[W], words ...W) bool {
	return g.OK && slices.Contains(words, g.V)
}

// nodeOf is the node that a reference names, when its kind and voltage are known.
func (c *checker) nodeOf(ref given[metering.NodeID]) (*nodeDraft, bool) {
	n, ok := c.nodes.byID[ref.V]
	return n, ok && ref.OK && n.kind.OK && n.voltage.OK
}

// joined writes words one after the other.
func joined[W ~string](list []W, separator string) string {
	names := make([]string, len(list))
	for i, w := range list {
		names[i] = string(w)
	}
	return strings.Join(names, separator)
}
