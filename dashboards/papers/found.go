package papers

import (
	"strconv"
	"strings"

	"asue/balancing/reclaim"
	"asue/metering"
)

// found is what the finding says, in plain words.
func (f *file) found(w *words, heading string) []block {
	u, c := f.finding.Use, f.finding.Use.Intervals
	list := []block{{Heading: heading, Text: w.say("found.period", "from", w.day(u.From), "to", w.lastDay(u.To), "minutes", strconv.Itoa(u.Minutes),
		"coverage", w.show(hundredths(c.Share(c.Valid))), "outage", w.show(hundredths(c.Share(c.Outage))), "held", w.show(hundredths(c.Share(c.Held))))}}
	if need, ok := u.Need(); ok {
		list = append(list, block{Text: w.say("found.need", "need", w.kw(need), "days", strconv.Itoa(f.finding.Rules.Days),
			"m10", w.kw(*u.DailyMaximum), "p995", w.kw(u.P995)) + " " + f.judged(w, need)})
	}
	if f.finding.Volume != nil {
		list = append(list, block{Text: w.say("found.volume", "retained", w.kw(f.finding.Volume.Retained), "returnable", w.kw(f.finding.Volume.Returnable)) + f.otherVolume(w)})
	}
	return list
}

// judged says in words what the class stands on. The bounds are those of the evidence.
func (f *file) judged(w *words, need metering.Power) string {
	u, r := f.finding.Use, f.finding.Rules
	below := func(pct int) bool { return int64(need)*100 < int64(pct)*int64(u.Allowed) }
	name, bound := "found.other", ""
	switch f.finding.Class {
	case reclaim.Idle:
		if name, bound = "found.idle", strconv.Itoa(r.Idle); !below(r.Idle) {
			name, bound = "found.quiet", strconv.Itoa(r.QuietDays)
		}
	case reclaim.Underused:
		name, bound = "found.underused", strconv.Itoa(r.Underused)
	case reclaim.OverReserved:
		if name, bound = "found.overreserved", strconv.Itoa(r.Normal); !below(r.Normal) {
			name, bound = "found.unused", w.kw(r.Unused)
		}
	}
	return w.say(name, "share", w.show(shareOf(need, u.Allowed)), "tu", w.kw(u.Allowed), "bound", bound,
		"unused", w.kw(u.Allowed-need), "class", w.class(f.finding.Class))
}

// class is what a class is called.
func (w *words) class(c reclaim.Class) string {
	if name := "class." + string(c); w.has(name) {
		return w.say(name)
	}
	return string(c)
}

// otherVolume says on which paper a volume stands that is not the one of the finding.
func (f *file) otherVolume(w *words) string {
	if f.State.Volume == f.finding.Volume.Returnable {
		return ""
	}
	by := ""
	for _, s := range f.round() {
		if s.Volume == f.State.Volume {
			by = s.Document
		}
	}
	return " " + w.say("found.other-volume", "volume", w.kw(f.State.Volume), "document", by)
}

// figures are what matters most, as a table.
func (f *file) figures(w *words) block {
	left := f.State.Allowed - f.State.Volume
	rows := [][]value{{textOf(w.say("figure.tu")), kilowatts(f.State.Allowed)}}
	if need, ok := f.finding.Use.Need(); ok {
		rows = append(rows, []value{textOf(w.say("figure.need")), kilowatts(need)},
			[]value{textOf(w.say("figure.share")), shareOf(need, f.finding.Use.Allowed)})
	}
	rows = append(rows, []value{textOf(w.say("figure.return")), kilowatts(f.State.Volume)}, []value{textOf(w.say("figure.remains")), kilowatts(left)})
	n := len(rows)
	return block{Table: &table{Columns: []column{{w.say("col.figure"), 9}, {w.say("col.kw"), 3}}, Rows: rows, Strong: map[int]bool{n - 1: true, n - 2: true}}}
}

// arithmetic shows how the volume was reckoned, step by step.
func (f *file) arithmetic(w *words, heading string) block {
	v := f.finding.Volume
	if v == nil {
		return block{Heading: heading, Text: w.say("steps.none")}
	}
	t := &table{Columns: []column{{w.say("col.step"), 4}, {w.say("col.kw"), 2}, {w.say("col.how"), 6}}, Strong: map[int]bool{}}
	for i, s := range v.Steps {
		name, how := "step."+strings.ReplaceAll(s.Name, " ", "-"), ""
		if !w.has(name) { // rules of another release: as they say it themselves
			t.Rows = append(t.Rows, []value{textOf(s.Name), kilowatts(s.Value), textOf(s.How)})
			continue
		}
		how = w.say(name+".how", f.how(w, s)...)
		if name == "step.returnable" && i > 0 && v.Steps[i-1].Name == s.Name {
			how = w.say("step.returnable.kept", "class", w.class(f.finding.Class))
		}
		t.Rows = append(t.Rows, []value{textOf(w.say(name)), kilowatts(s.Value), textOf(how)})
		t.Strong[i] = s.Name == "retained" || s.Name == "returnable"
	}
	return block{Heading: heading, Table: t}
}

// how are the figures that the words of a step may name.
func (f *file) how(w *words, s reclaim.Step) []string {
	u, r, v := f.finding.Use, f.finding.Rules, f.finding.Volume
	need, _ := u.Need()
	m10 := metering.Power(0)
	if u.DailyMaximum != nil {
		m10 = *u.DailyMaximum
	}
	growth := w.say("growth.none")
	if s.Value > need {
		growth = w.kw(s.Value - need)
		if by := f.promised(); by != "" {
			growth += " (" + by + ")"
		}
	}
	armour := w.say("armour.none")
	if s.Value > 0 {
		armour = w.say("armour.some")
	}
	return []string{
		"need", w.kw(need), "m10", w.kw(m10), "p995", w.kw(u.P995), "days", strconv.Itoa(r.Days),
		"margin", strconv.Itoa(100 + r.Margin), "growth", growth, "months", w.months(r.GrowthMonths), "armour", armour,
		"upper", strconv.Itoa(r.Upper), "replicates", w.decimal(int64(r.Replicates), 0),
		"tu", w.kw(u.Allowed), "retained", w.kw(v.Retained), "step", w.kw(r.Step), "least", w.kw(r.Least), "leastshare", strconv.Itoa(r.LeastShare),
	}
}

// promised are the papers of the growth that counts.
func (f *file) promised() string {
	var list []string
	for _, g := range f.finding.Subject.Growth {
		to := f.finding.Use.To
		if g.Milestones > 0 && g.Due.After(to) && !g.Due.After(to.AddDate(0, f.finding.Rules.GrowthMonths, 0)) {
			list = append(list, g.Document)
		}
	}
	return strings.Join(list, ", ")
}
