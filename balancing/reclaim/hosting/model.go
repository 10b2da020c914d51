package hosting

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Node is a place of the network with its limits.
type Node struct {
	ID     metering.NodeID
	Parent metering.NodeID // none for a root
	// Limits are those that are in force or come into force without any doubt, ascending
	// in time. Before the first, the first holds; no limits: the node has none.
	Limits []Step
	// Firm is the sum of the firm technical conditions at the node and below, reserved
	// and disputed ones among them; Armour that of the technological armour.
	Firm   metering.Power
	Armour metering.Power
	// Backup is what the node gets from the backup supply; not stated: that is no
	// concern of the node.
	Backup metering.Limit
}

// Step is a limit from a time on.
type Step struct {
	From  time.Time
	Limit metering.Limit
}

// Week is a week of a load: the mean power of each block, kW, day after day.
type Week struct {
	Season int // week of the calendar year, 0..51
	Power  []float32
	Filled int // blocks that were not measured
}

// Load is what was drawn at a node, of one resident or of what is lost there.
type Load struct {
	Name  string
	Node  metering.NodeID
	Weeks []Week
}

// seasons is how many weeks a synthetic year has.
const seasons = 52

// Weeks of which more than mostFilled of the blocks were filled in are not drawn; with
// fewer than leastWeeks left nothing is claimed about risk.
const (
	mostFilled = 0.10
	leastWeeks = 47
)

// Model is the demand of a zone at each node. It is read-only once made: share it
// freely between goroutines.
type Model struct {
	nodes   []Node
	index   map[metering.NodeID]int
	paths   [][]int
	block   time.Duration
	perWeek int
	season  []int // of each usable week
	// load is the demand at each node and below: usable weeks one after the other, kW.
	load  [][]float32
	crude []crude
	bytes [32]byte // the digest of all that went in
}

// New makes a model of loads in a network. The weeks of all loads go together: the
// first of one is the first of all. It returns all faults at once.
func New(nodes []Node, loads []Load, block time.Duration) (*Model, error) {
	m := &Model{nodes: slices.Clone(nodes), index: map[metering.NodeID]int{}, block: block}
	if block <= 0 || (24*time.Hour)%block != 0 {
		return nil, fmt.Errorf("hosting: blocks of %v do not fill a day", block)
	}
	m.perWeek = int(7 * 24 * time.Hour / block)
	if err := errors.Join(m.lay(), m.check(loads)); err != nil {
		return nil, err
	}
	m.sum(loads)
	m.bytes = digest(m, loads)
	return m, nil
}

// lay numbers the nodes and finds their paths.
func (m *Model) lay() error {
	var faults []error
	fault := func(id metering.NodeID, format string, args ...any) {
		faults = append(faults, fmt.Errorf("hosting: node %q: "+format, append([]any{id}, args...)...))
	}
	for i, n := range m.nodes {
		if _, twice := m.index[n.ID]; twice || n.ID == "" {
			fault(n.ID, "its id is empty or comes twice")
			continue
		}
		m.index[n.ID] = i
	}
	for _, n := range m.nodes {
		var path []int
		for at := n.ID; at != ""; {
			i, ok := m.index[at]
			if !ok || slices.Contains(path, i) {
				fault(n.ID, "its ancestor %q is not known, or its own", at)
				break
			}
			path = append(path, i)
			at = m.nodes[i].Parent
		}
		m.paths = append(m.paths, path)
		if why := stepsFault(n.Limits); why != "" {
			fault(n.ID, "%s", why)
		}
		if n.Firm < 0 || n.Armour < 0 {
			fault(n.ID, "firm %v and armour %v: want 0 or more", n.Firm, n.Armour)
		}
	}
	return errors.Join(faults...)
}

func stepsFault(steps []Step) string {
	for i, s := range steps {
		if !s.Limit.IsStated() {
			return fmt.Sprintf("limit %d: state a power, or that it is unlimited", i+1)
		}
		if i > 0 && !steps[i-1].From.Before(s.From) {
			return fmt.Sprintf("limit %d: it begins no later than the one before it", i+1)
		}
	}
	return ""
}

func (m *Model) check(loads []Load) error {
	var faults []error
	fault := func(l Load, format string, args ...any) {
		faults = append(faults, fmt.Errorf("hosting: load %q: "+format, append([]any{l.Name}, args...)...))
	}
	for _, l := range loads {
		if _, ok := m.index[l.Node]; !ok {
			fault(l, "node %q is not known", l.Node)
		}
		if len(l.Weeks) != len(loads[0].Weeks) {
			fault(l, "%d weeks, the first load has %d", len(l.Weeks), len(loads[0].Weeks))
			continue
		}
		for i, w := range l.Weeks {
			if len(w.Power) != m.perWeek || w.Season != loads[0].Weeks[i].Season || w.Season < 0 || w.Season >= seasons {
				fault(l, "week %d: %d blocks of season %d, want %d of season %d", i+1, len(w.Power), w.Season, m.perWeek, loads[0].Weeks[i].Season)
				break
			}
			if slices.ContainsFunc(w.Power, func(p float32) bool { return math.IsNaN(float64(p)) || math.IsInf(float64(p), 0) }) {
				fault(l, "week %d: a power is no number", i+1)
				break
			}
		}
	}
	return errors.Join(faults...)
}

// sum adds the loads up at each node, for the weeks that are known well enough.
func (m *Model) sum(loads []Load) {
	m.load = make([][]float32, len(m.nodes))
	m.crude = make([]crude, len(m.nodes))
	var usable []int
	for i := range weeksOf(loads) {
		filled := 0
		for _, l := range loads {
			filled += l.Weeks[i].Filled
		}
		if float64(filled) <= mostFilled*float64(len(loads)*m.perWeek) {
			usable = append(usable, i)
			m.season = append(m.season, loads[0].Weeks[i].Season)
		}
	}
	for n := range m.nodes {
		m.load[n] = make([]float32, len(usable)*m.perWeek)
	}
	for _, l := range loads {
		spread := spreadOf(l.Weeks, usable)
		for _, n := range m.paths[m.index[l.Node]] {
			m.crude[n].add(spread)
			for k, i := range usable {
				sum := m.load[n][k*m.perWeek:]
				for b, p := range l.Weeks[i].Power {
					sum[b] += p
				}
			}
		}
	}
}

func weeksOf(loads []Load) int {
	if len(loads) == 0 {
		return 0
	}
	return len(loads[0].Weeks)
}

// Sufficient reports whether there are enough usable weeks to claim anything about
// risk, some of them near every week of the year.
func (m *Model) Sufficient(p Policy) bool {
	if len(m.season) < leastWeeks {
		return false
	}
	for s := range seasons {
		if len(m.near(s, p.Near)) == 0 {
			return false
		}
	}
	return true
}

// Weeks is how many usable weeks there are.
func (m *Model) Weeks() int { return len(m.season) }

// week is a usable week at a node.
func (m *Model) week(node, w int) []float32 {
	return m.load[node][w*m.perWeek : (w+1)*m.perWeek]
}
