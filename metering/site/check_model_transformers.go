package site

import (
	"fmt"
	"math"

	"asue/metering"
	"asue/metering/form"
)

var windings = [3]string{"HV", "MV", "LV"}

func (m *modelChecker) checkTransformers() {
	for i := range m.network.transformers.V {
		g := &m.network.transformers.V[i]
		t := &g.V
		buses := m.transformerBuses(g)
		m.checkRatings(t, buses)
		m.checkImpedances(t)
		if t.tap.Stated() {
			m.checkTap(t, buses)
		}
	}
}

// transformerBuses finds the buses of a transformer; one that is wrong is nil. The
// forest has the node between them: HV above, MV and LV below.
func (m *modelChecker) transformerBuses(g *given[threeWindingDraft]) (buses [3]*nodeDraft) {
	t := &g.V
	node, known := m.nodes.find(m.Report, t.node)
	defer func() { m.sound = m.sound && known }()
	if known {
		if node.kind.OK && node.kind.V != metering.NodeTransformer {
			m.Refuse(t.node.At, form.Found("not-a-transformer", fmt.Sprintf("%q is of kind %q", t.node.V, node.kind.V), "a passport belongs to a node of kind \"transformer\"", "name that node"))
			known = false
		}
		if m.passports[t.node.V] != nil {
			m.Refuse(t.node.At, form.Found("duplicate-passport", fmt.Sprintf("the transformer %q stands twice", t.node.V), "a transformer has one passport", "delete one of the two"))
			known = false
		} else {
			m.passports[t.node.V] = g
		}
	}
	if !t.buses.OK {
		m.sound = false
		return buses
	}
	for i, ref := range t.buses.V {
		bus, ok := m.end(ref, fmt.Sprintf("the winding %s of %q", windings[i], t.node.V))
		if !ok {
			continue
		}
		buses[i] = bus
		switch {
		case !known:
		case i == 0 && node.parent.OK && node.parent.V != ref.V:
			m.sound = false
			m.Refuse(ref.At, wrongBus(windings[i], string(t.node.V), string(ref.V), fmt.Sprintf("the forest feeds it from %q", node.parent.V)))
		case i > 0 && bus.parent.V != t.node.V && (bus.parent.OK || !bus.parent.Stated()):
			m.sound = false
			m.Refuse(ref.At, wrongBus(windings[i], string(t.node.V), string(ref.V), "the forest does not feed this node from it"))
		}
	}
	return buses
}

func wrongBus(winding, transformer, bus, why string) *form.Finding {
	return form.Found("wrong-bus", fmt.Sprintf("%s of %q at %q", winding, transformer, bus), why+": HV is the parent of the transformer, MV and LV are its children, in this order", "correct the bus, or the parents of the nodes")
}

// checkRatings holds rated voltages against those of the buses, and the passport
// against the one that the node has for the losses of metering.
func (m *modelChecker) checkRatings(t *threeWindingDraft, buses [3]*nodeDraft) {
	for i, g := range t.voltages.V {
		if bus := buses[i]; bus != nil && g.OK && bus.voltage.OK && math.Abs(g.V/bus.voltage.V-1) > 0.15 {
			m.Refuse(g.At, form.Found("wrong-voltage", fmt.Sprintf("%s is rated %v kV and stands at a bus of %v kV", windings[i], g.V, bus.voltage.V),
				"a winding is rated within 15 % of its bus; the order is HV, MV, LV", "correct the order, the voltage or the bus"))
		}
	}
	if read(t.powers) && max(t.powers.V[1].V, t.powers.V[2].V) > t.powers.V[0].V {
		m.Warn(t.powers.At, form.Found("implausible-transformer", "a winding is rated higher than HV", "HV carries what both others draw; its power is that of the transformer", "check the order: HV, MV, LV"))
	}
	node, ok := m.nodeOf(t.node)
	if !ok || !node.transformer.OK || !read(t.powers) {
		return
	}
	own := node.transformer.V
	f := func(g given[float64], what string, network, atNode float64, stated bool) {
		if stated && g.OK && math.Abs(network-atNode) > 0.01*math.Max(network, atNode) {
			m.Warn(g.At, twoFigures(fmt.Sprintf("%s %v in the network", what, network), fmt.Sprintf("%v at the node %q", atNode, t.node.V)))
		}
	}
	f(t.powers.V[0], "rated MVA", t.powers.V[0].V, own.rated.V/1e6, own.rated.OK)
	f(t.loadLoss, "load loss in kW", t.loadLoss.V, own.loadLoss.V.Kilowatts(), own.loadLoss.OK)
	f(t.noLoadLoss, "no-load loss in kW", t.noLoadLoss.V, own.noLoad.V.Kilowatts(), own.noLoad.OK)
}

