package reports

import (
	"strconv"

	"asue/metering"
	"asue/metering/demand"
)

// PeakSheet is the maxima of zone and residents, and how they come together.
type PeakSheet struct {
	Head
	Report demand.Report
	// Declared is what each resident has declared, W; absent where nothing is known.
	Declared map[metering.ResidentID]metering.Power
}

func (p PeakSheet) compose(w *words) page {
	n := strconv.Itoa(p.Report.Minutes)
	pg := page{
		Title: w.say("peaks.title"), Tables: []table{p.maxima(w, n)},
		Notes: []string{w.say("note.billed"), w.say("note.sliding", "n", n)},
	}
	if zones := p.zones(w); len(zones.Rows) > 0 {
		pg.Tables = append(pg.Tables, zones)
	}
	if t := p.Report.Together; t.Coincident.Billed != nil {
		pg.Facts = []fact{
			{w.say("fact.coincident", "n", n), textOf(w.show(kilowatts(t.Coincident.Billed.Power), 1) + "\u00a0" + w.say("unit.kW"))},
			{w.say("fact.at"), momentOf(t.Coincident.Billed.Start)}, {w.say("fact.coincidence"), parts(t.Factor)},
		}
		pg.Notes = append(pg.Notes, w.say("note.coincidence"))
	}
	return pg
}

func (p PeakSheet) maxima(w *words, n string) table {
	t := table{Name: w.say("peaks.table"), Strong: map[int]bool{0: true}, Fixed: 1, Columns: []column{
		{w.say("col.resident"), 26, 0}, {w.say("col.declared"), 17, 1}, {w.say("col.maximum", "n", n), 15, 1}, {w.say("col.when"), 19, 0}, {w.say("col.sliding"), 17, 1},
		{w.say("col.estimate"), 13, 1}, {w.say("col.atpeak"), 16, 1}, {w.say("col.share"), 10, 1}, {w.say("col.energy"), 16, 1},
		{w.say("col.loadfactor"), 14, 3}, {w.say("col.usehours"), 14, 1}, {w.say("col.tan"), 9, 3}, {w.say("col.estimates"), 11, 0}, {w.say("col.missing"), 9, 0},
	}}
	members := map[string]demand.Member{}
	for _, m := range p.Report.Together.Members {
		members[m.Name] = m
	}
	t.Rows = append(t.Rows, p.row(p.Report.Zone, nil, w))
	for _, r := range p.Report.Residents {
		var member *demand.Member
		if m, ok := members[string(r.Resident)]; ok && p.Report.Together.Coincident.Billed != nil {
			member = &m
		}
		t.Rows = append(t.Rows, p.row(r, member, w))
	}
	return t
}

// name is a resident's; the zone is called so, because the site's name stands above.
func (p PeakSheet) name(r demand.Row, w *words) string {
	if r.Resident == "" {
		return w.say("balance.zone")
	}
	return r.Name
}

func (p PeakSheet) row(r demand.Row, m *demand.Member, w *words) []value {
	declared := textOf("")
	if power, ok := p.Declared[r.Resident]; ok && r.Resident != "" {
		declared = kilowatts(power)
	}
	atPeak, share := textOf(""), textOf("")
	if m != nil {
		atPeak, share = kilowatts(m.AtPeak), parts(m.Share*100)
	}
	factor, hours, tan, when := unknown(), unknown(), unknown(), unknown()
	if r.Block.Billed != nil {
		factor, hours, when = parts(r.LoadFactor), parts(r.UseHours), momentOf(r.Block.Billed.Start)
	}
	if r.PowerFactor.Active > 0 {
		tan = parts(r.PowerFactor.Tan)
	}
	return []value{textOf(p.name(r, w)), declared, peak(r.Block.Billed), when, peak(r.Sliding.Billed), higher(r.Block.Estimate), atPeak, share,
		of(AmountOf(r.Import)), factor, hours, tan, whole(r.Import.Estimates), whole(r.Import.Missing)}
}

// zones are the energies and maxima by zone of the tariff.
func (p PeakSheet) zones(w *words) table {
	t := table{Name: w.say("peaks.zones"), Fixed: 2, Columns: []column{
		{w.say("col.resident"), 40, 0}, {w.say("col.tariffzone"), 24, 0}, {w.say("col.energy"), 20, 1}, {w.say("col.maximum", "n", strconv.Itoa(p.Report.Minutes)), 18, 1}, {w.say("col.when"), 22, 0}, {w.say("col.missing"), 12, 0},
	}}
	for _, r := range append([]demand.Row{p.Report.Zone}, p.Report.Residents...) {
		for _, z := range r.Zones {
			name, when := w.named("zone."+z.Zone, z.Zone), unknown()
			if z.Zone == demand.Unzoned {
				name = w.say("zone.none")
			}
			if z.Maximum.Billed != nil {
				when = momentOf(z.Maximum.Billed.Start)
			}
			t.Rows = append(t.Rows, []value{textOf(p.name(r, w)), textOf(name), of(AmountOf(z.Total)), peak(z.Maximum.Billed), when, whole(z.Missing)})
		}
	}
	return t
}

func peak(p *demand.Peak) value {
	if p == nil {
		return unknown()
	}
	return kilowatts(p.Power)
}

// higher is an estimate above the billed maximum, if there is one.
func higher(p *demand.Peak) value {
	if p == nil {
		return textOf("")
	}
	v := kilowatts(p.Power)
	v.mark = true
	return v
}
