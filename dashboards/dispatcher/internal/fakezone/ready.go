package fakezone

import (
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// ready is what the invented balancer would do if the line in service tripped: devices
// as they come, then a call, and what neither brings.
func (z *Zone) ready(t time.Time) *wire.ControlReady {
	if z.grid == nil || !z.grid.akzhar || z.scenario == "karatagai-lost" {
		return nil
	}
	limit := metering.Power(z.grid.reserve * 1e6)
	r := &wire.ControlReady{
		At: t, Lost: "ВЛ-110 «Каратагай»", Backup: []string{"ВЛ-110 «Акжар», цепь 1", "ВЛ-110 «Акжар», цепь 2"}, LimitW: &limit,
		LimitWhy: "model of the network: transformer t-1",
		LoadW:    metering.Power(z.Power("in-1", t) * z.boost(t)), Steps: []wire.ControlReadyStep{}, Calls: []wire.ControlReadyCall{},
	}
	r.NeedW = max(0, r.LoadW-limit)
	left := r.NeedW
	for _, a := range z.acts.actuators {
		if left <= 0 || a.State != "served" || a.PowerW == nil {
			continue
		}
		r.Steps = append(r.Steps, wire.ControlReadyStep{Actuator: a.ID, Resident: a.Resident, Want: "open", DropW: *a.PowerW, Mode: z.acts.mode.String(), Persons: metering.OrderConfirm.Persons(a.Kind)})
		left -= *a.PowerW
	}
	if drop := min(left, 400*metering.Kilowatt); drop > 0 {
		r.Calls = append(r.Calls, wire.ControlReadyCall{Resident: "r-06", Category: 3, AllowedW: 1900 * metering.Kilowatt, PowerW: 1500 * metering.Kilowatt, ToW: 1500*metering.Kilowatt - drop, DropW: drop})
		left -= drop
	}
	r.MissingW = max(0, left)
	return r
}
