package main

import (
	"asue/balancing"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/wire"
)

// hearNetwork tells the controller what the model of the network says beforehand.
func (b *balancer) hearNetwork(payload []byte) {
	s, err := wire.DecodeNetwork(payload)
	if err != nil {
		return
	}
	if m, ok := balancing.NetworkOf(b.Site, s); ok {
		b.controller.Step(m)
	}
}

// readyOf is the list for the loss of the line in service, as others hear of it.
func readyOf(r *balancing.Ready) *wire.ControlReady {
	if r == nil {
		return nil
	}
	out := &wire.ControlReady{
		At: r.At, Lost: r.Lost, Backup: append([]string{}, r.Backup...), LimitW: known(r.Limit), LimitWhy: r.LimitWhy,
		LoadW: r.Load, NeedW: r.Need, MissingW: r.Missing, Doubt: r.Doubt, Steps: []wire.ControlReadyStep{}, Calls: []wire.ControlReadyCall{},
	}
	for _, x := range r.Steps {
		out.Steps = append(out.Steps, wire.ControlReadyStep{Actuator: x.Actuator, Resident: x.Resident, Want: x.Want, DropW: x.Drop, Mode: x.Mode, Persons: x.Persons})
	}
	for _, x := range r.Calls {
		out.Calls = append(out.Calls, wire.ControlReadyCall{Resident: x.Resident, Category: x.Class, AllowedW: x.Allowed, PowerW: x.Power, ToW: x.To, DropW: x.Drop})
	}
	return out
}

// readyMetrics are about the loss of the line in service; absent where nothing is known
// of another line.
func readyMetrics(e node.Emitter, r *balancing.Ready) {
	if r == nil {
		return
	}
	e.Gauge("asue_ready_backups", "Lines that would feed the site if the one in service tripped now.", float64(len(r.Backup)))
	if r.Limit.Known {
		e.Gauge("asue_ready_limit_watts", "What they would allow.", float64(r.Limit.Power))
	}
	steps, calls := metering.Power(0), metering.Power(0)
	for _, x := range r.Steps {
		steps += x.Drop
	}
	for _, x := range r.Calls {
		calls += x.Drop
	}
	e.Gauge("asue_ready_need_watts", "What would have to be taken off then.", float64(r.Need))
	e.Gauge("asue_ready_steps_watts", "What of it devices would take off.", float64(steps))
	e.Gauge("asue_ready_calls_watts", "What of it would be asked for by telephone.", float64(calls))
	e.Gauge("asue_ready_missing_watts", "What of it could not be met.", float64(r.Missing))
}
