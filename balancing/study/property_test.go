package study_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"asue/balancing/study"
	"asue/metering"

	"pgregory.net/rapid"
)

// TestEveryOutageEndsOnce: an outage of any network ends as exactly one of the four,
// and as what its state says.
func TestEveryOutageEndsOnce(t *testing.T) {
	endings := map[metering.Ending]int{}
	rapid.Check(t, func(t *rapid.T) {
		m, loads := randomStudy(t)
		outages := m.Outages(study.Setting{})
		got := m.N1(study.Setting{}, loads)
		if len(got) != len(outages) {
			t.Fatalf("%d outages, %d endings", len(outages), len(got))
		}
		for i, c := range got {
			if c.Outage.ID != outages[i].ID {
				t.Fatalf("%s stands in the place of %s", c.Outage.ID, outages[i].ID)
			}
			for name, s := range map[string]study.Stage{"before": c.Before, "after": c.After, "later": c.Later} {
				checkStage(t, c.Outage.ID+" "+name, s)
				endings[s.Ending]++
			}
			sum := 0.0
			for _, d := range c.Dark {
				sum += d.MW
			}
			if math.Abs(sum-c.After.State.UnservedMW) > 0.3*sum+1e-9 { // loads that come back are greater, dark ones are not
				t.Fatalf("%s: %v MW are dark, %v unserved", c.Outage.ID, sum, c.After.State.UnservedMW)
			}
		}
	})
	for _, e := range []metering.Ending{metering.Secure, metering.Violated, metering.Diverged, metering.Islanded} {
		if endings[e] == 0 {
			t.Errorf("no outage ended as %s: the networks are too tame", e)
		}
	}
}

func checkStage(t *rapid.T, name string, s study.Stage) {
	n := &s.State
	is := []metering.Ending{}
	switch {
	case s.Diverged != nil:
		is = append(is, metering.Diverged)
		if n.Problem == "" || s.Err == nil || len(n.Buses) > 0 {
			t.Fatalf("%s diverged, and says %q", name, n.Problem)
		}
	case n.UnservedMW > 1e-9:
		is = append(is, metering.Islanded)
	case len(n.Violations) > 0:
		is = append(is, metering.Violated)
	default:
		is = append(is, metering.Secure)
	}
	if !slices.Contains(is, s.Ending) {
		t.Fatalf("%s ends as %s, but looks %v", name, s.Ending, is)
	}
	if s.Diverged == nil {
		balance(t, name, n)
	}
}

// balance: what sources give is what is drawn and lost.
func balance(t *rapid.T, name string, n *metering.NetworkState) {
	given := 0.0
	for _, s := range n.Sources {
		given += s.MW
	}
	if over := given - n.LoadMW - n.LossMW; math.Abs(over) > 1e-6 {
		t.Fatalf("%s: sources give %v MW, of which %v are drawn and %v lost: %g are over", name, given, n.LoadMW, n.LossMW, over)
	}
	if n.NoLoadMW > n.LossMW+1e-9 || n.NoLoadMW < 0 {
		t.Fatalf("%s: iron losses %v MW of %v", name, n.NoLoadMW, n.LossMW)
	}
}

func randomStudy(t *rapid.T) (*study.Model, []study.Load) {
	m, err := study.New(randomSite(t), noon)
	if err != nil {
		t.Fatal(err)
	}
	return m, m.Loads(rapid.SampledFrom([]float64{1, 30, 70, 150, 400}).Draw(t, "MW"))
}

// TestSameBytes: one input, one output, whatever was calculated before and however
// many workers did it.
func TestSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		site := randomSite(t)
		mw := rapid.Float64Range(1, 200).Draw(t, "MW")
		text := func(used bool) string {
			m, err := study.New(site, noon)
			if err != nil {
				t.Fatal(err)
			}
			if used {
				m.N1(study.Setting{}, m.Loads(mw/2))
				m.N1(study.Setting{Emergency: true}, m.Loads(mw))
			}
			b, err := json.Marshal(m.N1(study.Setting{}, m.Loads(mw)))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		if fresh, used := text(false), text(true); fresh != used {
			t.Fatalf("a fresh model says\n%s\na used one\n%s", fresh, used)
		}
	})
}

