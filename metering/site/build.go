package site

import (
	"cmp"

	"asue/metering"
)

// build makes the site of a plant without errors.
func (d *plantDraft) build() *metering.Site {
	s := &metering.Site{ID: d.head.V.id.V, Name: d.head.V.name.V, Location: d.head.V.zone.V}
	for _, n := range d.nodes.V {
		s.Topology.Nodes = append(s.Topology.Nodes, n.V.build())
	}
	for _, src := range d.sources.V {
		s.Sources = append(s.Sources, metering.Source{ID: src.V.id.V, Name: src.V.name.V, Node: src.V.node.V,
			Contract: src.V.contract.V, Available: src.V.available.V, Note: src.V.note.V})
	}
	for _, res := range d.residents.V {
		res.V.build(s)
	}
	for _, l := range d.lines.V {
		s.Lines = append(s.Lines, metering.Line{ID: l.V.id.V, Name: cmp.Or(l.V.name.V, string(l.V.id.V))})
	}
	for _, p := range d.points.V {
		s.Points = append(s.Points, p.V.build())
	}
	for _, v := range d.virtual.V {
		s.Virtual = append(s.Virtual, v.V.build())
	}
	for _, m := range d.meters.V {
		m.V.build(s)
	}
	for _, r := range d.validation.V {
		s.Rules = append(s.Rules, r.V.build())
	}
	s.Calendar = metering.Calendar{Holidays: values(d.calendar.V.holidays.V), Workdays: values(d.calendar.V.workdays.V)}
	for _, t := range d.tariffs.V {
		s.Tariffs = append(s.Tariffs, t.V.build())
	}
	for _, m := range d.media.V {
		s.Media = append(s.Media, metering.MediumLimit{Medium: m.V.medium.V, Litres: m.V.limit.V.litres, Per: m.V.limit.V.per})
	}
	d.buildControl(s)
	if d.network.Stated() {
		s.Network = d.network.V.build()
	}
	return s
}

func (d nodeDraft) build() metering.Node {
	n := metering.Node{ID: d.id.V, Name: d.name.V, Kind: d.kind.V, Parent: d.parent.V, VoltageKV: d.voltage.V, Limit: d.limit.V,
		MostVA: d.limitMVA.V, MostA: d.limitA.V}
	if d.line.Stated() {
		w := d.line.V
		n.Line = &metering.LineData{LengthKM: w.length.V, OhmPerKM: w.resistance.V, Conductor: w.conductor.V}
	}
	if d.transformer.Stated() {
		t := d.transformer.V
		n.Transformer = &metering.TransformerData{RatedVA: t.rated.V, NoLoadW: float64(t.noLoad.V), LoadLossW: float64(t.loadLoss.V)}
	}
	return n
}

func (d residentDraft) build(s *metering.Site) {
	resident := metering.Resident{ID: d.id.V, Name: d.name.V, Trade: d.trade.V, State: d.state.V, Commissioned: d.commissioned.V}
	if d.simulation.Stated() {
		resident.Simulation = &metering.Simulation{Peak: d.simulation.V.peak.V, PowerFactor: d.simulation.V.powerFactor.V,
			Rebound: d.simulation.V.rebound.V}
	}
	s.Residents = append(s.Residents, resident)
	for _, c := range d.conditions.V {
		s.Conditions = append(s.Conditions, c.V.build(d.id.V))
	}
	if d.armour.Stated() {
		a := d.armour.V
		s.Armours = append(s.Armours, metering.Armour{Resident: d.id.V, Technological: a.technological.V,
			TechnologicalFor: a.technologicalFor.V, Emergency: a.emergency.V, Act: a.act.V, ValidTo: a.validTo.V})
	}
}

func (d pointDraft) build() metering.Point {
	p := metering.Point{ID: d.id.V, Name: d.name.V, Node: d.node.V, Role: d.role.V, Resident: d.resident.V,
		Medium: d.medium.V, Class: d.class.V, Checks: d.checks.V}
	p.Disconnected, p.Faulty = periods(d.disconnected.V), periods(d.faulty.V)
	return p
}

func periods(drafts []given[periodDraft]) (list []metering.Period) {
	for _, d := range drafts {
		list = append(list, metering.Period{From: d.V.from.V, To: d.V.to.V})
	}
	return list
}

func (d virtualDraft) build() metering.VirtualPoint {
	v := metering.VirtualPoint{Point: metering.Point{ID: d.id.V, Name: d.name.V, Node: d.node.V,
		Role: d.role.Or(metering.RoleTechnical), Resident: d.resident.V, Medium: d.medium.V}}
	for _, t := range d.terms.V {
		v.Terms = append(v.Terms, metering.Term{Of: t.V.of.V, LossOf: t.V.lossOf.V, ShareOf: t.V.shareOf.V, Channel: t.V.channel.V,
			Factor: t.V.factor.V, Period: metering.Period{From: t.V.from.V, To: t.V.to.V}})
	}
	return v
}

func (d meterDraft) build(s *metering.Site) {
	s.Meters = append(s.Meters, metering.Meter{ID: d.id.V, Model: d.model.V, Serial: d.serial.V, Line: d.line.V,
		Unit: uint8(d.unit.V), AccuracyClass: d.accuracy.V, VerifiedTo: d.verifiedTo.V})
	for _, i := range d.installs.V {
		s.Installs = append(s.Installs, metering.Install{Meter: d.id.V, Point: i.V.point.V, From: i.V.from.V, To: i.V.to.V,
			CT: directly(i.V.ct.V), VT: directly(i.V.vt.V), StartReadings: i.V.start.V, EndReadings: i.V.end.V,
			CTClass: i.V.ctClass.V, VTClass: i.V.vtClass.V, CTVerifiedTo: i.V.ctVerifiedTo.V, VTVerifiedTo: i.V.vtVerifiedTo.V,
			Pulse: i.V.pulse.V.milli, Act: i.V.act.V})
	}
}

func (d ruleSetDraft) build() metering.RuleSet {
	r := metering.RuleSet{Name: d.name.V, Class: d.class.V, Period: metering.Period{From: d.from.V, To: d.to.V}, Off: values(d.off.V)}
	for _, p := range d.values.V {
		if r.Values == nil {
			r.Values = map[string]float64{}
		}
		r.Values[p.ID.V] = p.Value.V.value
	}
	return r
}

func (d tariffDraft) build() metering.Tariff {
	t := metering.Tariff{ID: d.id.V, Name: d.name.V, Period: metering.Period{From: d.from.V, To: d.to.V}}
	for _, z := range d.zones.V {
		t.Zones = append(t.Zones, metering.TariffZone{Name: z.V.name.V, Days: values(z.V.days.V), Spans: values(z.V.spans.V)})
	}
	return t
}

// values are those of a list without their places; nil if there are none.
func values[V any](list []given[V]) []V {
	var all []V
	for _, g := range list {
		all = append(all, g.V)
	}
	return all
}

// directly is Direct where no ratio was given.
func directly(r metering.Ratio) metering.Ratio {
	if r == (metering.Ratio{}) {
		return metering.Direct
	}
	return r
}
