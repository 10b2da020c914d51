package simulator

import (
	"math"
	"time"

	"asue/metering"
)

// ActuatorView is an actuator at one instant: the truth, and what its device shows.
type ActuatorView struct {
	// Demand is what the load behind it would draw with nothing shed, Served what it
	// draws: of a set-point all its loads, of a relay its step, of a breaker all that
	// it feeds. Served may be above Demand while a load makes up for something.
	Demand, Served metering.Power
	// Position is that of the contacts that the load hangs on; unknown for a
	// set-point.
	Position metering.Position
	// Allowed is what a set-point's load keeps below now, on its way to the limit.
	Allowed metering.Power

	// What the device shows of a set-point.
	Limit, Fallback, InForce metering.Power
	Timeout                  time.Duration
	TimedOut, Fault          bool
	// Of a relay its coil and its aux contact, of a breaker two aux contacts, both
	// open while it moves.
	Coil, AuxClosed, AuxOpen bool
	// Of a breaker.
	SelectedOpen, SelectedClose, Moving, SpringCharged bool
	// Of all.
	Measured       metering.Power
	Local, Offline bool
}

// loadView is a load at one instant, in mW.
type loadView struct{ wants, p int64 }

// look adds the actuators and loads to a snapshot.
func (w *World) look(s *Snapshot) {
	s.wanted = w.wanted
	s.loads = make([]loadView, len(w.net.loads))
	for i := range w.net.loads {
		l := &w.net.loads[i]
		s.loads[i] = loadView{l.wants, l.p + l.rp}
	}
	s.outputs = make([]ActuatorView, len(w.outputs))
	for i := range w.outputs {
		s.outputs[i] = w.view(&w.outputs[i])
	}
}

// Actuator is Snapshot.Actuator for the present moment.
func (w *World) Actuator(id metering.ActuatorID) (ActuatorView, bool) {
	o, ok := w.output(id)
	if !ok {
		return ActuatorView{}, false
	}
	if !w.quiet() {
		w.setRipple(floorDiv(w.now, int64(time.Second)))
	}
	return w.view(o), true
}

func (w *World) view(o *output) ActuatorView {
	v := ActuatorView{
		Limit: o.limit, Fallback: o.fallback, InForce: o.force, Timeout: o.timeout, TimedOut: o.timedOut,
		Local: o.is(wayLocal), Offline: o.is(wayOffline),
	}
	wants, draws := int64(0), int64(0)
	for _, k := range o.loads {
		l := &w.net.loads[k]
		wants += l.wants
		draws += l.p + l.rp
	}
	switch o.Kind {
	case metering.ActuatorSetpoint:
		v.Allowed = watts(o.allows(w.now))
		v.Fault = o.is(wayStuck) && o.wanted() != o.force
	default:
		v.Position = metering.PositionOpen
		if o.closed {
			v.Position = metering.PositionClosed
		}
		v.Coil, v.AuxClosed, v.AuxOpen = o.coil, o.shown.closed, o.shown.open
		v.SelectedOpen, v.SelectedClose = o.selected == selectOpen, o.selected == selectClose
		v.Moving, v.SpringCharged = o.moving, o.charged == 0
	}
	if o.Kind == metering.ActuatorRelay {
		wants = int64(o.share * float64(wants))
		if draws = 0; o.closed {
			draws = w.stepDraws(o)
		}
	}
	if o.Kind == metering.ActuatorBreaker {
		n := &w.net.nodes[o.node]
		draws = n.p + n.rp
		if !n.live {
			draws = 0
		}
	}
	v.Demand, v.Served, v.Measured = watts(wants), watts(draws), watts(draws)
	return v
}

// stepDraws is what goes over a closed step in mW: its part of what its loads draw by
// the steps that are closed.
func (w *World) stepDraws(o *output) int64 {
	draws := 0.0
	for _, k := range o.loads {
		if l := &w.net.loads[k]; l.rest > 0 {
			draws += o.share / l.rest * float64(l.p+l.rp)
		}
	}
	return int64(draws)
}

// watts are whole watts of mW.
func watts(milli int64) metering.Power {
	return metering.Power(math.Round(float64(milli) / 1000))
}

// Actuator is what an actuator of the site does and shows; false for one that the
// site does not have.
func (s *Snapshot) Actuator(id metering.ActuatorID) (ActuatorView, bool) {
	i, ok := s.shared.outputs[id]
	if !ok {
		return ActuatorView{}, false
	}
	return s.outputs[i], true
}

// Resident is the power that a resident's works want with nothing shed, and what they
// draw. Both are 0 for one that is not played.
func (s *Snapshot) Resident(id metering.ResidentID) (demand, served metering.Power) {
	var wants, draws int64
	for _, k := range s.shared.residents[id] {
		wants += s.loads[k].wants
		draws += s.loads[k].p
	}
	return watts(wants), watts(draws)
}

// Demand is the power that the zone's inputs would carry with nothing shed.
func (s *Snapshot) Demand() metering.Power { return watts(s.wanted) }
