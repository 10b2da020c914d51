package powerflow

import (
	"fmt"
	"math"
	"strings"
)

// Fault is one thing that is wrong with a network.
type Fault struct {
	List   string // "buses", "generators", "branches", "switches", "regulators"; empty for the network
	Index  int    // in the list
	Field  string // name of the Go field; empty for the element
	What   string
	Remedy string
}

// Faults are all that is wrong with a network. It is never empty as an error.
type Faults []Fault

// Error tells every fault on one line.
func (f Faults) Error() string {
	var b strings.Builder
	for i, one := range f {
		if i > 0 {
			b.WriteString("; ")
		}
		if one.List != "" {
			fmt.Fprintf(&b, "%s[%d]", one.List, one.Index)
			if one.Field != "" {
				b.WriteString(".")
			}
		}
		if b.WriteString(one.Field); one.List != "" || one.Field != "" {
			b.WriteString(": ")
		}
		fmt.Fprintf(&b, "%s: %s", one.What, one.Remedy)
	}
	return b.String()
}

// MaxBuses and MaxBranches bound what is taken.
const (
	MaxBuses    = 20_000
	MaxBranches = 100_000
)

// Check lists everything that keeps a network from being calculated; nil if nothing does.
func (n Network) Check() Faults {
	c := checker{byID: map[string]int{}}
	if !(n.BaseMVA > 0) || math.IsInf(n.BaseMVA, 0) {
		c.add("", 0, "BaseMVA", fmt.Sprintf("a base power of %v MVA is none", n.BaseMVA), "write a number above 0, 100 as a rule")
	}
	if len(n.Buses) == 0 {
		c.add("", 0, "Buses", "there are no buses", "a network has one at least")
	}
	if len(n.Buses) > MaxBuses || len(n.Branches) > MaxBranches || len(n.Generators) > MaxBranches || len(n.Switches) > MaxBranches {
		c.add("", 0, "Buses", fmt.Sprintf("%d buses with %d branches are too many", len(n.Buses), len(n.Branches)), fmt.Sprintf("at most %d and %d are taken", MaxBuses, MaxBranches))
		return c.faults
	}
	c.buses(n.Buses)
	c.generators(n)
	c.branches(n.Branches)
	for i, s := range n.Switches {
		c.known("switches", i, "A", s.A)
		c.known("switches", i, "B", s.B)
	}
	c.regulators(n)
	return c.faults
}

type checker struct {
	faults Faults
	byID   map[string]int
}

func (c *checker) add(list string, i int, field, what, remedy string) {
	c.faults = append(c.faults, Fault{list, i, field, what, remedy})
}

// most is a bound on any figure, far above any network's and far below trouble.
const most = 1e9

func (c *checker) figure(list string, i int, field string, v float64) bool {
	if math.Abs(v) <= most {
		return true
	}
	c.add(list, i, field, fmt.Sprintf("%v is no figure of a network", v), fmt.Sprintf("write a number between %g and %g", -most, most))
	return false
}

func (c *checker) known(list string, i int, field, id string) {
	if _, ok := c.byID[id]; !ok {
		c.add(list, i, field, fmt.Sprintf("bus %q is not in the list of buses", id), "name one of the buses")
	}
}

func (c *checker) buses(buses []Bus) {
	for i, b := range buses {
		switch first, twice := c.byID[b.ID]; {
		case b.ID == "":
			c.add("buses", i, "ID", "the id is missing", "give it a name")
		case twice:
			c.add("buses", i, "ID", fmt.Sprintf("id %q is that of buses[%d] too", b.ID, first), "give each its own")
		default:
			c.byID[b.ID] = i
		}
		c.figure("buses", i, "LoadMW", b.LoadMW)
		c.figure("buses", i, "LoadMvar", b.LoadMvar)
		c.figure("buses", i, "ShuntMW", b.ShuntMW)
		c.figure("buses", i, "ShuntMvar", b.ShuntMvar)
		c.figure("buses", i, "StartDeg", b.StartDeg)
		c.atLeast0("buses", i, "BaseKV", b.BaseKV)
		c.atLeast0("buses", i, "StartPU", b.StartPU)
		if b.Kind > Slack {
			c.add("buses", i, "Kind", fmt.Sprintf("kind %d is none", b.Kind), "use PQ, PV or Slack")
		}
	}
}

