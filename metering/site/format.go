package site

import (
	"time"

	"asue/metering"
)

// The forms below are the file format: every key, whether it must be there,
// what it holds and what it means. The sentence of a key goes into the JSON
// Schema, where editors show it, and into the message when the key is missing.

// formatVersion is the version of the format that this program reads.
const formatVersion = 1

type plantDraft struct {
	version   given[int]
	head      given[headDraft]
	sources   given[[]given[sourceDraft]]
	nodes     given[[]given[nodeDraft]]
	residents given[[]given[residentDraft]]
	lines     given[[]given[lineDraft]]
	points    given[[]given[pointDraft]]
	meters    given[[]given[meterDraft]]
}

func plantForm() form[plantDraft] {
	return form[plantDraft]{"the site file", []field[plantDraft]{
		key("version", must, integer("a version of the format", formatVersion, formatVersion), "version of this file format: 1",
			func(d *plantDraft) *given[int] { return &d.version }),
		key("site", must, headForm().kind(), "what the site is called and where it is",
			func(d *plantDraft) *given[headDraft] { return &d.head }),
		key("sources", must, listOf(sourceForm().kind(), "sources"), "supply lines that can feed the site, the one that feeds it first",
			func(d *plantDraft) *given[[]given[sourceDraft]] { return &d.sources }),
		key("nodes", must, listOf(nodeForm().kind(), "nodes"), "the network from the supply lines down to the feeders",
			func(d *plantDraft) *given[[]given[nodeDraft]] { return &d.nodes }),
		key("residents", may, listOf(residentForm().kind(), "residents"), "the consumers of the zone",
			func(d *plantDraft) *given[[]given[residentDraft]] { return &d.residents }),
		key("lines", may, listOf(lineForm().kind(), "lines"), "communication lines of the meters; how they are reached is the collector's configuration",
			func(d *plantDraft) *given[[]given[lineDraft]] { return &d.lines }),
		key("points", may, listOf(pointForm().kind(), "points"), "metering points: places whose energy is accounted for",
			func(d *plantDraft) *given[[]given[pointDraft]] { return &d.points }),
		key("meters", may, listOf(meterForm().kind(), "meters"), "devices, and at which points they stand and stood",
			func(d *plantDraft) *given[[]given[meterDraft]] { return &d.meters }),
	}}
}

type headDraft struct {
	id   given[metering.SiteID]
	name given[string]
	zone given[*time.Location]
}

func headForm() form[headDraft] {
	return form[headDraft]{"the site", []field[headDraft]{
		key("id", must, identifier[metering.SiteID](), "id of the site; it is part of every topic and label",
			func(d *headDraft) *given[metering.SiteID] { return &d.id }),
		key("name", must, sentence(), "name of the site as people read it",
			func(d *headDraft) *given[string] { return &d.name }),
		key("time_zone", must, timeZone(), "time zone of billing, of the page and of the dates in this file: Asia/Aqtobe",
			func(d *headDraft) *given[*time.Location] { return &d.zone }),
	}}
}

type sourceDraft struct {
	id        given[string]
	name      given[string]
	node      given[metering.NodeID]
	contract  given[metering.Limit]
	available given[bool]
	note      given[string]
}

func sourceForm() form[sourceDraft] {
	return form[sourceDraft]{"a source", []field[sourceDraft]{
		key("id", must, identifier[string](), "id of the supply line", func(d *sourceDraft) *given[string] { return &d.id }),
		key("name", must, sentence(), "name of the supply line", func(d *sourceDraft) *given[string] { return &d.name }),
		key("node", must, identifier[metering.NodeID](), "node of kind \"source\" where the line begins",
			func(d *sourceDraft) *given[metering.NodeID] { return &d.node }),
		key("contract", may, limit(), "declared power of this line at the site's input, or \"unlimited\"; absent: not stated",
			func(d *sourceDraft) *given[metering.Limit] { return &d.contract }),
		key("available", must, yesNo(), "true if the line may be counted on today",
			func(d *sourceDraft) *given[bool] { return &d.available }),
		key("note", may, sentence(), "why the line is not available, or anything else worth knowing",
			func(d *sourceDraft) *given[string] { return &d.note }),
	}}
}

type nodeDraft struct {
	id          given[metering.NodeID]
	name        given[string]
	kind        given[metering.NodeKind]
	parent      given[metering.NodeID]
	voltage     given[float64] // kV
	limit       given[metering.Limit]
	line        given[wireDraft]
	transformer given[transformerDraft]
}

