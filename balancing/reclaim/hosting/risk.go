package hosting

import (
	"errors"
	"fmt"
	"math"

	"asue/metering"
)

// Risk is how likely the demand at a node is to come above a power.
type Risk struct {
	Node metering.NodeID `json:"node"`
	// Above is the power that it is about: a limit, or the guarded part of one.
	Above metering.Power `json:"above_w"`
	// Block is the part of all blocks above it; Year the part of the years with such a
	// block, known to YearLow..YearHigh (Wilson, 95 %) for the number of years played.
	Block    float64 `json:"block"`
	Year     float64 `json:"year"`
	YearLow  float64 `json:"year_low"`
	YearHigh float64 `json:"year_high"`
	// Hours a year are above it, and Energy is above it then: expected, and in all but
	// one year of twenty. EnergyError is the standard error of the expectation.
	Hours       float64         `json:"hours"`
	Energy      metering.Energy `json:"energy_wh"`
	EnergyError metering.Energy `json:"energy_error_wh"`
	EnergyP95   metering.Energy `json:"energy_p95_wh"`
	// Depth is how far above it the year's highest block is in all but one of twenty
	// years.
	Depth metering.Power `json:"depth_w"`
	// Tail is nil where the demand has too few peaks to fit one.
	Tail *Tail `json:"tail"`
	// Crude is the part of the blocks above it by a normal distribution with the
	// correlation of the policy between loads; Independent the same without any: what it
	// hides.
	Crude       float64 `json:"crude"`
	Independent float64 `json:"crude_independent"`
}

// Worst is the probability that counts: the greater of Year and of the upper bound of
// the tail.
func (r Risk) Worst() float64 {
	if r.Tail == nil {
		return r.Year
	}
	return max(r.Year, r.Tail.Upper)
}

// ErrInsufficient is returned where too little is known of the demand to claim anything
// about risk.
var ErrInsufficient = errors.New("too few usable weeks")

// ErrStopped is returned when a Progress has said to stop.
var ErrStopped = errors.New("stopped")

// Progress is told how far a computation is, 0..1, ascending; false stops it.
type Progress func(part float64) bool

// Risk finds how likely the demand at a node, as it was, is to come above a power. It
// fails with ErrInsufficient, for an unknown node and a policy with faults.
func (m *Model) Risk(node metering.NodeID, above metering.Power, p Policy) (Risk, error) {
	if err := p.Check(); err != nil {
		return Risk{}, err
	}
	n, ok := m.index[node]
	if !ok {
		return Risk{}, fmt.Errorf("hosting: node %q is not known", node)
	}
	if !m.Sufficient(p) {
		return Risk{}, fmt.Errorf("hosting: risk at %s: %w: %d, want %d around the year", node, ErrInsufficient, len(m.season), leastWeeks)
	}
	s := &study{m: m, policy: p, levels: levelsOf(p.Levels)}
	s.draws = m.draw(p, len(p.Levels))
	return s.risk(demand{node: n}, above.Kilowatts()), nil
}

// yearRisk is the part of the years with a block above a power. More demand is never
// less of it.
func (s *study) yearRisk(d demand, above float64) float64 {
	tallies := s.tallies(d, above)
	hit := 0
	for y := range s.draws.years {
		weeks := tallies[s.draws.level[y]]
		for _, w := range s.draws.of(y) {
			if weeks[w].blocks > 0 {
				hit++
				break
			}
		}
	}
	return float64(hit) / float64(s.draws.years)
}

// risk is all of it.
func (s *study) risk(d demand, above float64) Risk {
	r := Risk{Node: s.m.nodes[d.node].ID, Above: kilowatts(above)}
	tallies := s.tallies(d, above)
	n := float64(s.draws.years)
	energies, depths := make([]float64, 0, s.draws.years), make([]float64, 0, s.draws.years)
	blocks, hit, sum, squares := 0, 0.0, 0.0, 0.0
	for y := range s.draws.years {
		var year tally
		weeks := tallies[s.draws.level[y]]
		for _, w := range s.draws.of(y) {
			year.add(weeks[w])
		}
		blocks += year.blocks
		if year.blocks > 0 {
			hit++
		}
		sum += year.energy
		squares += year.energy * year.energy
		energies, depths = append(energies, year.energy), append(depths, year.depth)
	}
	r.Block = float64(blocks) / n / float64(seasons*s.m.perWeek)
	r.Hours = float64(blocks) / n * s.m.block.Hours()
	r.Year = hit / n
	r.YearLow, r.YearHigh = wilson(r.Year, n)
	mean := sum / n
	r.Energy = kilowattHours(mean)
	r.EnergyError = kilowattHours(math.Sqrt(max(0, squares/n-mean*mean) / n))
	r.EnergyP95 = kilowattHours(quantile(energies, 0.95))
	r.Depth = kilowatts(quantile(depths, 0.95))
	r.Tail = s.tail(d, above)
	c := s.m.crude[d.node]
	c.mean += s.meanExtra(d)
	r.Crude, r.Independent = c.above(above, s.policy.Correlation), c.above(above, 0)
	return r
}

// meanExtra is the mean of what newcomers add.
func (s *study) meanExtra(d demand) float64 {
	sum, n := 0.0, 0
	for w := range s.m.season {
		for b := range s.m.perWeek {
			if d.extra != nil {
				sum += float64(d.extra[w*s.m.perWeek+b])
			}
			if d.power > 0 {
				sum += d.power * float64(d.parts[w][b])
			}
			n++
		}
	}
	if n == 0 {
		return 0
	}
	mean := 0.0
	for _, lv := range s.levels {
		mean += lv.weight * float64(lv.value)
	}
	return sum / float64(n) * mean
}

// wilson is the 95 % interval of a part seen in n cases (Wilson 1927).
func wilson(part, n float64) (low, high float64) {
	const z = 1.96
	centre := (part + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(part*(1-part)/n+z*z/(4*n*n))
	return max(0, min(part, centre-half)), min(1, max(part, centre+half))
}

func kilowatts(kw float64) metering.Power { return metering.Power(math.Round(kw * 1000)) }

func kilowattHours(kwh float64) metering.Energy { return metering.Energy(math.Round(kwh * 1000)) }
