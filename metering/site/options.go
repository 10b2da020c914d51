package site

import "asue/metering"

// Options are what a site file is held against beside itself. Who runs the parser
// knows them; the package itself knows no register maps and no rules.
type Options struct {
	// Models are the register maps that meters may have; none: not checked.
	Models []Model
	// Parameters are those of the validation rules; none: a rule set may name
	// anything.
	Parameters []Parameter
	// Rules are the names of the rules that a rule set may switch off; none: not
	// checked.
	Rules []string
	// ActuatorModels are the maps that actuators may have; none: not checked.
	ActuatorModels []ActuatorModel
}

// ActuatorModel is what a site file needs to know of an actuator's map.
type ActuatorModel struct {
	ID string
	// Kind is that of its outputs; empty: not known.
	Kind metering.ActuatorKind
	// Channels is how many outputs it has; 0: not known.
	Channels int
}

// Model is what a site file needs to know of a register map.
type Model struct {
	ID string
	// Channels are what its registers count; none: not known.
	Channels []metering.Channel
	// Pulses says that the device counts pulses and does not know what one stands
	// for, so that the install has to say it.
	Pulses bool
}

// Parameter is one that a rule set may set.
type Parameter struct {
	Name string
	// Unit is the base unit of its value: W, Wh, L, s, 1 or ‰. A value of the last is
	// written as a share, 2 % or 20 ‰, and comes out as 20.
	Unit string
	// Least and Most bound the value, both included.
	Least, Most float64
}

// Parse reads a site file. file is its name as messages show it.
//
// It reports every fault of the file at once, sorted by place. The site is nil
// exactly when at least one of them is an Error (Faults.Err). Parse never
// panics, whatever the bytes; it reads at most 1 MiB. It may be called from any
// goroutine.
func (o Options) Parse(file string, src []byte) (*metering.Site, Faults) { return parse(file, src, o) }

// Parse is Options.Parse for somebody who knows the ids of the register maps only;
// none leave them unchecked.
func Parse(file string, src []byte, models []string) (*metering.Site, Faults) {
	var o Options
	for _, id := range models {
		o.Models = append(o.Models, Model{ID: id})
	}
	return o.Parse(file, src)
}

// model finds a register map.
func (o Options) model(id string) (Model, bool) {
	for _, m := range o.Models {
		if m.ID == id {
			return m, true
		}
	}
	return Model{}, false
}

func (o Options) modelIDs() []string {
	var ids []string
	for _, m := range o.Models {
		ids = append(ids, m.ID)
	}
	return ids
}

// actuatorModel finds the map of an actuator.
func (o Options) actuatorModel(id string) (ActuatorModel, bool) {
	for _, m := range o.ActuatorModels {
		if m.ID == id {
			return m, true
		}
	}
	return ActuatorModel{}, false
}

func (o Options) actuatorModelIDs() []string {
	var ids []string
	for _, m := range o.ActuatorModels {
		ids = append(ids, m.ID)
	}
	return ids
}
