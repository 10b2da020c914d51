package papers

import (
	"strings"

	"asue/metering"
)

// composeEvidence writes what all other papers rest on: figures, curve, daily maxima,
// coverage, arithmetic, and by what to check them. It is never a draft: it is what was
// recorded when the case was taken up.
func composeEvidence(w *words, f *file) page {
	h := &heading{w: w}
	p := page{Title: w.say("evidence.title"), Subtitle: w.say("evidence.subtitle"), Foot: f.foot(w),
		Facts: append([]fact{{w.say("fact.case"), textOf(f.ID)}}, f.parties(w)...)}
	p.Blocks = append(p.Blocks, f.found(w, h.next("heading.found"))...)
	p.Blocks = append(p.Blocks, block{Heading: h.next("evidence.figures"), Table: f.metrics(w)})
	if g := f.curveGraph(w); g != nil {
		p.Blocks = append(p.Blocks, block{Heading: h.next("evidence.curve"), Text: w.say("evidence.curve.text"), Graph: g}, block{Table: f.curveTable(w)})
	}
	if g := f.daysGraph(w); g != nil {
		p.Blocks = append(p.Blocks, block{Heading: h.next("evidence.days"), Text: w.say("evidence.days.text"), Graph: g}, block{Table: f.daysTable(w)})
	}
	p.Blocks = append(p.Blocks, block{Heading: h.next("evidence.months"), Text: w.say("evidence.months.text"), Table: f.months(w)})
	if f.finding.Volume != nil { // or else the class does not stand whatever gaps are filled in with
		p.Blocks = append(p.Blocks, block{Heading: h.next("evidence.fills"), Text: w.say("evidence.fills.text"), Table: f.fills(w)})
	}
	if t := f.excluded(w); len(t.Rows) > 0 {
		p.Blocks = append(p.Blocks, block{Heading: h.next("evidence.excluded"), Text: w.say("evidence.excluded.text"), Table: t})
	}
	p.Blocks = append(p.Blocks, f.arithmetic(w, h.next("heading.steps")))
	p.Blocks = append(p.Blocks, f.check(w, h.next("heading.check"))...)
	p.Blocks = append(p.Blocks, block{Text: w.say("evidence.versions")}, block{Code: f.versions()}, block{Table: f.lines(w)},
		block{Tail: true, Signs: []sign{{w.say("sign.operator"), w.say("evidence.sent")}}})
	return p
}

// metrics are the figures of the use.
func (f *file) metrics(w *words) *table {
	u, c := f.finding.Use, f.finding.Use.Intervals
	kw := func(p metering.Power) value { return kilowatts(p).in(w.say("unit.kW")) }
	hours := func(blocks int) value {
		return value{kind: number, n: int64(blocks) * int64(u.Minutes) * 100 / 60, exp: 2, unit: w.say("unit.h")}
	}
	t := &table{Columns: []column{{w.say("col.figure"), 8}, {w.say("col.value"), 4}}}
	add := func(name string, v value) { t.Rows = append(t.Rows, []value{textOf(w.say(name)), v}) }
	add("figure.tu", kw(u.Allowed))
	if need, ok := u.Need(); ok {
		add("figure.need", kw(need))
		add("figure.share", shareOf(need, u.Allowed))
		add("metric.m10", kw(*u.DailyMaximum))
	}
	add("metric.upper", kw(u.Upper))
	add("metric.max", kw(u.Max))
	add("metric.p999", kw(u.P999))
	add("metric.p995", kw(u.P995))
	add("metric.p95", kw(u.P95))
	add("metric.factor", hundredths(int(u.LoadFactor()*10_000)))
	add("metric.energy", megawattHours(u.Energy).in(w.say("unit.MWh")))
	add("metric.above50", hours(u.Above50))
	add("metric.above80", hours(u.Above80))
	add("metric.above100", hours(u.Above100))
	if u.First != nil && u.Last != nil {
		add("metric.first", momentOf(*u.First))
		add("metric.last", momentOf(*u.Last))
	}
	add("metric.trend", kw(u.Trend))
	add("metric.armour", kw(f.finding.Subject.Armour))
	for _, part := range []struct {
		name string
		n    int
	}{{"coverage", c.Valid}, {"imputed", c.Imputed}, {"missing", c.Missing}, {"outage", c.Outage}, {"held", c.Held}} {
		add("metric."+part.name, hundredths(c.Share(part.n)))
	}
	return t
}

