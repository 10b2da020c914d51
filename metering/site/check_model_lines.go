package site

import (
	"fmt"
	"math"
	"strings"

	"asue/metering"
	"asue/metering/form"
)

func (m *modelChecker) checkLines() {
	onTowers := map[string][]*networkLineDraft{}
	for i := range m.network.lines.V {
		g := &m.network.lines.V[i]
		l := &g.V
		m.joins(g.At, fmt.Sprintf("the line %q", l.id.V), l.from, l.to)
		m.checkFigures(g.At, l)
		m.checkSlips(l)
		m.checkAgainstNode(l)
		if l.towers.OK {
			onTowers[l.towers.V] = append(onTowers[l.towers.V], l)
		}
	}
	for _, l := range m.network.lines.V {
		if l.V.towers.OK && len(onTowers[l.V.towers.V]) == 1 {
			m.Warn(l.V.towers.At, form.Found("lonely-towers", fmt.Sprintf("the line %q stands alone on the towers %q", l.V.id.V, l.V.towers.V),
				"\"towers\" is what several circuits share", "give the other circuits the same word, or delete it"))
		}
	}
}

// table is the line's conductor in the built-in table.
func (d *networkLineDraft) table() (metering.Conductor, bool) {
	return metering.ConductorNamed(d.conductor.V)
}

// checkFigures sees to it that everything that the model needs of a line is stated or
// in the table.
func (m *modelChecker) checkFigures(at *form.Node, l *networkLineDraft) {
	if _, known := l.table(); known || l.conductor.Stated() && !l.conductor.OK {
		return
	}
	missing := func(fields map[string]bool, order ...string) (names []string) {
		for _, name := range order {
			if !fields[name] {
				names = append(names, name)
			}
		}
		return names
	}
	stated := map[string]bool{"resistance": l.resistance.Stated(), "reactance": l.reactance.Stated(), "susceptance": l.susceptance.Stated(), "current": l.current.Stated()}
	why := "a line without a conductor brings its own figures"
	place := at
	var types []string
	for _, c := range metering.Conductors() {
		types = append(types, c.Name)
	}
	if l.conductor.OK {
		place = l.conductor.At
		why = fmt.Sprintf("%q is not in the built-in table, which has %s", l.conductor.V, strings.Join(types, ", "))
	}
	if names := missing(stated, "resistance", "reactance"); len(names) > 0 {
		m.Refuse(place, form.Found("no-figures", fmt.Sprintf("nobody states %s of the line %q", strings.Join(names, " and "), l.id.V), why,
			"add "+strings.Join(names, " and ")+", or name a conductor of the table"))
	}
	if names := missing(stated, "susceptance", "current"); len(names) > 0 {
		m.Warn(place, form.Found("no-figures", fmt.Sprintf("nobody states %s of the line %q", strings.Join(names, " and "), l.id.V),
			why+"; without a susceptance it charges nothing, without a current its loading is not checked", "add "+strings.Join(names, " and ")+", or name a conductor of the table"))
	}
}

// checkSlips looks for figures in another unit than the one that is written: what
// overhead lines and cables have lies within an order of magnitude or two.
func (m *modelChecker) checkSlips(l *networkLineDraft) {
	c, known := l.table()
	f := func(g given[float64], unit string, least, most, table, tolerance float64) {
		switch {
		case !g.OK:
		case g.V < least || g.V > most:
			m.Warn(g.At, form.Found("implausible-line", fmt.Sprintf("%v %s", g.V, unit), fmt.Sprintf("lines and cables of power networks have %v to %v %s", least, most, unit), "check the number and its unit"))
		case known && math.Abs(g.V-table) > tolerance*table:
			m.Warn(g.At, form.Found("implausible-line", fmt.Sprintf("%v %s for %s", g.V, unit, l.conductor.V), fmt.Sprintf("the table has %v %s", table, unit), "check the conductor and the figure against each other"))
		}
	}
	f(l.resistance, "ohm/km", 0.005, 5, c.OhmPerKM, 0.15)
	f(l.reactance, "ohm/km", 0.05, 0.6, c.ReactPerKM, 0.2)
	f(l.susceptance, "uS/km", 1, 200, c.MicroSPerKM, 0.2)
	f(l.current, "A", 20, 5000, c.Amperes, 0.5)
	if n, ok := m.nodeOf(l.from); ok && n.voltage.V >= 35 && l.length.OK && (l.length.V < 0.05 || l.length.V > 400) {
		m.Warn(l.length.At, form.Found("implausible-line", fmt.Sprintf("%v km at %v kV", l.length.V, n.voltage.V), "lines of such a voltage are 50 m to 400 km long", "check the number and its unit"))
	}
}

// checkAgainstNode holds a line against the data that its sending end has for the
// losses of metering.
func (m *modelChecker) checkAgainstNode(l *networkLineDraft) {
	for _, end := range []given[metering.NodeID]{l.from, l.to} {
		n, ok := m.nodeOf(end)
		if !ok || n.kind.V != metering.NodeSource || !n.line.OK {
			continue
		}
		own := n.line.V
		if own.length.OK && l.length.OK && math.Abs(own.length.V-l.length.V) > 0.005*l.length.V {
			m.Warn(l.length.At, twoFigures(fmt.Sprintf("%v km of the line %q", l.length.V, l.id.V), fmt.Sprintf("%v km at the node %q", own.length.V, end.V)))
		}
		ohms := l.resistance.V
		if c, known := l.table(); known && !l.resistance.OK {
			ohms = c.OhmPerKM
		}
		if own.resistance.OK && ohms > 0 && math.Abs(own.resistance.V-ohms) > 0.05*ohms {
			m.Warn(own.resistance.At, twoFigures(fmt.Sprintf("%v ohm/km at the node %q", own.resistance.V, end.V), fmt.Sprintf("%v ohm/km of the line %q", ohms, l.id.V)))
		}
	}
}

func twoFigures(one, other string) *form.Finding {
	return form.Found("two-figures", one+", and "+other, "losses of metering and of the model would differ by it", "write the better of the two in both places")
}
