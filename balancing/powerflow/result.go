package powerflow

import (
	"math"
	"math/cmplx"
)

// Result is what flows. Lists are in the order of the network's.
type Result struct {
	Iterations int // of Newton's method, all islands and attempts together
	Buses      []BusState
	Generators []GeneratorState
	Branches   []Flow
	Islands    []Island
	Positions  []int // of the regulators

	SourceMW, SourceMvar         float64 // of all slacks
	GenerationMW, GenerationMvar float64 // of all generators, slacks too
	LoadMW, LoadMvar             float64 // of live buses
	ShuntMW, ShuntMvar           float64 // drawn by shunts
	LossMW, LossMvar             float64 // of branches, charging counted as negative Mvar
	UnservedMW                   float64 // load of dead buses
	// ImbalanceMVA is what generation leaves over after loads, shunts and losses,
	// which were summed from the branches' two ends: the check of the whole.
	ImbalanceMVA float64
}

// BusState is the voltage of a bus. A dead bus has none.
type BusState struct {
	ID      string
	Live    bool
	PU, Deg float64
	KV      float64 // 0 if the base voltage is not known
	Island  int     // index in Islands
}

// GeneratorState is what a generator feeds in.
type GeneratorState struct {
	MW, Mvar float64
	AtLimit  bool // its bus no longer holds its voltage
}

// Flow is what enters a branch at its ends.
type Flow struct {
	Live             bool // connected to something alive at one end at least
	FromMW, FromMvar float64
	ToMW, ToMvar     float64
	FromA, ToA       float64 // 0 if the base voltage is not known
	LossMW, LossMvar float64
	// LoadingPercent is the worst of both ends by permissible current, else by
	// RateMVA; HasRating says whether there is either.
	LoadingPercent float64
	HasRating      bool
}

// Island is a part of the network that hangs together.
type Island struct {
	Live   bool
	Buses  int
	Slacks []string
	// AnglesAssumed: several sources feed it, and what they share depends on the
	// difference of their angles, which was taken as given.
	AnglesAssumed bool
	LoadMW        float64
}

// Result tells the last solution; it is of no use unless Solve has succeeded.
func (s *Solver) Result() Result {
	r := Result{Iterations: s.lastIter, Positions: append([]int(nil), s.taps...)}
	s.tellBuses(&r)
	s.tellGenerators(&r)
	for i := range s.net.Branches {
		f := s.flow(i)
		r.LossMW += f.LossMW
		r.LossMvar += f.LossMvar
		r.Branches = append(r.Branches, f)
	}
	r.ImbalanceMVA = math.Hypot(r.GenerationMW-r.LoadMW-r.ShuntMW-r.LossMW, r.GenerationMvar-r.LoadMvar-r.ShuntMvar-r.LossMvar)
	return r
}

func (s *Solver) tellBuses(r *Result) {
	t := s.top
	r.Islands = make([]Island, len(t.members))
	for i, live := range t.live {
		r.Islands[i].Live = live
		r.Islands[i].AnglesAssumed = len(t.slacks[i]) > 1
	}
	for i, b := range s.net.Buses {
		k, island := s.position(i), t.island[t.node[i]]
		state := BusState{ID: b.ID, Island: island}
		at := &r.Islands[island]
		at.Buses++
		at.LoadMW += b.LoadMW
		if t.kind[t.node[i]] == Slack && t.set[t.node[i]].by == i && at.Live {
			at.Slacks = append(at.Slacks, b.ID)
		}
		if k < 0 {
			r.UnservedMW += b.LoadMW
			r.Buses = append(r.Buses, state)
			continue
		}
		vv := s.v[k] * s.v[k]
		r.LoadMW += b.LoadMW
		r.LoadMvar += b.LoadMvar
		r.ShuntMW += b.ShuntMW * vv
		r.ShuntMvar -= b.ShuntMvar * vv
		state.Live, state.PU, state.Deg, state.KV = true, s.v[k], s.ang[k]*180/math.Pi, s.v[k]*b.BaseKV
		r.Buses = append(r.Buses, state)
	}
}

