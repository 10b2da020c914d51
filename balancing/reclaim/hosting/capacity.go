package hosting

import (
	"fmt"
	"math"

	"asue/metering"
)

// capacity is the most that can connect firmly in a network, in steps of the policy.
type capacity struct {
	power     metering.Power
	unlimited bool
	binding   *Binding
}

// scan is at how many powers the tail is tried between nothing and what the years played
// allow.
const scan = 24

// capacity finds it. It does not depend on the power that is asked for, so that a
// smaller power never fares worse than a greater one. Rights, armour and the years
// played are all the harder the more connects, which lets it be found by halving; the
// tail is fitted anew for each power, and the first one at which it is too heavy ends
// the search.
func (s *study) capacity(n network) (capacity, error) {
	key := n.key()
	if c, ok := s.caps[key]; ok {
		return c, nil
	}
	c, err := s.findCapacity(n)
	if err != nil {
		return capacity{}, err
	}
	s.caps[key] = c
	s.done++
	return c, nil
}

func (s *study) findCapacity(n network) (capacity, error) {
	most, binding, unlimited := s.byRights(n)
	if unlimited {
		return capacity{unlimited: true}, nil
	}
	step := s.policy.Step.Kilowatts()
	top := int(most / step)
	c := capacity{binding: binding}
	if s.draws == nil || top < 0 {
		c.power = s.policy.Step * metering.Power(max(0, top))
		return c, nil
	}
	// fails is the binding at a number of steps, nil if it is firm.
	fails := func(steps int, rule func(network, int, float64) *Binding) *Binding {
		for k := range s.path {
			if b := rule(n, k, float64(steps)*step); b != nil {
				return b
			}
		}
		return nil
	}
	search := func(lo, hi int, rule func(network, int, float64) *Binding) int { // lo is firm, hi is not
		for hi-lo > 1 {
			mid := lo + (hi-lo)/2
			if b := fails(mid, rule); b != nil {
				hi, c.binding = mid, b
			} else {
				lo = mid
			}
		}
		return lo
	}
	if !s.tell(0) {
		return capacity{}, ErrStopped
	}
	if b := fails(0, s.byYears); b != nil {
		c.binding = b
		return c, nil
	}
	if b := fails(top, s.byYears); b != nil {
		c.binding = b
		top = search(0, top, s.byYears)
	}
	firm := -1
	for i := 0; i <= scan; i++ {
		if !s.tell(float64(i+1) / (scan + 2)) {
			return capacity{}, ErrStopped
		}
		at := top * i / scan
		if at == firm {
			continue
		}
		if b := fails(at, s.byTail); b != nil {
			c.binding = b
			if firm >= 0 {
				firm = search(firm, at, s.byTail)
			}
			break
		}
		firm = at
	}
	c.power = s.policy.Step * metering.Power(max(0, firm))
	return c, nil
}

// byRights is what firm rights and armour leave, kW; it may be below 0. Unlimited is true
// where no node on the path has a limit.
func (s *study) byRights(n network) (most float64, binding *Binding, unlimited bool) {
	most, unlimited = math.Inf(1), true
	for k, limit := range n.limits {
		if math.IsInf(limit, 1) && math.IsInf(s.backup(k), 1) {
			continue
		}
		unlimited = false
		if left := s.ratio()*limit - s.firmAt(k); left < most {
			most = left
			binding = &Binding{s.id(k), ByRatio, fmt.Sprintf("firm rights of %v may not come above %v times the limit of %v", kilowatts(s.firmAt(k)), s.ratio(), kilowatts(limit))}
		}
		if b := s.byArmour(n, k); b != nil && most > -1 {
			most, binding = -1, b
		}
	}
	return most, binding, unlimited
}

// byArmour says whether armour fits at the k-th node.
func (s *study) byArmour(n network, k int) *Binding {
	armour := s.armourAt(k) + s.q.Armour.Kilowatts()
	if under := min(n.limits[k], s.backup(k)); armour > under {
		return &Binding{s.id(k), ByArmour, fmt.Sprintf("technological armour of %v does not fit under %v, the lower of limit and backup supply", kilowatts(armour), kilowatts(under))}
	}
	return nil
}

// byYears says whether the years played allow x kW at the k-th node.
func (s *study) byYears(n network, k int, x float64) *Binding {
	above := s.policy.Guard * n.limits[k]
	if math.IsInf(above, 1) {
		return nil
	}
	if p := s.yearRisk(s.demandAt(n, k, x), above); p > s.policy.YearRisk {
		return &Binding{s.id(k), ByRisk, fmt.Sprintf("with %v the demand is above %v in %.1f %% of the years played; %.1f %% are accepted", kilowatts(x), kilowatts(above), 100*p, 100*s.policy.YearRisk)}
	}
	return nil
}

// byTail says whether the tail allows x kW at the k-th node.
func (s *study) byTail(n network, k int, x float64) *Binding {
	above := s.policy.Guard * n.limits[k]
	if math.IsInf(above, 1) {
		return nil
	}
	if t := s.tail(s.demandAt(n, k, x), above); t != nil && t.Upper > s.policy.YearRisk {
		return &Binding{s.id(k), ByTail, fmt.Sprintf("with %v a year with demand above %v has a probability of up to %.1f %% by the tail of the daily maxima; %.1f %% are accepted",
			kilowatts(x), kilowatts(above), 100*t.Upper, 100*s.policy.YearRisk)}
	}
	return nil
}
