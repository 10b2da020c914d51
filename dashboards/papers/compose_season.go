package papers

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"asue/balancing/reclaim"
	"asue/metering"
)

// compose writes the report. It fails on a season that does not say its time.
func (s Season) compose(w *words) (page, error) {
	if !s.From.Before(s.To) {
		return page{}, fmt.Errorf("report of a season: from %v to %v is no time", s.From, s.To)
	}
	h := &heading{w: w}
	total := sumsOf(s.Rows, "")
	p := page{Title: w.say("season.title"), Subtitle: w.say("season.subtitle", "from", w.day(s.From), "to", w.lastDay(s.To)),
		Foot: w.say("season.foot", "zone", s.Zone.Name, "to", w.lastDay(s.To)), Wide: true}
	p.Blocks = append(p.Blocks,
		block{Text: w.say("season.sentence", "paper", w.show(w.mw(total.OnPaper)), "needed", w.show(w.mw(total.Needed)),
			"returnable", w.show(w.mw(total.Returnable)), "unknown", w.show(w.mw(total.Unknown)))},
		block{Heading: h.next("season.total"), Table: s.totals(w, total)},
		block{Heading: h.next("season.classes"), Table: s.classes(w)},
		block{Heading: h.next("season.nodes"), Text: w.say("season.nodes.text"), Table: s.nodes(w)},
		s.candidates(w, h.next("season.candidates")),
		block{Heading: h.next("season.rows"), Table: s.rows(w)},
		s.cases(w, h.next("season.cases")))
	if s.Before != nil {
		p.Blocks = append(p.Blocks, s.changes(w, h.next("season.changes")))
	}
	p.Blocks = append(p.Blocks, block{Heading: h.next("season.how"), List: s.how(w)})
	if len(s.Notes) > 0 {
		p.Blocks = append(p.Blocks, block{Heading: h.next("season.notes"), List: s.Notes})
	}
	p.Blocks = append(p.Blocks, block{Table: s.proofs(w)}, block{Tail: true, Signs: []sign{{w.say("sign.operator"), w.say("season.sent")}}})
	return p, nil
}

// totals are the zone's sums, beside those of the season before.
func (s Season) totals(w *words, total Sums) *table {
	t := &table{Columns: []column{{w.say("col.figure"), 6}, {w.say("col.mw"), 3}, {w.say("col.before"), 3}}, Strong: map[int]bool{2: true}}
	before := Sums{}
	if s.Before != nil {
		before = sumsOf(s.Before.Rows, "")
	}
	add := func(name string, now, then metering.Power) {
		last := value{}
		if s.Before != nil {
			last = megawatts(then)
		}
		t.Rows = append(t.Rows, []value{textOf(w.say(name)), megawatts(now), last})
	}
	add("season.paper", total.OnPaper, before.OnPaper)
	add("season.needed", total.Needed, before.Needed)
	add("season.returnable", total.Returnable, before.Returnable)
	add("season.unknown", total.Unknown, before.Unknown)
	return t
}

func (s Season) classes(w *words) *table {
	t := sumTable(w, w.say("col.class"))
	for _, class := range reclaim.Classes() {
		if sums := sumsOf(s.Rows, class); sums.Rows > 0 {
			t.Rows = append(t.Rows, sumRow(w.class(class), sums))
		}
	}
	return t
}

// nodes are indented by their depth.
func (s Season) nodes(w *words) *table {
	t := sumTable(w, w.say("col.node"))
	for _, n := range s.Nodes {
		t.Rows = append(t.Rows, sumRow(strings.Repeat(nbsp, 4*n.Depth)+n.Name, n.Sums))
	}
	return t
}

func sumTable(w *words, first string) *table {
	return &table{Columns: []column{{first, 8}, {w.say("col.conditions"), 2}, {w.say("col.paper-mw"), 4}, {w.say("col.needed-mw"), 3},
		{w.say("col.returnable-mw"), 4}, {w.say("col.unknown-mw"), 3}}}
}

func sumRow(name string, s Sums) []value {
	return []value{textOf(name), countOf(s.Rows), megawatts(s.OnPaper), megawatts(s.Needed), megawatts(s.Returnable), megawatts(s.Unknown)}
}

// candidates are who could return something, the greatest first.
func (s Season) candidates(w *words, heading string) block {
	var list []Row
	for _, r := range s.Rows {
		if r.Returnable != nil && *r.Returnable > 0 {
			list = append(list, r)
		}
	}
	if len(list) == 0 {
		return block{Heading: heading, Text: w.say("season.candidates.none")}
	}
	slices.SortStableFunc(list, func(a, b Row) int { return cmp.Compare(*b.Returnable, *a.Returnable) })
	t := &table{Columns: []column{{w.say("col.number"), 1}, {w.say("col.resident"), 4}, {w.say("col.node"), 6}, {w.say("col.class"), 4}, {w.say("col.tu"), 3},
		{w.say("col.returnable"), 3}, {w.say("col.case"), 3}}}
	for i, r := range list {
		t.Rows = append(t.Rows, []value{countOf(i + 1), textOf(r.Resident), textOf(r.Node), textOf(w.class(r.Class)), kilowatts(r.Allowed),
			maybeKilowatts(r.Returnable), caseOf(r)})
	}
	return block{Heading: heading, Table: t}
}

