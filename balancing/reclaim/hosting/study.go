package hosting

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// study is the work on one question.
type study struct {
	m      *Model
	q      Question
	policy Policy
	levels []level
	draws  *draws // nil: too little is known
	path   []int
	parts  [][]float32 // of the profile asked for, by usable week
	extras map[string][][]float32
	caps   map[string]capacity
	done   int
	plan   int // how many capacities there will be
}

// network is a state of it: the limits on the path, kW, and who else is there.
type network struct {
	limits []float64 // +Inf: none
	others []bool    // of Question.Committed
}

func (n network) key() string { return fmt.Sprint(n.limits, n.others) }

func (m *Model) study(q Question, p Policy) *study {
	s := &study{m: m, q: q, policy: p, levels: levelsOf(p.Levels), path: m.paths[m.index[q.Node]],
		extras: map[string][][]float32{}, caps: map[string]capacity{}}
	if m.Sufficient(p) {
		s.draws = m.draw(p, len(p.Levels))
	}
	for _, season := range m.season {
		s.parts = append(s.parts, q.Profile.week(season, m.perWeek))
	}
	return s
}

// networkAt is the network over [from, to) in a scenario: the lowest limits of that
// time, and everybody who comes before its end.
func (s *study) networkAt(scenario *Scenario, from, to time.Time) network {
	var n network
	for _, v := range s.path {
		n.limits = append(n.limits, lowest(s.stepsOf(scenario, v), from, to))
	}
	for _, c := range s.q.Committed {
		n.others = append(n.others, c.From.Before(to))
	}
	return n
}

func (s *study) stepsOf(scenario *Scenario, node int) []Step {
	if scenario != nil {
		for _, c := range scenario.Changes {
			if c.Node == s.m.nodes[node].ID {
				return c.Limits
			}
		}
	}
	return s.m.nodes[node].Limits
}

// lowest is the lowest limit over [from, to), kW.
func lowest(steps []Step, from, to time.Time) float64 {
	low := math.Inf(1)
	for i, st := range steps {
		ends := i+1 < len(steps) && !steps[i+1].From.After(from)
		begins := i == 0 || st.From.Before(to)
		if p, limited := st.Limit.Power(); limited && begins && !ends {
			low = min(low, p.Kilowatts())
		}
	}
	return low
}

// demandAt is what is drawn at the k-th node of the path, with x kW of the one who asks.
func (s *study) demandAt(n network, k int, x float64) demand {
	return demand{node: s.path[k], extra: s.extra(n)[k], power: x, parts: s.parts}
}

// extra is what others add at each node of the path, made once for each set of them.
func (s *study) extra(n network) [][]float32 {
	key := fmt.Sprint(n.others)
	if made, ok := s.extras[key]; ok {
		return made
	}
	list := make([][]float32, len(s.path))
	for i, c := range s.q.Committed {
		if !n.others[i] {
			continue
		}
		below := s.m.paths[s.m.index[c.Node]]
		for k, v := range s.path {
			if !slices.Contains(below, v) {
				continue
			}
			if list[k] == nil {
				list[k] = make([]float32, len(s.m.season)*s.m.perWeek)
			}
			for w, season := range s.m.season {
				sum := list[k][w*s.m.perWeek:]
				for b, part := range c.Profile.week(season, s.m.perWeek) {
					sum[b] += part * float32(c.Power.Kilowatts())
				}
			}
		}
	}
	s.extras[key] = list
	return list
}

// firmAt and armourAt are those of the k-th node of the path, kW.
func (s *study) firmAt(k int) float64   { return s.m.nodes[s.path[k]].Firm.Kilowatts() }
func (s *study) armourAt(k int) float64 { return s.m.nodes[s.path[k]].Armour.Kilowatts() }

// backup is what armour has to fit under besides the limit, kW.
func (s *study) backup(k int) float64 {
	if p, limited := s.m.nodes[s.path[k]].Backup.Power(); limited {
		return p.Kilowatts()
	}
	return math.Inf(1)
}

// ratio is how far firm rights may go above a limit.
func (s *study) ratio() float64 {
	if s.draws == nil {
		return s.policy.RatioBlind
	}
	return s.policy.Ratio
}

// tell reports progress; false: stop.
func (s *study) tell(part float64) bool {
	if s.q.Progress == nil {
		return true
	}
	return s.q.Progress(min(1, (float64(s.done)+part)/float64(max(s.plan, s.done+1))))
}

func (s *study) id(k int) metering.NodeID { return s.m.nodes[s.path[k]].ID }
