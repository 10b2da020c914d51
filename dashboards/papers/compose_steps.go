package papers

import (
	"strconv"

	"asue/balancing/reclaim"
	"asue/metering"
)

// composeNotice writes the first paper: what was found, and that it may be explained.
func composeNotice(w *words, f *file) page {
	s, recorded, known := f.stepOf(Notice)
	h := &heading{w: w}
	p := page{Title: w.say("notice.title"), Subtitle: w.say("notice.subtitle"), Foot: f.foot(w), Draft: !recorded, Facts: f.head(w, s, known)}
	p.Blocks = append(p.Blocks, block{Text: w.say("notice.intro", "resident", w.quoted(f.Resident), "place", f.Place.Name)})
	p.Blocks = append(p.Blocks, f.found(w, h.next("heading.found"))...)
	p.Blocks = append(p.Blocks, f.figures(w), f.arithmetic(w, h.next("heading.steps")), f.basis(w, h.next("heading.basis"), s))
	term := f.Terms.Notice
	p.Blocks = append(p.Blocks, f.rights(w, h.next("heading.rights"), s, term)...)
	p.Blocks = append(p.Blocks, block{Heading: h.next("heading.term"),
		Text: w.say("notice.term", "until", f.until(w, s, term), "term", w.days(term)) + " " + w.say("notice.next")})
	p.Blocks = append(p.Blocks, f.check(w, h.next("heading.check"))...)
	p.Blocks = append(p.Blocks, annexes(w, "annex.evidence"))
	p.Blocks = append(p.Blocks, onRecord(w, s, recorded)...)
	p.Blocks = append(p.Blocks, f.signed(w, "notice.sent", "notice.received"))
	return p
}

// composeWarning writes the first stage: a warning with a corrective plan.
func composeWarning(w *words, f *file) page {
	s, recorded, known := f.stepOf(Warning)
	h := &heading{w: w}
	p := page{Title: w.say("warning.title"), Subtitle: w.say("warning.subtitle"), Foot: f.foot(w), Draft: !recorded, Facts: f.head(w, s, known)}
	p.Blocks = append(p.Blocks, block{Text: f.before(w, reclaim.Notice, "warning.after", "warning.intro") + " " + f.explained(w) + " " + w.say("warning.intro.plan")})
	p.Blocks = append(p.Blocks, f.found(w, h.next("heading.found"))...)
	p.Blocks = append(p.Blocks, f.figures(w), f.arithmetic(w, h.next("heading.steps")))
	term := f.Terms.Plan
	if s.Plan != nil {
		term = s.Plan.Term
	}
	p.Blocks = append(p.Blocks,
		block{Heading: h.next("heading.plan"), Text: w.say("warning.term", "term", w.days(term), "until", f.until(w, s, term))},
		f.plan(w, s), block{Text: w.say("warning.next", "missed", strconv.Itoa(f.Terms.Missed), "months", w.months(f.Terms.Recovered))},
		f.basis(w, h.next("heading.basis"), s))
	p.Blocks = append(p.Blocks, f.rights(w, h.next("heading.rights"), s, term)...)
	p.Blocks = append(p.Blocks, f.check(w, h.next("heading.check"))...)
	p.Blocks = append(p.Blocks, annexes(w, "annex.evidence", "annex.notice"))
	p.Blocks = append(p.Blocks, onRecord(w, s, recorded)...)
	p.Blocks = append(p.Blocks, f.signed(w, "warning.sent", "warning.received"))
	return p
}

