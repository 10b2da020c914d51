package site

import (
	"time"

	"asue/metering"
	"asue/metering/form"
)

type conditionDraft struct {
	id       given[string]
	node     given[metering.NodeID]
	power    given[metering.Power]
	nonFirm  given[metering.Power]
	voltage  given[float64] // kV
	category given[int]
	document given[string]
	basis    given[string]
	from, to given[time.Time]
	stages   given[[]given[stageDraft]]
}

func (d *conditionDraft) period() period { return period{d.from.V, d.to.V} }

func conditionForm(x *known) form.Form[conditionDraft] {
	return form.Form[conditionDraft]{Name: "a technical condition", Fields: []form.Field[conditionDraft]{
		form.Key("id", form.Must, identifier[string](), "id of the technical condition", func(d *conditionDraft) *given[string] { return &d.id }),
		form.Key("node", form.Must, identifier[metering.NodeID](), "node where the resident may draw the power",
			func(d *conditionDraft) *given[metering.NodeID] { return &d.node }),
		form.Key("power", form.Must, power(), "power that the resident may draw there: 2.5 MW", func(d *conditionDraft) *given[metering.Power] { return &d.power }),
		form.Key("non_firm", form.May, power(), "power that it may draw above that and that may be curtailed at any time",
			func(d *conditionDraft) *given[metering.Power] { return &d.nonFirm }),
		form.Key("voltage", form.May, measure(voltageUnits(), 0.1, 1150), "nominal voltage at which it is connected: 10 kV; absent: not stated",
			func(d *conditionDraft) *given[float64] { return &d.voltage }),
		form.Key("category", form.Must, form.Integer("a reliability category", 1, 3), "reliability category of supply, 1 to 3 (ПУЭ 1.2)",
			func(d *conditionDraft) *given[int] { return &d.category }),
		form.Key("document", form.Must, form.Sentence(), "number and date of the document", func(d *conditionDraft) *given[string] { return &d.document }),
		form.Key("legal_basis", form.May, form.Sentence(), "clause of a contract or the law on which it stands; absent: not stated",
			func(d *conditionDraft) *given[string] { return &d.basis }),
		form.Key("from", form.Must, moment(x), "in force from this time on", func(d *conditionDraft) *given[time.Time] { return &d.from }),
		form.Key("to", form.May, moment(x), "no longer in force at this time; absent: until further notice",
			func(d *conditionDraft) *given[time.Time] { return &d.to }),
		form.Key("stages", form.May, form.ListOf(stageForm(x).Kind(), "stages of growth"), "growth that the resident has bound itself to, by \"due\"; it gives no right yet",
			func(d *conditionDraft) *given[[]given[stageDraft]] { return &d.stages }),
	}}
}

type stageDraft struct {
	power      given[metering.Power]
	due        given[time.Time]
	milestones given[int]
	document   given[string]
}

// maxMilestones is more than anybody follows up.
const maxMilestones = 99

func stageForm(x *known) form.Form[stageDraft] {
	return form.Form[stageDraft]{Name: "a stage of growth", Fields: []form.Field[stageDraft]{
		form.Key("power", form.Must, power(), "how much more will be drawn: 500 kW", func(d *stageDraft) *given[metering.Power] { return &d.power }),
		form.Key("due", form.Must, moment(x), "when it will be drawn", func(d *stageDraft) *given[time.Time] { return &d.due }),
		form.Key("milestones", form.Must, form.Integer("a number of milestones", 1, maxMilestones), "how many milestones are agreed on the way; growth without any is a wish",
			func(d *stageDraft) *given[int] { return &d.milestones }),
		form.Key("document", form.Must, form.Sentence(), "number and date of the document in which it is agreed", func(d *stageDraft) *given[string] { return &d.document }),
	}}
}

// promiseDraft is a limit to come, in one scenario.
type promiseDraft struct {
	scenario given[string]
	node     given[metering.NodeID]
	limit    given[metering.Limit]
	from     given[time.Time]
	document given[string]
}

func promiseForm(x *known) form.Form[promiseDraft] {
	return form.Form[promiseDraft]{Name: "a promise", Fields: []form.Field[promiseDraft]{
		form.Key("scenario", form.Must, identifier[string](), "one of the ways in which things may turn out: optimistic, base, late",
			func(d *promiseDraft) *given[string] { return &d.scenario }),
		form.Key("node", form.Must, identifier[metering.NodeID](), "node whose limit is promised; of a line under restoration the node where it begins",
			func(d *promiseDraft) *given[metering.NodeID] { return &d.node }),
		form.Key("limit", form.Must, limit(), "greatest power through it from then on, or \"unlimited\"", func(d *promiseDraft) *given[metering.Limit] { return &d.limit }),
		form.Key("from", form.Must, moment(x), "promised from this time on", func(d *promiseDraft) *given[time.Time] { return &d.from }),
		form.Key("document", form.Must, form.Sentence(), "number and date of the document, or who has promised it",
			func(d *promiseDraft) *given[string] { return &d.document }),
	}}
}
