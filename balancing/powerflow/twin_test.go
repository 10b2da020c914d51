package powerflow_test

import (
	"math"
	"math/cmplx"

	"asue/balancing/powerflow"
)

// twin solves meshed networks the dumb way. There is no matrix of admittances, no
// polar form, no derivative by formula and no order of elimination: what is out of
// balance at a bus is summed from what every branch takes there, by Ohm's law at
// the branch itself; the Jacobian comes from differences, and Gauss solves it. All
// islands are one system. It knows neither switches nor lines open at one end.
type twin struct {
	n     powerflow.Network
	index map[string]int
	live  []bool
	kind  []powerflow.Kind
	set   []float64       // pu, where a voltage is held
	fixed map[int]float64 // Mvar of buses that stand at a reactive limit
	v     []complex128
}

// newTwin starts every bus at 1 pu, or what is held there, and at its StartDeg.
func newTwin(n powerflow.Network) *twin {
	w := &twin{n: n, index: map[string]int{}, live: make([]bool, len(n.Buses)), kind: make([]powerflow.Kind, len(n.Buses)),
		set: make([]float64, len(n.Buses)), fixed: map[int]float64{}, v: make([]complex128, len(n.Buses))}
	for i, b := range n.Buses {
		w.index[b.ID], w.set[i] = i, 1
	}
	for _, g := range n.Generators {
		if i := w.index[g.Bus]; !g.Out && n.Buses[i].Kind != powerflow.PQ {
			w.kind[i], w.set[i] = n.Buses[i].Kind, g.PU
			w.live[i] = w.kind[i] == powerflow.Slack
		}
	}
	for range n.Buses { // as often as the longest way has branches
		for _, b := range n.Branches {
			if from, to := w.index[b.From], w.index[b.To]; !b.Out && (w.live[from] || w.live[to]) {
				w.live[from], w.live[to] = true, true
			}
		}
	}
	w.flat()
	return w
}

func (w *twin) flat() {
	for i, b := range w.n.Buses {
		w.v[i] = cmplx.Rect(w.set[i], b.StartDeg*math.Pi/180)
	}
}

// flow is what a branch takes at its ends, pu.
func (w *twin) flow(b powerflow.Branch) (from, to complex128) {
	if b.Out || !w.live[w.index[b.From]] {
		return 0, 0
	}
	t := cmplx.Rect(b.Ratio, b.ShiftDeg*math.Pi/180)
	behind, far := w.v[w.index[b.From]]/t, w.v[w.index[b.To]] // behind the ideal transformer
	through := (behind - far) / complex(b.R, b.X)
	half := complex(0, b.B/2)
	inside := through + half*behind + complex(b.MagG, b.MagB)*behind
	return behind * cmplx.Conj(inside), far * cmplx.Conj(half*far-through)
}

// drawn is what branches, load and shunt take at every bus, pu.
func (w *twin) drawn() []complex128 {
	s := make([]complex128, len(w.v))
	for i, b := range w.n.Buses {
		vv := real(w.v[i])*real(w.v[i]) + imag(w.v[i])*imag(w.v[i])
		s[i] = complex(b.LoadMW+b.ShuntMW*vv, b.LoadMvar-b.ShuntMvar*vv) / complex(w.n.BaseMVA, 0)
	}
	for _, b := range w.n.Branches {
		from, to := w.flow(b)
		s[w.index[b.From]] += from
		s[w.index[b.To]] += to
	}
	return s
}

// missing are two equations for each bus that is to be found: active power, and
// reactive power or the square of the voltage held. All are of second degree.
func (w *twin) missing(at []int) []float64 {
	drawn := w.drawn()
	given := make([]complex128, len(w.v))
	for _, g := range w.n.Generators {
		if i := w.index[g.Bus]; !g.Out {
			given[i] += complex(g.MW, 0)
			if w.kind[i] == powerflow.PQ {
				given[i] += complex(0, g.Mvar)
			}
		}
	}
	r := make([]float64, 0, 2*len(at))
	for _, i := range at {
		mvar, fixed := w.fixed[i]
		d := (given[i]+complex(0, mvar))/complex(w.n.BaseMVA, 0) - drawn[i]
		second := imag(d)
		if w.kind[i] == powerflow.PV && !fixed {
			second = w.set[i]*w.set[i] - real(w.v[i])*real(w.v[i]) - imag(w.v[i])*imag(w.v[i])
		}
		r = append(r, real(d), second)
	}
	return r
}

