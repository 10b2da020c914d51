package modbusd

import (
	"errors"
	"fmt"

	"asue/metering"
	"asue/simulator"
)

// module is a device through which actuators are written and read back. It has the
// registers of its model, big-endian words, 32-bit values with the high word first.
//
// asue-setpoint:
//
//	holding 0–1  limit, W                        (write)
//	holding 2    time-out of the limit, s; 0 off (write)
//	holding 3–4  fallback limit, W               (write)
//	input 0–1    limit in force, W
//	input 2–3    measured power, W, signed
//	discrete 0   local · 1 fault · 2 the limit has timed out
//
// asue-relay8, for channels 1 to 8 as k = 0 to 7:
//
//	coil k            command, 1 closed = served (write)
//	discrete k        aux contact, 1 closed
//	discrete 8+k      local
//	input 2k–2k+1     measured power, W
//
// asue-breaker:
//
//	coil 0 select open · 1 operate open · 2 select close · 3 operate close (write)
//	discrete 0 closed · 1 open: both 0 while it moves
//	discrete 2 local · 3 spring charged
//	input 0–1    power, W
//
// A value of two registers is written in one request; half of it has no address. A
// channel with nothing behind it reads as 0 and cannot be written. What the device
// cannot do as it stands (local, not selected, spring not charged) is exception 4.
type module struct {
	kind    metering.ActuatorKind
	model   string
	outputs [relays]*metering.Actuator // by channel; of other kinds the first
}

// relays is how many channels a relay module has.
const relays = 8

// models of simulated modules.
var models = map[string]metering.ActuatorKind{
	"asue-setpoint": metering.ActuatorSetpoint, "asue-relay8": metering.ActuatorRelay, "asue-breaker": metering.ActuatorBreaker,
}

// fit puts the actuators of a site on its lines; all faults at once.
func fit(site *metering.Site, byID map[metering.LineID]*line) []error {
	var faults []error
	for i := range site.Actuators {
		a := &site.Actuators[i]
		if err := byID[metering.LineID(a.Address)].fit(a); err != nil {
			faults = append(faults, fmt.Errorf("actuator %s: %w", a.ID, err))
		}
	}
	return faults
}

func (l *line) fit(a *metering.Actuator) error {
	kind, ok := models[a.Model]
	switch {
	case !ok || kind != a.Kind:
		return fmt.Errorf("no simulated %s is a %q: use asue-setpoint, asue-relay8 or asue-breaker", a.Kind, a.Model)
	case l.units[a.Unit] != nil:
		return fmt.Errorf("unit %d of line %s is taken by meter %s", a.Unit, l.id, l.units[a.Unit].meter.ID)
	case a.Channel < 1 || a.Channel > relays || kind != metering.ActuatorRelay && a.Channel > 1:
		return fmt.Errorf("the model %s has no channel %d", a.Model, a.Channel)
	}
	m := l.modules[a.Unit]
	if m == nil {
		m = &module{kind: kind, model: a.Model}
		l.modules[a.Unit] = m
	}
	if m.model != a.Model {
		return fmt.Errorf("unit %d of line %s is a %s", a.Unit, l.id, m.model)
	}
	if other := m.outputs[a.Channel-1]; other != nil {
		return fmt.Errorf("channel %d of unit %d of line %s is taken by actuator %s", a.Channel, a.Unit, l.id, other.ID)
	}
	m.outputs[a.Channel-1] = a
	return nil
}

// tables are what a module shows at one instant; nil where it has none of a kind.
type tables struct {
	coils, discretes []bool
	holding, input   []uint16
	silent           bool
}

// show reads a module's tables from the world as it stands.
func (m *module) show(w *simulator.World) tables {
	var t tables
	switch m.kind {
	case metering.ActuatorSetpoint:
		v, _ := w.Actuator(m.outputs[0].ID)
		t.holding = append(words32(v.Limit), uint16(v.Timeout.Seconds()))
		t.holding = append(t.holding, words32(v.Fallback)...)
		t.input = append(words32(v.InForce), words32(v.Measured)...)
		t.discretes = []bool{v.Local, v.Fault, v.TimedOut}
		t.silent = v.Offline
	case metering.ActuatorRelay:
		t.coils, t.discretes, t.input = make([]bool, relays), make([]bool, 2*relays), make([]uint16, 0, 2*relays)
		for k, a := range m.outputs {
			var v simulator.ActuatorView
			if a != nil {
				v, _ = w.Actuator(a.ID)
			}
			t.coils[k], t.discretes[k], t.discretes[relays+k] = v.Coil, v.AuxClosed, v.Local
			t.input = append(t.input, words32(v.Measured)...)
			t.silent = t.silent || v.Offline
		}
	case metering.ActuatorBreaker:
		v, _ := w.Actuator(m.outputs[0].ID)
		t.coils = []bool{v.SelectedOpen, false, v.SelectedClose, false}
		t.discretes = []bool{v.AuxClosed, v.AuxOpen, v.Local, v.SpringCharged}
		t.input = words32(v.Measured)
		t.silent = v.Offline
	}
	return t
}

// words32 are the two words of a power in W, the high one first.
func words32(p metering.Power) []uint16 { return []uint16{uint16(uint32(p) >> 16), uint16(uint32(p))} }

// setCoil writes one coil.
func (m *module) setCoil(w *simulator.World, at int, on bool, source string) exception {
	wr := simulator.Write{What: simulator.WriteCoil, Source: source}
	if on {
		wr.Value = 1
	}
	switch m.kind {
	case metering.ActuatorRelay:
		if m.outputs[at] == nil {
			return illegalAddress
		}
		wr.Actuator = m.outputs[at].ID
	case metering.ActuatorBreaker:
		wr.Actuator = m.outputs[0].ID
		wr.What = []simulator.WriteKind{simulator.WriteSelectOpen, simulator.WriteOperateOpen, simulator.WriteSelectClose, simulator.WriteOperateClose}[at]
	}
	return exceptionOf(w.Write(wr))
}

// settings are the holding registers of a set-point: where a value begins, how many
// words it has, and what it is.
var settings = []struct {
	first, words int
	what         simulator.WriteKind
}{{0, 2, simulator.WriteLimit}, {2, 1, simulator.WriteTimeout}, {3, 2, simulator.WriteFallback}}

// setHolding writes holding registers of a set-point. All values are looked at before
// the first one is written; the limit comes last, so that it is watched from its
// first moment on.
func (m *module) setHolding(w *simulator.World, first int, words []uint16, source string) exception {
	var writes []simulator.Write
	for len(words) > 0 {
		known := false
		for _, s := range settings {
			if s.first != first || len(words) < s.words {
				continue
			}
			value := int64(words[0])
			if s.words == 2 {
				value = value<<16 | int64(words[1])
			}
			wr := simulator.Write{Actuator: m.outputs[0].ID, What: s.what, Value: value, Source: source}
			if s.what != simulator.WriteTimeout && value > int64(m.outputs[0].Power) {
				return illegalValue
			}
			writes = append(writes, wr)
			first, words, known = first+s.words, words[s.words:], true
			break
		}
		if !known {
			return illegalAddress
		}
	}
	for i := len(writes) - 1; i >= 0; i-- {
		if e := exceptionOf(w.Write(writes[i])); e != 0 {
			return e
		}
	}
	return 0
}

// exceptionOf is what a device answers to a write that it does not take.
func exceptionOf(err error) exception {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, simulator.ErrNoAnswer):
		return noAnswerAtAll
	case errors.Is(err, simulator.ErrState):
		return deviceFailure
	}
	return illegalValue
}
