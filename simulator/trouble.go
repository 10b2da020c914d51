package simulator

import (
	"fmt"
	"slices"

	"asue/metering"
)

// aimAtActuator checks the actuator of a scenario, or takes the first that can fail
// so.
func (w *World) aimAtActuator(e *Event) error {
	fits := func(o output) bool { return e.Scenario != DeviceDrifts || o.Kind == metering.ActuatorSetpoint }
	if e.Target == "" {
		i := slices.IndexFunc(w.outputs, fits)
		if i < 0 {
			return fmt.Errorf("scenario %s: the site has no actuator that can fail so", e.Scenario)
		}
		e.Target = string(w.outputs[i].ID)
	}
	o, ok := w.output(metering.ActuatorID(e.Target))
	switch {
	case !ok:
		return fmt.Errorf("scenario %s: the site has no actuator %q", e.Scenario, e.Target)
	case !fits(*o):
		return fmt.Errorf("scenario %s: %q is a %s, and only a set-point can drift", e.Scenario, e.Target, o.Kind)
	}
	return nil
}

// afflict says of every output in which ways it fails now.
func (w *World) afflict() {
	for i := range w.outputs {
		o := &w.outputs[i]
		before := o.ways
		o.ways = w.waysOf(o)
		if o.is(wayDrifts) && before&wayDrifts == 0 {
			o.since = w.now
		}
		if before&(wayStuck|wayLies) != 0 && !o.is(wayStuck|wayLies) {
			o.freed(w.now)
		}
	}
}

func (w *World) waysOf(o *output) ways {
	var all ways
	for _, a := range w.active {
		if a.Name == FailedRelays && o.Kind == metering.ActuatorRelay {
			all |= w.failedWay(o)
			continue
		}
		aimed, ok := w.output(metering.ActuatorID(a.Target))
		if !ok {
			continue
		}
		switch way := wayOf[a.Name]; {
		case way == wayOffline && aimed.sameDevice(o), way != 0 && aimed == o:
			all |= way
		}
	}
	return all
}

// wayOf are the scenarios that make one actuator fail, or its whole device.
var wayOf = map[string]ways{
	DeviceStuck: wayStuck, DeviceSlow: waySlow, DeviceLies: wayLies, DeviceOffline: wayOffline,
	DeviceLocal: wayLocal, DeviceDrifts: wayDrifts, DeviceRestart: wayOffline,
}

// failedWay is how a relay fails when many do: the first one is stuck, its module
// answers, and of all others the seed decides.
func (w *World) failedWay(o *output) ways {
	first := &w.outputs[slices.IndexFunc(w.outputs, func(p output) bool { return p.Kind == metering.ActuatorRelay })]
	module := sourceFor(w.seed, fmt.Sprintf("failed module %d at %s", o.Unit, o.Address))
	if !o.sameDevice(first) && module.at(0) < failedModules {
		return wayOffline
	}
	dice := sourceFor(w.seed, "failed "+string(o.ID))
	switch {
	case o != first && dice.at(0) >= failedRelays:
		return 0
	case o == first || dice.at(1) < 0.5:
		return wayStuck
	}
	return wayLies
}

// loseSupply is the device of an actuator whose supply goes away.
func (w *World) loseSupply(id metering.ActuatorID) {
	target, _ := w.output(id)
	for i := range w.outputs {
		o := &w.outputs[i]
		if !o.sameDevice(target) {
			continue
		}
		if o.Kind == metering.ActuatorSetpoint {
			o.restartSetting(w.now)
			continue
		}
		o.loseSupply(w.now)
	}
}
