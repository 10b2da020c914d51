package storetest

import (
	"errors"
	"math"
	"slices"
	"time"

	"asue/metering"
)

func estimated(point metering.PointID, n int, wh metering.Energy) metering.Interval {
	iv := measured(point, n, wh)
	iv.Grade, iv.Method, iv.Flags, iv.Reason = metering.Substitute, metering.MethodScaled, metering.FlagGap, "register's difference over 2 h"
	return iv
}

func unknown(point metering.PointID, n int) metering.Interval {
	return metering.Interval{Point: point, Channel: metering.ChannelActiveImport, Start: period(n), Grade: metering.Null, Flags: metering.FlagGap, Reason: "no reading"}
}

func agreed(point metering.PointID, n int, wh metering.Energy) metering.Interval {
	iv := measured(point, n, wh)
	iv.Grade, iv.Method, iv.Flags, iv.Reason = metering.FinalGrade, metering.MethodAgreed, metering.FlagManual, "act 17"
	return iv
}

func act(id string, after ...metering.Interval) metering.Act {
	a := metering.Act{ID: id, Author: "Айгуль С.", Reason: "счётчик повреждён", Document: "акт № 17 от 15.01.2026"}
	for _, iv := range after {
		a.Changes = append(a.Changes, metering.ActChange{After: iv})
	}
	return a
}

func (c *ledgerCase) acts(q metering.ActQuery) []metering.Act {
	c.Helper()
	list, err := c.l.Acts(c.Context(), q)
	c.must(err)
	return list
}

func atHour(hour int) time.Time { return day.Add(time.Duration(hour) * time.Hour) }

func version(iv metering.Interval, version, hour int) metering.Interval {
	iv.Version, iv.RecordedAt = version, atHour(hour)
	return iv
}

// authority: who may write over whom, one after the other on one interval.
func (c *ledgerCase) authority() {
	hour := 0
	put := func(a metering.Authority, iv metering.Interval) {
		hour++
		c.commit(metering.Commit{ReceivedAt: atHour(hour), Authority: a, Intervals: []metering.Interval{iv}})
	}
	want := func(what string, w metering.Interval) {
		c.Helper()
		diff(c, what, []metering.Interval{w}, c.intervals(metering.IntervalQuery{From: day, To: period(1)}))
	}
	put(metering.ByRegisters, unknown("p", 0))
	want("registers know nothing", version(unknown("p", 0), 1, 1))
	put(metering.ByRules, estimated("p", 0, 50))
	want("rules estimate", version(estimated("p", 0, 50), 2, 2))
	put(metering.ByRegisters, unknown("p", 0))
	want("registers that know nothing do not make an estimate forgotten", version(estimated("p", 0, 50), 2, 2))
	put(metering.ByRules, estimated("p", 0, 51))
	want("rules estimate better", version(estimated("p", 0, 51), 3, 4))
	put(metering.ByRegisters, measured("p", 0, 52))
	want("registers know after all", version(measured("p", 0, 52), 4, 5))
	put(metering.ByPerson, agreed("p", 0, 60))
	want("a person decides", version(agreed("p", 0, 60), 5, 6))
	put(metering.ByRegisters, measured("p", 0, 52))
	put(metering.ByRules, estimated("p", 0, 51))
	want("nothing but a person moves that", version(agreed("p", 0, 60), 5, 6))
	put(metering.ByPerson, agreed("p", 0, 61))
	want("a person does", version(agreed("p", 0, 61), 6, 9))
	history, err := c.l.History(c.Context(), "p", metering.ChannelActiveImport, day)
	c.must(err)
	diff(c, "versions", 6, len(history))
}

// authorityOfEach: in one commit some yield and some do not.
func (c *ledgerCase) authorityOfEach() {
	c.commit(metering.Commit{ReceivedAt: atHour(1), Authority: metering.ByPerson, Intervals: []metering.Interval{
		measured("p", 0, 1), estimated("p", 1, 2), agreed("p", 2, 3), unknown("p", 3),
	}})
	c.commit(metering.Commit{ReceivedAt: atHour(2), Intervals: []metering.Interval{
		unknown("p", 0), unknown("p", 1), unknown("p", 2), measured("p", 3, 4), measured("p", 4, 5),
	}})
	diff(c, "intervals", []metering.Interval{
		version(unknown("p", 0), 2, 2), version(estimated("p", 1, 2), 1, 1), version(agreed("p", 2, 3), 1, 1),
		version(measured("p", 3, 4), 2, 2), version(measured("p", 4, 5), 1, 2),
	}, c.intervals(metering.IntervalQuery{From: day, To: period(96)}))
}