func nodeKinds() []metering.NodeKind {
	return []metering.NodeKind{metering.NodeSource, metering.NodeInput, metering.NodeTransformer,
		metering.NodeSection, metering.NodeFeeder, metering.NodeOwnNeeds}
}

func nodeForm() form[nodeDraft] {
	return form[nodeDraft]{"a node", []field[nodeDraft]{
		key("id", must, identifier[metering.NodeID](), "id of the node", func(d *nodeDraft) *given[metering.NodeID] { return &d.id }),
		key("name", must, sentence(), "name of the node as it stands on the diagram", func(d *nodeDraft) *given[string] { return &d.name }),
		key("kind", must, word("kind of node", nodeKinds()), "what the node is",
			func(d *nodeDraft) *given[metering.NodeKind] { return &d.kind }),
		key("parent", may, identifier[metering.NodeID](), "node that feeds this one in the normal state; every node but a source has one",
			func(d *nodeDraft) *given[metering.NodeID] { return &d.parent }),
		key("voltage", must, measure(voltageUnits, 0.1, 1150), "nominal voltage, of a transformer its high side: 110 kV",
			func(d *nodeDraft) *given[float64] { return &d.voltage }),
		key("limit", may, limit(), "greatest power through the node, or \"unlimited\"; absent: not stated",
			func(d *nodeDraft) *given[metering.Limit] { return &d.limit }),
		key("line", may, wireForm().kind(), "the overhead line of a source or the cable of a feeder, where its losses count",
			func(d *nodeDraft) *given[wireDraft] { return &d.line }),
		key("transformer", may, transformerForm().kind(), "passport of a transformer; a node of kind \"transformer\" has one",
			func(d *nodeDraft) *given[transformerDraft] { return &d.transformer }),
	}}
}

type wireDraft struct {
	length     given[float64] // km
	resistance given[float64] // Ω/km
	conductor  given[string]
}

func wireForm() form[wireDraft] {
	return form[wireDraft]{"a line", []field[wireDraft]{
		key("length", must, measure(lengthUnits, 0.001, 1000), "length: 17 km", func(d *wireDraft) *given[float64] { return &d.length }),
		key("resistance", must, measure(resistanceUnits, 0, 1000), "active resistance per kilometre: 0.159 ohm/km",
			func(d *wireDraft) *given[float64] { return &d.resistance }),
		key("conductor", may, sentence(), "trade name of the conductor: АС-185/29", func(d *wireDraft) *given[string] { return &d.conductor }),
	}}
}

type transformerDraft struct {
	rated    given[float64] // VA
	noLoad   given[metering.Power]
	loadLoss given[metering.Power]
}

func transformerForm() form[transformerDraft] {
	return form[transformerDraft]{"a transformer", []field[transformerDraft]{
		key("rated", must, measure(apparentUnits, 0, 1e9), "rated power of the high-voltage winding: 63 MVA",
			func(d *transformerDraft) *given[float64] { return &d.rated }),
		key("no_load_loss", must, power(), "no-load loss ΔPх: 56 kW", func(d *transformerDraft) *given[metering.Power] { return &d.noLoad }),
		key("load_loss", must, power(), "load loss at rated current ΔPк: 290 kW",
			func(d *transformerDraft) *given[metering.Power] { return &d.loadLoss }),
	}}
}

type residentDraft struct {
	id         given[metering.ResidentID]
	name       given[string]
	trade      given[metering.Trade]
	state      given[metering.ResidentState]
	conditions given[[]given[conditionDraft]]
	armour     given[armourDraft]
	simulation given[simulationDraft]
}

