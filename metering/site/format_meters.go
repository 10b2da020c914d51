package site

import (
	"time"

	"asue/metering"
	"asue/metering/form"
)

type pointDraft struct {
	id       given[metering.PointID]
	name     given[string]
	node     given[metering.NodeID]
	role     given[metering.PointRole]
	resident given[metering.ResidentID]
	medium   given[metering.Medium]
	class    given[string]
	checks   given[metering.PointID]

	disconnected given[[]given[periodDraft]]
	faulty       given[[]given[periodDraft]]
}

// pointNode is what the key "node" of a point means.
const pointNode = "node whose energy the point accounts for"

func pointForm(x *known) form.Form[pointDraft] {
	roles := []metering.PointRole{metering.RoleInput, metering.RoleTransformer, metering.RoleSection, metering.RoleFeeder,
		metering.RoleResident, metering.RoleOwnNeeds, metering.RoleTechnical, metering.RoleCheck}
	return form.Form[pointDraft]{Name: "a point", Fields: []form.Field[pointDraft]{
		form.Key("id", form.Must, identifier[metering.PointID](), "id of the metering point", func(d *pointDraft) *given[metering.PointID] { return &d.id }),
		form.Key("name", form.Must, form.Sentence(), "name of the metering point", func(d *pointDraft) *given[string] { return &d.name }),
		form.Key("node", form.May, identifier[metering.NodeID](), pointNode+"; a point of electricity has one, points of other media have none",
			func(d *pointDraft) *given[metering.NodeID] { return &d.node }),
		form.Key("role", form.Must, form.Word("role", roles), "what the point accounts for in the balance of the site",
			func(d *pointDraft) *given[metering.PointRole] { return &d.role }),
		form.Key("resident", form.May, identifier[metering.ResidentID](), "whose boundary it is; for the roles \"resident\" and \"check\"",
			func(d *pointDraft) *given[metering.ResidentID] { return &d.resident }),
		form.Key("medium", form.May, form.Word("medium", metering.Media()), "what is metered here; absent: electricity",
			func(d *pointDraft) *given[metering.Medium] { return &d.medium }),
		form.Key("class", form.May, identifier[string](), "class of the validation rules that hold here, as a rule set names it; absent: the rules for all others",
			func(d *pointDraft) *given[string] { return &d.class }),
		form.Key("checks", form.May, identifier[metering.PointID](), "billing point beside which it stands; for the role \"check\"",
			func(d *pointDraft) *given[metering.PointID] { return &d.checks }),
		form.Key("disconnected", form.May, form.ListOf(periodForm(x).Kind(), "times"), "times of confirmed disconnection, in which the energy is zero",
			func(d *pointDraft) *given[[]given[periodDraft]] { return &d.disconnected }),
		form.Key("faulty", form.May, form.ListOf(periodForm(x).Kind(), "times"), "times of faulty metering that an act confirms: what the meter says in them is not billed, a neighbouring period's average is",
			func(d *pointDraft) *given[[]given[periodDraft]] { return &d.faulty }),
	}}
}

// periodDraft is a stretch of time that has a beginning.
type periodDraft struct{ from, to given[time.Time] }

func (d *periodDraft) period() period { return period{d.from.V, d.to.V} }

func periodForm(x *known) form.Form[periodDraft] {
	return form.Form[periodDraft]{Name: "a time", Fields: []form.Field[periodDraft]{
		form.Key("from", form.Must, moment(x), "its first instant", func(d *periodDraft) *given[time.Time] { return &d.from }),
		form.Key("to", form.May, moment(x), "the first instant after it; absent: until further notice", func(d *periodDraft) *given[time.Time] { return &d.to }),
	}}
}

type meterDraft struct {
	id       given[metering.MeterID]
	model    given[string]
	serial   given[string]
	line     given[metering.LineID]
	unit     given[int]
	accuracy given[string]
	installs given[[]given[installDraft]]

	verifiedTo given[time.Time]
}

func accuracyClasses() []string {
	return []string{"0.2S", "0.2", "0.5S", "0.5", "1", "2", "A", "B", "C"}
}

// transformerClasses are those of ГОСТ 7746-2015 (current) and ГОСТ 1983-2015
// (voltage transformers) for metering.
func transformerClasses() []string {
	return []string{"0.1", "0.2S", "0.2", "0.5S", "0.5", "1", "3", "5", "10"}
}

func transformerClass() form.Kind[string] {
	class := form.Word("accuracy class of a transformer", transformerClasses())
	class.Schema["type"] = []string{"string", "integer", "number"}
	class.Schema["enum"] = []any{"0.1", "0.2S", "0.2", "0.5S", "0.5", "1", "3", "5", "10", 0.1, 0.2, 0.5, 1, 3, 5, 10}
	return class
}

