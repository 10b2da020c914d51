package site

import (
	"cmp"
	"slices"
	"time"

	"asue/metering"
)

// What holds for a relay or a breaker where the file says nothing: a quarter of an
// hour served and shed at least, two hours shed at most, four operations an hour.
const (
	usualMinOn   = 15 * time.Minute
	usualMinOff  = 15 * time.Minute
	usualMaxOff  = 2 * time.Hour
	usualPerHour = 4
)

func (d *plantDraft) buildControl(s *metering.Site) {
	for _, a := range d.agents.V {
		s.Agents = append(s.Agents, metering.Agent{ID: a.V.id.V, Name: cmp.Or(a.V.name.V, string(a.V.id.V))})
	}
	for _, a := range d.actuators.V {
		s.Actuators = append(s.Actuators, a.V.build())
	}
	for _, l := range d.limits.V {
		s.Limits = append(s.Limits, d.band(l.V))
	}
	d.buildPromises(s)
}

func (d actuatorDraft) build() metering.Actuator {
	mode, err := metering.ParseMode(d.mode.Or(metering.ModeAdvisory.String()))
	if err != nil {
		panic("BUG: a mode that was read: " + err.Error())
	}
	a := metering.Actuator{ID: d.id.V, Name: d.name.V, Kind: d.kind.V, Resident: d.resident.V, Node: d.node.V, Point: d.point.V,
		Agent: d.agent.V, Address: d.address.V, Unit: uint8(d.unit.V), Model: d.model.V, Channel: d.channel.Or(1),
		Power: d.power.V, Importance: d.importance.V, Mode: mode}
	if d.kind.V == metering.ActuatorSetpoint {
		a.Least, a.Most, a.FailSafe = d.least.V, d.most.V, d.failSafe.V
		a.Power = cmp.Or(a.Power, a.Most)
		return a
	}
	a.MinOn, a.MinOff, a.MaxOff = d.minOn.Or(usualMinOn), d.minOff.Or(usualMinOff), d.maxOff.Or(usualMaxOff)
	a.PerHour = d.perHour.Or(usualPerHour)
	return a
}

func (d *plantDraft) band(l limitBandDraft) metering.LimitBand {
	b := metering.LimitBand{Node: l.node.V, Limit: l.limit.V, From: l.from.V, To: l.to.V, Document: l.document.V}
	for _, s := range d.sources.V {
		if l.source.OK && s.V.id.V == l.source.V {
			b.Node = s.V.node.V
		}
	}
	if !l.days.Stated() && !l.hours.Stated() {
		return b
	}
	b.Begin, b.End = l.hours.V.From, l.hours.V.To
	if !l.hours.Stated() {
		b.End = 24 * time.Hour
	}
	for i, name := range weekdays() {
		if !l.days.Stated() || slices.ContainsFunc(l.days.V, func(g given[string]) bool { return g.V == name }) {
			b.Days = append(b.Days, time.Weekday(i))
		}
	}
	return b
}