// solve goes on from where v stands.
func (w *twin) solve() bool {
	var at []int
	for i := range w.v {
		if w.live[i] && w.kind[i] != powerflow.Slack {
			at = append(at, i)
		}
	}
	best := math.Inf(1)
	for range 60 {
		r := w.missing(at)
		now := greatest(r)
		if now < 1e-13 || now < 1e-10 && now >= best {
			return true
		}
		if math.IsNaN(now) || now > 1e9 {
			return false
		}
		best = math.Min(best, now)
		// Equations of second degree: central differences are exact, however wide.
		m := make([][]float64, len(r))
		for k := range m {
			m[k] = make([]float64, len(r)+1)
			m[k][len(r)] = -r[k]
		}
		for c := range r {
			i, way := at[c/2], complex128(0.5)
			if c%2 == 1 {
				way = 0.5i
			}
			here := w.v[i]
			w.v[i] = here + way
			more := w.missing(at)
			w.v[i] = here - way
			less := w.missing(at)
			w.v[i] = here
			for k := range m {
				m[k][c] = more[k] - less[k]
			}
		}
		step, ok := gauss(m)
		if !ok {
			return false
		}
		for k, i := range at {
			w.v[i] += complex(step[2*k], step[2*k+1])
		}
	}
	return false
}

func greatest(r []float64) (most float64) {
	for _, v := range r {
		if !(math.Abs(v) <= most) {
			most = math.Abs(v)
		}
	}
	return most
}

// gauss solves m, whose last column is the right-hand side.
func gauss(m [][]float64) ([]float64, bool) {
	n := len(m)
	for c := range n {
		pivot := c
		for r := c; r < n; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[pivot][c]) {
				pivot = r
			}
		}
		m[c], m[pivot] = m[pivot], m[c]
		if math.Abs(m[c][c]) < 1e-12 {
			return nil, false
		}
		for r := range n {
			if part := m[r][c] / m[c][c]; r != c && part != 0 {
				for k := c; k <= n; k++ {
					m[r][k] -= part * m[c][k]
				}
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = m[i][n] / m[i][i]
	}
	return x, true
}

// solveLimited converts the bus that is furthest outside its reactive limits, solves
// anew from the start, and so on; then it lets the one take its voltage back that is
// most relieved by it, twice at most for each. It tells how many steps it took.
func (w *twin) solveLimited() (steps int, ok bool) {
	const beyond = 1e-7 // pu that still count as at the limit
	returned, low := map[int]int{}, map[int]bool{}
	for ; steps < 200; steps++ {
		w.flat()
		if !w.solve() {
			return steps, false
		}
		change, worst, to := -1, beyond, 0.0
		for i := range w.v {
			if least, most, holds := w.limits(i); holds {
				q := w.mvar(i)
				if _, fixed := w.fixed[i]; fixed {
					continue
				}
				if over := (q - most) / w.n.BaseMVA; over > worst {
					change, worst, to, low[i] = i, over, most, false
				}
				if under := (least - q) / w.n.BaseMVA; under > worst {
					change, worst, to, low[i] = i, under, least, true
				}
			}
		}
		if change >= 0 {
			w.fixed[change] = to
			continue
		}
		for i := range w.fixed {
			high := cmplx.Abs(w.v[i]) - w.set[i]
			if low[i] {
				high = -high // one that takes in all it can is relieved where the voltage is too low
			}
			if high > worst && returned[i] < 2 {
				change, worst = i, high
			}
		}
		if change < 0 {
			return steps, true
		}
		delete(w.fixed, change)
		returned[change]++
	}
	return steps, false
}

// limits of a bus whose voltage is held, Mvar.
func (w *twin) limits(i int) (least, most float64, holds bool) {
	for _, g := range w.n.Generators {
		if w.index[g.Bus] == i && !g.Out {
			least, most = least+g.MinMvar, most+g.MaxMvar
		}
	}
	return least, most, w.live[i] && w.kind[i] == powerflow.PV
}

// mvar is what the generators of a bus give together.
func (w *twin) mvar(i int) float64 { return imag(w.drawn()[i]) * w.n.BaseMVA }

func (w *twin) mw(i int) float64 { return real(w.drawn()[i]) * w.n.BaseMVA }
