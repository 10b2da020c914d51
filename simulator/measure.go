package simulator

import (
	"math"

	"asue/metering"
)

// Measure is what a meter without error shows at a point at one instant. It is
// at the primary side, in base units.
type Measure struct {
	// Live is false at a point without voltage: the registers stand and are
	// shown (a meter has auxiliary supply), voltage, current and power are 0, and
	// frequency, power factor and distortion do not exist.
	Live      bool
	P, Q, S   float64    // W, var, VA: all phases
	Phase     [3]float64 // share of each phase in P and Q, summing to 1
	U         [3]float64 // V, phase to neutral
	I         [3]float64 // A
	Frequency float64    // Hz
	THDU      float64    // %, of the voltage
	THDI      float64    // %, of the current
	// Registers, in thousandths of Wh, varh and VAh.
	Active, Reactive, Apparent int64
	// Medium is set at a point of gas or water, where Volume, in thousandths of L,
	// is the only thing that there is.
	Medium metering.Medium
	Volume int64
}

// Value is the reading of a quantity: milli is set for counters, value for all
// others. ok is false when there is nothing to be shown: an unknown quantity, or
// one that does not exist at a point that is dead or carries nothing.
func (m *Measure) Value(q metering.Quantity) (value float64, milli int64, ok bool) {
	if m.Medium != "" {
		c, feeds := metering.ChannelOf(q)
		return 0, m.Volume, feeds && c.Medium() == m.Medium
	}
	switch q {
	case metering.ActiveImport:
		return 0, m.Active, true
	case metering.ReactiveImport:
		return 0, m.Reactive, true
	case metering.ApparentImport:
		return 0, m.Apparent, true
	case metering.ActiveExport, metering.ReactiveExport:
		return 0, 0, true // the simulated works send nothing back
	case metering.ActivePower:
		return m.P, 0, true
	case metering.ReactivePower:
		return m.Q, 0, true
	case metering.ApparentPower:
		return m.S, 0, true
	case metering.PowerFactor:
		return m.factor()
	case metering.Frequency:
		return m.Frequency, 0, m.Live
	case metering.VoltageLN:
		return mean(m.U), 0, true
	case metering.VoltageLL:
		return mean([3]float64{m.between(0), m.between(1), m.between(2)}), 0, true
	case metering.Current:
		return mean(m.I), 0, true
	case metering.CurrentN:
		return m.neutral(), 0, true
	}
	return m.phaseValue(q)
}

// phaseValue is Value for the quantities that exist three times.
func (m *Measure) phaseValue(q metering.Quantity) (value float64, milli int64, ok bool) {
	of := func(first metering.Quantity) (int, bool) {
		return int(q) - int(first), q >= first && q < first+3
	}
	if x, ok := of(metering.VoltageA); ok {
		return m.U[x], 0, true
	}
	if x, ok := of(metering.VoltageAB); ok {
		return m.between(x), 0, true
	}
	if x, ok := of(metering.CurrentA); ok {
		return m.I[x], 0, true
	}
	if x, ok := of(metering.ActivePowerA); ok {
		return m.P * m.Phase[x], 0, true
	}
	if x, ok := of(metering.ReactivePowerA); ok {
		return m.Q * m.Phase[x], 0, true
	}
	if x, ok := of(metering.ApparentPowerA); ok {
		return m.S * m.Phase[x], 0, true
	}
	if _, ok := of(metering.PowerFactorA); ok {
		return m.factor()
	}
	if _, ok := of(metering.THDVoltageA); ok {
		return m.THDU, 0, m.Live
	}
	if _, ok := of(metering.THDCurrentA); ok {
		return m.THDI, 0, m.Live && m.S > 0
	}
	return 0, 0, false
}

func (m *Measure) factor() (float64, int64, bool) {
	if m.S == 0 {
		return 0, 0, false
	}
	return m.P / m.S, 0, true
}

// between is the voltage from phase x to the next one, the phases being 120°
// apart.
func (m *Measure) between(x int) float64 {
	a, b := m.U[x], m.U[(x+1)%3]
	return math.Sqrt(a*a + b*b + a*b)
}