// tellGenerators shares what a node gives among its generators: reactive power by
// the width of their ranges, active power of a slack to its first generator.
func (s *Solver) tellGenerators(r *Result) {
	restQ, restP, width, many := s.leftOver()
	firstAt := map[int]bool{}
	for _, g := range s.net.Generators {
		bus := s.byID[g.Bus]
		k := s.position(bus)
		if g.Out || k < 0 {
			r.Generators = append(r.Generators, GeneratorState{})
			continue
		}
		kind := s.top.kind[s.node[k]]
		state := GeneratorState{MW: g.MW, Mvar: g.Mvar}
		if holds := s.net.Buses[bus].Kind != PQ && kind != PQ; holds {
			part := 1 / float64(many[k])
			if w := g.MaxMvar - g.MinMvar; width[k] > 0 && !math.IsInf(width[k], 0) {
				part = w / width[k]
				state.Mvar = g.MinMvar + (restQ[k]-s.leastOf(k))*part
			} else {
				state.Mvar = restQ[k] * part
			}
			state.AtLimit = s.limits[k] != within
			if kind == Slack && !firstAt[k] {
				state.MW += restP[k]
				firstAt[k] = true
			}
			if kind == Slack {
				r.SourceMW += state.MW
				r.SourceMvar += state.Mvar
			}
		}
		r.GenerationMW += state.MW
		r.GenerationMvar += state.Mvar
		r.Generators = append(r.Generators, state)
	}
}

// leftOver is, by position, the Mvar and MW that the generators holding a node give
// beyond what is fixed, the width of their ranges in Mvar and their number.
func (s *Solver) leftOver() (mvar, mw, width []float64, many []int) {
	n := len(s.node)
	mvar, mw, width, many = make([]float64, n), make([]float64, n), make([]float64, n), make([]int, n)
	for k := range n {
		mvar[k] = (s.qCalc[k] - s.qSet[k]) * s.net.BaseMVA
		mw[k] = (s.pCalc[k] - s.pSet[k]) * s.net.BaseMVA
	}
	for _, q := range s.ranges {
		switch s.limits[q.at] {
		case atMin:
			mvar[q.at] = q.min * s.net.BaseMVA
		case atMax:
			mvar[q.at] = q.max * s.net.BaseMVA
		}
	}
	for _, g := range s.net.Generators {
		bus := s.byID[g.Bus]
		if k := s.position(bus); k >= 0 && !g.Out && s.net.Buses[bus].Kind != PQ {
			width[k] += g.MaxMvar - g.MinMvar
			many[k]++
		}
	}
	return mvar, mw, width, many
}

// leastOf is the sum of the least reactive powers of a node's generators, Mvar.
func (s *Solver) leastOf(k int) (sum float64) {
	for _, g := range s.net.Generators {
		bus := s.byID[g.Bus]
		if s.position(bus) == k && !g.Out && s.net.Buses[bus].Kind != PQ {
			sum += g.MinMvar
		}
	}
	return sum
}

// flow is what enters a branch at its ends.
func (s *Solver) flow(i int) Flow {
	b := &s.net.Branches[i]
	from, to := s.ends[i][2], s.ends[i][3]
	if from < 0 && to < 0 {
		return Flow{}
	}
	ff, ft, tf, tt := b.admittances()
	var vf, vt complex128
	switch {
	case to < 0:
		vf = complex(s.e[from], s.f[from])
		vt = -tf / tt * vf
	case from < 0:
		vt = complex(s.e[to], s.f[to])
		vf = -ft / ff * vt
	default:
		vf, vt = complex(s.e[from], s.f[from]), complex(s.e[to], s.f[to])
	}
	base := complex(s.net.BaseMVA, 0)
	sf, st := vf*cmplx.Conj(ff*vf+ft*vt)*base, vt*cmplx.Conj(tf*vf+tt*vt)*base
	if to < 0 {
		st = 0
	}
	if from < 0 {
		sf = 0
	}
	f := Flow{Live: true, FromMW: real(sf), FromMvar: imag(sf), ToMW: real(st), ToMvar: imag(st), LossMW: real(sf + st), LossMvar: imag(sf + st)}
	f.FromA = amperes(cmplx.Abs(sf), cmplx.Abs(vf)*s.net.Buses[s.byID[b.From]].BaseKV)
	f.ToA = amperes(cmplx.Abs(st), cmplx.Abs(vt)*s.net.Buses[s.byID[b.To]].BaseKV)
	f.LoadingPercent, f.HasRating = b.loading(f, math.Max(cmplx.Abs(sf), cmplx.Abs(st)))
	return f
}

func amperes(mva, kv float64) float64 {
	if kv == 0 {
		return 0
	}
	return mva / (math.Sqrt(3) * kv) * 1000
}

func (b *Branch) loading(f Flow, mva float64) (percent float64, rated bool) {
	if b.RateFromA > 0 {
		percent, rated = f.FromA/b.RateFromA*100, true
	}
	if b.RateToA > 0 {
		percent, rated = math.Max(percent, f.ToA/b.RateToA*100), true
	}
	if !rated && b.RateMVA > 0 {
		return mva / b.RateMVA * 100, true
	}
	return percent, rated
}
