package estimate

import (
	"math"
	"slices"

	"asue/metering"
)

// saying is one measured flow: the two equations of it, and who says it.
type saying struct {
	points []metering.PointID
	place  int // index of the place; −1 for feeders
	leaf   int // −1 for places
	flow   complex128
	sigma  float64
	behind map[spot]bool // of places
	sign   float64
	of     []int
	pseudo bool
	// aside: this meter contradicts all others and was left out, of P and of Q.
	aside [2]bool
}

// sums are the loads of the feeders, and what the meters say of them.
type sums struct {
	sayings []saying
	flow    []complex128  // of each feeder
	sigma   []float64     // of its active power
	answers [2]solution   // of P and of Q
	tied    map[int][]int // sayings that the one left out cannot be told apart from
}

// gather lists what is measured now. It does not depend on the model.
func (e *Estimator) gather(v *view) []saying {
	g := e.grid
	var list []saying
	v.gaps = v.gaps[:0]
	for i, l := range g.leaves {
		node, _ := g.site.Topology.Node(l.node)
		ways := g.ways(v, node)
		for _, w := range ways {
			list = append(list, saying{points: w.points, place: -1, leaf: i, flow: w.flow, sigma: w.sigma, sign: 1, of: []int{i}})
		}
		if len(ways) > 0 {
			list = append(list, saying{place: -1, leaf: i, sigma: weakest, sign: 1, of: []int{i}, pseudo: true})
			continue
		}
		flow, sigma, how := g.guess(v, i, e.expect)
		v.gaps = append(v.gaps, how)
		list = append(list, saying{place: -1, leaf: i, flow: flow, sigma: sigma, sign: 1, of: []int{i}, pseudo: true})
	}
	edges, roots := g.edges(e.setting), g.roots(e.setting)
	for k, p := range g.places {
		s, ok := g.measured(v, p.point)
		if !ok {
			continue
		}
		set, into := g.behind(edges, roots, p)
		if set == nil || !into {
			continue // a loop, out of service, or the other way round: not every meter shows that with a sign
		}
		one := saying{points: s.points, place: k, leaf: -1, flow: s.flow, sigma: s.sigma, behind: set, sign: 1}
		for i, l := range g.leaves {
			if set[busSpot(l.bus)] {
				one.of = append(one.of, i)
			}
		}
		if len(one.of) > 0 {
			list = append(list, one)
		}
	}
	return list
}

// weakest is the deviation of a guess that says nothing, MW: it keeps a feeder solvable
// whose only meter has been left out.
const weakest = 1000

// How a wrong meter is told: its normalised residual is beyond that of 1 in 16,000 if
// all errors are what the classes permit. Residuals that differ by less than tieWithin
// cannot be told apart at one moment.
const (
	wrongFrom = 4.0
	tieWithin = 0.03
	mostWrong = 8
)

// solve finds the loads of the feeders by what is said.
func (e *Estimator) solve(said []saying) sums {
	s := sums{sayings: slices.Clone(said), tied: map[int][]int{}}
	n := len(e.grid.leaves)
	s.flow, s.sigma = make([]complex128, n), make([]float64, n)
	if n == 0 {
		return s
	}
	for part := range 2 {
		s.answers[part] = e.settle(&s, part, n)
	}
	for i := range n {
		s.flow[i] = complex(s.answers[0].x[i], s.answers[1].x[i])
		s.sigma[i] = sqrt(s.answers[0].variance[i])
	}
	return s
}

// settle solves for P (part 0) or Q (part 1), leaving out one meter after the other
// until the rest agrees. What was left out of P counts in Q neither.
func (e *Estimator) settle(s *sums, part, n int) solution {
	list := make([]equation, len(s.sayings))
	for i := range s.sayings {
		y := &s.sayings[i]
		flow := y.flow
		if y.place >= 0 {
			flow -= e.grid.behindLosses(e.lost, y.behind)
		}
		value := real(flow)
		if part == 1 {
			value = imag(flow)
			y.aside[1] = y.aside[0]
		}
		list[i] = equation{of: y.of, sign: y.sign, value: value, sigma: y.sigma, pseudo: y.pseudo, out: y.aside[part]}
	}
	answer := leastSquares(n, list)
	for range mostWrong {
		worst, tied := worstOf(list, answer)
		if worst < 0 {
			break
		}
		if len(tied) > 1 {
			worst = e.likeliest(s, part, tied, answer)
		}
		s.sayings[worst].aside[part], list[worst].out = true, true
		if part == 0 || !slices.Contains(s.tied[worst], worst) {
			s.tied[worst] = tied
		}
		answer = leastSquares(n, list)
	}
	return answer
}

// worstOf is the equation whose residual is the greatest for what it should be, and all
// that come near it; −1 if none is beyond what errors explain.
func worstOf(list []equation, s solution) (worst int, tied []int) {
	worst = -1
	normal := func(i int) float64 {
		if list[i].out || list[i].pseudo || s.deviation[i] == 0 {
			return 0
		}
		return math.Abs(s.residual[i]) / s.deviation[i]
	}
	greatest := wrongFrom
	for i := range list {
		if r := normal(i); r > greatest {
			worst, greatest = i, r
		}
	}
	if worst < 0 {
		return -1, nil
	}
	for i := range list {
		if normal(i) >= greatest*(1-tieWithin) {
			tied = append(tied, i)
		}
	}
	return worst, tied
}
