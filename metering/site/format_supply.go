package site

import (
	"time"

	"asue/metering"
	"asue/metering/form"
)

// The switching of the network and the ways in which it can be fed.

type switchDraft struct {
	id      given[metering.ElementID]
	name    given[string]
	kind    given[metering.SwitchKind]
	between given[[]given[metering.NodeID]]
	closed  given[bool]
	current given[float64] // A
	point   given[metering.PointID]
	origin  originDraft
}

func switchForm(x *known) form.Form[switchDraft] {
	type draft = switchDraft
	kinds := []metering.SwitchKind{metering.SwitchBreaker, metering.SwitchDisconnector}
	return withOrigin(x, form.Form[draft]{Name: "a switch", Fields: []form.Field[draft]{
		form.Key("id", form.Must, identifier[metering.ElementID](), "id of the switch", func(d *draft) *given[metering.ElementID] { return &d.id }),
		form.Key("name", form.May, form.Sentence(), "name as it stands on the diagram", func(d *draft) *given[string] { return &d.name }),
		form.Key("kind", form.Must, form.Word("kind of switch", kinds), "breaker (выключатель) or disconnector (разъединитель)", func(d *draft) *given[metering.SwitchKind] { return &d.kind }),
		form.Key("between", form.Must, exactly(2, identifier[metering.NodeID](), "nodes", "the two buses that it joins"), "the two buses that it joins while it is closed",
			func(d *draft) *given[[]given[metering.NodeID]] { return &d.between }),
		form.Key("closed", form.Must, form.YesNo(), "true if it is closed in the normal state", func(d *draft) *given[bool] { return &d.closed }),
		form.Key("current", form.May, measure(currentUnits(), 1, 100_000), "rated current: 2500 A; absent: it is not checked, and results say so", func(d *draft) *given[float64] { return &d.current }),
		form.Key("point", form.May, identifier[metering.PointID](), "metering point that tells its position, or at least whether something flows; absent: nobody tells",
			func(d *draft) *given[metering.PointID] { return &d.point }),
	}}, func(d *draft) *originDraft { return &d.origin })
}

type transferDraft struct {
	id             given[metering.ElementID]
	name           given[string]
	watch, reserve given[metering.NodeID]
	open, close    given[[]given[metering.ElementID]]
	after          given[time.Duration]
	out            given[bool]
	origin         originDraft
}

func transferForm(x *known) form.Form[transferDraft] {
	type draft = transferDraft
	return withOrigin(x, form.Form[draft]{Name: "a transfer", Fields: []form.Field[draft]{
		form.Key("id", form.Must, identifier[metering.ElementID](), "id of the transfer", func(d *draft) *given[metering.ElementID] { return &d.id }),
		form.Key("name", form.May, form.Sentence(), "name as people call it", func(d *draft) *given[string] { return &d.name }),
		form.Key("watch", form.Must, identifier[metering.NodeID](), "bus that must have lost its voltage", func(d *draft) *given[metering.NodeID] { return &d.watch }),
		form.Key("reserve", form.Must, identifier[metering.NodeID](), "bus that must have one", func(d *draft) *given[metering.NodeID] { return &d.reserve }),
		form.Key("open", form.May, switchIDs(), "switches that are opened first", func(d *draft) *given[[]given[metering.ElementID]] { return &d.open }),
		form.Key("close", form.Must, switchIDs(), "switches that are closed then", func(d *draft) *given[[]given[metering.ElementID]] { return &d.close }),
		form.Key("after", form.Must, form.Duration(0, time.Hour), "time from the loss to the closing: 2s, 500ms", func(d *draft) *given[time.Duration] { return &d.after }),
		form.Key("out", form.May, form.YesNo(), "true if it is taken out of service and never acts", func(d *draft) *given[bool] { return &d.out }),
	}}, func(d *draft) *originDraft { return &d.origin })
}

func switchIDs() form.Kind[[]given[metering.ElementID]] {
	return form.ListOf(identifier[metering.ElementID](), "switches")
}

