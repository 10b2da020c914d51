package site

import (
	"time"

	"asue/metering"
)

// Parse reads a site file. file is its name as messages show it; models are the
// ids of the register maps that meters may have, none to leave that unchecked.
//
// It reports every fault of the file at once, sorted by place. The site is nil
// exactly when at least one of them is an Error (Faults.Err). Parse never
// panics, whatever the bytes; it reads at most 1 MiB.
func Parse(file string, src []byte, models []string) (*metering.Site, Faults) {
	r := &reader{report: &report{file: file}, models: models}
	plant, ok := r.readPlant(src)
	if !ok {
		return nil, r.finish()
	}
	r.check(plant)
	faults := r.finish()
	if faults.Err() != nil {
		return nil, faults
	}
	return plant.build(), faults
}

// readPlant reads the file into drafts; false when there is nothing to check.
func (r *reader) readPlant(src []byte) (*plantDraft, bool) {
	text, ok := r.readText(src)
	if !ok {
		return nil, false
	}
	root := r.parseTree(text)
	if root == nil || !r.expect(root, mapping, "the site file: version, site, sources, nodes and so on") {
		return nil, false
	}
	plant, _ := plantForm().read(r, root)
	return &plant, true
}

// build makes the site of a plant without errors.
func (d *plantDraft) build() *metering.Site {
	s := &metering.Site{ID: d.head.v.id.v, Name: d.head.v.name.v, Location: d.head.v.zone.v}
	for _, n := range d.nodes.v {
		s.Topology.Nodes = append(s.Topology.Nodes, n.v.build())
	}
	for _, src := range d.sources.v {
		s.Sources = append(s.Sources, metering.Source{ID: src.v.id.v, Name: src.v.name.v, Node: src.v.node.v,
			Contract: src.v.contract.v, Available: src.v.available.v, Note: src.v.note.v})
	}
	for _, res := range d.residents.v {
		res.v.build(s)
	}
	for _, l := range d.lines.v {
		s.Lines = append(s.Lines, metering.Line{ID: l.v.id.v, Name: cmpOr(l.v.name.v, string(l.v.id.v))})
	}
	for _, p := range d.points.v {
		s.Points = append(s.Points, metering.Point{ID: p.v.id.v, Name: p.v.name.v, Node: p.v.node.v,
			Role: p.v.role.v, Resident: p.v.resident.v})
	}
	for _, m := range d.meters.v {
		m.v.build(s)
	}
	return s
}

func (d nodeDraft) build() metering.Node {
	n := metering.Node{ID: d.id.v, Name: d.name.v, Kind: d.kind.v, Parent: d.parent.v, VoltageKV: d.voltage.v, Limit: d.limit.v}
	if d.line.stated() {
		w := d.line.v
		n.Line = &metering.LineData{LengthKM: w.length.v, OhmPerKM: w.resistance.v, Conductor: w.conductor.v}
	}
	if d.transformer.stated() {
		t := d.transformer.v
		n.Transformer = &metering.TransformerData{RatedVA: t.rated.v, NoLoadW: float64(t.noLoad.v), LoadLossW: float64(t.loadLoss.v)}
	}
	return n
}

func (d residentDraft) build(s *metering.Site) {
	resident := metering.Resident{ID: d.id.v, Name: d.name.v, Trade: d.trade.v, State: d.state.v}
	if d.simulation.stated() {
		resident.Simulation = &metering.Simulation{Peak: d.simulation.v.peak.v, PowerFactor: d.simulation.v.powerFactor.v}
	}
	s.Residents = append(s.Residents, resident)
	for _, c := range d.conditions.v {
		s.Conditions = append(s.Conditions, metering.Condition{ID: c.v.id.v, Resident: d.id.v, Node: c.v.node.v, Power: c.v.power.v,
			Category: metering.Category(c.v.category.v), Document: c.v.document.v, From: c.v.from.v, To: c.v.to.v})
	}
	if d.armour.stated() {
		a := d.armour.v
		s.Armours = append(s.Armours, metering.Armour{Resident: d.id.v, Technological: a.technological.v,
			TechnologicalFor: a.technologicalFor.v, Emergency: a.emergency.v, Act: a.act.v, ValidTo: a.validTo.v})
	}
}

func (d meterDraft) build(s *metering.Site) {
	s.Meters = append(s.Meters, metering.Meter{ID: d.id.v, Model: d.model.v, Serial: d.serial.v, Line: d.line.v,
		Unit: uint8(d.unit.v), AccuracyClass: d.accuracy.v})
	for _, i := range d.installs.v {
		s.Installs = append(s.Installs, metering.Install{Meter: d.id.v, Point: i.v.point.v, From: i.v.from.v, To: i.v.to.v,
			CT: directly(i.v.ct.v), VT: directly(i.v.vt.v), StartReadings: i.v.start.v, EndReadings: i.v.end.v})
	}
}

// directly is Direct where no ratio was given.
func directly(r metering.Ratio) metering.Ratio {
	if r == (metering.Ratio{}) {
		return metering.Direct
	}
	return r
}

// period is when something is in force: from inclusive, to exclusive, zero for
// "since the beginning" and "until further notice".
type period struct{ from, to time.Time }

// overlaps reports whether two periods have a time in common.
func (p period) overlaps(q period) bool {
	return before(p.from, q.to) && before(q.from, p.to)
}

// before reports whether a start lies before an end, where a zero end is never
// reached.
func before(start, end time.Time) bool { return end.IsZero() || start.Before(end) }

// reversed reports whether the period contains no time at all.
func (p period) reversed() bool { return !before(p.from, p.to) }