func (c *ledgerCase) actLife() {
	c.commit(metering.Commit{ReceivedAt: atHour(1), Intervals: []metering.Interval{measured("p", 0, 10), unknown("p", 1), measured("q", 96, 7)}})
	first := act("a-1", agreed("p", 0, 20), agreed("p", 1, 21), agreed("p", 2, 22), agreed("q", 96, 23))
	for i := range first.Changes { // what the caller says stood there does not count
		first.Changes[i].Before = measured("z", 9, 9)
	}
	// Intervals of the same commit come first, so that the act finds them.
	c.commit(metering.Commit{ReceivedAt: atHour(2), Intervals: []metering.Interval{measured("p", 0, 11)}, Acts: []metering.Act{first}})
	c.reopen()

	made := act("a-1")
	made.At = atHour(2)
	made.Changes = []metering.ActChange{
		{Before: version(measured("p", 0, 11), 2, 2), After: version(agreed("p", 0, 20), 3, 2)},
		{Before: version(unknown("p", 1), 1, 1), After: version(agreed("p", 1, 21), 2, 2)},
		{After: version(agreed("p", 2, 22), 1, 2)},
		{Before: version(measured("q", 96, 7), 1, 1), After: version(agreed("q", 96, 23), 2, 2)},
	}
	all := metering.ActQuery{From: day, To: period(200)}
	diff(c, "the act", []metering.Act{made}, c.acts(all))
	diff(c, "what stands there", []metering.Interval{made.Changes[0].After, made.Changes[1].After, made.Changes[2].After, made.Changes[3].After},
		c.intervals(metering.IntervalQuery{From: day, To: period(200)}))

	c.commit(metering.Commit{ReceivedAt: atHour(3), Acts: []metering.Act{act("a-1", agreed("p", 0, 20), agreed("p", 1, 21), agreed("p", 2, 22), agreed("q", 96, 23))}})
	diff(c, "again is nothing new", []metering.Act{made}, c.acts(all))

	// Another act undoes it; one that says what stands there makes no version.
	undo, same := act("a-2", unknown("p", 1)), act("a-3", agreed("p", 2, 22))
	undo.Changes[0].After.Flags |= metering.FlagManual
	undo.Changes[0].After.Start = period(1).In(time.FixedZone("Asia/Aqtobe", 5*3600))
	c.commit(metering.Commit{ReceivedAt: atHour(4), Acts: []metering.Act{undo, same}})
	undo.Changes[0] = metering.ActChange{Before: version(agreed("p", 1, 21), 2, 2), After: version(undo.Changes[0].After, 3, 4)}
	undo.Changes[0].After.Start = period(1)
	same.Changes[0] = metering.ActChange{Before: version(agreed("p", 2, 22), 1, 2), After: version(agreed("p", 2, 22), 1, 2)}
	undo.At, same.At = atHour(4), atHour(4)
	diff(c, "all of them", []metering.Act{made, undo, same}, c.acts(all))
	diff(c, "of a stretch", []metering.Act{made, undo}, c.acts(metering.ActQuery{From: period(1), To: period(2)}))
	diff(c, "of a point", []metering.Act{made}, c.acts(metering.ActQuery{Points: []metering.PointID{"q", "nobody"}, From: day, To: period(200)}))
	diff(c, "of a point and stretch", nil, c.acts(metering.ActQuery{Points: []metering.PointID{"q"}, From: day, To: period(96)}))
	diff(c, "of nobody", nil, c.acts(metering.ActQuery{Points: []metering.PointID{"nobody"}, From: day, To: period(200)}))
}

// actConflict: an act cannot be rewritten, and a commit with such a try leaves
// nothing behind.
func (c *ledgerCase) actConflict() {
	made := act("a-1", agreed("p", 0, 20), agreed("p", 1, 21))
	c.commit(metering.Commit{Acts: []metering.Act{made}})
	before := c.acts(metering.ActQuery{From: day, To: period(96)})
	for what, change := range map[string]func(a *metering.Act){
		"another author":   func(a *metering.Act) { a.Author = "somebody else" },
		"another reason":   func(a *metering.Act) { a.Reason = "because" },
		"another document": func(a *metering.Act) { a.Document = "" },
		"another energy":   func(a *metering.Act) { a.Changes[1].After.Energy++ },
		"another interval": func(a *metering.Act) { a.Changes[1].After.Start = period(2) },
		"one less":         func(a *metering.Act) { a.Changes = a.Changes[:1] },
		"another order":    func(a *metering.Act) { slices.Reverse(a.Changes) },
	} {
		other := act("a-1", agreed("p", 0, 20), agreed("p", 1, 21))
		change(&other)
		err := c.l.Commit(c.Context(), metering.Commit{
			ReceivedAt: atHour(2), Batches: []metering.StoredBatch{batch("c", 1, 1)},
			Intervals: []metering.Interval{measured("q", 5, 1)}, Acts: []metering.Act{act("a-9", agreed("q", 6, 1)), other},
		})
		if !errors.Is(err, metering.ErrConflict) {
			c.Errorf("%s: Commit = %v, want ErrConflict", what, err)
		}
	}
	diff(c, "acts", before, c.acts(metering.ActQuery{From: day, To: period(96)}))
	diff(c, "intervals", 2, len(c.intervals(metering.IntervalQuery{From: day, To: period(96)})))
	diff(c, "batches", nil, c.batches(0, 10))
}

