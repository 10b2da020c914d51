package site

import (
	"asue/metering"
	"asue/metering/form"
)

// networkDraft is what the model of the electrical network is made of.
type networkDraft struct {
	feeds        given[[]given[feedDraft]]
	lines        given[[]given[networkLineDraft]]
	transformers given[[]given[threeWindingDraft]]
	switches     given[[]given[switchDraft]]
	transfers    given[[]given[transferDraft]]
	scenarios    given[[]given[scenarioDraft]]
	voltages     given[[]given[voltageBandDraft]]
	plan         given[planDraft]
	recovery     given[float64]
}

func networkForm(x *known) form.Form[networkDraft] {
	type draft = networkDraft
	return form.Form[draft]{Name: "the network", Fields: []form.Field[draft]{
		form.Key("feeds", form.Must, form.ListOf(feedForm(x).Kind(), "feeds"), "the network behind the sending end of each source",
			func(d *draft) *given[[]given[feedDraft]] { return &d.feeds }),
		form.Key("lines", form.Must, form.ListOf(networkLineForm(x).Kind(), "lines"), "overhead lines and cables of the model, each circuit for itself",
			func(d *draft) *given[[]given[networkLineDraft]] { return &d.lines }),
		form.Key("transformers", form.May, form.ListOf(threeWindingForm(x).Kind(), "transformers"), "transformers of three windings, by their passports",
			func(d *draft) *given[[]given[threeWindingDraft]] { return &d.transformers }),
		form.Key("switches", form.May, form.ListOf(switchForm(x).Kind(), "switches"), "breakers and disconnectors between buses, in their normal state",
			func(d *draft) *given[[]given[switchDraft]] { return &d.switches }),
		form.Key("transfers", form.May, form.ListOf(transferForm(x).Kind(), "transfers"), "automatic transfers to the reserve (АВР), in the order in which they are tried",
			func(d *draft) *given[[]given[transferDraft]] { return &d.transfers }),
		form.Key("scenarios", form.May, form.ListOf(scenarioForm().Kind(), "scenarios"), "ways in which the site can be fed",
			func(d *draft) *given[[]given[scenarioDraft]] { return &d.scenarios }),
		form.Key("voltages", form.May, form.ListOf(voltageBandForm(x).Kind(), "voltage bands"), "what voltages are permitted, by nominal voltage",
			func(d *draft) *given[[]given[voltageBandDraft]] { return &d.voltages }),
		form.Key("plan", form.May, planForm(x).Kind(), "how the load of a study is spread, where no meter says it",
			func(d *draft) *given[planDraft] { return &d.plan }),
		form.Key("recovery", form.May, form.Fraction("a recovery factor", 1, 3), "how many times its former load a consumer draws after it was switched over: self-starting motors, cold load; 1 if absent",
			func(d *draft) *given[float64] { return &d.recovery }),
	}}
}

type feedDraft struct {
	source       given[string]
	station      given[string]
	voltage      given[float64] // kV
	angle        given[float64] // degrees
	angleKnown   given[bool]
	shortCircuit given[float64] // MVA
	rToX         given[float64]
	meter        given[metering.NodeID]
	origin       originDraft
}

func feedForm(x *known) form.Form[feedDraft] {
	type draft = feedDraft
	return withOrigin(x, form.Form[draft]{Name: "a feed", Fields: []form.Field[draft]{
		form.Key("source", form.Must, identifier[string](), "source whose sending end it describes", func(d *draft) *given[string] { return &d.source }),
		form.Key("station", form.May, form.Sentence(), "busbars behind the sending end; feeds of one station stand on one busbar, with no angle between them; absent: its own",
			func(d *draft) *given[string] { return &d.station }),
		form.Key("voltage", form.Must, measure(voltageUnits(), 0.1, 1200), "voltage held there, phase to phase: 115 kV", func(d *draft) *given[float64] { return &d.voltage }),
		form.Key("angle", form.May, degrees(), "angle of its voltage against the other feeds: 1.5 deg; absent: 0", func(d *draft) *given[float64] { return &d.angle }),
		form.Key("angle_known", form.May, form.YesNo(), "true if the angle was measured or agreed; without it results of feeds in parallel say \"δ = 0 assumed\"",
			func(d *draft) *given[bool] { return &d.angleKnown }),
		form.Key("short_circuit", form.May, measure(ratedUnits(), 1, 1e6), "short-circuit power at the sending end: 2500 MVA; absent: not known, the voltage is held whatever is drawn",
			func(d *draft) *given[float64] { return &d.shortCircuit }),
		form.Key("r_to_x", form.May, form.Fraction("a ratio of R to X", 0, 10), "ratio of R to X of the network behind it; 0 if absent", func(d *draft) *given[float64] { return &d.rToX }),
		form.Key("meter", form.May, identifier[metering.NodeID](), "node at which the contract of the source is measured; absent: the receiving end of its line",
			func(d *draft) *given[metering.NodeID] { return &d.meter }),
	}}, func(d *draft) *originDraft { return &d.origin })
}