func caseOf(r Row) value {
	if r.Case == "" {
		return value{}
	}
	return textOf(r.Case)
}

// rows are all findings.
func (s Season) rows(w *words) *table {
	t := &table{Columns: []column{{w.say("col.resident"), 3}, {w.say("col.node"), 5}, {w.say("col.tu"), 2}, {w.say("col.need"), 2}, {w.say("col.use"), 2}, {w.say("col.class"), 4},
		{w.say("col.retain"), 2}, {w.say("col.returnable"), 2}, {w.say("col.coverage"), 2}}}
	for _, r := range s.Rows {
		use := value{}
		if r.Need != nil {
			use = shareOf(*r.Need, r.Allowed)
		}
		class := w.class(r.Class)
		if !r.EnoughFrom.IsZero() {
			class += w.say("season.enough", "from", w.day(r.EnoughFrom))
		}
		t.Rows = append(t.Rows, []value{textOf(r.Resident), textOf(r.Node), kilowatts(r.Allowed), maybeKilowatts(r.Need), use, textOf(class),
			maybeKilowatts(r.Retained), maybeKilowatts(r.Returnable), hundredths(r.Coverage)})
	}
	return t
}

func (s Season) cases(w *words, heading string) block {
	if len(s.Cases) == 0 {
		return block{Heading: heading, Text: w.say("season.cases.none")}
	}
	t := &table{Columns: []column{{w.say("col.case"), 3}, {w.say("col.resident"), 4}, {w.say("col.node"), 5}, {w.say("col.stage"), 4}, {w.say("col.since"), 3},
		{w.say("col.due"), 3}, {w.say("col.volume"), 2}}}
	for _, c := range s.Cases {
		due := value{}
		if c.Deadline != nil {
			due = dateOf(c.Deadline.Add(-1))
		}
		t.Rows = append(t.Rows, []value{textOf(c.ID), textOf(c.Resident), textOf(c.Node), textOf(w.say("stage." + string(c.Stage))), dateOf(c.Since), due, kilowatts(c.Volume)})
	}
	return block{Heading: heading, Table: t}
}

// changes are the rows that are not what they were in the season before.
func (s Season) changes(w *words, heading string) block {
	t := &table{Columns: []column{{w.say("col.resident"), 3}, {w.say("col.node"), 5}, {w.say("col.what"), 4}, {w.say("col.was"), 6}, {w.say("col.now"), 6}}}
	before := map[string]Row{}
	for _, r := range s.Before.Rows {
		before[r.Key] = r
	}
	add := func(r Row, what, was, now string) {
		t.Rows = append(t.Rows, []value{textOf(r.Resident), textOf(r.Node), textOf(w.say(what)), textOf(was), textOf(now)})
	}
	known := func(p *metering.Power) string {
		if p == nil {
			return dash
		}
		return w.kw(*p)
	}
	for _, r := range s.Rows {
		was, ok := before[r.Key]
		delete(before, r.Key)
		if !ok {
			add(r, "change.new", dash, w.kw(r.Allowed))
			continue
		}
		if was.Allowed != r.Allowed {
			add(r, "change.tu", w.kw(was.Allowed), w.kw(r.Allowed))
		}
		if was.Class != r.Class {
			add(r, "change.class", w.class(was.Class), w.class(r.Class))
		}
		if known(was.Returnable) != known(r.Returnable) {
			add(r, "change.returnable", known(was.Returnable), known(r.Returnable))
		}
	}
	for _, r := range s.Before.Rows { // in their order
		if _, gone := before[r.Key]; gone {
			add(r, "change.gone", w.kw(r.Allowed), dash)
		}
	}
	text := w.say("season.changes.text", "to", w.lastDay(s.Before.To))
	if len(t.Rows) == 0 {
		return block{Heading: heading, Text: text + " " + w.say("season.changes.none")}
	}
	return block{Heading: heading, Text: text, Table: t}
}

func (s Season) how(w *words) []string {
	list := []string{w.say("season.how.rules", "rules", s.Rules, "minutes", strconv.Itoa(s.Minutes)), w.say("season.how.known"), w.say("season.how.people")}
	if s.Program != "" {
		list = append(list, s.Program)
	}
	return list
}

// proofs are the checksums of the findings; they stand in the workbook only.
func (s Season) proofs(w *words) *table {
	t := &table{Columns: []column{{w.say("col.resident"), 3}, {w.say("col.node"), 4}, {"SHA-256", 9}}, Apart: w.say("sheet.proofs"), Hidden: true}
	for _, r := range s.Rows {
		t.Rows = append(t.Rows, []value{textOf(r.Resident), textOf(r.Node), textOf(r.Evidence.String())})
	}
	return t
}

// megawatts is a power in MW without its unit, which stands in a heading.
func megawatts(p metering.Power) value { return value{kind: number, n: int64(p), exp: 6} }