func residentForm() form[residentDraft] {
	states := []metering.ResidentState{metering.Working, metering.InRealisation, metering.Idle}
	return form[residentDraft]{"a resident", []field[residentDraft]{
		key("id", must, identifier[metering.ResidentID](), "id of the resident", func(d *residentDraft) *given[metering.ResidentID] { return &d.id }),
		key("name", must, sentence(), "name of the resident as people read it", func(d *residentDraft) *given[string] { return &d.name }),
		key("trade", must, word("trade", metering.Trades()), "kind of works, which decides the shape of the load",
			func(d *residentDraft) *given[metering.Trade] { return &d.trade }),
		key("state", must, word("state", states), "how far the project has come",
			func(d *residentDraft) *given[metering.ResidentState] { return &d.state }),
		key("conditions", may, listOf(conditionForm().kind(), "technical conditions"), "technical conditions (ТУ); those in force at one time add up",
			func(d *residentDraft) *given[[]given[conditionDraft]] { return &d.conditions }),
		key("armour", may, armourForm().kind(), "броня: consumption that must not be cut",
			func(d *residentDraft) *given[armourDraft] { return &d.armour }),
		key("simulation", may, simulationForm().kind(), "how the software zone plays this resident; no meaning on a real site",
			func(d *residentDraft) *given[simulationDraft] { return &d.simulation }),
	}}
}

type conditionDraft struct {
	id       given[string]
	node     given[metering.NodeID]
	power    given[metering.Power]
	category given[int]
	document given[string]
	from, to given[time.Time]
}

func conditionForm() form[conditionDraft] {
	return form[conditionDraft]{"a technical condition", []field[conditionDraft]{
		key("id", must, identifier[string](), "id of the technical condition", func(d *conditionDraft) *given[string] { return &d.id }),
		key("node", must, identifier[metering.NodeID](), "node where the resident may draw the power",
			func(d *conditionDraft) *given[metering.NodeID] { return &d.node }),
		key("power", must, power(), "power that the resident may draw there: 2.5 MW", func(d *conditionDraft) *given[metering.Power] { return &d.power }),
		key("category", must, integer("a reliability category", 1, 3), "reliability category of supply, 1 to 3 (ПУЭ 1.2)",
			func(d *conditionDraft) *given[int] { return &d.category }),
		key("document", must, sentence(), "number and date of the document", func(d *conditionDraft) *given[string] { return &d.document }),
		key("from", must, moment(), "in force from this time on", func(d *conditionDraft) *given[time.Time] { return &d.from }),
		key("to", may, moment(), "no longer in force at this time; absent: until further notice",
			func(d *conditionDraft) *given[time.Time] { return &d.to }),
	}}
}

type armourDraft struct {
	technological    given[metering.Power]
	technologicalFor given[time.Duration]
	emergency        given[metering.Power]
	act              given[string]
	validTo          given[time.Time]
}

func armourForm() form[armourDraft] {
	return form[armourDraft]{"an armour", []field[armourDraft]{
		key("technological", may, power(), "технологическая броня: least power with which a continuous process is brought to its end",
			func(d *armourDraft) *given[metering.Power] { return &d.technological }),
		key("technological_for", may, duration(72*time.Hour), "how long that takes after the notice: 40m, 2h30m",
			func(d *armourDraft) *given[time.Duration] { return &d.technologicalFor }),
		key("emergency", must, power(), "аварийная броня: least power, with the process stopped, that keeps people, plant and environment safe",
			func(d *armourDraft) *given[metering.Power] { return &d.emergency }),
		key("act", must, sentence(), "number and date of the act", func(d *armourDraft) *given[string] { return &d.act }),
		key("valid_to", may, moment(), "the act ends at this time; absent: until further notice",
			func(d *armourDraft) *given[time.Time] { return &d.validTo }),
	}}
}

type simulationDraft struct {
	peak        given[metering.Power]
	powerFactor given[float64]
}

func simulationForm() form[simulationDraft] {
	return form[simulationDraft]{"a simulation", []field[simulationDraft]{
		key("peak", must, power(), "peak of a working day", func(d *simulationDraft) *given[metering.Power] { return &d.peak }),
		key("power_factor", must, fraction("a power factor", 0.5, 1), "cos φ, inductive, 0.5 to 1",
			func(d *simulationDraft) *given[float64] { return &d.powerFactor }),
	}}
}

type lineDraft struct {
	id   given[metering.LineID]
	name given[string]
}

func lineForm() form[lineDraft] {
	return form[lineDraft]{"a communication line", []field[lineDraft]{
		key("id", must, identifier[metering.LineID](), "id of the line; the collector's configuration says how to reach it",
			func(d *lineDraft) *given[metering.LineID] { return &d.id }),
		key("name", may, sentence(), "name of the gateway or port as people call it", func(d *lineDraft) *given[string] { return &d.name }),
	}}
}

type pointDraft struct {
	id       given[metering.PointID]
	name     given[string]
	node     given[metering.NodeID]
	role     given[metering.PointRole]
	resident given[metering.ResidentID]
}