// refusedEvidence commits what no ledger takes beside something good.
func (c *ledgerCase) refusedEvidence() {
	finding := func(change func(set *metering.Findings, f *metering.Finding)) metering.Commit {
		set := about(0, 10, found("spike", 1, 2), found("flat", 1, 2))
		change(&set, &set.List[1])
		return metering.Commit{Findings: []metering.Findings{about(20, 30, found("spike", 20, 21)), set}}
	}
	witness := func(change func(w *metering.Witness)) metering.Commit {
		bad := witness(1, power(1, 0, 1))
		change(&bad)
		return metering.Commit{Witnesses: []metering.Witness{witness(0, power(0, 0, 1)), bad}}
	}
	acts := func(change func(a *metering.Act)) metering.Commit {
		bad := act("a-2", agreed("p", 0, 1), agreed("p", 1, 1))
		change(&bad)
		return metering.Commit{Acts: []metering.Act{act("a-1", agreed("p", 0, 1)), bad}}
	}
	for name, x := range map[string]metering.Commit{
		"witness without a meter":      witness(func(w *metering.Witness) { w.Meter = "" }),
		"witness off the grid":         witness(func(w *metering.Witness) { w.Start = w.Start.Add(time.Second) }),
		"power before the period":      witness(func(w *metering.Witness) { w.Powers[0].At = w.Start.Add(-time.Millisecond) }),
		"power at the period's end":    witness(func(w *metering.Witness) { w.Powers[0].At = w.End() }),
		"finding without a rule":       finding(func(_ *metering.Findings, f *metering.Finding) { f.Rule = "" }),
		"finding without a severity":   finding(func(_ *metering.Findings, f *metering.Finding) { f.Severity = 0 }),
		"finding about somebody else":  finding(func(_ *metering.Findings, f *metering.Finding) { f.Point = "q" }),
		"finding about nobody":         finding(func(_ *metering.Findings, f *metering.Finding) { f.Point = "" }),
		"finding of another channel":   finding(func(_ *metering.Findings, f *metering.Finding) { f.Channel = 0 }),
		"finding before its stretch":   finding(func(_ *metering.Findings, f *metering.Finding) { f.From = period(-1) }),
		"finding after its stretch":    finding(func(_ *metering.Findings, f *metering.Finding) { f.From, f.To = period(10), period(10) }),
		"finding that ends before":     finding(func(_ *metering.Findings, f *metering.Finding) { f.To = period(0) }),
		"figure without a value":       finding(func(_ *metering.Findings, f *metering.Finding) { f.Numbers[0].Value = math.NaN() }),
		"findings without a subject":   finding(func(s *metering.Findings, f *metering.Finding) { s.Point, f.Point, s.List = "", "", s.List[1:] }),
		"findings with two subjects":   finding(func(s *metering.Findings, f *metering.Finding) { s.Node, f.Node, s.List = "n", "n", s.List[1:] }),
		"act without an id":            acts(func(a *metering.Act) { a.ID = "" }),
		"act without an author":        acts(func(a *metering.Act) { a.Author = "" }),
		"act without a reason":         acts(func(a *metering.Act) { a.Reason = "" }),
		"act without changes":          acts(func(a *metering.Act) { a.Changes = nil }),
		"act's change not marked":      acts(func(a *metering.Act) { a.Changes[1].After.Flags = 0 }),
		"act's change off the grid":    acts(func(a *metering.Act) { a.Changes[1].After.Start = day.Add(time.Second) }),
		"act's change without a point": acts(func(a *metering.Act) { a.Changes[1].After.Point = "" }),
		"act that says measured":       acts(func(a *metering.Act) { a.Changes[1].After.Grade = metering.Actual }),
	} {
		x.ReceivedAt, x.Batches, x.Intervals = day, []metering.StoredBatch{batch("c", 1, 1)}, []metering.Interval{measured("p", 0, 100)}
		if err := c.l.Commit(c.Context(), x); !errors.Is(err, metering.ErrRefused) {
			c.Errorf("%s: Commit = %v, want ErrRefused", name, err)
		}
		c.nothing(name)
	}
}

// noEvidence checks that nothing of what bills stand on is there.
func (c *ledgerCase) noEvidence(after string) {
	c.Helper()
	diff(c, "witnesses after "+after, nil, c.witnesses("m-1", period(-96), period(96)))
	diff(c, "findings after "+after, nil, c.findings(metering.FindingQuery{From: period(-96), To: period(96), Cleared: true}))
	diff(c, "acts after "+after, nil, c.acts(metering.ActQuery{From: period(-96), To: period(96)}))
	settlements, err := c.l.Settlements(c.Context())
	c.must(err)
	diff(c, "settlements after "+after, nil, settlements)
}