type networkLineDraft struct {
	id          given[metering.ElementID]
	name        given[string]
	from, to    given[metering.NodeID]
	length      given[float64] // km
	conductor   given[string]
	resistance  given[float64] // Ω/km
	reactance   given[float64] // Ω/km
	susceptance given[float64] // µS/km
	current     given[float64] // A
	towers      given[string]
	origin      originDraft
}

func networkLineForm(x *known) form.Form[networkLineDraft] {
	type draft = networkLineDraft
	return withOrigin(x, form.Form[draft]{Name: "a line", Fields: []form.Field[draft]{
		form.Key("id", form.Must, identifier[metering.ElementID](), "id of the circuit", func(d *draft) *given[metering.ElementID] { return &d.id }),
		form.Key("name", form.May, form.Sentence(), "name of the circuit as it stands on the diagram", func(d *draft) *given[string] { return &d.name }),
		form.Key("from", form.Must, identifier[metering.NodeID](), "node where it begins, towards the source", func(d *draft) *given[metering.NodeID] { return &d.from }),
		form.Key("to", form.Must, identifier[metering.NodeID](), "node where it ends", func(d *draft) *given[metering.NodeID] { return &d.to }),
		form.Key("length", form.Must, measure(lengthUnits(), 0.001, 1000), "length: 17 km", func(d *draft) *given[float64] { return &d.length }),
		form.Key("conductor", form.May, form.Sentence(), "trade name; a type of the built-in table (АС-70/11 to АС-300/39) brings the figures below with it: АС-240/32",
			func(d *draft) *given[string] { return &d.conductor }),
		form.Key("resistance", form.May, measure(resistanceUnits(), 1e-4, 1000), "active resistance at 20 °C per kilometre: 0.12 ohm/km; absent: that of the table",
			func(d *draft) *given[float64] { return &d.resistance }),
		form.Key("reactance", form.May, measure(reactanceUnits(), 1e-3, 100), "reactance per kilometre: 0.405 ohm/km; absent: that of the table",
			func(d *draft) *given[float64] { return &d.reactance }),
		form.Key("susceptance", form.May, measure(susceptanceUnits(), 1e-3, 1e5), "charging susceptance per kilometre: 2.81 uS/km; absent: that of the table",
			func(d *draft) *given[float64] { return &d.susceptance }),
		form.Key("current", form.May, measure(currentUnits(), 1, 100_000), "permissible current with air at +25 °C: 605 A; absent: that of the table",
			func(d *draft) *given[float64] { return &d.current }),
		form.Key("towers", form.May, identifier[string](), "what several circuits share: they can be lost at once", func(d *draft) *given[string] { return &d.towers }),
	}}, func(d *draft) *originDraft { return &d.origin })
}

type threeWindingDraft struct {
	node          given[metering.NodeID]
	buses         given[[]given[metering.NodeID]]
	voltages      given[[]given[float64]] // kV
	powers        given[[]given[float64]] // MVA
	uk            given[[]given[float64]] // %
	ukBase        given[string]
	loadLoss      given[float64] // kW
	noLoadLoss    given[float64] // kW
	noLoadCurrent given[float64] // %
	tap           given[tapDraft]
	cooling       given[string]
	origin        originDraft
}

// Bases of short-circuit voltages.
const (
	ukOnHV   = "hv"
	ukOnPair = "pair"
)

