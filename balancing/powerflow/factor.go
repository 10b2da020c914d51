package powerflow

import "math"

// block is two by two: rows P and Q, columns angle and relative magnitude.
type block [4]float64

// factor eliminates in place. Afterwards the diagonal holds the inverses of the
// pivots, what is right of it U, and what is below it L, whose diagonal is one.
// It returns the pivot that is singular, or −1. Pivots are whole blocks in a fixed
// order; a pivot counts as singular if its determinant has lost all digits.
func (p *plan) factor(m []block, lo, hi int) int {
	target := p.target[p.firstUpdate(lo):]
	for k := lo; k < hi; k++ {
		d := m[k]
		det := d[0]*d[3] - d[1]*d[2]
		size := math.Abs(d[0]*d[3]) + math.Abs(d[1]*d[2])
		if !(math.Abs(det) > 1e-14*size) {
			return k
		}
		inv := 1 / det
		v := block{d[3] * inv, -d[1] * inv, -d[2] * inv, d[0] * inv}
		m[k] = v
		right := p.right[p.start[k]:p.start[k+1]]
		for _, b := range p.below[p.start[k]:p.start[k+1]] {
			l := &m[b]
			l0, l1 := l[0]*v[0]+l[1]*v[2], l[0]*v[1]+l[1]*v[3]
			l2, l3 := l[2]*v[0]+l[3]*v[2], l[2]*v[1]+l[3]*v[3]
			*l = block{l0, l1, l2, l3}
			for j, r := range right {
				u, t := &m[r], &m[target[j]]
				t[0] -= l0*u[0] + l1*u[2]
				t[1] -= l0*u[1] + l1*u[3]
				t[2] -= l2*u[0] + l3*u[2]
				t[3] -= l2*u[1] + l3*u[3]
			}
			target = target[len(right):]
		}
	}
	return -1
}

// firstUpdate is where the updates of pivot k begin in target.
func (p *plan) firstUpdate(k int) int {
	at := 0
	for i := range k {
		d := int(p.start[i+1] - p.start[i])
		at += d * d
	}
	return at
}

// solve replaces the right-hand side by the solution.
func (p *plan) solve(m []block, x [][2]float64, lo, hi int) {
	for k := lo; k < hi; k++ {
		x0, x1 := x[k][0], x[k][1]
		for e := p.start[k]; e < p.start[k+1]; e++ {
			l, y := &m[p.below[e]], &x[p.next[e]]
			y[0] -= l[0]*x0 + l[1]*x1
			y[1] -= l[2]*x0 + l[3]*x1
		}
	}
	for k := hi - 1; k >= lo; k-- {
		x0, x1 := x[k][0], x[k][1]
		for e := p.start[k]; e < p.start[k+1]; e++ {
			u, y := &m[p.right[e]], &x[p.next[e]]
			x0 -= u[0]*y[0] + u[1]*y[1]
			x1 -= u[2]*y[0] + u[3]*y[1]
		}
		v := &m[k]
		x[k] = [2]float64{v[0]*x0 + v[1]*x1, v[2]*x0 + v[3]*x1}
	}
}
