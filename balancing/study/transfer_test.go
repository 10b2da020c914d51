package study_test

import (
	"fmt"
	"testing"
	"time"

	"asue/balancing/study"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestTransfersAsRelays holds the transfers against relays that look at the network
// every tenth of a second, as the cabinets of АВР do.
func TestTransfersAsRelays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		site := randomSite(t)
		m, err := study.New(site, noon)
		if err != nil {
			t.Fatal(err)
		}
		outages := m.Outages(study.Setting{})
		if len(outages) == 0 {
			return // nothing is in service, and nothing can be lost
		}
		o := outages[rapid.IntRange(0, len(outages)-1).Draw(t, "outage")]
		closed, in, moves, err := m.TransfersAfter(study.Setting{}, o.Out)
		if err != nil {
			t.Fatal(err)
		}
		twin := newCabinets(site, o.Out)
		twin.watch(time.Minute)
		if diff := cmp.Diff(twin.closed, closed); diff != "" {
			t.Fatalf("loss of %s: switches (-twin +got):\n%s", o.ID, diff)
		}
		if diff := cmp.Diff(twin.in, in); diff != "" {
			t.Fatalf("loss of %s: transformers (-twin +got):\n%s", o.ID, diff)
		}
		var got []string
		for _, move := range moves {
			got = append(got, fmt.Sprintf("%.1f %s %v", move.AfterS, move.Switch, move.Close))
		}
		if diff := cmp.Diff(twin.log, got); diff != "" {
			t.Fatalf("loss of %s: moves (-twin +got):\n%s", o.ID, diff)
		}
	})
}

// cabinets are the transfers of a site, looked at in steps of time. It works on the
// words of the site alone.
type cabinets struct {
	site   *metering.Site
	closed map[metering.ElementID]bool
	in     map[metering.ElementID]bool // transformers
	line   map[metering.ElementID]bool
	feed   map[string]bool
	lost   []time.Duration // when the bus of each was lost, −1: it has voltage, or had none before
	shot   []bool
	log    []string
}

func newCabinets(site *metering.Site, out []string) *cabinets {
	c := &cabinets{site: site, closed: map[metering.ElementID]bool{}, in: map[metering.ElementID]bool{}, line: map[metering.ElementID]bool{}, feed: map[string]bool{}}
	n := &site.Network
	for _, s := range n.Switches {
		c.closed[s.ID] = s.Closed
	}
	for _, t := range n.Transformers {
		c.in[metering.ElementID(t.Node)] = true
	}
	for _, l := range n.Lines {
		c.line[l.ID] = true
	}
	for _, s := range site.Sources {
		c.feed[s.ID] = s.Available
	}
	before := c.voltage()
	for _, id := range out {
		for _, l := range n.Lines {
			if string(l.ID) == id || l.Towers == id {
				c.line[l.ID] = false
			}
		}
		if _, is := c.in[metering.ElementID(id)]; is {
			c.in[metering.ElementID(id)] = false
		}
		if _, is := c.feed[id]; is {
			c.feed[id] = false
		}
	}
	now := c.voltage()
	for _, t := range n.Transfers {
		at := time.Duration(-1)
		if before[t.Watch] && !now[t.Watch] {
			at = 0
		}
		c.lost = append(c.lost, at)
	}
	c.shot = make([]bool, len(n.Transfers))
	return c
}

// voltage spreads from the sources until nothing new has it.
func (c *cabinets) voltage() map[metering.NodeID]bool {
	live := map[metering.NodeID]bool{}
	for _, s := range c.site.Sources {
		if c.feed[s.ID] {
			live[s.Node] = true
		}
	}
	for again := true; again; {
		again = false
		spread := func(on bool, nodes ...metering.NodeID) {
			some := false
			for _, n := range nodes {
				some = some || live[n]
			}
			for _, n := range nodes {
				if on && some && !live[n] {
					live[n], again = true, true
				}
			}
		}
		for _, s := range c.site.Network.Switches {
			spread(c.closed[s.ID], s.A, s.B)
		}
		for _, l := range c.site.Network.Lines {
			spread(c.line[l.ID], l.From, l.To)
		}
		for _, t := range c.site.Network.Transformers {
			spread(c.in[metering.ElementID(t.Node)], t.Bus[:]...)
		}
	}
	return live
}

func (c *cabinets) watch(until time.Duration) {
	for now := time.Duration(0); now < until; now += time.Second / 10 {
		for c.oneActs(now) {
		}
	}
}

// oneActs lets the relay act that has waited longest beyond its time.
func (c *cabinets) oneActs(now time.Duration) bool {
	live := c.voltage()
	acts := -1
	for i, t := range c.site.Network.Transfers {
		due := c.lost[i] + t.After
		if c.ready(i, live) && due <= now && !c.blocked(i, live) && (acts < 0 || due < c.lost[acts]+c.site.Network.Transfers[acts].After) {
			acts = i
		}
	}
	if acts < 0 {
		return false
	}
	c.act(acts, now, live)
	after := c.voltage()
	for i, t := range c.site.Network.Transfers {
		switch {
		case after[t.Watch]:
			c.lost[i] = -1
		case live[t.Watch] && c.lost[i] < 0:
			c.lost[i] = now
		}
	}
	return true
}

func (c *cabinets) ready(i int, live map[metering.NodeID]bool) bool {
	t := c.site.Network.Transfers[i]
	return !t.Out && !c.shot[i] && c.lost[i] >= 0 && !live[t.Watch] && live[t.Reserve]
}

// blocked: another relay of the same bus stands before it in the file, or one of a bus
// above it could still act.
func (c *cabinets) blocked(i int, live map[metering.NodeID]bool) bool {
	mine := c.site.Network.Transfers[i].Watch
	for k, t := range c.site.Network.Transfers {
		if k == i || !c.ready(k, live) {
			continue
		}
		if t.Watch == mine && k < i {
			return true
		}
		for n, ok := c.site.Topology.Node(mine); ok && n.Parent != ""; n, ok = c.site.Topology.Node(n.Parent) {
			if n.Parent == t.Watch {
				return true
			}
		}
	}
	return false
}

func (c *cabinets) act(i int, now time.Duration, live map[metering.NodeID]bool) {
	t := c.site.Network.Transfers[i]
	c.shot[i] = true
	set := func(id metering.ElementID, to bool) {
		if c.closed[id] != to {
			c.closed[id] = to
			c.log = append(c.log, fmt.Sprintf("%.1f %s %v", now.Seconds(), id, to))
		}
	}
	for _, id := range t.Open {
		set(id, false)
	}
	for _, tr := range c.site.Network.Transformers {
		id := metering.ElementID(tr.Node)
		if c.in[id] && !live[tr.Bus[0]] && (c.fused(tr.Bus[1], t.Watch) || c.fused(tr.Bus[2], t.Watch)) {
			c.in[id] = false
			c.log = append(c.log, fmt.Sprintf("%.1f %s %v", now.Seconds(), id, false))
		}
	}
	for _, id := range t.Close {
		set(id, true)
	}
}

// fused walks over closed switches from one bus to another.
func (c *cabinets) fused(a, b metering.NodeID) bool {
	seen := map[metering.NodeID]bool{a: true}
	for again := true; again; {
		again = false
		for _, s := range c.site.Network.Switches {
			if c.closed[s.ID] && seen[s.A] != seen[s.B] {
				seen[s.A], seen[s.B], again = true, true, true
			}
		}
	}
	return seen[b]
}
