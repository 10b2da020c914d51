package study

import (
	"fmt"
	"math"
	"slices"

	"asue/metering"
)

// Variation is another value of a figure that is assumed.
type Variation struct {
	Element string // id of the element, or of what several share
	Field   string // as in the site file
	Assumed string // value that the study takes, with its unit
	Instead string // value of the variation
	// edit changes the network, which is the site's own by then; checks what is held to.
	edit   func(n *metering.Network)
	checks func(c *Checks)
}

// Plausible ranges of what is assumed. Conductors are those that the usual towers of
// 110 kV with two circuits, П110-6, are catalogued for (типовой проект 3.407-68/73),
// from the thinnest that is common at 110 kV.
var (
	plausibleConductors   = []string{"АС-120/19", "АС-150/24", "АС-185/29", "АС-240/32"}
	plausibleLengths      = []float64{0.8, 1.2}
	plausibleKV           = []float64{0.95, 1.05}
	plausiblePowerFactors = []float64{0.85, 0.9, 0.95, 0.98}
	plausibleSplits       = []float64{0, 0.15, 0.5, 1} // of the load on the higher of two voltages
	plausibleHalves       = []float64{0.4, 0.6}        // of a voltage's load on its first section
	plausibleDegrees      = []float64{-2, -1, 1, 2}
)

// nameplate is a set of passport values, where nobody has seen the passport.
type nameplate struct {
	name string
	uk   [3]float64
	pk   float64
	px   float64
	ix   float64
}

// plausibleNameplates are data of three-winding transformers of 63 MVA, 110 kV, that
// handbooks and databases of equipment give beside 10.5/17/6.5 %, 290 kW, 56 kW, 0.7 %.
var plausibleNameplates = []nameplate{
	{"10.5/17.5/6.5 %, 260 kW, 50 kW, 0.5 %", [3]float64{10.5, 17.5, 6.5}, 260, 50, 0.5},
	{"10.5/18/7 %, 290 kW, 53 kW, 0.55 %", [3]float64{10.5, 18, 7}, 290, 53, 0.55},
}

// Variations are other values of every figure of a site's network that is assumed and
// whose plausible range is known, in a fixed order. Angles between feeds vary only if
// parallel is true: nothing else depends on them.
func Variations(site *metering.Site, parallel bool) []Variation {
	n := &site.Network
	all := conductorVariations(n)
	all = append(all, lengthVariations(n)...)
	all = append(all, voltageVariations(n)...)
	all = append(all, meterVariations(site)...)
	all = append(all, nameplateVariations(n)...)
	all = append(all, planVariations(site)...)
	if parallel {
		all = append(all, angleVariations(n)...)
	}
	return append(all, Variation{Element: "transformers", Field: "regime", Assumed: "continuous", Instead: "emergency after an outage",
		checks: func(c *Checks) { c.Emergency = true }})
}

// Of is the site with the variation; the site itself stays as it is.
func (v Variation) Of(site *metering.Site) *metering.Site {
	changed := *site
	n := &changed.Network
	n.Feeds, n.Lines = slices.Clone(n.Feeds), slices.Clone(n.Lines)
	n.Transformers, n.Plan.Shares = slices.Clone(n.Transformers), slices.Clone(n.Plan.Shares)
	if v.edit != nil {
		v.edit(n)
	}
	return &changed
}

func assumed(o metering.Origin, field string) bool {
	p, stated := o.BasisOf(field)
	return !stated || p.Basis == metering.BasisAssumed
}

// together are indexes of lines that vary as one: circuits on common towers.
func together(n *metering.Network, field string) (groups [][]int, names []string) {
	for i, l := range n.Lines {
		if !assumed(l.Origin, field) {
			continue
		}
		at := slices.Index(names, l.Towers)
		if l.Towers == "" || at < 0 {
			name := l.Towers
			if name == "" {
				name = string(l.ID)
			}
			names, groups = append(names, name), append(groups, []int{i})
			continue
		}
		groups[at] = append(groups[at], i)
	}
	return groups, names
}

func conductorVariations(n *metering.Network) (all []Variation) {
	groups, names := together(n, "conductor")
	for g, group := range groups {
		present, known := metering.ConductorNamed(n.Lines[group[0]].Conductor)
		if !known {
			continue // its figures are its own
		}
		for _, other := range plausibleConductors {
			if other == present.Name {
				continue
			}
			all = append(all, Variation{Element: names[g], Field: "conductor", Assumed: present.Name, Instead: other, edit: func(n *metering.Network) {
				for _, i := range group {
					l := &n.Lines[i]
					l.Conductor, l.OhmPerKM, l.ReactPerKM, l.MicroSPerKM, l.Amperes = other, 0, 0, 0, 0
				}
			}})
		}
	}
	return all
}

