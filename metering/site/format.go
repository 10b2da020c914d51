package site

import (
	"time"

	"asue/metering"
	"asue/metering/form"
)

// The forms below are the file format: every key, whether it must be there,
// what it holds and what it means. The sentence of a key goes into the JSON
// Schema, where editors show it, and into the message when the key is missing.

// formatVersion is the version of the format that this program reads.
const formatVersion = 1

// given is a value of the file and the node that it came from.
type given[V any] = form.Given[V]

// known is what values of the file need to know of other parts of it, and of
// the world outside.
type known struct {
	zone    *time.Location // nil until the file has named a good one
	options Options
}

type plantDraft struct {
	version   given[int]
	head      given[headDraft]
	sources   given[[]given[sourceDraft]]
	nodes     given[[]given[nodeDraft]]
	residents given[[]given[residentDraft]]
	lines     given[[]given[lineDraft]]
	points    given[[]given[pointDraft]]
	meters    given[[]given[meterDraft]]

	virtual    given[[]given[virtualDraft]]
	validation given[[]given[ruleSetDraft]]
	calendar   given[calendarDraft]
	tariffs    given[[]given[tariffDraft]]
	media      given[[]given[mediumDraft]]

	agents    given[[]given[agentDraft]]
	actuators given[[]given[actuatorDraft]]
	limits    given[[]given[limitBandDraft]]
	promises  given[[]given[promiseDraft]]

	network given[networkDraft]
}

func plantForm(x *known) form.Form[plantDraft] {
	return form.Form[plantDraft]{Name: "the site file", Fields: []form.Field[plantDraft]{
		form.Key("version", form.Must, form.Integer("a version of the format", formatVersion, formatVersion), "version of this file format: 1",
			func(d *plantDraft) *given[int] { return &d.version }),
		form.Key("site", form.Must, headForm(x).Kind(), "what the site is called and where it is",
			func(d *plantDraft) *given[headDraft] { return &d.head }),
		form.Key("sources", form.Must, form.ListOf(sourceForm().Kind(), "sources"), "supply lines that can feed the site, the one that feeds it first",
			func(d *plantDraft) *given[[]given[sourceDraft]] { return &d.sources }),
		form.Key("nodes", form.Must, form.ListOf(nodeForm().Kind(), "nodes"), "the network from the supply lines down to the feeders",
			func(d *plantDraft) *given[[]given[nodeDraft]] { return &d.nodes }),
		form.Key("residents", form.May, form.ListOf(residentForm(x).Kind(), "residents"), "the consumers of the zone",
			func(d *plantDraft) *given[[]given[residentDraft]] { return &d.residents }),
		form.Key("lines", form.May, form.ListOf(lineForm().Kind(), "lines"), "communication lines of meters and actuators; how they are reached is the configuration of a process",
			func(d *plantDraft) *given[[]given[lineDraft]] { return &d.lines }),
		form.Key("points", form.May, form.ListOf(pointForm(x).Kind(), "points"), "metering points: places whose energy is accounted for",
			func(d *plantDraft) *given[[]given[pointDraft]] { return &d.points }),
		form.Key("meters", form.May, form.ListOf(meterForm(x).Kind(), "meters"), "devices, and at which points they stand and stood",
			func(d *plantDraft) *given[[]given[meterDraft]] { return &d.meters }),
		form.Key("virtual", form.May, form.ListOf(virtualForm(x).Kind(), "virtual points"), "points without a meter, computed from others for each interval",
			func(d *plantDraft) *given[[]given[virtualDraft]] { return &d.virtual }),
		form.Key("validation", form.May, form.ListOf(ruleSetForm(x).Kind(), "rule sets"), "parameters of the validation rules, by class of points and time",
			func(d *plantDraft) *given[[]given[ruleSetDraft]] { return &d.validation }),
		form.Key("calendar", form.May, calendarForm().Kind(), "days that are not what their weekday says",
			func(d *plantDraft) *given[calendarDraft] { return &d.calendar }),
		form.Key("tariffs", form.May, form.ListOf(tariffForm(x).Kind(), "tariffs"), "plans of tariff zones (зоны суток)",
			func(d *plantDraft) *given[[]given[tariffDraft]] { return &d.tariffs }),
		form.Key("media", form.May, form.ListOf(mediumForm().Kind(), "limits of media"), "how much gas and water the zone may take",
			func(d *plantDraft) *given[[]given[mediumDraft]] { return &d.media }),
		form.Key("agents", form.May, form.ListOf(agentForm().Kind(), "agents"), "programs that write to the actuators, each alone to its own",
			func(d *plantDraft) *given[[]given[agentDraft]] { return &d.agents }),
		form.Key("actuators", form.May, form.ListOf(actuatorForm(x).Kind(), "actuators"), "devices by which loads can be moved, and what may be done to them",
			func(d *plantDraft) *given[[]given[actuatorDraft]] { return &d.actuators }),
		form.Key("limits", form.May, form.ListOf(limitBandForm(x).Kind(), "limits"), "other limits of nodes and sources, for a time or for hours of the week",
			func(d *plantDraft) *given[[]given[limitBandDraft]] { return &d.limits }),
		form.Key("promises", form.May, form.ListOf(promiseForm(x).Kind(), "promises"), "limits that are promised from a day on, by scenario; they permit nothing until they have come true",
			func(d *plantDraft) *given[[]given[promiseDraft]] { return &d.promises }),
		form.Key("network", form.May, networkForm(x).Kind(), "data of the electrical network for calculations of flows and voltages, in the units of passports",
			func(d *plantDraft) *given[networkDraft] { return &d.network }),
	}}
}

