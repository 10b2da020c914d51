package storetest

import (
	"cmp"
	"math"
	"slices"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

func found(rule string, from, to int) metering.Finding {
	return metering.Finding{
		Rule: rule, Severity: metering.Warning, Point: "p", Channel: metering.ChannelActiveImport, From: period(from), To: period(to),
		Numbers: []metering.Number{{Name: "highest", Value: 300.5, Unit: "Wh"}, {Name: "ratio", Value: 0.1 + 0.2, Unit: "1"}},
		Text:    "пик 300.5 Вт·ч", RuleSet: "zone 2026-01-01",
	}
}

// about are findings about the point and channel of found.
func about(from, to int, list ...metering.Finding) metering.Findings {
	return metering.Findings{Point: "p", Channel: metering.ChannelActiveImport, From: period(from), To: period(to), List: list}
}

func (c *ledgerCase) say(hour int, sets ...metering.Findings) {
	c.Helper()
	c.commit(metering.Commit{ReceivedAt: day.Add(time.Duration(hour) * time.Hour), Findings: sets})
}

func (c *ledgerCase) findings(q metering.FindingQuery) []metering.Finding {
	c.Helper()
	list, err := c.l.Findings(c.Context(), q)
	c.must(err)
	return list
}

func stamped(f metering.Finding, foundHour, clearedHour int) metering.Finding {
	f.FoundAt = day.Add(time.Duration(foundHour) * time.Hour)
	if clearedHour != 0 {
		f.ClearedAt = day.Add(time.Duration(clearedHour) * time.Hour)
	}
	return f
}

// findingLife follows findings through validations that say them again, say
// something else, or do not say them any more.
func (c *ledgerCase) findingLife() {
	spike, zero, flat := found("spike", 5, 6), found("zero_run", 5, 9), found("flat", 20, 28)
	all := metering.FindingQuery{From: day, To: period(96), Cleared: true}
	c.say(1, about(0, 10, spike, zero, spike)) // said twice is said once
	c.say(2, about(0, 10, zero, spike), about(10, 96, flat))
	diff(c, "said again", []metering.Finding{stamped(flat, 2, 0), stamped(spike, 1, 0), stamped(zero, 1, 0)}, c.findings(all))

	worse := spike
	worse.Numbers = []metering.Number{{Name: "highest", Value: 301, Unit: "Wh"}}
	c.say(3, about(0, 10, worse)) // another figure is another finding; the zeros are gone
	c.reopen()
	diff(c, "what holds", []metering.Finding{stamped(flat, 2, 0), stamped(worse, 3, 0)}, c.findings(metering.FindingQuery{From: day, To: period(96)}))
	diff(c, "with what was cleared", []metering.Finding{stamped(flat, 2, 0), stamped(spike, 1, 3), stamped(worse, 3, 0), stamped(zero, 1, 3)}, c.findings(all))

	c.say(4, about(0, 96))
	diff(c, "nothing holds", nil, c.findings(metering.FindingQuery{From: day, To: period(96)}))
	c.say(5, about(0, 96, spike)) // found anew: the first time stays on record
	diff(c, "found anew", []metering.Finding{stamped(flat, 2, 4), stamped(spike, 1, 3), stamped(worse, 3, 4), stamped(spike, 5, 0), stamped(zero, 1, 3)}, c.findings(all))
}

// findingBounds: a set speaks of its own subject, channel and stretch only.
func (c *ledgerCase) findingBounds() {
	reactive, whole, node, namesake := found("spike", 5, 6), found("spike", 5, 6), found("balance", 5, 6), found("spike", 5, 6)
	reactive.Channel, whole.Channel = metering.ChannelReactiveImport, 0
	node.Point, node.Node = "", "p"
	namesake.Point = "q"
	set := func(f metering.Finding) metering.Findings {
		return metering.Findings{Point: f.Point, Node: f.Node, Channel: f.Channel, From: period(5), To: period(6), List: []metering.Finding{f}}
	}
	at5 := found("spike", 5, 6)
	c.say(1, set(at5), set(reactive), set(whole), set(node), set(namesake), about(4, 5, found("a", 4, 20)), about(6, 7, found("z", 6, 6)))
	c.say(2, about(5, 6))
	diff(c, "the rest", []metering.Finding{
		stamped(found("z", 6, 6), 1, 0), stamped(node, 1, 0), stamped(whole, 1, 0), stamped(reactive, 1, 0), stamped(namesake, 1, 0), stamped(found("a", 4, 20), 1, 0),
	}, c.findings(metering.FindingQuery{From: day, To: period(96)}))
	fine := about(5, 6)
	fine.From, fine.To = fine.From.Add(300*time.Microsecond), fine.To.Add(300*time.Microsecond)
	fine.List = []metering.Finding{found("fine", 5, 6)}
	fine.List[0].From = fine.From.In(time.FixedZone("Asia/Aqtobe", 5*3600))
	c.say(3, fine)
	c.say(4, fine)
	got := c.findings(metering.FindingQuery{Rules: []string{"fine"}, From: day, To: period(96), Cleared: true})
	diff(c, "to the millisecond, and known again", []metering.Finding{stamped(found("fine", 5, 6), 3, 0)}, got)
}

func (c *ledgerCase) findingSelection() {
	var all []metering.Finding
	put := func(f metering.Finding) {
		all = append(all, stamped(f, 1, 0))
		c.say(1, metering.Findings{Point: f.Point, Node: f.Node, Channel: f.Channel, From: f.From, To: f.From.Add(time.Millisecond), List: []metering.Finding{f}})
	}
	for i, rule := range []string{"spike", "balance", "over_declared", "zero_run"} {
		for k, p := range []metering.PointID{"b", "a"} {
			f := found(rule, 10*i+k, 10*i+k+2*i) // the first ones are moments
			f.Point, f.Severity = p, metering.Severity(i+1)
			put(f)
		}
		n := found(rule, 10*i, 10*i+4)
		n.Point, n.Node, n.Severity, n.Channel, n.Numbers = "", "a", metering.Termination, 0, nil
		put(n)
	}
	long := found("prolonged", -2000, 15)
	put(long)
	slices.SortFunc(all, func(f, g metering.Finding) int {
		return cmp.Or(g.From.Compare(f.From), cmp.Compare(f.Rule, g.Rule), cmp.Compare(f.Point, g.Point), cmp.Compare(f.Node, g.Node), cmp.Compare(f.Channel, g.Channel))
	})
	f := func(what string, q metering.FindingQuery) {
		c.Helper()
		var want []metering.Finding
		for _, f := range all {
			everywhere := len(q.Points)+len(q.Nodes) == 0
			there := f.Point != "" && slices.Contains(q.Points, f.Point) || f.Node != "" && slices.Contains(q.Nodes, f.Node)
			touches := f.From.Before(q.To) && (f.To.After(q.From) || f.From.Equal(f.To) && !f.To.Before(q.From))
			if (everywhere || there) && touches && f.Severity >= q.Severity && (len(q.Rules) == 0 || slices.Contains(q.Rules, f.Rule)) {
				want = append(want, f)
			}
		}
		if q.Limit > 0 && len(want) > q.Limit {
			want = want[:q.Limit]
		}
		if len(want) == 0 && what != "nothing there" {
			c.Errorf("%s: the case selects nothing", what)
		}
		diff(c, what, want, c.findings(q))
	}
	f("everything", metering.FindingQuery{From: period(-3000), To: period(96)})
	f("the newest three", metering.FindingQuery{From: period(-3000), To: period(96), Limit: 3})
	f("those that reach in", metering.FindingQuery{From: period(14), To: period(20)})
	f("up to the very end", metering.FindingQuery{From: period(0), To: period(10)})
	f("from the very start", metering.FindingQuery{From: period(10), To: period(11)})
	f("a moment", metering.FindingQuery{From: period(0), To: period(0).Add(time.Millisecond)})
	f("one point", metering.FindingQuery{Points: []metering.PointID{"a"}, From: period(0), To: period(96)})
	f("one node", metering.FindingQuery{Nodes: []metering.NodeID{"a"}, From: period(0), To: period(96)})
	f("points and nodes", metering.FindingQuery{Points: []metering.PointID{"b", "x"}, Nodes: []metering.NodeID{"a"}, From: period(0), To: period(96)})
	f("two rules", metering.FindingQuery{Rules: []string{"spike", "zero_run"}, From: period(0), To: period(96)})
	f("alarms and worse", metering.FindingQuery{Severity: metering.Alarm, From: period(0), To: period(96)})
	f("nothing there", metering.FindingQuery{From: period(200), To: period(300)})
	f("nothing there", metering.FindingQuery{Points: []metering.PointID{"x"}, From: period(0), To: period(96)})
}

// findingModel compares with a plain list.
func (c *ledgerCase) findingModel() {
	var model []metering.Finding
	clock := day
	rapid.Check(c, func(rt *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(rt, "validations") {
			clock = clock.Add(time.Minute)
			from := rapid.IntRange(0, 6).Draw(rt, "from")
			set := metering.Findings{Channel: metering.Channel(rapid.IntRange(0, 1).Draw(rt, "channel")), From: period(from), To: period(from + rapid.IntRange(1, 4).Draw(rt, "length"))}
			if rapid.Bool().Draw(rt, "about a node") {
				set.Node = "x"
			} else {
				set.Point = "x"
			}
			periods := int(set.To.Sub(set.From) / metering.BasePeriod)
			for range rapid.IntRange(0, 3).Draw(rt, "findings") {
				at := from + rapid.IntRange(0, periods-1).Draw(rt, "at")
				f := found(rapid.SampledFrom([]string{"r", "s"}).Draw(rt, "rule"), at, at+1)
				f.Point, f.Node, f.Channel = set.Point, set.Node, set.Channel
				f.Numbers[0].Value = float64(rapid.IntRange(0, 1).Draw(rt, "value"))
				set.List = append(set.List, f)
			}
			if err := c.l.Commit(c.Context(), metering.Commit{ReceivedAt: clock, Findings: []metering.Findings{set}}); err != nil {
				rt.Fatal(err)
			}
			for i := range model {
				e := &model[i]
				same := e.Point == set.Point && e.Node == set.Node && e.Channel == set.Channel
				if same && e.ClearedAt.IsZero() && !e.From.Before(set.From) && e.From.Before(set.To) && !slices.ContainsFunc(set.List, e.SameAs) {
					e.ClearedAt = clock
				}
			}
			for _, f := range set.List {
				if !slices.ContainsFunc(model, func(e metering.Finding) bool { return e.ClearedAt.IsZero() && e.SameAs(f) }) {
					f.FoundAt = clock
					model = append(model, f)
				}
			}
		}
		got, err := c.l.Findings(c.Context(), metering.FindingQuery{From: day, To: period(96), Cleared: true, Limit: math.MaxInt32})
		if err != nil {
			rt.Fatal(err)
		}
		if len(got) != len(model) {
			rt.Fatalf("%d findings, want %d", len(got), len(model))
		}
		for _, e := range model {
			if !slices.ContainsFunc(got, func(f metering.Finding) bool {
				return f.SameAs(e) && f.FoundAt.Equal(e.FoundAt) && f.ClearedAt.Equal(e.ClearedAt)
			}) {
				rt.Fatalf("missing: %+v", e)
			}
		}
	})
}
