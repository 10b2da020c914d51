package hosting

import (
	"math"
	"slices"
	"time"

	"asue/metering"
)

// curvePoints is how many powers a curve of curtailment has.
const curvePoints = 10

// cut is what a non-firm newcomer loses in a week.
type cut struct{ hours, energy, asked float64 } // h, kWh, kWh

// cuts are those of each usable week, by number of the policy's levels, with x kW of
// which a part is flexible. In each block as much is curtailed as the tightest node of
// the path calls for, and no more than the flexible part of what the newcomer draws.
func (s *study) cuts(n network, x, flexible float64) [][]cut {
	list := make([][]cut, len(s.policy.Levels))
	buf, over := make([]float32, s.m.perWeek), make([]float32, s.m.perWeek)
	hours := s.m.block.Hours()
	for _, lv := range s.levels {
		weeks := make([]cut, len(s.m.season))
		for w := range weeks {
			for b := range over {
				over[b] = float32(math.Inf(-1))
			}
			for k, limit := range n.limits {
				if math.IsInf(limit, 1) {
					continue
				}
				guard := float32(s.policy.Guard * limit)
				for b, p := range s.demandAt(n, k, x).at(s.m, w, lv.value, buf) {
					over[b] = max(over[b], p-guard)
				}
			}
			c := &weeks[w]
			for b, part := range s.parts[w] {
				drawn := float64(lv.value*part) * x
				c.asked += drawn * hours
				if lost := min(float64(over[b]), drawn*flexible); lost > 0 {
					c.hours += hours
					c.energy += lost * hours
				}
			}
		}
		for _, i := range lv.of {
			list[i] = weeks
		}
	}
	return list
}

// curtailment plays the years with x kW.
func (s *study) curtailment(n network, x, flexible float64) Curtailment {
	cuts := s.cuts(n, x, flexible)
	var c Curtailment
	var sum cut
	var months [13]float64
	energies := make([]float64, 0, s.draws.years)
	for y := range s.draws.years {
		energy := 0.0
		weeks := cuts[s.draws.level[y]]
		for season, w := range s.draws.of(y) {
			cut := weeks[w]
			sum.hours += cut.hours
			sum.asked += cut.asked
			energy += cut.energy
			months[monthOf(season)] += cut.energy
		}
		sum.energy += energy
		energies = append(energies, energy)
	}
	years := float64(s.draws.years)
	c.Hours, c.Energy = sum.hours/years, kilowattHours(sum.energy/years)
	c.EnergyP95 = kilowattHours(quantile(energies, 0.95))
	if sum.asked > 0 {
		c.Share = sum.energy / sum.asked
	}
	for month, energy := range months {
		if e := kilowattHours(energy / years); e > c.WorstEnergy {
			c.WorstMonth, c.WorstEnergy = time.Month(month), e
		}
	}
	c.Allowed = c.Share <= s.policy.CurtailedShare && c.Hours <= s.policy.CurtailedHours && s.armourFits(n)
	return c
}

// armourFits reports whether armour fits at all nodes: it is not curtailed.
func (s *study) armourFits(n network) bool {
	for k := range s.path {
		if s.byArmour(n, k) != nil {
			return false
		}
	}
	return true
}

// nonFirm is the curtailment of what is asked for, and the most that could connect so.
// The more connects the greater is the part that is curtailed, so it is found by
// halving.
func (s *study) nonFirm(n network) *Curtailment {
	if s.draws == nil {
		return nil
	}
	c := s.curtailment(n, s.q.Power.Kilowatts(), 1)
	if !slices.ContainsFunc(n.limits, func(l float64) bool { return !math.IsInf(l, 1) }) {
		c.UpTo = s.q.Power
		return &c
	}
	step := s.policy.Step.Kilowatts()
	allowed := func(steps int) bool { return s.curtailment(n, float64(steps)*step, 1).Allowed }
	lo, hi := 0, 1
	for top := s.mostUseful(n); hi <= top && allowed(hi); lo, hi = hi, 2*hi {
	}
	for hi-lo > 1 {
		if mid := lo + (hi-lo)/2; allowed(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	c.UpTo = s.policy.Step * metering.Power(lo)
	if c.Allowed { // what is asked need not be a whole number of steps
		c.UpTo = max(c.UpTo, s.q.Power)
	}
	reach := max(c.UpTo, s.q.Power)
	for i := 1; i <= curvePoints; i++ {
		p := reach * metering.Power(i) / curvePoints
		at := s.curtailment(n, p.Kilowatts(), 1)
		c.Curve = append(c.Curve, CurtailedAt{p, at.Hours, at.Share})
	}
	return &c
}

// mostUseful is how many steps the greatest limit of the path has: beyond it a power is
// never drawn in full.
func (s *study) mostUseful(n network) int {
	most := s.q.Power.Kilowatts()
	for _, limit := range n.limits {
		if !math.IsInf(limit, 1) {
			most = max(most, 2*limit)
		}
	}
	return int(most / s.policy.Step.Kilowatts())
}