type headDraft struct {
	id   given[metering.SiteID]
	name given[string]
	zone given[*time.Location]
}

func headForm(x *known) form.Form[headDraft] {
	return form.Form[headDraft]{Name: "the site", Fields: []form.Field[headDraft]{
		form.Key("id", form.Must, identifier[metering.SiteID](), "id of the site; it is part of every topic and label",
			func(d *headDraft) *given[metering.SiteID] { return &d.id }),
		form.Key("name", form.Must, form.Sentence(), "name of the site as people read it",
			func(d *headDraft) *given[string] { return &d.name }),
		form.Key("time_zone", form.Must, timeZone(x), "time zone of billing, of the page and of the dates in this file: Asia/Aqtobe",
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

func sourceForm() form.Form[sourceDraft] {
	return form.Form[sourceDraft]{Name: "a source", Fields: []form.Field[sourceDraft]{
		form.Key("id", form.Must, identifier[string](), "id of the supply line", func(d *sourceDraft) *given[string] { return &d.id }),
		form.Key("name", form.Must, form.Sentence(), "name of the supply line", func(d *sourceDraft) *given[string] { return &d.name }),
		form.Key("node", form.Must, identifier[metering.NodeID](), "node of kind \"source\" where the line begins",
			func(d *sourceDraft) *given[metering.NodeID] { return &d.node }),
		form.Key("contract", form.May, limit(), "declared power of this line at the site's input, or \"unlimited\"; absent: not stated",
			func(d *sourceDraft) *given[metering.Limit] { return &d.contract }),
		form.Key("available", form.Must, form.YesNo(), "true if the line may be counted on today",
			func(d *sourceDraft) *given[bool] { return &d.available }),
		form.Key("note", form.May, form.Sentence(), "why the line is not available, or anything else worth knowing",
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
	limitMVA    given[float64] // VA
	limitA      given[float64] // A
	line        given[wireDraft]
	transformer given[transformerDraft]
}

func nodeKinds() []metering.NodeKind {
	return []metering.NodeKind{metering.NodeSource, metering.NodeInput, metering.NodeTransformer,
		metering.NodeSection, metering.NodeFeeder, metering.NodeOwnNeeds}
}

func nodeForm() form.Form[nodeDraft] {
	return form.Form[nodeDraft]{Name: "a node", Fields: []form.Field[nodeDraft]{
		form.Key("id", form.Must, identifier[metering.NodeID](), "id of the node", func(d *nodeDraft) *given[metering.NodeID] { return &d.id }),
		form.Key("name", form.Must, form.Sentence(), "name of the node as it stands on the diagram", func(d *nodeDraft) *given[string] { return &d.name }),
		form.Key("kind", form.Must, form.Word("kind of node", nodeKinds()), "what the node is",
			func(d *nodeDraft) *given[metering.NodeKind] { return &d.kind }),
		form.Key("parent", form.May, identifier[metering.NodeID](), "node that feeds this one in the normal state; every node but a source has one",
			func(d *nodeDraft) *given[metering.NodeID] { return &d.parent }),
		form.Key("voltage", form.Must, measure(voltageUnits(), 0.1, 1150), "nominal voltage, of a transformer its high side: 110 kV",
			func(d *nodeDraft) *given[float64] { return &d.voltage }),
		form.Key("limit", form.May, limit(), "greatest power through the node, or \"unlimited\"; absent: not stated",
			func(d *nodeDraft) *given[metering.Limit] { return &d.limit }),
		form.Key("limit_mva", form.May, measure(apparentUnits(), 1000, 1e10), "greatest apparent power through the node: 63 MVA; the measured power factor turns it into a limit of power",
			func(d *nodeDraft) *given[float64] { return &d.limitMVA }),
		form.Key("limit_a", form.May, measure(currentUnits(), 1, 100_000), "greatest current through the node: 600 A",
			func(d *nodeDraft) *given[float64] { return &d.limitA }),
		form.Key("line", form.May, wireForm().Kind(), "the overhead line of a source or the cable of a feeder, where its losses count",
			func(d *nodeDraft) *given[wireDraft] { return &d.line }),
		form.Key("transformer", form.May, transformerForm().Kind(), "passport of a transformer; a node of kind \"transformer\" has one",
			func(d *nodeDraft) *given[transformerDraft] { return &d.transformer }),
	}}
}

type wireDraft struct {
	length     given[float64] // km
	resistance given[float64] // Ω/km
	conductor  given[string]
}

func wireForm() form.Form[wireDraft] {
	return form.Form[wireDraft]{Name: "a line", Fields: []form.Field[wireDraft]{
		form.Key("length", form.Must, measure(lengthUnits(), 0.001, 1000), "length: 17 km", func(d *wireDraft) *given[float64] { return &d.length }),
		form.Key("resistance", form.Must, measure(resistanceUnits(), 0, 1000), "active resistance per kilometre: 0.159 ohm/km",
			func(d *wireDraft) *given[float64] { return &d.resistance }),
		form.Key("conductor", form.May, form.Sentence(), "trade name of the conductor: АС-185/29", func(d *wireDraft) *given[string] { return &d.conductor }),
	}}
}

type transformerDraft struct {
	rated    given[float64] // VA
	noLoad   given[metering.Power]
	loadLoss given[metering.Power]
}

func transformerForm() form.Form[transformerDraft] {
	return form.Form[transformerDraft]{Name: "a transformer", Fields: []form.Field[transformerDraft]{
		form.Key("rated", form.Must, measure(apparentUnits(), 0, 1e9), "rated power of the high-voltage winding: 63 MVA",
			func(d *transformerDraft) *given[float64] { return &d.rated }),
		form.Key("no_load_loss", form.Must, power(), "no-load loss ΔPх: 56 kW", func(d *transformerDraft) *given[metering.Power] { return &d.noLoad }),
		form.Key("load_loss", form.Must, power(), "load loss at rated current ΔPк: 290 kW",
			func(d *transformerDraft) *given[metering.Power] { return &d.loadLoss }),
	}}
}

type residentDraft struct {
	id           given[metering.ResidentID]
	name         given[string]
	trade        given[metering.Trade]
	state        given[metering.ResidentState]
	commissioned given[time.Time]
	conditions   given[[]given[conditionDraft]]
	armour       given[armourDraft]
	simulation   given[simulationDraft]
}

func residentForm(x *known) form.Form[residentDraft] {
	states := []metering.ResidentState{metering.Working, metering.InRealisation, metering.Idle}
	return form.Form[residentDraft]{Name: "a resident", Fields: []form.Field[residentDraft]{
		form.Key("id", form.Must, identifier[metering.ResidentID](), "id of the resident", func(d *residentDraft) *given[metering.ResidentID] { return &d.id }),
		form.Key("name", form.Must, form.Sentence(), "name of the resident as people read it", func(d *residentDraft) *given[string] { return &d.name }),
		form.Key("trade", form.Must, form.Word("trade", metering.Trades()), "kind of works, which decides the shape of the load",
			func(d *residentDraft) *given[metering.Trade] { return &d.trade }),
		form.Key("state", form.Must, form.Word("state", states), "how far the project has come",
			func(d *residentDraft) *given[metering.ResidentState] { return &d.state }),
		form.Key("commissioned", form.May, moment(x), "since when the resident draws; absent: not stated, its first technical condition stands for it",
			func(d *residentDraft) *given[time.Time] { return &d.commissioned }),
		form.Key("conditions", form.May, form.ListOf(conditionForm(x).Kind(), "technical conditions"), "technical conditions (ТУ); those in force at one time add up",
			func(d *residentDraft) *given[[]given[conditionDraft]] { return &d.conditions }),
		form.Key("armour", form.May, armourForm(x).Kind(), "броня: consumption that must not be cut",
			func(d *residentDraft) *given[armourDraft] { return &d.armour }),
		form.Key("simulation", form.May, simulationForm().Kind(), "how the software zone plays this resident; no meaning on a real site",
			func(d *residentDraft) *given[simulationDraft] { return &d.simulation }),
	}}
}

type armourDraft struct {
	technological    given[metering.Power]
	technologicalFor given[time.Duration]
	emergency        given[metering.Power]
	act              given[string]
	validTo          given[time.Time]
}

func armourForm(x *known) form.Form[armourDraft] {
	return form.Form[armourDraft]{Name: "an armour", Fields: []form.Field[armourDraft]{
		form.Key("technological", form.May, power(), "технологическая броня: least power with which a continuous process is brought to its end",
			func(d *armourDraft) *given[metering.Power] { return &d.technological }),
		form.Key("technological_for", form.May, minutes(72*time.Hour), "how long that takes after the notice: 40m, 2h30m",
			func(d *armourDraft) *given[time.Duration] { return &d.technologicalFor }),
		form.Key("emergency", form.Must, power(), "аварийная броня: least power, with the process stopped, that keeps people, plant and environment safe",
			func(d *armourDraft) *given[metering.Power] { return &d.emergency }),
		form.Key("act", form.Must, form.Sentence(), "number and date of the act", func(d *armourDraft) *given[string] { return &d.act }),
		form.Key("valid_to", form.May, moment(x), "the act ends at this time; absent: until further notice",
			func(d *armourDraft) *given[time.Time] { return &d.validTo }),
	}}
}

type simulationDraft struct {
	peak        given[metering.Power]
	powerFactor given[float64]
	rebound     given[float64]
}

func simulationForm() form.Form[simulationDraft] {
	return form.Form[simulationDraft]{Name: "a simulation", Fields: []form.Field[simulationDraft]{
		form.Key("peak", form.Must, power(), "peak of a working day", func(d *simulationDraft) *given[metering.Power] { return &d.peak }),
		form.Key("power_factor", form.Must, form.Fraction("a power factor", 0.5, 1), "cos φ, inductive, 0.5 to 1",
			func(d *simulationDraft) *given[float64] { return &d.powerFactor }),
		form.Key("rebound", form.May, form.Fraction("a rebound", 1, 2), "how many times the usual load it draws at most while it makes up for having been shed or dark, 1 to 2; absent: by trade",
			func(d *simulationDraft) *given[float64] { return &d.rebound }),
	}}
}

type lineDraft struct {
	id   given[metering.LineID]
	name given[string]
}

func lineForm() form.Form[lineDraft] {
	return form.Form[lineDraft]{Name: "a communication line", Fields: []form.Field[lineDraft]{
		form.Key("id", form.Must, identifier[metering.LineID](), "id of the line; the collector's configuration says how to reach it",
			func(d *lineDraft) *given[metering.LineID] { return &d.id }),
		form.Key("name", form.May, form.Sentence(), "name of the gateway or port as people call it", func(d *lineDraft) *given[string] { return &d.name }),
	}}
}