func threeWindingForm(x *known) form.Form[threeWindingDraft] {
	type draft = threeWindingDraft
	const windings, pairs = "high, medium and low voltage", "HV–MV, HV–LV, MV–LV"
	uk := percentUnits("short-circuit voltage", "10.5 %")
	return withOrigin(x, form.Form[draft]{Name: "a transformer of three windings", Fields: []form.Field[draft]{
		form.Key("node", form.Must, identifier[metering.NodeID](), "node of kind transformer, whose id and name it has", func(d *draft) *given[metering.NodeID] { return &d.node }),
		form.Key("buses", form.Must, exactly(3, identifier[metering.NodeID](), "buses", windings), "buses of high, medium and low voltage: [zn-1, s35-1, s10-1]",
			func(d *draft) *given[[]given[metering.NodeID]] { return &d.buses }),
		form.Key("voltages", form.Must, exactly(3, measure(voltageUnits(), 0.1, 1200), "rated voltages", windings), "rated voltages of the windings: [115 kV, 38.5 kV, 11 kV]",
			func(d *draft) *given[[]given[float64]] { return &d.voltages }),
		form.Key("powers", form.Must, exactly(3, measure(ratedUnits(), 0.01, 2000), "rated powers", windings), "rated powers of the windings: [63 MVA, 63 MVA, 63 MVA]",
			func(d *draft) *given[[]given[float64]] { return &d.powers }),
		form.Key("uk", form.Must, exactly(3, measure(uk, 0, 1000), "short-circuit voltages", pairs), "short-circuit voltages of HV–MV, HV–LV, MV–LV: [10.5 %, 17 %, 6.5 %]",
			func(d *draft) *given[[]given[float64]] { return &d.uk }),
		form.Key("uk_base", form.May, form.Word("base of short-circuit voltages", []string{ukOnHV, ukOnPair}), "power at which uk and load loss are stated: hv (passports by ГОСТ; if absent), or pair, the lesser of the two windings",
			func(d *draft) *given[string] { return &d.ukBase }),
		form.Key("load_loss", form.Must, measure(lossUnits(), 0, 1e5), "short-circuit loss Pк of HV–MV at rated power: 290 kW", func(d *draft) *given[float64] { return &d.loadLoss }),
		form.Key("no_load_loss", form.Must, measure(lossUnits(), 0, 1e5), "no-load loss Pх: 56 kW", func(d *draft) *given[float64] { return &d.noLoadLoss }),
		form.Key("no_load_current", form.Must, measure(percentUnits("no-load current", "0.7 %"), 0, 100), "no-load current Iх, of the rated current: 0.7 %",
			func(d *draft) *given[float64] { return &d.noLoadCurrent }),
		form.Key("tap", form.May, tapForm().Kind(), "on-load tap changer (РПН) in the neutral of HV; absent: there is none", func(d *draft) *given[tapDraft] { return &d.tap }),
		form.Key("cooling", form.May, form.Word("cooling", []string{"ONAN", "ONAF", "OFAF"}), "cooling by IEC 60076: ONAN (М), ONAF (Д; if absent), OFAF (ДЦ); it decides how long an overload is stood",
			func(d *draft) *given[string] { return &d.cooling }),
	}}, func(d *draft) *originDraft { return &d.origin })
}

type tapDraft struct {
	step     given[float64] // %
	min, max given[int]
	position given[int]
	holds    given[string]
	target   given[float64] // kV
	band     given[float64] // ± %
	blocked  given[bool]
}

// Windings that a tap changer may hold.
const (
	holdsMV = "mv"
	holdsLV = "lv"
)

func tapForm() form.Form[tapDraft] {
	type draft = tapDraft
	position := func() form.Kind[int] { return form.Integer("a position", -99, 99) }
	return form.Form[draft]{Name: "a tap changer", Fields: []form.Field[draft]{
		form.Key("step", form.Must, measure(percentUnits("step", "1.78 %"), 0, 100), "one step, of the rated voltage of HV: 1.78 %", func(d *draft) *given[float64] { return &d.step }),
		form.Key("min", form.Must, position(), "lowest position: -9; position 0 is the rated voltage, a higher one more turns of HV and less voltage at MV and LV",
			func(d *draft) *given[int] { return &d.min }),
		form.Key("max", form.Must, position(), "highest position: 9", func(d *draft) *given[int] { return &d.max }),
		form.Key("position", form.May, position(), "position as last read; 0 if absent", func(d *draft) *given[int] { return &d.position }),
		form.Key("holds", form.May, form.Word("winding", []string{holdsMV, holdsLV}), "winding whose bus is held: mv, or lv (if absent)", func(d *draft) *given[string] { return &d.holds }),
		form.Key("target", form.Must, measure(voltageUnits(), 0.1, 1200), "voltage held there: 10.5 kV", func(d *draft) *given[float64] { return &d.target }),
		form.Key("band", form.Must, measure(percentUnits("dead band", "1.2 %"), 0, 50), "dead band to either side of the target: 1.2 %", func(d *draft) *given[float64] { return &d.band }),
		form.Key("blocked", form.May, form.YesNo(), "true if it stays where it is", func(d *draft) *given[bool] { return &d.blocked }),
	}}
}