// neutral is the current that three phases 120° apart leave over.
func (m *Measure) neutral() float64 {
	a, b, c := m.I[0], m.I[1], m.I[2]
	return math.Sqrt(max(0, a*a+b*b+c*c-a*b-b*c-c*a))
}

func mean(x [3]float64) float64 { return (x[0] + x[1] + x[2]) / 3 }

// measure looks at a flow; pu are the voltages at the beginning and at the end of
// its node.
func (w *World) measure(f *flow, pu voltage) Measure {
	n := f.at
	m := Measure{Live: n.live, Active: f.active.milli, Reactive: f.reactive.milli, Apparent: f.apparent.milli}
	for x := range m.Phase {
		m.Phase[x] = 1./3 + f.unequal[x]
	}
	if !n.live {
		return m
	}
	m.P, m.Q = float64(f.p+f.rp)/1000, float64(f.q+f.rq)/1000
	m.S = math.Hypot(m.P, m.Q)
	second := floorDiv(w.now, 1e9)
	m.Frequency = 50 + 0.014*w.grid.drift(w.now, 1e9*600) + 0.005*w.grid.swing(second)
	m.THDU = 1.6 + 0.4*n.dice.drift(w.now, 1e9*1800)
	m.THDI = f.thd * (1 + 0.1*n.dice.drift(w.now, 1e9*700))
	u := pu.end
	if f.sending {
		u = pu.begin
	}
	for x := range m.U {
		m.U[x] = u * n.volts / math.Sqrt(3) * (1 + 0.0015*w.grid.swing(int64(-8-x)))
		if m.U[x] > 0 {
			m.I[x] = m.S * m.Phase[x] / m.U[x]
		}
	}
	return m
}

// voltage of a node in parts of its nominal voltage.
type voltage struct{ begin, end float64 }

// voltages are plausible, not solved: where the network is described, what feeds the
// line holds its voltage, lines and windings drop (P·R + Q·X)/U and tap changers step;
// else the supply holds 4.5 % above nominal and
// wanders a little, lines drop (P·R + Q·X)/U², and a tap changer keeps the side
// behind a transformer near 3 % above nominal, a quarter of the transformer's own
// drop being left over.
func (w *World) voltages() []voltage {
	nodes, up := w.net.nodes, w.net.upwards
	pu := make([]voltage, len(nodes))
	second := floorDiv(w.now, 1e9)
	for k := len(up) - 1; k >= 0; k-- {
		n := &nodes[up[k]]
		v := &pu[up[k]]
		if !n.live {
			continue
		}
		if n.parent >= 0 {
			v.begin = pu[n.parent].end
			if up := &nodes[n.parent]; up.star != nil && n.VoltageKV > 0 {
				mv, lv := up.star.volts(nodes, up.index, pu[n.parent].end*up.volts/1000)
				if v.begin = lv / n.VoltageKV; up.star.bus[1] == n.index {
					v.begin = mv / n.VoltageKV
				}
			}
		} else {
			v.begin = 1.045 + 0.004*w.grid.drift(w.now, 1e9*2400) + 0.0006*w.grid.swing(second)
			if n.feedKV > 0 && n.VoltageKV > 0 {
				v.begin += n.feedKV/n.VoltageKV - 1.045
			}
		}
		p, q := float64(n.p+n.rp)/1000, float64(n.q+n.rq)/1000
		v.end = v.begin
		if n.volts > 0 {
			v.end -= (p*n.ohm + q*n.xOhm) / (n.volts * n.volts)
		}
		if tr := n.Transformer; n.star == nil && tr != nil && tr.RatedVA > 0 {
			drop := (p*tr.LoadLossW/tr.RatedVA + q*shortCircuit) / tr.RatedVA
			v.end = 1.03 - drop/4 + 0.006*n.dice.drift(w.now, 1e9*1500) + 0.0006*n.dice.swing(second)
		}
	}
	return pu
}
