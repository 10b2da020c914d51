package site

import (
	"strings"
	"time"

	"asue/metering"
	"asue/metering/form"
)

type agentDraft struct {
	id   given[metering.AgentID]
	name given[string]
}

func agentForm() form.Form[agentDraft] {
	return form.Form[agentDraft]{Name: "an agent", Fields: []form.Field[agentDraft]{
		form.Key("id", form.Must, identifier[metering.AgentID](), "id of the agent; its program is started under this name", func(d *agentDraft) *given[metering.AgentID] { return &d.id }),
		form.Key("name", form.May, form.Sentence(), "where it stands, for people", func(d *agentDraft) *given[string] { return &d.name }),
	}}
}

type actuatorDraft struct {
	id         given[metering.ActuatorID]
	name       given[string]
	kind       given[metering.ActuatorKind]
	resident   given[metering.ResidentID]
	node       given[metering.NodeID]
	point      given[metering.PointID]
	agent      given[metering.AgentID]
	address    given[string]
	unit       given[int]
	model      given[string]
	channel    given[int]
	power      given[metering.Power]
	importance given[int]
	mode       given[string]

	least, most, failSafe given[metering.Power]
	minOn, minOff, maxOff given[time.Duration]
	perHour               given[int]
}

// modeNames are the modes in their order, the weakest first.
func modeNames() []string {
	var names []string
	for m := metering.ModeOff; m <= metering.ModeAuto; m++ {
		names = append(names, m.String())
	}
	return names
}

// maxChannel is beyond the outputs of any module.
const maxChannel = 64

func actuatorForm(x *known) form.Form[actuatorDraft] {
	kinds := []metering.ActuatorKind{metering.ActuatorSetpoint, metering.ActuatorRelay, metering.ActuatorBreaker}
	type draft = actuatorDraft
	return form.Form[draft]{Name: "an actuator", Fields: []form.Field[draft]{
		form.Key("id", form.Must, identifier[metering.ActuatorID](), "id of the actuator", func(d *draft) *given[metering.ActuatorID] { return &d.id }),
		form.Key("name", form.Must, form.Sentence(), "name of the load that it moves, as people call it", func(d *draft) *given[string] { return &d.name }),
		form.Key("kind", form.Must, form.Word("kind of actuator", kinds), "what it can do: setpoint (the load keeps itself below a written limit), relay (switches a step of the load), breaker (of a feeder)",
			func(d *draft) *given[metering.ActuatorKind] { return &d.kind }),
		form.Key("resident", form.Must, identifier[metering.ResidentID](), "whose load it moves", func(d *draft) *given[metering.ResidentID] { return &d.resident }),
		form.Key("node", form.Must, identifier[metering.NodeID](), "node at which the load hangs on the network; of a breaker the feeder that it switches",
			func(d *draft) *given[metering.NodeID] { return &d.node }),
		form.Key("point", form.May, identifier[metering.PointID](), "point whose power shows the effect; absent: the device's own word counts",
			func(d *draft) *given[metering.PointID] { return &d.point }),
		form.Key("agent", form.Must, identifier[metering.AgentID](), "agent that alone may write to it", func(d *draft) *given[metering.AgentID] { return &d.agent }),
		form.Key("address", form.Must, deviceAddress(), "how the device is reached: the id of a line, or tcp://10.0.8.20:502", func(d *draft) *given[string] { return &d.address }),
		form.Key("unit", form.Must, form.Integer("a Modbus unit id", 1, 247), "Modbus unit id there, 1 to 247", func(d *draft) *given[int] { return &d.unit }),
		form.Key("model", form.Must, deviceModel(x), "id of the map by which the device is written and read back", func(d *draft) *given[string] { return &d.model }),
		form.Key("channel", form.May, form.Integer("a channel", 1, maxChannel), "which output of the device, from 1; absent: the first",
			func(d *draft) *given[int] { return &d.channel }),
		form.Key("power", form.May, power(), "rated power of what a relay or a breaker switches; of a set-point the greatest value that the device takes (absent: that of \"most\")",
			func(d *draft) *given[metering.Power] { return &d.power }),
		form.Key("importance", form.Must, form.Integer("an importance", 1, 9), "importance of the load, 1 to 9: 1 is the first to go", func(d *draft) *given[int] { return &d.importance }),
		form.Key("mode", form.May, form.Word("mode", modeNames()), "the most that is allowed here: off, monitor, advisory, confirm, auto; absent: advisory. A breaker has confirm at most",
			func(d *draft) *given[string] { return &d.mode }),
		form.Key("least", form.May, power(), "set-point: no limit below it is ever written; not below the technological armour",
			func(d *draft) *given[metering.Power] { return &d.least }),
		form.Key("most", form.May, power(), "set-point: no limit above it is ever written; not above the technical conditions",
			func(d *draft) *given[metering.Power] { return &d.most }),
		form.Key("failsafe", form.May, power(), "set-point: limit that is taken when the balancer is lost; from \"least\" to \"most\"",
			func(d *draft) *given[metering.Power] { return &d.failSafe }),
		form.Key("min_on", form.May, form.Duration(0, 24*time.Hour), "relay, breaker: how long the load stays served at least; absent: 15m", func(d *draft) *given[time.Duration] { return &d.minOn }),
		form.Key("min_off", form.May, form.Duration(0, 24*time.Hour), "relay, breaker: how long the load stays shed at least; absent: 15m", func(d *draft) *given[time.Duration] { return &d.minOff }),
		form.Key("max_off", form.May, form.Duration(time.Minute, 24*time.Hour), "relay, breaker: how long the load may stay shed in one event; absent: 2h", func(d *draft) *given[time.Duration] { return &d.maxOff }),
		form.Key("per_hour", form.May, form.Integer("operations in an hour", 1, 60), "relay, breaker: how many operations an hour may hold; absent: 4", func(d *draft) *given[int] { return &d.perHour }),
	}}
}