// TestNamesAndOrderDoNotMatter: other ids and another order of everything but the
// transfers, whose order counts, lead to the same states.
func TestNamesAndOrderDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		site := randomSite(t)
		other := renamed(t, site)
		m, err := study.New(site, noon)
		if err != nil {
			t.Fatal(err)
		}
		o, err := study.New(other, noon)
		if err != nil {
			t.Fatal(err)
		}
		mw := rapid.Float64Range(1, 150).Draw(t, "MW")
		same(t, "normal state", solved(m, mw), solved(o, mw))
		byID := map[string]study.Contingency{}
		for _, c := range o.N1(study.Setting{}, o.Loads(mw)) {
			byID[strings.Join(parts(c.Outage.ID), "+")] = c
		}
		for _, c := range m.N1(study.Setting{}, m.Loads(mw)) {
			id := strings.Join(parts(c.Outage.ID), "+")
			d, known := byID[id]
			if !known {
				t.Fatalf("no outage of %s by other names", c.Outage.ID)
			}
			if c.Before.Ending != d.Before.Ending || len(c.Timeline) != len(d.Timeline) || c.After.Ending != d.After.Ending {
				t.Fatalf("%s: %s, %v, %s; by other names %s, %v, %s", c.Outage.ID, c.Before.Ending, c.Timeline, c.After.Ending, d.Before.Ending, d.Timeline, d.After.Ending)
			}
			same(t, c.Outage.ID+" before", c.Before.State, d.Before.State)
			same(t, c.Outage.ID+" after", c.After.State, d.After.State)
		}
	})
}

func solved(m *study.Model, mw float64) metering.NetworkState {
	state, _ := m.Solve(study.Setting{}, m.Loads(mw))
	return state
}

// parts of an id, without the sign of other names and in one order.
func parts(id string) []string {
	list := strings.Split(id, "+")
	for i := range list {
		list[i] = strings.TrimSuffix(list[i], "'")
	}
	slices.Sort(list)
	return list
}

func same(t *rapid.T, name string, a, b metering.NetworkState) {
	near := func(what string, a, b float64) {
		if math.Abs(a-b) > 1e-5*math.Max(1, math.Abs(a)) {
			t.Fatalf("%s: %s: %v, by other names %v", name, what, a, b)
		}
	}
	near("losses", a.LossMW, b.LossMW)
	near("unserved", a.UnservedMW, b.UnservedMW)
	near("violations", float64(len(a.Violations)), float64(len(b.Violations)))
	near("assumptions", float64(len(a.Assumed)), float64(len(b.Assumed)))
	for _, bus := range a.Buses {
		for _, other := range b.Buses {
			if string(other.Node) == string(bus.Node)+"'" {
				near(fmt.Sprintf("kV of %s", bus.Node), bus.KV, other.KV)
			}
		}
	}
}

// renamed gives every id a sign and shuffles every list but that of the transfers.
func renamed(t *rapid.T, site *metering.Site) *metering.Site {
	o := *site
	n := func(id metering.NodeID) metering.NodeID {
		if id == "" {
			return ""
		}
		return id + "'"
	}
	switches := func(ids []metering.ElementID) (list []metering.ElementID) {
		for _, id := range ids {
			list = append(list, id+"'")
		}
		return list
	}
	o.Topology.Nodes = shuffled(t, site.Topology.Nodes)
	for i := range o.Topology.Nodes {
		at := &o.Topology.Nodes[i]
		at.ID, at.Parent = n(at.ID), n(at.Parent)
	}
	o.Sources = shuffled(t, site.Sources)
	for i := range o.Sources {
		o.Sources[i].ID, o.Sources[i].Node = o.Sources[i].ID+"'", n(o.Sources[i].Node)
	}
	net := &o.Network
	net.Feeds = shuffled(t, net.Feeds)
	for i := range net.Feeds {
		net.Feeds[i].Source += "'"
	}
	net.Lines = shuffled(t, net.Lines)
	for i := range net.Lines {
		l := &net.Lines[i]
		l.ID, l.From, l.To = l.ID+"'", n(l.From), n(l.To)
		if l.Towers != "" {
			l.Towers += "'"
		}
	}
	net.Transformers = shuffled(t, net.Transformers)
	for i := range net.Transformers {
		tr := &net.Transformers[i]
		tr.Node, tr.Bus = n(tr.Node), [3]metering.NodeID{n(tr.Bus[0]), n(tr.Bus[1]), n(tr.Bus[2])}
	}
	net.Switches = shuffled(t, net.Switches)
	for i := range net.Switches {
		s := &net.Switches[i]
		s.ID, s.A, s.B = s.ID+"'", n(s.A), n(s.B)
	}
	net.Transfers = slices.Clone(net.Transfers)
	for i := range net.Transfers {
		tr := &net.Transfers[i]
		tr.ID, tr.Watch, tr.Reserve, tr.Open, tr.Close = tr.ID+"'", n(tr.Watch), n(tr.Reserve), switches(tr.Open), switches(tr.Close)
	}
	net.Plan.Shares = shuffled(t, net.Plan.Shares)
	for i := range net.Plan.Shares {
		net.Plan.Shares[i].Node = n(net.Plan.Shares[i].Node)
	}
	return &o
}

func shuffled[T any](t *rapid.T, list []T) []T {
	return rapid.Permutation(slices.Clone(list)).Draw(t, "order")
}
