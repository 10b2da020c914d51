package waterfill

import (
	"fmt"
	"slices"
	"strings"
)

// Step is a load that can be shed as one.
type Step struct {
	ID          string
	Node        string
	KW          int64 // drawn now, as measured; what draws nothing does not count
	Importance  int   // from 1, the first to go, to MaxImportance
	ShedMinutes int64 // it has been shed for lately: others come first
}

// MaxImportance is the greatest importance of a step, and MaxSteps how many steps
// one choice may be made from.
const (
	MaxImportance = 1000
	MaxSteps      = 10_000
	maxStepKW     = 1_000_000_000
)

// ShedOptions say how steps are chosen.
type ShedOptions struct {
	// Eligible is asked of every step; nil takes all. Times, locks and overrides are
	// the caller's affair.
	Eligible func(Step) bool
	// Quantum is the least step of power, in kW, in which needs are reckoned; 0 is
	// 1 kW. It grows with the loads, so that all of them together are at most 1,200
	// quanta: 25 kW for 30 MW.
	Quantum int64
	// Strict takes a more important load only where all less important ones
	// together do not suffice.
	Strict bool
	// Greedy takes the next load in order of importance and rotation instead of the
	// cheapest set: the fallback.
	Greedy bool
}

// Choice says which steps to shed.
type Choice struct {
	Steps      []string // in the order of the input
	KW         int64    // that go with them, as measured
	Cost       int64
	Shortfalls []Shortfall // in the order of the nodes
	Quantum    int64       // kW it was reckoned in
}

// Shortfall is a node under which all eligible steps together do not suffice.
type Shortfall struct {
	Node       string
	Need, Shed int64 // kW
	KW         int64 // Need − Shed, > 0
}

// Why tells the choice in words: "shed 1,300 kW with A1 and A2; F1 stays 100 kW
// short of the 1,200 kW needed there".
func (c Choice) Why() string {
	var b strings.Builder
	if len(c.Steps) == 0 {
		b.WriteString("shed nothing")
	} else {
		fmt.Fprintf(&b, "shed %s with %s", kilowatts(c.KW), listed(c.Steps))
	}
	for _, s := range c.Shortfalls {
		fmt.Fprintf(&b, "; %s stays %s short of the %s needed there", s.Node, kilowatts(s.KW), kilowatts(s.Need))
	}
	return b.String()
}

