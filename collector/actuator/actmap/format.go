package actmap

import (
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/form"
)

type given[V any] = form.Given[V]

func document() form.Document {
	return form.Document{
		Noun:     "a model of an actuator",
		Keys:     "the model: id, revision, vendor, kind, registers and so on",
		TooLarge: "a model describes one family of actuators",
		Empty:    "a model describes one family of actuators",
		Start:    "copy the file of a similar actuator from models",
	}
}

type modelDraft struct {
	id        given[string]
	revision  given[int]
	vendor    given[string]
	devices   given[[]given[string]]
	verified  given[bool]
	sources   given[[]given[string]]
	notes     given[[]given[string]]
	kind      given[metering.ActuatorKind]
	channels  given[int]
	registers given[registersDraft]
	fallback  given[fallbackDraft]
}

type fallbackDraft struct{ after, refresh given[time.Duration] }

type registersDraft struct {
	places [len(placeKeys)]given[placeDraft]
}

type placeDraft struct {
	table    given[Table]
	addr     given[int]
	kind     given[Type]
	unit     given[string]
	stride   given[int]
	inverted given[bool]
	many     given[bool]
}

// placeKeys are the registers that a model may have, in the order of places.
var placeKeys = [...]struct{ key, doc string }{
	{"command", "what is written: a limit, or a coil that is 1 for closed"},
	{"select_open", "coil that is set first to open a breaker"},
	{"operate_open", "coil that is set then to open it"},
	{"select_close", "coil that is set first to close a breaker"},
	{"operate_close", "coil that is set then to close it"},
	{"in_force", "limit that the device keeps; that of command if absent"},
	{"power", "measured power of the load"},
	{"aux", "auxiliary contact: 1 if closed"},
	{"aux_open", "auxiliary contact: 1 if open"},
	{"local", "1 if switched to local"},
	{"fault", "1 if the device is faulty"},
	{"fallback_limit", "limit that the device takes by itself"},
	{"fallback_time", "seconds without a write after which it does; 0 never"},
	{"fell_back", "1 if it has"},
}

// Indexes of placeKeys.
const (
	command = iota
	selectOpen
	operateOpen
	selectClose
	operateClose
	inForce
	power
	aux
	auxOpen
	local
	fault
	fallbackLimit
	fallbackTime
	fellBack
)

func modelForm(id string) form.Form[modelDraft] {
	texts := func(what string) form.Kind[[]given[string]] { return form.ListOf(form.Sentence(), what) }
	kinds := []metering.ActuatorKind{metering.ActuatorSetpoint, metering.ActuatorRelay, metering.ActuatorBreaker}
	return form.Form[modelDraft]{Name: "the model", Fields: []form.Field[modelDraft]{
		form.Key("id", form.Must, form.Identifier[string]("write id: "+id), "the file's name without .yaml; site files name models by it",
			func(d *modelDraft) *given[string] { return &d.id }),
		form.Key("revision", form.Must, form.Integer("a revision", 1, 1e6), "1 at first, raised with every change",
			func(d *modelDraft) *given[int] { return &d.revision }),
		form.Key("vendor", form.Must, form.Sentence(), "who makes the device", func(d *modelDraft) *given[string] { return &d.vendor }),
		form.Key("devices", form.Must, texts("devices"), "a list of type names", func(d *modelDraft) *given[[]given[string]] { return &d.devices }),
		form.Key("verified", form.May, form.YesNo(), "true once a real device has obeyed", func(d *modelDraft) *given[bool] { return &d.verified }),
		form.Key("sources", form.Must, texts("sources"), "a list of where each fact comes from", func(d *modelDraft) *given[[]given[string]] { return &d.sources }),
		form.Key("notes", form.May, texts("notes"), "oddities, and how it must be wired", func(d *modelDraft) *given[[]given[string]] { return &d.notes }),
		form.Key("kind", form.Must, form.Word("kind", kinds), "setpoint, relay or breaker", func(d *modelDraft) *given[metering.ActuatorKind] { return &d.kind }),
		form.Key("channels", form.May, form.Integer("a number of channels", 1, 64), "outputs of one device; 1 if absent", func(d *modelDraft) *given[int] { return &d.channels }),
		form.Key("registers", form.Must, registersForm().Kind(), "where everything stands", func(d *modelDraft) *given[registersDraft] { return &d.registers }),
		form.Key("fallback", form.May, fallbackForm().Kind(), "times of the device's own fallback", func(d *modelDraft) *given[fallbackDraft] { return &d.fallback }),
	}}
}

