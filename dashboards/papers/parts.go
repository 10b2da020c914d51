package papers

import (
	"strconv"
	"strings"
	"time"

	"asue/balancing/reclaim"
)

// head are the facts above a paper: whose, about what, by which document.
func (f *file) head(w *words, s Step, known bool) []fact {
	id := f.ID
	if f.State.Round > 1 {
		id = w.say("fact.round", "case", f.ID, "round", strconv.Itoa(f.State.Round))
	}
	document, at := value{kind: blank}, value{kind: blank}
	if known {
		document = textOf(s.Document)
		if !s.At.IsZero() {
			at = dateOf(s.At)
		}
	}
	return append([]fact{
		{w.say("fact.case"), textOf(id)}, {w.say("fact.document"), document}, {w.say("fact.date"), at},
	}, f.parties(w)...)
}

// parties are who it is about and where.
func (f *file) parties(w *words) []fact {
	place := f.Place.Name
	if f.Place.VoltageKV > 0 {
		place = w.say("fact.voltage", "place", place, "kv", w.show(value{kind: number, n: int64(f.Place.VoltageKV*100 + 0.5), exp: 2}))
	}
	list := []fact{
		{w.say("fact.where"), textOf(f.Zone.Name)}, {w.say("fact.operator"), textOf(f.operator(w))},
		{w.say("fact.resident"), textOf(w.quoted(f.Resident))}, {w.say("fact.place"), textOf(place)},
	}
	if len(f.Place.Path) > 0 {
		list = append(list, fact{w.say("fact.path"), textOf(strings.Join(f.Place.Path, " → "))})
	}
	return append(list, fact{w.say("fact.conditions"), textOf(f.conditions(w))})
}

func (f *file) operator(w *words) string {
	if f.Zone.Operator != "" {
		return f.Zone.Operator
	}
	return w.say("party.operator", "zone", f.Zone.Name)
}

// conditions are the technical conditions in force at the end of the year looked at.
func (f *file) conditions(w *words) string {
	var list []string
	for _, c := range f.finding.Subject.Conditions {
		if !c.At(f.finding.Use.To.Add(-time.Second)) {
			continue
		}
		document := c.Document
		if document == "" {
			document = c.ID
		}
		from := ""
		if !c.From.IsZero() {
			from = " " + w.say("fact.since", "day", w.day(c.From))
		}
		list = append(list, document+nbsp+dash+" "+w.kw(c.Power)+from)
	}
	return strings.Join(list, "; ")
}

// basis says on what a step stands, in law and on paper.
func (f *file) basis(w *words, heading string, s Step) block {
	fill := func(text string) string {
		if text == "" {
			return lines
		}
		return text
	}
	return block{Heading: heading, List: []string{
		w.say("basis.law", "basis", fill(s.Basis)), w.say("basis.document", "document", fill(s.Document)),
		w.say("basis.evidence", "case", f.ID, "from", w.day(f.finding.Use.From), "to", w.lastDay(f.finding.Use.To)),
	}}
}

// until is the last day of a term that begins with a step, as it stood when the step was
// taken: pauses come later. A draft has a line in its place.
func (f *file) until(w *words, s Step, t reclaim.Term) string {
	if s.At.IsZero() {
		return lines
	}
	end, _ := t.Deadline(s.At, nil, f.Terms.Calendar, f.Terms.Location)
	return w.lastDay(end)
}

// rights are what the resident may do, and until when.
func (f *file) rights(w *words, heading string, s Step, t reclaim.Term) []block {
	return []block{{Heading: heading, List: []string{
		w.say("right.explain", "until", f.until(w, s, t)), w.say("right.dispute"),
		w.say("right.offer", "months", w.months(f.Terms.Refusal)), w.say("right.data"),
	}}, {Text: w.say("right.pause")}}
}

// check says how the figures can be proved.
func (f *file) check(w *words, heading string) []block {
	name := f.ID + ".evidence"
	return []block{
		{Heading: heading, Text: w.say("check.hash", "count", w.decimal(int64(f.intervals.Count), 0), "rules", f.finding.Rules.Version)},
		{Code: []string{"SHA-256  " + f.State.Evidence.String()}},
		{Tail: true, Text: w.say("check.how")},
		{Code: []string{"sha256sum " + name, "asue conditions -c asue.yaml --verify " + name}},
	}
}

// onRecord says who recorded a step; nothing for a draft.
func onRecord(w *words, s Step, recorded bool) []block {
	switch {
	case !recorded:
		return nil
	case s.Approver == "":
		return []block{{Small: true, Tail: true, Text: w.say("record.one", "at", w.show(momentOf(s.At)), "by", s.By)}}
	}
	return []block{{Small: true, Tail: true, Text: w.say("record.two", "at", w.show(momentOf(s.At)), "by", s.By, "approver", s.Approver)}}
}

// annexes lists what lies behind a paper.
func annexes(w *words, names ...string) block {
	var list []string
	for _, name := range names {
		list = append(list, w.say(name))
	}
	return block{Heading: w.say("annex.heading"), List: list, Numbered: true, Tail: true}
}

// signed are the places for the signatures of both.
func (f *file) signed(w *words, ours, theirs string) block {
	return block{Tail: true, Signs: []sign{{w.say("sign.operator"), w.say(ours)}, {w.say("sign.resident", "resident", w.quoted(f.Resident)), w.say(theirs)}}}
}

// heading numbers the sections of a paper.
type heading struct {
	w *words
	n int
}

func (h *heading) next(name string) string {
	h.n++
	return strconv.Itoa(h.n) + ". " + h.w.say(name)
}

// earlier is the last step of a kind in the present round.
func (f *file) earlier(k reclaim.Kind) (Step, bool) {
	var last Step
	for _, s := range f.round() {
		if s.Kind == k {
			last = s
		}
	}
	return last, last.Kind == k
}