// deviceAddress is the id of a line, or a URL where the device has an address of
// its own.
func deviceAddress() form.Kind[string] {
	url := form.URL(form.URLRule{What: "the address of an actuator", Schemes: []string{"tcp"}, Port: true, Example: "tcp://10.0.8.20:502"})
	line := form.Identifier[string]("write the id of a line, or tcp://HOST:502")
	return form.Kind[string]{
		Schema: form.Object{"type": []string{"string", "integer"}, "pattern": `^(tcp://|[A-Za-z0-9][A-Za-z0-9._-]{0,63}$)`},
		Read: func(r *form.Report, n *form.Node) (string, bool) {
			if n.Shape == form.Scalar && strings.ContainsAny(n.Text, ":/") {
				text, ok := url.Read(r, n)
				return strings.TrimSuffix(text, "/"), ok
			}
			return line.Read(r, n)
		},
	}
}

// isLine reports whether an address names a communication line.
func isLine(address string) bool { return !strings.Contains(address, "://") }

// limitBandDraft is another limit of a node for a time.
type limitBandDraft struct {
	node     given[metering.NodeID]
	source   given[string]
	limit    given[metering.Limit]
	from, to given[time.Time]
	days     given[[]given[string]]
	hours    given[metering.DaySpan]
	document given[string]
}

func (d *limitBandDraft) period() period { return period{d.from.V, d.to.V} }

// weekdays are the days of the week by name, in the order of time.Weekday.
func weekdays() []string {
	var names []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		names = append(names, strings.ToLower(d.String()))
	}
	return names
}

func limitBandForm(x *known) form.Form[limitBandDraft] {
	type draft = limitBandDraft
	return form.Form[draft]{Name: "a limit", Fields: []form.Field[draft]{
		form.Key("node", form.May, identifier[metering.NodeID](), "node that it limits", func(d *draft) *given[metering.NodeID] { return &d.node }),
		form.Key("source", form.May, identifier[string](), "source that it limits, in place of a node", func(d *draft) *given[string] { return &d.source }),
		form.Key("limit", form.Must, limit(), "greatest power through it in this time; the lowest of several limits counts", func(d *draft) *given[metering.Limit] { return &d.limit }),
		form.Key("from", form.May, moment(x), "it holds from this time on; absent: since the beginning", func(d *draft) *given[time.Time] { return &d.from }),
		form.Key("to", form.May, moment(x), "it does not hold any more at this time; absent: until further notice", func(d *draft) *given[time.Time] { return &d.to }),
		form.Key("days", form.May, form.ListOf(form.Word("day of the week", weekdays()), "days of the week"), "days of the week on which it holds; absent: all",
			func(d *draft) *given[[]given[string]] { return &d.days }),
		form.Key("hours", form.May, daySpan(), "hours of these days, in quotes: \"07:00-19:00\"; absent: the whole day",
			func(d *draft) *given[metering.DaySpan] { return &d.hours }),
		form.Key("document", form.Must, form.Sentence(), "number and date of the document, or who has ordered it", func(d *draft) *given[string] { return &d.document }),
	}}
}