func fallbackForm() form.Form[fallbackDraft] {
	return form.Form[fallbackDraft]{Name: "the fallback", Fields: []form.Field[fallbackDraft]{
		form.Key("after", form.Must, form.Duration(10*time.Second, time.Hour), "how long nobody may write before the device falls back: 3m",
			func(d *fallbackDraft) *given[time.Duration] { return &d.after }),
		form.Key("refresh", form.Must, form.Duration(time.Second, 30*time.Minute), "how often a limit is written again: 1m",
			func(d *fallbackDraft) *given[time.Duration] { return &d.refresh }),
	}}
}

func registersForm() form.Form[registersDraft] {
	f := form.Form[registersDraft]{Name: "the registers"}
	for i, k := range placeKeys {
		f.Fields = append(f.Fields, form.Key(k.key, form.May, placeForm().Kind(), k.doc, func(d *registersDraft) *given[placeDraft] { return &d.places[i] }))
	}
	return f
}

func placeForm() form.Form[placeDraft] {
	return form.Form[placeDraft]{Name: "a register", Fields: []form.Field[placeDraft]{
		form.Key("table", form.Must, form.Word("table", []Table{Coil, Discrete, Holding, Input}), "coil, discrete, holding or input", func(d *placeDraft) *given[Table] { return &d.table }),
		form.Key("addr", form.Must, form.Integer("an address", 0, 65535), "as on the wire, from 0", func(d *placeDraft) *given[int] { return &d.addr }),
		form.Key("type", form.May, form.Word("type", []Type{U16, I16, U32, I32}), "of a number: u16, i16, u32, i32", func(d *placeDraft) *given[Type] { return &d.kind }),
		form.Key("unit", form.May, form.Word("unit", []string{"W", "kW", "s"}), "of one count; W if absent", func(d *placeDraft) *given[string] { return &d.unit }),
		form.Key("stride", form.May, form.Integer("a stride", 0, 1024), "addresses from one channel to the next", func(d *placeDraft) *given[int] { return &d.stride }),
		form.Key("inverted", form.May, form.YesNo(), "of a bit: 0 means what 1 means otherwise", func(d *placeDraft) *given[bool] { return &d.inverted }),
		form.Key("many", form.May, form.YesNo(), "the device takes function 15 or 16 only, also for a single one", func(d *placeDraft) *given[bool] { return &d.many }),
	}}
}

// needs are the registers that a kind cannot do without, and those that it may have.
var needs = map[metering.ActuatorKind]struct{ must, may []int }{
	metering.ActuatorSetpoint: {[]int{command}, []int{inForce, power, local, fault, fallbackLimit, fallbackTime, fellBack}},
	metering.ActuatorRelay:    {[]int{command, aux}, []int{auxOpen, power, local, fault}},
	metering.ActuatorBreaker:  {[]int{selectOpen, operateOpen, selectClose, operateClose, aux, auxOpen}, []int{power, local, fault}},
}

// check holds the registers against the kind and against each other.
func (d *modelDraft) check(r *form.Report) {
	n := needs[d.kind.V]
	allowed := map[int]bool{}
	for _, i := range n.must {
		allowed[i] = true
		if !d.registers.V.places[i].Stated() {
			r.Refuse(d.registers.At, form.Found("missing-register", fmt.Sprintf("a %s without %q", d.kind.V, placeKeys[i].key),
				"what it does could not be commanded, or not be proven: "+placeKeys[i].doc, "add it"))
		}
	}
	for _, i := range n.may {
		allowed[i] = true
	}
	for i := range placeKeys {
		p := d.registers.V.places[i]
		switch {
		case !p.Stated() || !p.OK:
		case !allowed[i]:
			r.Refuse(p.At, form.Found("strange-register", fmt.Sprintf("%q of a %s", placeKeys[i].key, d.kind.V), "nobody would read it", "delete it"))
		default:
			d.checkPlace(r, i, p)
		}
	}
	d.checkFallback(r)
}