func meterForm(x *known) form.Form[meterDraft] {
	accuracy := form.Word("accuracy class", accuracyClasses())
	accuracy.Schema["type"] = []string{"string", "integer", "number"}
	accuracy.Schema["enum"] = []any{"0.2S", "0.2", "0.5S", "0.5", "1", "2", "A", "B", "C", 0.2, 0.5, 1, 2}
	return form.Form[meterDraft]{Name: "a meter", Fields: []form.Field[meterDraft]{
		form.Key("id", form.Must, identifier[metering.MeterID](), "id of the meter; not its serial number", func(d *meterDraft) *given[metering.MeterID] { return &d.id }),
		form.Key("model", form.Must, model(x), "id of the register map by which the meter is read", func(d *meterDraft) *given[string] { return &d.model }),
		form.Key("serial", form.Must, form.Sentence(), "serial number as on the nameplate", func(d *meterDraft) *given[string] { return &d.serial }),
		form.Key("line", form.Must, identifier[metering.LineID](), "communication line on which it answers", func(d *meterDraft) *given[metering.LineID] { return &d.line }),
		form.Key("unit", form.Must, form.Integer("a Modbus unit id", 1, 247), "Modbus unit id on its line, 1 to 247", func(d *meterDraft) *given[int] { return &d.unit }),
		form.Key("accuracy", form.Must, accuracy, "accuracy class as on the nameplate: 0.2S, 0.5S, 1, or A, B, C",
			func(d *meterDraft) *given[string] { return &d.accuracy }),
		form.Key("verified_to", form.May, moment(x), "its verification (поверка) holds until this time", func(d *meterDraft) *given[time.Time] { return &d.verifiedTo }),
		form.Key("installs", form.May, form.ListOf(installForm(x).Kind(), "installs"), "where and when the meter stood; absent: in stock",
			func(d *meterDraft) *given[[]given[installDraft]] { return &d.installs }),
	}}
}

type installDraft struct {
	point      given[metering.PointID]
	ct, vt     given[metering.Ratio]
	from, to   given[time.Time]
	start, end given[map[metering.Channel]metering.Energy]
	pulse      given[pulse]
	act        given[string]

	ctClass, vtClass           given[string]
	ctVerifiedTo, vtVerifiedTo given[time.Time]
}

// installCT is what the key "ct" of an install means.
const installCT = "current transformers as installed: 600/5, or \"direct\""

func installForm(x *known) form.Form[installDraft] {
	return form.Form[installDraft]{Name: "an install", Fields: []form.Field[installDraft]{
		form.Key("point", form.Must, identifier[metering.PointID](), "point at which the meter stands", func(d *installDraft) *given[metering.PointID] { return &d.point }),
		form.Key("ct", form.May, ratio(), installCT+"; at a point of electricity", func(d *installDraft) *given[metering.Ratio] { return &d.ct }),
		form.Key("vt", form.May, ratio(), "voltage transformers as installed: 10000/100; absent or \"direct\": none",
			func(d *installDraft) *given[metering.Ratio] { return &d.vt }),
		form.Key("from", form.May, moment(x), "installed at this time; absent: since the beginning", func(d *installDraft) *given[time.Time] { return &d.from }),
		form.Key("to", form.May, moment(x), "taken away at this time; absent: it stands there", func(d *installDraft) *given[time.Time] { return &d.to }),
		form.Key("start_readings", form.May, registers(), "registers by channel at the point when it was installed, from the act: {A+: 0 kWh}",
			func(d *installDraft) *given[map[metering.Channel]metering.Energy] { return &d.start }),
		form.Key("end_readings", form.May, registers(), "registers by channel at the point when it was taken away, from the act",
			func(d *installDraft) *given[map[metering.Channel]metering.Energy] { return &d.end }),
		form.Key("ct_class", form.May, transformerClass(), "accuracy class of the current transformers: 0.5S", func(d *installDraft) *given[string] { return &d.ctClass }),
		form.Key("vt_class", form.May, transformerClass(), "accuracy class of the voltage transformers: 0.5", func(d *installDraft) *given[string] { return &d.vtClass }),
		form.Key("ct_verified_to", form.May, moment(x), "verification of the current transformers holds until this time",
			func(d *installDraft) *given[time.Time] { return &d.ctVerifiedTo }),
		form.Key("vt_verified_to", form.May, moment(x), "verification of the voltage transformers holds until this time",
			func(d *installDraft) *given[time.Time] { return &d.vtVerifiedTo }),
		form.Key("pulse", form.May, pulses(), "what one count of a pulse input stands for: 10 L, 0.01 m3, 1 Wh",
			func(d *installDraft) *given[pulse] { return &d.pulse }),
		form.Key("act", form.May, form.Sentence(), "number and date of the act about putting it up", func(d *installDraft) *given[string] { return &d.act }),
	}}
}
