package papers

import (
	"strconv"

	"asue/balancing/reclaim"
)

// composeAct writes the act of return, which both sign. It is a draft until the return
// was decided or offered; that register, contract and limit follow is shown, not
// claimed.
func composeAct(w *words, f *file) page {
	s, recorded, known := f.stepOf(Act)
	h := &heading{w: w}
	number := f.ID + "/А"
	if f.State.Round > 1 {
		number += "-" + strconv.Itoa(f.State.Round)
	}
	p := page{Title: w.say("act.title", "number", number), Subtitle: w.say("act.subtitle"), Foot: f.foot(w), Draft: !recorded, Facts: f.head(w, s, known)}
	p.Blocks = append(p.Blocks,
		block{Text: w.say("act.parties", "operator", f.operator(w), "resident", w.quoted(f.Resident))},
		block{Heading: h.next("act.subject"), Text: w.say("act.subject.text", "place", f.Place.Name)},
		block{Heading: h.next("act.power"), Table: f.beforeAndAfter(w)},
		block{Text: w.say("act.power.text")})
	p.Blocks = append(p.Blocks, f.actBasis(w, h.next("heading.basis"), s, known)...)
	p.Blocks = append(p.Blocks, f.found(w, h.next("heading.found"))...)
	p.Blocks = append(p.Blocks, f.arithmetic(w, h.next("heading.steps")))
	p.Blocks = append(p.Blocks, f.completion(w, h.next("act.complete"))...)
	p.Blocks = append(p.Blocks, block{Heading: h.next("act.after"), List: f.aftermath(w, s)})
	p.Blocks = append(p.Blocks, f.check(w, h.next("heading.check"))...)
	p.Blocks = append(p.Blocks, block{Text: w.say("act.copies")}, annexes(w, "annex.evidence", "annex.contract"))
	p.Blocks = append(p.Blocks, onRecord(w, s, recorded)...)
	p.Blocks = append(p.Blocks, f.signed(w, "act.gives", "act.takes"))
	return p
}

// beforeAndAfter is what the act changes.
func (f *file) beforeAndAfter(w *words) *table {
	return &table{Columns: []column{{w.say("col.figure"), 9}, {w.say("col.kw"), 3}}, Strong: map[int]bool{1: true, 2: true}, Rows: [][]value{
		{textOf(w.say("figure.before")), kilowatts(f.State.Allowed)},
		{textOf(w.say("figure.returned")), kilowatts(f.State.Volume)},
		{textOf(w.say("figure.after")), kilowatts(f.remains())},
	}}
}

// actBasis says why the power is returned, and the steps that led there.
func (f *file) actBasis(w *words, heading string, s Step, known bool) []block {
	first := f.basis(w, heading, s)
	if known {
		first.Text = w.say("act.by." + string(s.Kind))
	}
	t := &table{Columns: []column{{w.say("col.date"), 2}, {w.say("col.event"), 4}, {w.say("col.document"), 3}, {w.say("col.basis"), 3}}}
	for _, e := range f.round() {
		basis := value{}
		if e.Basis != "" {
			basis = textOf(e.Basis)
		}
		t.Rows = append(t.Rows, []value{dateOf(e.At), textOf(w.say("event." + string(e.Kind))), textOf(e.Document), basis})
	}
	return []block{first, {Text: w.say("act.steps"), Table: t}}
}

// completion shows which of the three papers have been changed.
func (f *file) completion(w *words, heading string) []block {
	t := &table{Columns: []column{{w.say("col.where"), 4}, {w.say("col.remains"), 2}, {w.say("col.document"), 3}, {w.say("col.status"), 3}}}
	for _, k := range []reclaim.Kind{reclaim.InRegister, reclaim.InContract, reclaim.InLimit} {
		document, status := value{}, w.say("done.no")
		if paper, done := f.State.Done[k]; done {
			document, status = textOf(paper), w.say("done.yes")
		}
		t.Rows = append(t.Rows, []value{textOf(w.say("done." + string(k))), kilowatts(f.remains()), document, textOf(status)})
	}
	list := []block{{Heading: heading, Text: w.say("act.complete.text")}, {Table: t}}
	if f.State.Stage == reclaim.Returned {
		list = append(list, block{Text: w.say("act.completed", "day", w.day(f.State.Since))})
	}
	return list
}

// aftermath is what follows for both.
func (f *file) aftermath(w *words, s Step) []string {
	list := []string{w.say("after.pool", "volume", w.kw(f.State.Volume)), w.say("after.limit", "remains", w.kw(f.remains()))}
	switch power, until, ok := f.State.FirstRefusal(f.Terms); {
	case ok:
		list = append(list, w.say("after.refusal.until", "volume", w.kw(power), "until", w.lastDay(until)))
	case s.Kind == reclaim.Offer:
		list = append(list, w.say("after.refusal", "volume", w.kw(f.State.Volume), "months", w.months(f.Terms.Refusal)))
	}
	if s.Kind != reclaim.Offer {
		list = append(list, w.say("after.dispute"))
	}
	return append(list, w.say("after.apply"))
}
