package hosting

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Ask answers a question. It fails on faults of question or policy, all told at once,
// and with ErrStopped.
func (m *Model) Ask(q Question, p Policy) (Answer, error) {
	if err := p.Check(); err != nil {
		return Answer{}, err
	}
	if err := m.checkQuestion(q); err != nil {
		return Answer{}, err
	}
	s := m.study(q, p)
	digest := m.digestOf(q, p)
	a := Answer{
		Node: q.Node, Asked: q.Power, At: q.At.UTC(), ValidUntil: q.At.UTC().Add(p.Validity), Scheme: q.Power+q.Existing >= p.Scheme,
		Sufficient: s.draws != nil, Weeks: len(m.season), Policy: p, Digest: hex.EncodeToString(digest[:]),
	}
	quarters := quartersFrom(q.At, p.Quarters)
	s.count(quarters)
	now := s.worst(quarters)
	c, err := s.capacity(now)
	if err != nil {
		return Answer{}, err
	}
	a.FirmNow, a.Unlimited, a.Binding = c.power, c.unlimited, c.binding
	if s.draws != nil {
		for k, limit := range now.limits {
			if !math.IsInf(limit, 1) {
				a.Before = append(a.Before, s.risk(s.demandAt(now, k, 0), p.Guard*limit))
				a.With = append(a.With, s.risk(s.demandAt(now, k, q.Power.Kilowatts()), p.Guard*limit))
			}
		}
	}
	a.Curtailment = s.nonFirm(now)
	if a.From, err = s.dates(quarters); err != nil {
		return Answer{}, err
	}
	a.Verdict = s.verdict(a, now)
	if !c.holds(q.Power) {
		a.Unlock = s.unlock(now)
	}
	if q.Progress != nil && !q.Progress(1) {
		return Answer{}, ErrStopped
	}
	return a, nil
}

// holds reports whether a power is firm.
func (c capacity) holds(p metering.Power) bool { return c.unlimited || p <= c.power }

func (s *study) verdict(a Answer, now network) Verdict {
	stiff := metering.Power(math.Ceil(float64(s.q.Power) * (1 - s.q.Flexible)))
	switch {
	case a.Unlimited || a.Asked <= a.FirmNow:
		return Firm
	case s.draws != nil && s.q.Flexible > 0 && stiff <= a.FirmNow && s.curtailment(now, s.q.Power.Kilowatts(), s.q.Flexible).Allowed:
		return Flexible
	case a.Curtailment != nil && a.Curtailment.Allowed:
		return NonFirm
	case slices.ContainsFunc(a.From, func(f FirmFrom) bool { return f.From != nil }):
		return Later
	}
	return No
}

// quarter is [from, to).
type quarter struct{ from, to time.Time }

// quartersFrom are the quarters of the calendar (UTC) that begin with that of a time;
// the first one begins at that time.
func quartersFrom(at time.Time, n int) []quarter {
	at = at.UTC()
	first := time.Date(at.Year(), (at.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	var list []quarter
	for i := range n {
		list = append(list, quarter{first.AddDate(0, 3*i, 0), first.AddDate(0, 3*i+3, 0)})
	}
	list[0].from = at
	return list
}

// worst is the network with the lowest limits of all quarters as it is, and everybody
// who is committed: what is firm in it is firm for good, without any promise.
func (s *study) worst(quarters []quarter) network {
	return s.networkAt(nil, quarters[0].from, quarters[len(quarters)-1].to)
}

// count finds out how many capacities there will be, for the progress.
func (s *study) count(quarters []quarter) {
	seen := map[string]bool{s.worst(quarters).key(): true}
	for _, scenario := range s.scenarios() {
		for _, q := range quarters {
			seen[s.networkAt(scenario, q.from, q.to).key()] = true
		}
	}
	s.plan = len(seen)
}

// scenarios are as it is (nil) and those of the question.
func (s *study) scenarios() []*Scenario {
	list := []*Scenario{nil}
	for i := range s.q.Scenarios {
		list = append(list, &s.q.Scenarios[i])
	}
	return list
}

// dates finds for each scenario the first quarter from which what is asked stays firm.
func (s *study) dates(quarters []quarter) ([]FirmFrom, error) {
	var list []FirmFrom
	for _, scenario := range s.scenarios() {
		f := FirmFrom{}
		if scenario != nil {
			f.Scenario = scenario.Name
		}
		for _, q := range slices.Backward(quarters) {
			c, err := s.capacity(s.networkAt(scenario, q.from, q.to))
			if err != nil {
				return nil, err
			}
			if !c.holds(s.q.Power) {
				break
			}
			f.From = &q.from
		}
		list = append(list, f)
	}
	return list, nil
}

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
		return !contains(s.m.paths[s.m.index[c.Node]], s.path[k]) || c.Power <= 0
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
