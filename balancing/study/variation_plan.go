package study

import (
	"fmt"
	"slices"

	"asue/metering"
)

// planVariations are other power factors and other ways to spread the load.
func planVariations(site *metering.Site) (all []Variation) {
	plan := site.Network.Plan
	if !assumed(plan.Origin, "power_factor") {
		return splitVariations(site)
	}
	for _, cos := range plausiblePowerFactors {
		if cos == plan.PowerFactor {
			continue
		}
		all = append(all, Variation{Element: "load", Field: "power_factor", Assumed: fmt.Sprintf("%g", plan.PowerFactor), Instead: fmt.Sprintf("%g", cos),
			edit: func(n *metering.Network) { n.Plan.PowerFactor = cos }})
	}
	return append(all, splitVariations(site)...)
}

// splitVariations move load between the two voltages, if there are two, and between
// the first section of each voltage and the others.
func splitVariations(site *metering.Site) (all []Variation) {
	plan := site.Network.Plan
	if !assumed(plan.Origin, "shares") {
		return nil
	}
	classes := byVoltage(site)
	if len(classes) == 2 {
		high := classes[0]
		for _, part := range plausibleSplits {
			all = append(all, Variation{Element: "load", Field: "shares", Assumed: on(high.part, high.kv), Instead: on(part, high.kv), edit: func(n *metering.Network) {
				rescale(n.Plan.Shares, high.shares, part)
				rescale(n.Plan.Shares, classes[1].shares, 1-part)
			}})
		}
	}
	if !slices.ContainsFunc(classes, func(c class) bool { return len(c.shares) > 1 }) {
		return all
	}
	for _, part := range plausibleHalves {
		all = append(all, Variation{Element: "load", Field: "shares", Assumed: firstSections(classes[0].first(plan.Shares)), Instead: firstSections(part), edit: func(n *metering.Network) {
			for _, c := range classes {
				if len(c.shares) > 1 {
					rescale(n.Plan.Shares, c.shares[:1], c.part*part)
					rescale(n.Plan.Shares, c.shares[1:], c.part*(1-part))
				}
			}
		}})
	}
	return all
}

// class are the shares of one nominal voltage.
type class struct {
	kv     float64
	part   float64 // of the whole load
	shares []int
}

// first is the first section's part of the class.
func (c class) first(shares []metering.LoadShare) float64 {
	if c.part == 0 {
		return 0
	}
	return shares[c.shares[0]].Part / c.part
}

// byVoltage sorts the shares by nominal voltage, the highest first.
func byVoltage(site *metering.Site) (classes []class) {
	for i, s := range site.Network.Plan.Shares {
		node, _ := site.Topology.Node(s.Node)
		at := slices.IndexFunc(classes, func(c class) bool { return c.kv == node.VoltageKV })
		if at < 0 {
			at = len(classes)
			classes = append(classes, class{kv: node.VoltageKV})
		}
		classes[at].part += s.Part
		classes[at].shares = append(classes[at].shares, i)
	}
	slices.SortStableFunc(classes, func(a, b class) int { return int(b.kv*1000 - a.kv*1000) })
	return classes
}

// rescale makes some shares sum to part, in their proportion, or equal if they were 0.
func rescale(shares []metering.LoadShare, which []int, part float64) {
	sum := 0.0
	for _, i := range which {
		sum += shares[i].Part
	}
	for _, i := range which {
		if sum > 0 {
			shares[i].Part *= part / sum
		} else {
			shares[i].Part = part / float64(len(which))
		}
	}
}

func on(part, kv float64) string { return fmt.Sprintf("%.0f %% at %g kV", part*100, kv) }

func firstSections(part float64) string {
	return fmt.Sprintf("%.0f %% at first sections", part*100)
}
