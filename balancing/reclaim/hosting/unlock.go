package hosting

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"asue/metering"
)

// unlock says for each node at which what is asked is not firm what would change that.
func (s *study) unlock(n network) []Unlock {
	var list []Unlock
	x := s.q.Power.Kilowatts()
	for k, limit := range n.limits {
		b, short := s.bindingAt(n, k, x)
		if b == nil {
			continue
		}
		u := Unlock{Binding: *b}
		if !math.IsInf(limit, 1) {
			u.Limit = s.limitFor(n, k, x)
		}
		if b.Rule == ByRatio {
			u.Candidates, u.Enough = s.candidates(k, short)
		}
		list = append(list, u)
	}
	return list
}

// bindingAt is what binds with x kW at the k-th node alone, and by how many kW rights are
// too many; nil if nothing binds there.
func (s *study) bindingAt(n network, k int, x float64) (b *Binding, short float64) {
	if b := s.byArmour(n, k); b != nil {
		return b, 0
	}
	if over := s.firmAt(k) + x - s.ratio()*n.limits[k]; over > 0 {
		return &Binding{s.id(k), ByRatio, fmt.Sprintf("firm rights of %v and %v come above %v times the limit of %v", kilowatts(s.firmAt(k)), kilowatts(x), s.ratio(), kilowatts(n.limits[k]))}, over
	}
	if s.draws == nil {
		return nil, 0
	}
	if b := s.byYears(n, k, x); b != nil {
		return b, 0
	}
	return s.byTail(n, k, x), 0
}

// limitFor is the least limit, in steps, with which the k-th node would not bind; 0 if
// even twenty times the present one and what is asked do not help.
func (s *study) limitFor(n network, k int, x float64) metering.Power {
	step := s.policy.Step.Kilowatts()
	with := network{slices.Clone(n.limits), n.others}
	fits := func(steps int) bool {
		with.limits[k] = float64(steps) * step
		b, _ := s.bindingAt(with, k, x)
		return b == nil
	}
	lo := int(n.limits[k] / step)
	hi := 20*lo + int(x/step) + 1
	if !fits(hi) {
		return 0
	}
	for hi-lo > 1 {
		if mid := lo + (hi-lo)/2; fits(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return s.policy.Step * metering.Power(hi)
}

// candidates are those below the k-th node, the greatest first, until they make up for
// what is too much.
func (s *study) candidates(k int, short float64) (list []Candidate, enough bool) {
	all := slices.DeleteFunc(slices.Clone(s.q.Candidates), func(c Candidate) bool {
		return !slices.Contains(s.m.paths[s.m.index[c.Node]], s.path[k]) || c.Power <= 0
	})
	slices.SortStableFunc(all, func(a, b Candidate) int { return cmp.Compare(b.Power, a.Power) })
	for _, c := range all {
		if short <= 0 {
			break
		}
		list = append(list, c)
		short -= c.Power.Kilowatts()
	}
	return list, short <= 0
}
