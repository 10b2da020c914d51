package simulator

import (
	"math"
	"time"

	"asue/metering"
)

// supply says which nodes have voltage and from where: by the switches where they are
// described, else what has lost its source hangs on another input, if one has voltage.
func (w *World) supply() {
	if w.net.gear != nil {
		w.switchOver()
	} else {
		w.rehang()
	}
	nodes := w.net.nodes
	for i := range nodes {
		nodes[i].open = false
	}
	for i := range w.outputs {
		if o := &w.outputs[i]; o.Kind == metering.ActuatorBreaker && !o.closed {
			nodes[o.node].open = true
		}
	}
	w.cut = false
	for i := range nodes {
		nodes[i].live = nodes[i].fed && !w.opened(i)
		w.cut = w.cut || nodes[i].fed != nodes[i].live
	}
}

// rehang hangs the nodes of a site whose switches are not described.
func (w *World) rehang() {
	nodes := w.net.nodes
	for i := range nodes {
		nodes[i].parent = nodes[i].normal
	}
	backup := -1
	for i := range nodes {
		if w.transferred() && nodes[i].Kind == metering.NodeInput && w.energised(i) {
			backup = i
			break
		}
	}
	for i := range nodes {
		up := nodes[i].normal
		if backup >= 0 && up >= 0 && nodes[up].Kind == metering.NodeInput && !w.energised(up) {
			nodes[i].parent = backup
		}
	}
	for i := range nodes {
		nodes[i].fed = w.energised(i)
	}
}

// energised follows the parents to a source that stands ready and has not tripped.
// A root that is no source of the site (a site file may begin at its input) has
// voltage. Breakers of feeders are not asked.
func (w *World) energised(i int) bool {
	nodes := w.net.nodes
	for nodes[i].parent >= 0 {
		if w.lostTransformer(i) {
			return false
		}
		i = nodes[i].parent
	}
	src := nodes[i].source
	return src == nil || w.ready(src) && !w.tripped(src.ID)
}

// opened reports whether an open breaker lies between a node and its source.
func (w *World) opened(i int) bool {
	nodes := w.net.nodes
	for ; i >= 0; i = nodes[i].parent {
		if nodes[i].open {
			return true
		}
	}
	return false
}

// draw finds what every load wants in the slot whose centre is m; what has a source
// draws it for now.
func (w *World) draw(m moment) {
	for i := range w.net.loads {
		l := &w.net.loads[i]
		share := l.shape(m, l.dice)
		share *= 1 + l.wander*(0.030*l.dice.drift(m.ns, 130*time.Minute)+
			0.015*l.dice.drift(m.ns, 7*time.Minute)+0.005*l.dice.swing(w.slot))
		watts := l.peak * clamp(share, 0, 1.03) * l.drawn(m)
		tan := l.tan * (1 + 0.04*l.dice.drift(m.ns+1, 50*time.Minute))
		l.wants, l.wantsQ = int64(watts*1000), int64(watts*tan*1000)
		if l.at.fed {
			l.set(l.wants, l.wantsQ)
		} else {
			l.set(0, 0)
		}
	}
}

func (f *flow) set(p, q int64) {
	f.p, f.q = p, q
	f.rp, f.rq = 0, 0
	if f.measured {
		f.s = int64(math.Sqrt(float64(p)*float64(p) + float64(q)*float64(q)))
	}
}

// phase says for what power flows: for what the loads want, with the breakers of all
// feeders closed, or for what is served.
type phase bool

const (
	wanted phase = false
	served phase = true
)

// flow sums the loads up the tree. The losses of lines are R·I² and X·I² and
// those of transformers no-load plus load loss times the square of the load
// (ΔP = P0 + Pk·β², ΔQ = Sn·(I0 + uk·β²)), all at nominal voltage.
func (w *World) flow(of phase) {
	nodes := w.net.nodes
	for i := range nodes {
		nodes[i].p, nodes[i].q = 0, 0
	}
	for i := range w.net.loads {
		l := &w.net.loads[i]
		l.at.p += l.p
		l.at.q += l.q
	}
	for _, i := range w.net.upwards {
		n := &nodes[i]
		n.loss, n.lossQ = 0, 0
		if of == served && n.live || of == wanted && n.fed {
			n.lose(nodes)
		}
		n.set(n.p+n.loss, n.q+n.lossQ)
		w.net.pass(i, func(f *flow) *int64 { return &f.p })
		w.net.pass(i, func(f *flow) *int64 { return &f.q })
	}
}

// A transformer whose windings are described loses by them.
func (n *node) lose(nodes []node) {
	p, q := float64(n.p)/1000, float64(n.q)/1000 // W, var
	square := p*p + q*q
	if n.ohm > 0 && n.volts > 0 {
		currents := square / (n.volts * n.volts) // 3·I², A²
		n.loss += int64(n.ohm * currents * 1000)
		n.lossQ += int64(n.xOhm * currents * 1000)
	}
	if n.star != nil {
		p, q := n.star.lost(nodes, n.index)
		n.loss += int64(p * 1000)
		n.lossQ += int64(q * 1000)
		return
	}
	if tr := n.Transformer; tr != nil && tr.RatedVA > 0 {
		beta2 := square / (tr.RatedVA * tr.RatedVA)
		n.loss += int64((tr.NoLoadW + tr.LoadLossW*beta2) * 1000)
		n.lossQ += int64(tr.RatedVA * (noLoadCurrent + shortCircuit*beta2) * 1000)
	}
}

// setRipple sets the deviation of every flow in one second of the slot. Second k
// and second 29-k of a slot have the same deviation with opposite signs.
func (w *World) setRipple(second int64) {
	if w.ripple == second {
		return
	}
	w.ripple = second
	nodes := w.net.nodes
	for i := range nodes {
		nodes[i].rp, nodes[i].rq = 0, 0
	}
	k := second - w.slotStart()/int64(time.Second)
	draw, sign := k, int64(1)
	if last := int64(Slot/time.Second) - 1; k > last/2 {
		draw, sign = last-k, -1
	}
	for i := range w.net.loads {
		l := &w.net.loads[i]
		if l.p == 0 {
			continue
		}
		size := l.dice.swing(w.slot*64 + draw)
		l.rp = sign * int64(size*float64(l.p)/100)
		l.rq = sign * int64(size*float64(l.q)/100)
		l.at.rp += l.rp
		l.at.rq += l.rq
	}
	for _, i := range w.net.upwards {
		w.net.pass(i, func(f *flow) *int64 { return &f.rp })
		w.net.pass(i, func(f *flow) *int64 { return &f.rq })
	}
}