// months is the coverage by month, and what was drawn.
func (f *file) months(w *words) *table {
	t := &table{Columns: []column{{w.say("col.month"), 3}, {w.say("col.coverage"), 3}, {w.say("col.imputed"), 3}, {w.say("col.missing"), 3},
		{w.say("col.outheld"), 3}, {w.say("col.over"), 3}, {w.say("col.max"), 3}, {w.say("col.energy"), 3}}}
	for _, m := range f.finding.Use.Months {
		c := m.Intervals
		t.Rows = append(t.Rows, []value{dateOf(m.From), hundredths(c.Share(c.Valid)), countOf(c.Imputed), countOf(c.Missing),
			countOf(c.Outage + c.Held), countOf(m.OverBlocks), kilowatts(m.Max), megawattHours(m.Energy)})
	}
	return t
}

// fills show that the class does not hang on what is not known.
func (f *file) fills(w *words) *table {
	t := &table{Columns: []column{{w.say("col.fill"), 7}, {w.say("col.need"), 3}, {w.say("col.blocks"), 2}}}
	for _, fill := range f.finding.Use.Fills {
		name := fill.Name
		if w.has("fill." + name) {
			name = w.say("fill." + name)
		}
		t.Rows = append(t.Rows, []value{textOf(name), kilowatts(fill.Need), countOf(fill.Filled)})
	}
	return t
}

// excluded are the times that do not count against the resident.
func (f *file) excluded(w *words) *table {
	t := &table{Columns: []column{{w.say("col.why"), 6}, {w.say("col.from"), 3}, {w.say("col.to"), 3}}}
	add := func(why string, periods []metering.Period) {
		for _, p := range periods {
			t.Rows = append(t.Rows, []value{textOf(w.say(why)), momentOf(p.From), momentOf(p.To)})
		}
	}
	add("excluded.outage", f.record.Outages)
	add("excluded.held", f.record.Held)
	return t
}

// curveTable, daysTable and lines stand in the workbook only.
func (f *file) curveTable(w *words) *table {
	t := &table{Columns: []column{{w.say("col.percent"), 3}, {w.say("col.kw"), 3}}, Apart: w.say("sheet.curve"), Hidden: true, Chart: lineChart}
	for pct, p := range f.finding.Use.Curve {
		t.Rows = append(t.Rows, []value{countOf(pct), kilowatts(p)})
	}
	return t
}

func (f *file) daysTable(w *words) *table {
	t := &table{Columns: []column{{w.say("col.day"), 3}, {w.say("col.max"), 3}}, Apart: w.say("sheet.days"), Hidden: true, Chart: barChart}
	for _, d := range f.Days {
		t.Rows = append(t.Rows, []value{textOf(d.Date), maybeKilowatts(d.Max)})
	}
	return t
}

// lines is the evidence itself, whose SHA-256 it is.
func (f *file) lines(w *words) *table {
	t := &table{Columns: []column{{w.say("col.line"), 12}}, Apart: w.say("sheet.lines"), Hidden: true}
	for line := range strings.Lines(f.Evidence) {
		t.Rows = append(t.Rows, []value{textOf(strings.TrimSuffix(line, "\n"))})
	}
	return t
}

// versions name what the figures were made of and by which rules.
func (f *file) versions() []string {
	list := []string{proofFormat, "rules " + f.finding.Rules.Version, "intervals SHA-256 " + f.intervals.SHA256.String()}
	if f.Program != "" {
		list = append(list, f.Program)
	}
	return list
}