// listed joins names: "A, B and C".
func listed(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// cost is what it costs to shed a step: its power times its importance; 50 kW
// worth for the operation itself, which wears; and the minutes it has been shed
// for, so that loads take turns.
func (s Step) cost() int64 {
	const operation = 50
	return (s.KW+operation)*int64(s.Importance) + s.ShedMinutes
}

// Shed chooses the steps of least cost that cover the Need of every node. Where
// all of them do not suffice it takes all that are there, tells the Shortfall, and
// takes no more than is needed anywhere else. A chosen set never sheds less than
// it is reckoned with, because loads are rounded down and needs up to the quantum;
// what proves needless by measured power is taken back.
//
// Time and memory are bounded by the quantum: some 10^6 additions, and one byte
// for each step and quantum. It fails with all Faults of its input. Limits are not
// looked at but must be stated, as everywhere.
func Shed(nodes []Node, steps []Step, opt ShedOptions) (Choice, error) {
	var faults Faults
	f := newForest(nodes, &faults)
	needs := inspector{"nodes", &faults}
	for i, n := range nodes {
		needs.power(i, n.ID, "Need", "need", n.Need)
	}
	at := checkSteps(f, steps, opt, &faults)
	if err := faults.err(); err != nil {
		return Choice{}, err
	}
	f.hang(at)
	s := newShedding(f, steps, opt)
	switch {
	case opt.Greedy:
		s.greedy(s.usable())
	case opt.Strict:
		s.strict()
	default:
		s.cheapest(s.usable())
	}
	return s.choice(), nil
}

func checkSteps(f *forest, steps []Step, opt ShedOptions, faults *Faults) []int32 {
	in := inspector{"steps", faults}
	in.ids(len(steps), func(i int) string { return steps[i].ID })
	if len(steps) > MaxSteps {
		in.add(MaxSteps, "", "ID", fmt.Sprintf("give at most %d", MaxSteps), "there are %d steps", len(steps))
	}
	if opt.Quantum < 0 {
		in.add(0, "", "Quantum", "write 0 or more", "quantum %d is negative", opt.Quantum)
	}
	for i, s := range steps {
		if s.KW > maxStepKW {
			in.add(i, s.ID, "KW", fmt.Sprintf("write at most %d", maxStepKW), "%d kW are too much for one step", s.KW)
		}
		if s.Importance < 1 || s.Importance > MaxImportance {
			in.add(i, s.ID, "Importance", fmt.Sprintf("write 1, the first to go, to %d", MaxImportance), "importance %d is out of range", s.Importance)
		}
		in.power(i, s.ID, "ShedMinutes", "shed minutes", s.ShedMinutes)
	}
	return in.places(f, len(steps), func(i int) (string, string) { return steps[i].ID, steps[i].Node })
}

// shedding is a choice in the making.
type shedding struct {
	f       *forest
	steps   []Step
	may     []bool // eligible and drawing something
	taken   []bool
	need    []int64 // by node, kW
	quantum int64
}

func newShedding(f *forest, steps []Step, opt ShedOptions) *shedding {
	s := &shedding{f: f, steps: steps, may: make([]bool, len(steps)), taken: make([]bool, len(steps)), need: make([]int64, len(f.nodes))}
	var total int64
	for i, one := range steps {
		if one.KW > 0 && (opt.Eligible == nil || opt.Eligible(one)) {
			s.may[i] = true
			total += one.KW
		}
	}
	for v, n := range f.nodes {
		s.need[v] = n.Need
	}
	const most = 1200
	s.quantum = max(1, opt.Quantum, (total+most-1)/most)
	return s
}

func (s *shedding) usable() []bool { return slices.Clone(s.may) }

// strict begins with the least important loads and goes on to the next class only
// under nodes that are still short.
func (s *shedding) strict() {
	use := make([]bool, len(s.steps))
	var classes []int
	for i, one := range s.steps {
		if s.may[i] {
			classes = append(classes, one.Importance)
		}
	}
	slices.Sort(classes)
	for k, class := range slices.Compact(classes) {
		short := make([]bool, len(s.need)) // here or further up
		for v, kw := range s.shortfalls() {
			short[v] = kw > 0
		}
		for i := len(s.f.order) - 1; i >= 0; i-- {
			v := s.f.order[i]
			if p := s.f.parent[v]; p >= 0 && short[p] {
				short[v] = true
			}
		}
		if k > 0 && !slices.Contains(short, true) {
			return
		}
		for i, one := range s.steps {
			if s.may[i] && one.Importance <= class && short[s.f.at[i]] {
				use[i] = true
			}
		}
		s.cheapest(use)
	}
}

// shed is by node the power of the taken steps below it.
func (s *shedding) shed() []int64 {
	kw := make([]int64, len(s.steps))
	for i, taken := range s.taken {
		if taken {
			kw[i] = s.steps[i].KW
		}
	}
	return s.f.sums(kw)
}

// shortfalls is by node what is missing, 0 where nothing is.
func (s *shedding) shortfalls() []int64 {
	missing := s.shed()
	for v := range missing {
		missing[v] = max(0, s.need[v]-missing[v])
	}
	return missing
}

func (s *shedding) choice() Choice {
	c := Choice{Quantum: s.quantum}
	for i, taken := range s.taken {
		if taken {
			c.Steps = append(c.Steps, s.steps[i].ID)
			c.KW += s.steps[i].KW
			c.Cost += s.steps[i].cost()
		}
	}
	for v, kw := range s.shortfalls() {
		if kw > 0 {
			c.Shortfalls = append(c.Shortfalls, Shortfall{s.f.nodes[v].ID, s.need[v], s.need[v] - kw, kw})
		}
	}
	return c
}
