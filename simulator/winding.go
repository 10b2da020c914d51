package simulator

import (
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// windings are a transformer of three windings by its passport: a star of three
// impedances as seen from the high-voltage side, and a tap changer that steps towards
// what it holds. It is figured here and not in the network model, which is tested
// against it.
type windings struct {
	metering.ThreeWinding
	bus      [3]int     // nodes
	ohm, x   [3]float64 // Ω at the rated voltage of HV
	idle     float64    // var, without load
	position int
}

// addImpedances takes lines and transformers over from the description of a network,
// in place of the usual figures.
func (n *network) addImpedances(site *metering.Site, at time.Time, index map[metering.NodeID]int) {
	for _, l := range site.Network.Lines {
		i, ok := index[l.From]
		if l = l.Filled(); !ok || !l.Holds(at) {
			continue
		}
		from := &n.nodes[i]
		if l.OhmPerKM > 0 {
			from.ohm = l.OhmPerKM * l.LengthKM
		}
		if l.ReactPerKM > 0 {
			from.xOhm = l.ReactPerKM * l.LengthKM
		}
	}
	for _, f := range site.Network.Feeds {
		for i := range n.nodes {
			if src := n.nodes[i].source; src != nil && src.ID == f.Source && f.Holds(at) {
				n.nodes[i].feedKV = f.KV
			}
		}
	}
	for _, t := range site.Network.Transformers {
		if i, ok := index[t.Node]; ok && t.Holds(at) {
			n.nodes[i].star = newWindings(t, index)
		}
	}
}

// newWindings makes a star of a passport: X of the short-circuit voltages, R of half
// the short-circuit loss for each ray, more for a smaller winding (ГОСТ 11677 states
// the loss for windings of equal power).
func newWindings(t metering.ThreeWinding, index map[metering.NodeID]int) *windings {
	s := &windings{ThreeWinding: t, position: t.Tap.Position}
	for k, id := range t.Bus {
		s.bus[k] = -1
		if i, ok := index[id]; ok {
			s.bus[k] = i
		}
	}
	uk := t.Uk // HV–MV, HV–LV, MV–LV, all on the power of HV
	if !t.UkOnHV {
		for k, pair := range [3][2]int{{0, 1}, {0, 2}, {1, 2}} {
			uk[k] *= t.MVA[0] / math.Min(t.MVA[pair[0]], t.MVA[pair[1]])
		}
	}
	base := t.KV[0] * t.KV[0] / t.MVA[0]
	for k, u := range [3]float64{(uk[0] + uk[1] - uk[2]) / 2, (uk[0] + uk[2] - uk[1]) / 2, (uk[1] + uk[2] - uk[0]) / 2} {
		s.x[k] = u / 100 * base
		s.ohm[k] = t.PkKW / 2000 * base / t.MVA[0] * t.MVA[0] / t.MVA[k]
	}
	all := t.IxPct / 100 * t.MVA[0] * 1e6
	s.idle = math.Sqrt(math.Max(0, all*all-t.PxKW*t.PxKW*1e6))
	return s
}

// loads are what flows through MV and LV, in W and var, and through HV behind the
// iron, the sum of both.
func (s *windings) loads(nodes []node, at int) (p, q [3]float64) {
	for k := 1; k < 3; k++ {
		if i := s.bus[k]; i >= 0 && nodes[i].parent == at {
			p[k], q[k] = float64(nodes[i].p)/1000, float64(nodes[i].q)/1000
		}
	}
	p[0], q[0] = p[1]+p[2], q[1]+q[2]
	return p, q
}

// lost are the losses in W and var at the rated voltage.
func (s *windings) lost(nodes []node, at int) (p, q float64) {
	p, q = s.PxKW*1000, s.idle
	lp, lq := s.loads(nodes, at)
	for k := range lp {
		squared := (lp[k]*lp[k] + lq[k]*lq[k]) / (s.KV[0] * s.KV[0] * 1e6)
		p += s.ohm[k] * squared
		q += s.x[k] * squared
	}
	return p, q
}

// volts are the voltages of MV and LV in kV with so many kV at HV. A step of the tap
// changer is more turns of HV.
func (s *windings) volts(nodes []node, at int, kv float64) (mv, lv float64) {
	p, q := s.loads(nodes, at)
	drop := func(u float64, k int) float64 { return u - (p[k]*s.ohm[k]+q[k]*s.x[k])/1e6/u }
	star := drop(kv/(1+float64(s.position)*s.Tap.StepPct/100), 0)
	return drop(star, 1) * s.KV[1] / s.KV[0], drop(star, 2) * s.KV[2] / s.KV[0]
}

// tap moves the changers by a step at most, once in a slot, where what they hold has
// left its band. It reports whether one has moved.
func (w *World) tap() (moved bool) {
	pu := w.voltages()
	for i := range w.net.nodes {
		s := w.net.nodes[i].star
		if s == nil || !w.net.nodes[i].live || s.Tap.StepPct <= 0 || s.Tap.Blocked || s.Tap.TargetKV <= 0 {
			continue
		}
		mv, lv := s.volts(w.net.nodes, i, pu[i].end*w.net.nodes[i].volts/1000)
		held := lv
		if s.Tap.Holds == 1 {
			held = mv
		}
		switch off := 100 * (held/s.Tap.TargetKV - 1); {
		case off > s.Tap.BandPct && s.position < s.Tap.Max:
			s.position++
			moved = true
		case off < -s.Tap.BandPct && s.position > s.Tap.Min:
			s.position--
			moved = true
		}
	}
	return moved
}

// settle brings the changers to where they stand when the world begins.
func (w *World) settle() {
	for range 40 {
		if !w.tap() {
			return
		}
	}
}

// lostTransformer reports whether a scenario has taken the transformer of a node out.
func (w *World) lostTransformer(i int) bool {
	a, going := w.going(TransformerLost)
	return going && a.Target == string(w.net.nodes[i].ID)
}

// aimAtTransformer checks the transformer of a scenario, or takes the last one of the
// highest voltage.
func (w *World) aimAtTransformer(e *Event) error {
	last := -1
	for i := range w.net.nodes {
		n := &w.net.nodes[i]
		if n.Kind != metering.NodeTransformer || e.Target != "" && e.Target != string(n.ID) {
			continue
		}
		if last < 0 || n.VoltageKV >= w.net.nodes[last].VoltageKV {
			last = i
		}
	}
	if last < 0 {
		return fmt.Errorf("scenario %s: the site has no transformer %q", e.Scenario, e.Target)
	}
	e.Target = string(w.net.nodes[last].ID)
	return nil
}
