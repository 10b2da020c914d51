package site

import (
	"cmp"
	"time"

	"asue/metering"
	"asue/metering/form"
)

// Parse reads a site file. file is its name as messages show it; models are the
// ids of the register maps that meters may have, none to leave that unchecked.
//
// It reports every fault of the file at once, sorted by place. The site is nil
// exactly when at least one of them is an Error (Faults.Err). Parse never
// panics, whatever the bytes; it reads at most 1 MiB.
func Parse(file string, src []byte, models []string) (*metering.Site, Faults) {
	r := form.NewReport(file)
	root, ok := r.Parse(document(), src)
	if !ok {
		return nil, r.Finish()
	}
	plant, _ := plantForm(&known{models: models}).Read(r, root)
	check(r, &plant)
	faults := r.Finish()
	if faults.Err() != nil {
		return nil, faults
	}
	return plant.build(), faults
}

func document() form.Document {
	return form.Document{
		Noun:     "a site file",
		Keys:     "the site file: version, site, sources, nodes and so on",
		TooLarge: "split a larger plant into sites",
		Empty:    "a site file must describe the plant",
		Start:    "start from examples/aktobe/site.yaml",
	}
}

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
		s.Points = append(s.Points, metering.Point{ID: p.V.id.V, Name: p.V.name.V, Node: p.V.node.V,
			Role: p.V.role.V, Resident: p.V.resident.V})
	}
	for _, m := range d.meters.V {
		m.V.build(s)
	}
	return s
}

func (d nodeDraft) build() metering.Node {
	n := metering.Node{ID: d.id.V, Name: d.name.V, Kind: d.kind.V, Parent: d.parent.V, VoltageKV: d.voltage.V, Limit: d.limit.V}
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
	resident := metering.Resident{ID: d.id.V, Name: d.name.V, Trade: d.trade.V, State: d.state.V}
	if d.simulation.Stated() {
		resident.Simulation = &metering.Simulation{Peak: d.simulation.V.peak.V, PowerFactor: d.simulation.V.powerFactor.V}
	}
	s.Residents = append(s.Residents, resident)
	for _, c := range d.conditions.V {
		s.Conditions = append(s.Conditions, metering.Condition{ID: c.V.id.V, Resident: d.id.V, Node: c.V.node.V, Power: c.V.power.V,
			Category: metering.Category(c.V.category.V), Document: c.V.document.V, From: c.V.from.V, To: c.V.to.V})
	}
	if d.armour.Stated() {
		a := d.armour.V
		s.Armours = append(s.Armours, metering.Armour{Resident: d.id.V, Technological: a.technological.V,
			TechnologicalFor: a.technologicalFor.V, Emergency: a.emergency.V, Act: a.act.V, ValidTo: a.validTo.V})
	}
}

func (d meterDraft) build(s *metering.Site) {
	s.Meters = append(s.Meters, metering.Meter{ID: d.id.V, Model: d.model.V, Serial: d.serial.V, Line: d.line.V,
		Unit: uint8(d.unit.V), AccuracyClass: d.accuracy.V})
	for _, i := range d.installs.V {
		s.Installs = append(s.Installs, metering.Install{Meter: d.id.V, Point: i.V.point.V, From: i.V.from.V, To: i.V.to.V,
			CT: directly(i.V.ct.V), VT: directly(i.V.vt.V), StartReadings: i.V.start.V, EndReadings: i.V.end.V})
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