func (c *checker) atLeast0(list string, i int, field string, v float64) {
	if c.figure(list, i, field, v) && v < 0 {
		c.add(list, i, field, fmt.Sprintf("%v is negative", v), "write 0 or more")
	}
}

func (c *checker) generators(n Network) {
	held := map[string]float64{}
	for i, g := range n.Generators {
		c.known("generators", i, "Bus", g.Bus)
		c.figure("generators", i, "MW", g.MW)
		c.figure("generators", i, "Mvar", g.Mvar)
		if g.MinMvar > g.MaxMvar || g.MinMvar != g.MinMvar || g.MaxMvar != g.MaxMvar {
			c.add("generators", i, "MinMvar", fmt.Sprintf("the least reactive power, %v Mvar, is above the most, %v", g.MinMvar, g.MaxMvar), "exchange them, or correct one")
		}
		if !(g.PU > 0) || g.PU > 10 {
			c.add("generators", i, "PU", fmt.Sprintf("%v pu is no voltage that can be held", g.PU), "write a number near 1")
			continue
		}
		if g.Out {
			continue
		}
		at, known := c.byID[g.Bus]
		if pu, other := held[g.Bus]; known && other && pu != g.PU && n.Buses[at].Kind != PQ {
			c.add("generators", i, "PU", fmt.Sprintf("bus %q is held at %v pu by one generator and at %v by another", g.Bus, pu, g.PU), "give both the same voltage")
		}
		held[g.Bus] = g.PU
	}
}

func (c *checker) branches(branches []Branch) {
	for i, b := range branches {
		c.known("branches", i, "From", b.From)
		c.known("branches", i, "To", b.To)
		if b.From == b.To && b.From != "" {
			c.add("branches", i, "To", fmt.Sprintf("it leads from %q to itself", b.From), "name two buses")
		}
		sound := c.figure("branches", i, "R", b.R)
		sound = c.figure("branches", i, "X", b.X) && sound
		if z := math.Hypot(b.R, b.X); sound && z < 1e-9 {
			c.add("branches", i, "X", "it has no impedance", "write its impedance; a tie without one is a switch")
		}
		c.figure("branches", i, "B", b.B)
		c.figure("branches", i, "MagG", b.MagG)
		c.figure("branches", i, "MagB", b.MagB)
		c.figure("branches", i, "ShiftDeg", b.ShiftDeg)
		if !(b.Ratio > 0.01) || b.Ratio > 100 {
			c.add("branches", i, "Ratio", fmt.Sprintf("a ratio of %v is none", b.Ratio), "write a number near 1, and 1 for a line")
		}
		c.atLeast0("branches", i, "RateMVA", b.RateMVA)
		c.atLeast0("branches", i, "RateFromA", b.RateFromA)
		c.atLeast0("branches", i, "RateToA", b.RateToA)
	}
}

func (c *checker) regulators(n Network) {
	driven := map[int]bool{}
	for i, r := range n.Regulators {
		c.known("regulators", i, "Bus", r.Bus)
		switch {
		case r.Branch < 0 || r.Branch >= len(n.Branches):
			c.add("regulators", i, "Branch", fmt.Sprintf("there is no branches[%d]", r.Branch), "name one of the branches")
		case driven[r.Branch]:
			c.add("regulators", i, "Branch", fmt.Sprintf("branches[%d] has a regulator already", r.Branch), "leave one")
		}
		driven[r.Branch] = true
		if !(r.LowPU > 0) || !(r.HighPU > r.LowPU) {
			c.add("regulators", i, "LowPU", fmt.Sprintf("from %v to %v pu is no band", r.LowPU, r.HighPU), "write the lower bound first")
		}
		if r.Min > r.Neutral || r.Neutral > r.Max || r.Start < r.Min || r.Start > r.Max || r.Max-r.Min > 1000 {
			c.add("regulators", i, "Min", fmt.Sprintf("positions %d to %d with neutral %d and start %d do not fit together", r.Min, r.Max, r.Neutral, r.Start), "neutral and start lie between the least and the greatest")
			continue
		}
		if !(r.Step > 0) || 1+float64(r.Min-r.Neutral)*r.Step < 0.1 || r.Step > 1 {
			c.add("regulators", i, "Step", fmt.Sprintf("a step of %v cannot be", r.Step), "write it as a part of the nominal ratio, 0.0178 for 1.78 %")
		}
	}
}