func pointForm() form[pointDraft] {
	roles := []metering.PointRole{metering.RoleInput, metering.RoleTransformer, metering.RoleSection, metering.RoleFeeder,
		metering.RoleResident, metering.RoleOwnNeeds, metering.RoleTechnical, metering.RoleCheck}
	return form[pointDraft]{"a point", []field[pointDraft]{
		key("id", must, identifier[metering.PointID](), "id of the metering point", func(d *pointDraft) *given[metering.PointID] { return &d.id }),
		key("name", must, sentence(), "name of the metering point", func(d *pointDraft) *given[string] { return &d.name }),
		key("node", must, identifier[metering.NodeID](), "node whose energy the point accounts for",
			func(d *pointDraft) *given[metering.NodeID] { return &d.node }),
		key("role", must, word("role", roles), "what the point accounts for in the balance of the site",
			func(d *pointDraft) *given[metering.PointRole] { return &d.role }),
		key("resident", may, identifier[metering.ResidentID](), "whose boundary it is; for the roles \"resident\" and \"check\"",
			func(d *pointDraft) *given[metering.ResidentID] { return &d.resident }),
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
}

func accuracyClasses() []string {
	return []string{"0.2S", "0.2", "0.5S", "0.5", "1", "2", "A", "B", "C"}
}

func meterForm() form[meterDraft] {
	accuracy := word("accuracy class", accuracyClasses())
	accuracy.schema["type"] = []string{"string", "integer", "number"}
	accuracy.schema["enum"] = []any{"0.2S", "0.2", "0.5S", "0.5", "1", "2", "A", "B", "C", 0.2, 0.5, 1, 2}
	return form[meterDraft]{"a meter", []field[meterDraft]{
		key("id", must, identifier[metering.MeterID](), "id of the meter; not its serial number", func(d *meterDraft) *given[metering.MeterID] { return &d.id }),
		key("model", must, model(), "id of the register map by which the meter is read", func(d *meterDraft) *given[string] { return &d.model }),
		key("serial", must, sentence(), "serial number as on the nameplate", func(d *meterDraft) *given[string] { return &d.serial }),
		key("line", must, identifier[metering.LineID](), "communication line on which it answers", func(d *meterDraft) *given[metering.LineID] { return &d.line }),
		key("unit", must, integer("a Modbus unit id", 1, 247), "Modbus unit id on its line, 1 to 247", func(d *meterDraft) *given[int] { return &d.unit }),
		key("accuracy", must, accuracy, "accuracy class as on the nameplate: 0.2S, 0.5S, 1, or A, B, C",
			func(d *meterDraft) *given[string] { return &d.accuracy }),
		key("installs", may, listOf(installForm().kind(), "installs"), "where and when the meter stood; absent: in stock",
			func(d *meterDraft) *given[[]given[installDraft]] { return &d.installs }),
	}}
}

type installDraft struct {
	point      given[metering.PointID]
	ct, vt     given[metering.Ratio]
	from, to   given[time.Time]
	start, end given[map[metering.Channel]metering.Energy]
}

func installForm() form[installDraft] {
	return form[installDraft]{"an install", []field[installDraft]{
		key("point", must, identifier[metering.PointID](), "point at which the meter stands", func(d *installDraft) *given[metering.PointID] { return &d.point }),
		key("ct", must, ratio(), "current transformers as installed: 600/5, or \"direct\"", func(d *installDraft) *given[metering.Ratio] { return &d.ct }),
		key("vt", may, ratio(), "voltage transformers as installed: 10000/100; absent or \"direct\": none",
			func(d *installDraft) *given[metering.Ratio] { return &d.vt }),
		key("from", may, moment(), "installed at this time; absent: since the beginning", func(d *installDraft) *given[time.Time] { return &d.from }),
		key("to", may, moment(), "taken away at this time; absent: it stands there", func(d *installDraft) *given[time.Time] { return &d.to }),
		key("start_readings", may, registers(), "registers by channel at the point when it was installed, from the act: {A+: 0 kWh}",
			func(d *installDraft) *given[map[metering.Channel]metering.Energy] { return &d.start }),
		key("end_readings", may, registers(), "registers by channel at the point when it was taken away, from the act",
			func(d *installDraft) *given[map[metering.Channel]metering.Energy] { return &d.end }),
	}}
}