type scenarioDraft struct {
	id          given[metering.ElementID]
	name        given[string]
	sources     given[[]given[string]]
	open, close given[[]given[metering.ElementID]]
	parallel    given[bool]
	note        given[string]
}

func scenarioForm() form.Form[scenarioDraft] {
	type draft = scenarioDraft
	return form.Form[draft]{Name: "a scenario", Fields: []form.Field[draft]{
		form.Key("id", form.Must, identifier[metering.ElementID](), "id of the scenario: A", func(d *draft) *given[metering.ElementID] { return &d.id }),
		form.Key("name", form.Must, form.Sentence(), "what it is, for people", func(d *draft) *given[string] { return &d.name }),
		form.Key("sources", form.Must, form.ListOf(identifier[string](), "sources"), "sources in service or standing ready; all others are dead",
			func(d *draft) *given[[]given[string]] { return &d.sources }),
		form.Key("open", form.May, switchIDs(), "switches that are open otherwise than in the normal state", func(d *draft) *given[[]given[metering.ElementID]] { return &d.open }),
		form.Key("close", form.May, switchIDs(), "switches that are closed otherwise than in the normal state", func(d *draft) *given[[]given[metering.ElementID]] { return &d.close }),
		form.Key("parallel", form.May, form.YesNo(), "true if feeds of different stations are meant to work in parallel", func(d *draft) *given[bool] { return &d.parallel }),
		form.Key("note", form.May, form.Sentence(), "what is worth knowing of it", func(d *draft) *given[string] { return &d.note }),
	}}
}

type voltageBandDraft struct {
	nominal, min, max, highest given[float64] // kV
	origin                     originDraft
}

func voltageBandForm(x *known) form.Form[voltageBandDraft] {
	type draft = voltageBandDraft
	kv := func() form.Kind[float64] { return measure(voltageUnits(), 0.1, 1300) }
	return withOrigin(x, form.Form[draft]{Name: "a voltage band", Fields: []form.Field[draft]{
		form.Key("nominal", form.Must, kv(), "nominal voltage of the buses for which it holds: 10 kV", func(d *draft) *given[float64] { return &d.nominal }),
		form.Key("min", form.Must, kv(), "lowest voltage permitted: 9.5 kV", func(d *draft) *given[float64] { return &d.min }),
		form.Key("max", form.Must, kv(), "highest voltage permitted: 11 kV", func(d *draft) *given[float64] { return &d.max }),
		form.Key("highest", form.May, kv(), "highest working voltage of the equipment: 12 kV; absent: not checked", func(d *draft) *given[float64] { return &d.highest }),
	}}, func(d *draft) *originDraft { return &d.origin })
}

type planDraft struct {
	powerFactor given[float64]
	shares      given[[]given[shareDraft]]
	origin      originDraft
}

type shareDraft struct {
	node given[metering.NodeID]
	part given[float64] // %
}

func planForm(x *known) form.Form[planDraft] {
	type draft = planDraft
	share := form.Form[shareDraft]{Name: "a share", Fields: []form.Field[shareDraft]{
		form.Key("node", form.Must, identifier[metering.NodeID](), "bus at which the load hangs", func(d *shareDraft) *given[metering.NodeID] { return &d.node }),
		form.Key("part", form.Must, measure(percentUnits("share", "15 %"), 0, 100), "its part of the load of the site: 15 %; all parts make 100 %", func(d *shareDraft) *given[float64] { return &d.part }),
	}}
	return withOrigin(x, form.Form[draft]{Name: "a load plan", Fields: []form.Field[draft]{
		form.Key("power_factor", form.Must, form.Fraction("a power factor", 0.5, 1), "cos φ at the buses, inductive, 0.5 to 1", func(d *draft) *given[float64] { return &d.powerFactor }),
		form.Key("shares", form.Must, form.ListOf(share.Kind(), "shares"), "how the load is spread over the buses", func(d *draft) *given[[]given[shareDraft]] { return &d.shares }),
	}}, func(d *draft) *originDraft { return &d.origin })
}