// composeSanction writes the second stage: the decision on measures.
func composeSanction(w *words, f *file) page {
	s, recorded, known := f.stepOf(Sanction)
	h := &heading{w: w}
	p := page{Title: w.say("sanction.title"), Subtitle: w.say("sanction.subtitle"), Foot: f.foot(w), Draft: !recorded, Facts: f.head(w, s, known)}
	p.Blocks = append(p.Blocks, block{Text: f.before(w, reclaim.Warning, "sanction.after", "sanction.intro")})
	if warned, ok := f.earlier(reclaim.Warning); ok {
		p.Blocks = append(p.Blocks, block{Heading: h.next("heading.progress")}, f.progress(w, warned))
	}
	p.Blocks = append(p.Blocks, f.found(w, h.next("heading.found"))...)
	p.Blocks = append(p.Blocks, f.figures(w), f.arithmetic(w, h.next("heading.steps")),
		block{Heading: h.next("heading.measures"), Text: w.say("sanction.measures"), List: f.measures(w, s.Measures)},
		block{Text: w.say("sanction.term", "until", f.until(w, s, f.Terms.Sanction), "term", w.days(f.Terms.Sanction))},
		f.basis(w, h.next("heading.basis"), s))
	p.Blocks = append(p.Blocks, f.rights(w, h.next("heading.rights"), s, f.Terms.Sanction)...)
	p.Blocks = append(p.Blocks, f.check(w, h.next("heading.check"))...)
	p.Blocks = append(p.Blocks, annexes(w, "annex.evidence", "annex.warning"))
	p.Blocks = append(p.Blocks, onRecord(w, s, recorded)...)
	p.Blocks = append(p.Blocks, f.signed(w, "sanction.sent", "sanction.received"))
	return p
}

func (f *file) foot(w *words) string { return w.say("foot", "case", f.ID, "zone", f.Zone.Name) }

// before names the step that this one follows, or says the same without it.
func (f *file) before(w *words, k reclaim.Kind, with, without string) string {
	if s, ok := f.earlier(k); ok {
		return w.say(with, "document", w.cited(s.Document, s.At), "resident", w.quoted(f.Resident), "place", f.Place.Name)
	}
	return w.say(without, "resident", w.quoted(f.Resident), "place", f.Place.Name)
}

// explained says whether the resident has explained itself.
func (f *file) explained(w *words) string {
	if s, ok := f.earlier(reclaim.Explain); ok {
		return w.say("warning.explained", "document", w.cited(s.Document, s.At))
	}
	return w.say("warning.unexplained")
}

// plan is the corrective plan; three empty rows if none is known yet.
func (f *file) plan(w *words, s Step) block {
	t := &table{Columns: []column{{w.say("col.number"), 1}, {w.say("col.milestone"), 7}, {w.say("col.days"), 2}, {w.say("col.due"), 2}}}
	if s.Plan == nil {
		for i := range 3 {
			t.Rows = append(t.Rows, []value{countOf(i + 1), textOf(""), textOf(""), textOf("")})
		}
		return block{Table: t}
	}
	for i, m := range s.Plan.Milestones {
		t.Rows = append(t.Rows, []value{countOf(i + 1), textOf(m.What), countOf(m.Days), f.due(s, m.Days)})
	}
	return block{Table: t}
}

// due is the last day on which a milestone can be met.
func (f *file) due(s Step, days int) value {
	if s.At.IsZero() {
		return textOf("")
	}
	end, _ := reclaim.Term{Days: days, Working: s.Plan.Term.Working}.Deadline(s.At, nil, f.Terms.Calendar, f.Terms.Location)
	return dateOf(end.Add(-1))
}

// progress is what has become of the plan.
func (f *file) progress(w *words, warned Step) block {
	t := &table{Columns: []column{{w.say("col.number"), 1}, {w.say("col.milestone"), 7}, {w.say("col.due"), 2}, {w.say("col.status"), 2}}}
	if warned.Plan == nil {
		return block{Text: w.say("steps.none")}
	}
	for i, m := range warned.Plan.Milestones {
		status := reclaim.StillOpen
		if i < len(f.State.Progress) {
			status = f.State.Progress[i]
		}
		t.Rows = append(t.Rows, []value{countOf(i + 1), textOf(m.What), f.due(warned, m.Days), textOf(w.say("status." + string(status)))})
	}
	return block{Table: t}
}

// measures in words; all that there are, to be chosen by hand, if none is known yet.
func (f *file) measures(w *words, list []reclaim.Measure) []string {
	mark := ""
	if len(list) == 0 {
		list, mark = []reclaim.Measure{reclaim.ReservationFee, reclaim.LowerRating, reclaim.NonFirm}, "☐ "
	}
	var texts []string
	for _, m := range list {
		texts = append(texts, mark+w.say("measure."+string(m), "volume", w.kw(f.State.Volume), "remains", w.kw(f.remains())))
	}
	return texts
}

// remains is the power that is left after the return.
func (f *file) remains() metering.Power { return f.State.Allowed - f.State.Volume }