func (d *modelDraft) checkPlace(r *form.Report, i int, p given[placeDraft]) {
	if !p.V.table.OK || !p.V.addr.OK || p.V.kind.Stated() && !p.V.kind.OK {
		return
	}
	bits := p.V.table.V.Bits()
	number := i == inForce || i == power || i == fallbackLimit || i == fallbackTime || i == command && d.kind.V == metering.ActuatorSetpoint
	written := i <= operateClose || i == fallbackLimit || i == fallbackTime
	refuse := func(code, what, why, remedy string) { r.Refuse(p.At, form.Found(code, what, why, remedy)) }
	switch {
	case number && (bits || !p.V.kind.Stated()):
		refuse("not-a-number", fmt.Sprintf("%q is no number", placeKeys[i].key), "it holds a power or a time", "name a table of words and a type")
	case !number && (!bits || p.V.kind.Stated()):
		refuse("not-a-bit", fmt.Sprintf("%q is no bit", placeKeys[i].key), "it is either so or not", "name a table of bits, and no type")
	case written && p.V.table.V != Coil && p.V.table.V != Holding:
		refuse("not-writable", fmt.Sprintf("%q in the table %s", placeKeys[i].key, p.V.table.V), "that table cannot be written", "name coil or holding")
	}
	if (p.V.unit.V == "s") != (i == fallbackTime) && p.V.unit.OK {
		refuse("wrong-unit", fmt.Sprintf("%q in %s", placeKeys[i].key, p.V.unit.V), "only fallback_time is a time", "correct the unit")
	}
	if last := p.V.addr.V + (d.channels.Or(1)-1)*p.V.stride.V; last > 65534 {
		refuse("beyond-the-end", fmt.Sprintf("the last channel of %q is at %d", placeKeys[i].key, last), "addresses end at 65535", "correct addr or stride")
	}
	if d.channels.Or(1) > 1 && p.V.stride.V == 0 && written {
		refuse("one-for-all", fmt.Sprintf("%q is the same for all channels", placeKeys[i].key), "a command to one would be one to all", "add the stride")
	}
}

func (d *modelDraft) checkFallback(r *form.Report) {
	of := d.registers.V.places
	whole := of[fallbackLimit].Stated() && of[fallbackTime].Stated()
	if some := of[fallbackLimit].Stated() || of[fallbackTime].Stated() || of[fellBack].Stated() || d.fallback.Stated(); some && !(whole && d.fallback.Stated()) {
		r.Refuse(d.registers.At, form.Found("half-a-fallback", "a fallback of which a part is missing", "a limit without a time, or a time without a limit, guards nothing",
			"write fallback_limit, fallback_time and fallback, or none of them"))
	}
	if f := d.fallback.V; f.after.OK && f.refresh.OK && f.refresh.V > f.after.V/2 {
		r.Refuse(d.fallback.At, form.Found("late-refresh", fmt.Sprintf("a refresh every %s, and a fallback after %s", form.FormatDuration(f.refresh.V), form.FormatDuration(f.after.V)),
			"one refresh that is lost would drop the limit", "refresh at least twice as often"))
	}
}

func (d *modelDraft) build() *Model {
	of := func(i int) *Place {
		g := d.registers.V.places[i]
		if !g.Stated() {
			return nil
		}
		p := &Place{Table: g.V.table.V, Address: uint16(g.V.addr.V), Type: g.V.kind.Or(Bit), Count: 1, Stride: uint16(g.V.stride.V), Inverted: g.V.inverted.V, Many: g.V.many.V}
		if g.V.unit.V == "kW" {
			p.Count = metering.Kilowatt
		}
		return p
	}
	m := &Model{
		ID: d.id.V, Revision: d.revision.V, Vendor: d.vendor.V, Devices: values(d.devices), Sources: values(d.sources), Notes: values(d.notes),
		Verified: d.verified.V, Kind: d.kind.V, Channels: d.channels.Or(1),
		Command: of(command), SelectOpen: of(selectOpen), OperateOpen: of(operateOpen), SelectClose: of(selectClose), OperateClose: of(operateClose),
		InForce: of(inForce), Power: of(power), Aux: of(aux), AuxOpen: of(auxOpen), Local: of(local), Fault: of(fault),
	}
	if d.fallback.Stated() {
		m.Fallback = &Fallback{Limit: of(fallbackLimit), Time: of(fallbackTime), FellBack: of(fellBack), After: d.fallback.V.after.V, Refresh: d.fallback.V.refresh.V}
	}
	return m
}

// values are the entries of a list that could be read.
func values(list given[[]given[string]]) []string {
	var all []string
	for _, g := range list.V {
		if g.OK {
			all = append(all, g.V)
		}
	}
	return all
}
