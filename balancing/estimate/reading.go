package estimate

import (
	"math"
	"time"

	"asue/metering"
)

// value is a measured value and its time.
type value struct {
	v  float64
	at time.Time
}

// kept are the youngest usable values of a point's meter.
type kept struct {
	p, q value // MW, Mvar
	kv   value // phase to phase
	a    value // mean of the phases
}

// Hear takes a snapshot in, whenever it comes: what is older than what is known is
// passed over, and so are meters that stand nowhere and values that may not be used.
func (e *Estimator) Hear(s metering.Snapshot) {
	install, ok := e.cfg.Site.InstallOf(s.Meter, s.At)
	if !ok {
		return
	}
	if point, ok := e.cfg.Site.Point(install.Point); !ok || point.MediumOf() != metering.Electricity {
		return
	}
	k := e.meters[install.Point]
	if k == nil {
		k = &kept{}
		e.meters[install.Point] = k
	}
	take := func(into *value, v float64, ok bool) {
		if ok && math.Abs(v) <= beyond && !s.At.Before(into.at) {
			*into = value{v, s.At}
		}
	}
	usable := func(q metering.Quantity) (float64, bool) {
		r, ok := s.Find(q)
		return r.Value, ok && r.Usable()
	}
	p, ok := usable(metering.ActivePower)
	take(&k.p, p/1e6, ok)
	q, ok := usable(metering.ReactivePower)
	take(&k.q, q/1e6, ok)
	kv, ok := lineVoltage(usable)
	take(&k.kv, kv/1000, ok)
	a, ok := firstOrMean(usable, 1, metering.Current, metering.CurrentA, metering.CurrentB, metering.CurrentC)
	take(&k.a, a, ok)
}

// beyond is more than anything can be here, MW, Mvar, kV or A: a register that shows it
// is broken, and validation says so.
const beyond = 1e5

// lineVoltage is the voltage between phases, V: of lines, else of phases times √3.
func lineVoltage(usable func(metering.Quantity) (float64, bool)) (float64, bool) {
	if v, ok := firstOrMean(usable, 1, metering.VoltageLL, metering.VoltageAB, metering.VoltageBC, metering.VoltageCA); ok {
		return v, true
	}
	return firstOrMean(usable, math.Sqrt(3), metering.VoltageLN, metering.VoltageA, metering.VoltageB, metering.VoltageC)
}

// firstOrMean is the first quantity if there is one, else the mean of those others
// that there are.
func firstOrMean(usable func(metering.Quantity) (float64, bool), factor float64, first metering.Quantity, others ...metering.Quantity) (float64, bool) {
	if v, ok := usable(first); ok {
		return v * factor, true
	}
	sum, n := 0.0, 0.0
	for _, q := range others {
		if v, ok := usable(q); ok {
			sum, n = sum+v, n+1
		}
	}
	return sum / n * factor, n > 0
}

// view is what is known at the moment of a step.
type view struct {
	now      time.Time
	fresh    time.Duration
	keep     time.Duration
	meters   map[metering.PointID]*kept
	kv       map[metering.NodeID]float64 // measured voltages of buses, the middle of their meters
	alive    map[metering.NodeID]liveness
	switches []metering.SwitchState
	gaps     []gap // feeders that nobody meters now
}

func (e *Estimator) look(now time.Time) *view {
	v := &view{now: now, fresh: e.cfg.Fresh, keep: e.cfg.Keep, meters: e.meters, kv: map[metering.NodeID]float64{}, alive: map[metering.NodeID]liveness{}}
	e.grid.lookAtVoltages(v)
	return v
}

// of is what the meter of a point says now; false if it says nothing usable now.
func (v *view) of(p metering.PointID, what func(*kept) value) (float64, bool) {
	k := v.meters[p]
	if k == nil {
		return 0, false
	}
	got := what(k)
	return got.v, !got.at.IsZero() && v.now.Sub(got.at) <= v.fresh
}

// power is both powers of a point now. A meter without reactive power is taken to have
// the usual power factor.
func (v *view) power(p metering.PointID) (flow complex128, ok bool) {
	mw, ok := v.of(p, func(k *kept) value { return k.p })
	if !ok {
		return 0, false
	}
	mvar, ok := v.of(p, func(k *kept) value { return k.q })
	if !ok {
		mvar = mw * usualTan
	}
	return complex(mw, mvar), true
}

// usualTan is tan φ where nobody measures it: cos φ 0.9, the load plan's usual one.
const usualTan = 0.484

func (v *view) volts(p metering.PointID) (kv float64, ok bool) {
	return v.of(p, func(k *kept) value { return k.kv })
}

// last is the last power of a point that was usable, while it may still be taken.
func (v *view) last(p metering.PointID) (flow complex128, at time.Time, ok bool) {
	k := v.meters[p]
	if k == nil || k.p.at.IsZero() || v.now.Sub(k.p.at) > v.keep {
		return 0, time.Time{}, false
	}
	mvar := k.q.v
	if k.q.at.IsZero() {
		mvar = k.p.v * usualTan
	}
	return complex(k.p.v, mvar), k.p.at, true
}