// checkImpedances looks at short-circuit voltages and losses: what the star of three
// rays is made of.
func (m *modelChecker) checkImpedances(t *threeWindingDraft) {
	for _, g := range t.uk.V {
		if g.OK && (g.V == 0 || g.V > 60) {
			m.Refuse(g.At, form.Found("uk-out-of-range", fmt.Sprintf("a short-circuit voltage of %v %%", g.V), "between two windings it is a few to some forty percent", "check the number; it is in percent"))
		}
	}
	if t.loadLoss.OK && t.loadLoss.V == 0 {
		m.Refuse(t.loadLoss.At, form.Found("zero-loss", "a transformer without load loss", "it is the resistance of the windings, and a ray of the star may have nothing else", "write Pк of its passport"))
		return
	}
	if t.noLoadLoss.OK && t.loadLoss.OK && t.noLoadLoss.V >= t.loadLoss.V {
		m.Warn(t.noLoadLoss.At, form.Found("implausible-transformer", fmt.Sprintf("no-load loss of %v kW is not below load loss of %v kW", t.noLoadLoss.V, t.loadLoss.V),
			"in power transformers it is three to ten times less", "check whether the two are exchanged"))
	}
	if !read(t.powers) || !read(t.uk) || !t.loadLoss.OK {
		return
	}
	rated := t.powers.V[0].V
	if t.ukBase.Or(ukOnHV) == ukOnPair {
		rated = min(rated, t.powers.V[1].V)
	}
	resistive := t.loadLoss.V / 10 / rated // % of kW over MVA
	if uk := t.uk.V[0]; uk.V > 0 && uk.V < resistive {
		m.Refuse(uk.At, form.Found("uk-below-loss", fmt.Sprintf("uk of HV–MV is %v %%, and its loss alone makes %.3g %%", uk.V, resistive), "uk is made of resistance and reactance; the load loss over the rated power is its part of resistance", "check uk, the load loss and their units"))
	} else if resistive < 0.1 || resistive > 5 {
		m.Warn(t.loadLoss.At, form.Found("implausible-transformer", fmt.Sprintf("a load loss of %v kW is %.3g %% of the rated power", t.loadLoss.V, resistive), "in power transformers it is 0.1 to 5 %", "check the number and its unit against the passport"))
	}
	m.checkStar(t)
	if loss := t.noLoadLoss.V / 10 / t.powers.V[0].V; t.noLoadLoss.OK && t.noLoadCurrent.OK && t.noLoadCurrent.V < loss {
		m.Warn(t.noLoadCurrent.At, form.Found("implausible-transformer", fmt.Sprintf("a no-load current of %v %% and a no-load loss of %.3g %%", t.noLoadCurrent.V, loss),
			"the current carries the loss and magnetises besides", "check both; the current is in percent of the rated one"))
	}
}

// checkStar looks at the rays of the star: one of them may come out slightly negative,
// none by much. Pairs in another order show here.
func (m *modelChecker) checkStar(t *threeWindingDraft) {
	hm, hl, ml := t.uk.V[0].V, t.uk.V[1].V, t.uk.V[2].V
	if t.ukBase.Or(ukOnHV) == ukOnPair { // all on the power of HV
		s := [3]float64{t.powers.V[0].V, t.powers.V[1].V, t.powers.V[2].V}
		hm, hl, ml = hm*s[0]/min(s[0], s[1]), hl*s[0]/min(s[0], s[2]), ml*s[0]/min(s[1], s[2])
	}
	for i, ray := range [3]float64{(hm + hl - ml) / 2, (hm + ml - hl) / 2, (hl + ml - hm) / 2} {
		if ray < -0.1*max(hm, hl, ml) {
			m.Warn(t.uk.At, form.Found("implausible-transformer", fmt.Sprintf("the ray of %s has %.3g %%", windings[i], ray), "a ray of the star is slightly negative at most; the pairs are HV–MV, HV–LV, MV–LV", "check the order of the pairs and the base of uk"))
		}
	}
}

// checkTap looks at the tap changer, the bus that it holds, and its dead band.
func (m *modelChecker) checkTap(t *threeWindingDraft, buses [3]*nodeDraft) {
	tap := &t.tap.V
	if tap.step.OK && (tap.step.V == 0 || tap.step.V > 5) {
		m.Refuse(tap.step.At, form.Found("tap-step", fmt.Sprintf("a step of %v %%", tap.step.V), "steps of tap changers are above 0 and up to 5 % of the rated voltage", "write the step of the passport; 9 × 1.78 % makes 16 %"))
	}
	switch {
	case !tap.min.OK || !tap.max.OK:
	case tap.min.V > tap.max.V:
		m.Refuse(tap.max.At, form.Found("tap-range", fmt.Sprintf("positions from %d to %d", tap.min.V, tap.max.V), "the lowest position comes first", "exchange the two"))
	case tap.position.Or(0) < tap.min.V || tap.position.Or(0) > tap.max.V:
		at := tap.min.At
		if tap.position.OK {
			at = tap.position.At
		}
		m.Refuse(at, form.Found("tap-range", fmt.Sprintf("position %d outside %d to %d", tap.position.Or(0), tap.min.V, tap.max.V), "position 0 is the rated voltage, and what is meant if none is written", "correct the position or the range"))
	case tap.step.OK && float64(tap.max.V-tap.min.V)*tap.step.V > 50:
		m.Warn(tap.max.At, form.Found("tap-range", fmt.Sprintf("%d steps of %v %% are %.0f %% of the voltage", tap.max.V-tap.min.V, tap.step.V, float64(tap.max.V-tap.min.V)*tap.step.V),
			"tap changers reach over 20 to 40 %", "check the step and the range"))
	}
	if tap.band.OK && tap.step.OK && tap.step.V <= 5 && 2*tap.band.V < 1.2*tap.step.V {
		m.Warn(tap.band.At, form.Found("tap-hunting", fmt.Sprintf("a dead band of ±%v %% for steps of %v %%", tap.band.V, tap.step.V), "narrower than 1.2 of a step the changer jumps to and fro across it; away from position 0 a step is more than its name",
			fmt.Sprintf("write at least %.3g %%", math.Ceil(0.6*tap.step.V*100)/100)))
	}
	if bus := buses[tap.winding()]; bus != nil && bus.voltage.OK && tap.target.OK {
		if low, high := m.bandOf(bus.voltage.V); tap.target.V < low || tap.target.V > high {
			m.Warn(tap.target.At, form.Found("tap-target", fmt.Sprintf("%v kV are held at %q, where %.4g to %.4g kV are permitted", tap.target.V, bus.id.V, low, high), "the changer would steer out of the band", "check the target and which winding is held"))
		}
	}
}
