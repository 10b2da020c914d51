package hosting

import (
	"encoding/hex"
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
	a.Path = s.rooms(now)
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

// dates finds for each scenario how much can connect in each quarter, and the first one
// from which what is asked stays firm.
func (s *study) dates(quarters []quarter) ([]FirmFrom, error) {
	var list []FirmFrom
	for _, scenario := range s.scenarios() {
		f := FirmFrom{}
		if scenario != nil {
			f.Scenario = scenario.Name
		}
		for _, q := range quarters {
			c, err := s.capacity(s.networkAt(scenario, q.from, q.to))
			if err != nil {
				return nil, err
			}
			f.Quarters = append(f.Quarters, Quarter{q.from, c.power, c.unlimited})
			switch {
			case !c.holds(s.q.Power):
				f.From = nil
			case f.From == nil:
				f.From = &q.from
			}
		}
		list = append(list, f)
	}
	return list, nil
}

// rooms are what the nodes of the path have left.
func (s *study) rooms(n network) (list []Room) {
	for k, limit := range n.limits {
		if math.IsInf(limit, 1) {
			continue
		}
		r := Room{Node: s.id(k), Limit: kilowatts(limit), Firm: kilowatts(s.firmAt(k))}
		if limit > 0 {
			r.Ratio = s.firmAt(k) / limit
		}
		if len(s.m.season) > 0 {
			var all []float64
			buf := make([]float32, s.m.perWeek)
			for w := range s.m.season {
				for _, p := range s.demandAt(n, k, 0).at(s.m, w, 1, buf) {
					all = append(all, float64(p))
				}
			}
			q99 := quantile(all, 0.99)
			r.Q99, r.Headroom = kilowatts(q99), kilowatts(max(0, limit-q99))
		}
		list = append(list, r)
	}
	return list
}