func lengthVariations(n *metering.Network) (all []Variation) {
	groups, names := together(n, "length")
	for g, group := range groups {
		km := n.Lines[group[0]].LengthKM
		for _, factor := range plausibleLengths {
			all = append(all, Variation{Element: names[g], Field: "length", Assumed: units(km, "km"), Instead: units(km*factor, "km"), edit: func(n *metering.Network) {
				for _, i := range group {
					n.Lines[i].LengthKM *= factor
				}
			}})
		}
	}
	return all
}

// stations are indexes of feeds that stand on one busbar.
func stations(n *metering.Network, field string) (groups [][]int, names []string) {
	for i, f := range n.Feeds {
		name := f.Station
		if name == "" {
			name = f.Source
		}
		if !assumed(f.Origin, field) {
			continue
		}
		if at := slices.Index(names, name); at >= 0 {
			groups[at] = append(groups[at], i)
			continue
		}
		names, groups = append(names, name), append(groups, []int{i})
	}
	return groups, names
}

func voltageVariations(n *metering.Network) (all []Variation) {
	groups, names := stations(n, "voltage")
	for g, group := range groups {
		kv := n.Feeds[group[0]].KV
		for _, factor := range plausibleKV {
			all = append(all, Variation{Element: names[g], Field: "voltage", Assumed: units(kv, "kV"), Instead: units(kv*factor, "kV"), edit: func(n *metering.Network) {
				for _, i := range group {
					n.Feeds[i].KV *= factor
				}
			}})
		}
	}
	return all
}

func angleVariations(n *metering.Network) (all []Variation) {
	groups, names := stations(n, "angle")
	if len(groups) < 2 {
		return nil
	}
	for _, degrees := range plausibleDegrees {
		group := groups[0]
		all = append(all, Variation{Element: names[0], Field: "angle", Assumed: units(n.Feeds[group[0]].Deg, "°"), Instead: units(n.Feeds[group[0]].Deg+degrees, "°"), edit: func(n *metering.Network) {
			for _, i := range group {
				n.Feeds[i].Deg += degrees
			}
		}})
	}
	return all
}

// meterVariations move the metering of a contract from the receiving to the sending end.
func meterVariations(site *metering.Site) (all []Variation) {
	for i, f := range site.Network.Feeds {
		at := slices.IndexFunc(site.Sources, func(s metering.Source) bool { return s.ID == f.Source })
		if at < 0 || !assumed(f.Origin, "meter") {
			continue
		}
		source := site.Sources[at]
		if _, limited := source.Contract.Power(); !limited || f.Meter == source.Node {
			continue
		}
		present := string(f.Meter)
		if present == "" {
			present = "receiving end"
		}
		all = append(all, Variation{Element: f.Source, Field: "meter", Assumed: present, Instead: string(source.Node) + " (sending end)",
			edit: func(n *metering.Network) { n.Feeds[i].Meter = source.Node }})
	}
	return all
}

func nameplateVariations(n *metering.Network) (all []Variation) {
	var which []int
	for i, t := range n.Transformers {
		if assumed(t.Origin, "uk") && t.MVA == [3]float64{63, 63, 63} && math.Round(t.KV[0]) == 115 {
			which = append(which, i)
		}
	}
	if len(which) == 0 {
		return nil
	}
	t := n.Transformers[which[0]]
	present := fmt.Sprintf("%g/%g/%g %%, %g kW, %g kW, %g %%", t.Uk[0], t.Uk[1], t.Uk[2], t.PkKW, t.PxKW, t.IxPct)
	for _, other := range plausibleNameplates {
		all = append(all, Variation{Element: "transformers", Field: "nameplate", Assumed: present, Instead: other.name, edit: func(n *metering.Network) {
			for _, i := range which {
				t := &n.Transformers[i]
				t.Uk, t.PkKW, t.PxKW, t.IxPct = other.uk, other.pk, other.px, other.ix
			}
		}})
	}
	return all
}

// units prints a figure with four significant digits.
func units(v float64, unit string) string {
	return fmt.Sprintf("%.4g %s", v, unit)
}
