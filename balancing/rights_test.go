package balancing_test

import (
	"fmt"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// granted are rights that hold from a moment on, by resident at the node of its feeder.
func granted(cfg balancing.Config, from time.Time, mw map[metering.ResidentID]metering.Power) balancing.Standing {
	s := balancing.Standing{From: from, Allowed: map[metering.ResidentID]metering.Power{}, Caps: map[metering.PointID]metering.Limit{}}
	for _, c := range cfg.Claims {
		if p, ok := mw[c.Resident]; ok {
			c.Allowed = p
		}
		s.Claims = append(s.Claims, c)
		s.Allowed[c.Resident] += c.Allowed
	}
	for _, p := range cfg.Points {
		if p.Level == balancing.Feeders && p.Resident != "" {
			s.Caps[p.ID] = metering.LimitOf(s.Allowed[p.Resident])
		}
	}
	return s
}

// Whatever the plant, and however rights rise and fall while it is controlled: nobody is
// brought below its armour, what is above somebody's right goes before what others have a
// right to, shares fit under the limit, set-points stay in the bands that their agents
// were commissioned with, and the report tells the rights of the moment.
func TestRightsChangeWhileTheZoneIsHeld(tb *testing.T) {
	rapid.Check(tb, func(t *rapid.T) {
		limit := metering.Power(rapid.IntRange(8, 30).Draw(t, "limit MW")) * metering.Megawatt
		l := newLoop(tb, limit)
		n := rapid.IntRange(2, 5).Draw(t, "feeders")
		high := float64(limit) * rapid.Float64Range(0.7, 1.25).Draw(t, "load") / float64(n)
		for i := range n {
			name := fmt.Sprintf("f%d", i)
			steps := rapid.IntRange(0, 4).Draw(t, "steps")
			size := metering.Power(high*0.1) / metering.Kilowatt * metering.Kilowatt
			armour := metering.Power(high * rapid.Float64Range(0, 0.4).Draw(t, "armour"))
			l.feeder(name, metering.Power(high*1.5), armour, high-float64(steps)*float64(size))
			for k := range steps {
				l.relay(name, k, size, 5*time.Second)
			}
			if rapid.Bool().Draw(t, "set-point") {
				l.setpoint(name, max(metering.Power(high*0.3), armour), metering.Power(high*1.5), 5*time.Second)
			}
		}
		l.start()
		in := map[metering.ResidentID]metering.Power{}
		for deed := range uint64(rapid.IntRange(1, 6).Draw(t, "acts")) {
			l.run(time.Duration(rapid.IntRange(1, 9).Draw(t, "minutes"))*time.Minute, nil)
			then := map[metering.ResidentID]metering.Power{}
			for _, c := range l.cfg.Claims {
				if rapid.Bool().Draw(t, "touched") {
					then[c.Resident] = metering.Power(high * rapid.Float64Range(0, 2).Draw(t, "right"))
				}
			}
			soon := time.Duration(rapid.IntRange(0, 200).Draw(t, "effective in")) * time.Second
			l.c.Step(balancing.Rights{At: l.now, Deed: deed + 1, Versions: []balancing.Standing{granted(l.cfg, l.now, in), granted(l.cfg, l.now.Add(soon), then)}})
			for end := l.now.Add(soon + 90*time.Second); l.now.Before(end); {
				l.run(5*time.Second, nil)
				heldShares(t, l.last, float64(limit))
			}
			in = then
			for _, r := range l.last.Hands.Rights {
				want := granted(l.cfg, l.now, in).Allowed[r.Resident]
				if r.Allowed != want || l.last.Hands.RightsDeed != deed+1 {
					t.Fatalf("%s: %v by deed %d, want %v by %d", r.Resident, r.Allowed, l.last.Hands.RightsDeed, want, deed+1)
				}
			}
		}
		for _, d := range l.field.devices {
			w := l.field.behind(d.cfg.Point, l.base[d.cfg.Point])
			for _, c := range l.cfg.Claims {
				if c.Resident == d.cfg.Resident && w < float64(c.Technological)-1000 && d.moves > 0 {
					t.Fatalf("%s draws %v of an armour of %v", d.cfg.Resident, w, c.Technological)
				}
			}
			if d.cfg.Kind == metering.ActuatorSetpoint && (d.now.Limit < d.cfg.Least || d.now.Limit > d.cfg.Most) {
				t.Fatalf("%s stands at %v, its band is %v to %v", d.cfg.ID, d.now, d.cfg.Least, d.cfg.Most)
			}
		}
	})
}

// heldShares holds shares under one limit against what must hold of them.
func heldShares(t interface{ Fatalf(string, ...any) }, st balancing.State, limitW float64) {
	if st.Hands == nil || len(st.Hands.Shares) == 0 {
		return
	}
	sum, cut, excess := metering.Power(0), "", ""
	for _, s := range st.Hands.Shares {
		if s.Violates {
			return // the armour does not fit: that is told, and is another matter
		}
		sum += s.Share
		if firm := max(s.Armour, min(s.Demand, s.Allowed)); s.Share < firm-metering.Kilowatt {
			cut = fmt.Sprintf("%s has %v of %v firm", s.Resident, s.Share, firm)
		}
		if s.Share > max(s.Allowed, s.Armour)+metering.Kilowatt {
			excess = fmt.Sprintf("%s has %v above its right of %v", s.Resident, s.Share, s.Allowed)
		}
		if s.Share < min(s.Armour, s.Demand)-metering.Kilowatt {
			t.Fatalf("%s has %v, below its armour of %v", s.Resident, s.Share, s.Armour)
		}
	}
	if cut != "" && excess != "" {
		t.Fatalf("%s while %s", cut, excess)
	}
	if float64(sum) > max(limitW*1.05, float64(st.Allowable.Power))+1000*float64(len(st.Hands.Shares)) {
		t.Fatalf("%v are shared out of %v W", sum, limitW)
	}
}

// While there is room, nobody loses anything because its right has fallen.
func TestRightsAloneMoveNothing(tb *testing.T) {
	rapid.Check(tb, func(t *rapid.T) {
		l := newLoop(tb, 30*metering.Megawatt)
		for i := range 3 {
			name := fmt.Sprintf("f%d", i)
			l.feeder(name, 8*metering.Megawatt, metering.Megawatt, 4e6)
			l.relay(name, 0, metering.Megawatt, 2*time.Second)
			l.setpoint(name, metering.Megawatt, 9*metering.Megawatt, 2*time.Second)
		}
		l.start()
		l.run(7*time.Minute, nil)
		for deed := range uint64(rapid.IntRange(1, 5).Draw(t, "acts")) {
			then := map[metering.ResidentID]metering.Power{}
			for _, c := range l.cfg.Claims {
				then[c.Resident] = metering.Power(rapid.Int64Range(0, 9e6).Draw(t, "right"))
			}
			l.c.Step(balancing.Rights{At: l.now, Deed: deed + 1, Versions: []balancing.Standing{granted(l.cfg, l.now, then)}})
			l.run(3*time.Minute, nil)
		}
		if len(l.moved) > 0 || len(l.last.Hands.Shares) > 0 {
			t.Fatalf("%v of 30 MW are drawn, and it was commanded: %v", l.last.Power, l.moved)
		}
	})
}

// The same rights told again, in another order, change nothing: every word of both
// controllers is the same.
func TestTheSameRightsAreNoNews(tb *testing.T) {
	rapid.Check(tb, func(t *rapid.T) {
		cfg := movable()
		one, two := controller(tb, cfg), controller(tb, cfg)
		now := morning
		var heard []metering.Allotment
		for range rapid.IntRange(1, 40).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{1, 5, 5, 5, 30, 61, -100}).Draw(t, "step")) * time.Second)
			for range rapid.IntRange(0, 4).Draw(t, "messages") {
				m := anyControl(t, now, heard)
				if _, other := m.(balancing.Rights); other {
					continue
				}
				one.Step(m)
				two.Step(m)
			}
			for _, p := range []metering.PointID{"in-1", "f1", "f2", "f3", "t1"} {
				r := balancing.Reading{Point: p, Meter: "m", At: now, HasPower: true, PowerW: rapid.Float64Range(0, 2e7).Draw(t, "power")}
				one.Step(r)
				two.Step(r)
			}
			same := granted(cfg, now, nil)
			same.Allowed, same.Caps = nil, nil
			if rapid.Bool().Draw(t, "turned") {
				same.Claims[0], same.Claims[1] = same.Claims[1], same.Claims[0]
			}
			two.Step(balancing.Rights{At: now, Versions: []balancing.Standing{same}})
			out := one.Tick(now)
			if diff := cmp.Diff(out, two.Tick(now)); diff != "" {
				t.Fatalf("-without +with the same rights:\n%s", diff)
			}
			heard = append(heard, out.Allotments...)
		}
		if diff := cmp.Diff(string(one.Snapshot()), string(two.Snapshot())); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A version begins when its time comes, without anybody saying so again, and a clock that
// is set back goes back to the one before.
func TestRightsComeIntoForceByThemselves(t *testing.T) {
	l := newLoop(t, 30*metering.Megawatt)
	l.feeder("f0", 8*metering.Megawatt, 0, 4e6)
	l.relay("f0", 0, metering.Megawatt, 2*time.Second)
	l.start()
	l.run(time.Minute, nil)
	right := func(mw metering.Power) map[metering.ResidentID]metering.Power {
		return map[metering.ResidentID]metering.Power{"f0": mw * metering.Megawatt}
	}
	noon := l.now.Add(10 * time.Minute)
	l.c.Step(balancing.Rights{At: l.now, Deed: 3, Versions: []balancing.Standing{granted(l.cfg, l.now, right(6)), granted(l.cfg, noon, right(2))}})
	at := func(now time.Time, want metering.Power) {
		t.Helper()
		st := l.c.Tick(now).State
		if got := st.Hands.Rights[0].Allowed; got != want*metering.Megawatt {
			t.Errorf("%v before it comes into force: %v, want %v MW", noon.Sub(now), got, want)
		}
	}
	at(l.now.Add(time.Second), 6)
	at(noon.Add(-time.Second), 6)
	at(noon, 2)
	at(noon.Add(time.Hour), 2)
	at(noon.Add(-time.Minute), 6)
	// What an older deed says is no news.
	l.c.Step(balancing.Rights{At: noon, Deed: 2, Versions: []balancing.Standing{granted(l.cfg, l.now, right(1))}})
	at(noon.Add(2*time.Hour), 2)
	// And what cannot hold here is refused whole.
	bad := granted(l.cfg, noon, right(1))
	bad.Claims[0].Node = "nowhere"
	l.c.Step(balancing.Rights{At: noon, Deed: 4, Versions: []balancing.Standing{bad}})
	out := l.c.Tick(noon.Add(3 * time.Hour))
	if out.State.Hands.Rights[0].Allowed != 2*metering.Megawatt || len(out.Notices) == 0 || out.Notices[0].Kind != balancing.KindRightsRefused || out.Notices[0].Severity != balancing.Alarm {
		t.Errorf("rights %+v, notices %+v", out.State.Hands.Rights, out.Notices)
	}
	l.c.Step(balancing.Rights{At: noon, Deed: 5, Versions: []balancing.Standing{granted(l.cfg, noon, right(1))}})
	out = l.c.Tick(noon.Add(3*time.Hour + time.Second))
	if out.State.Hands.Rights[0].Allowed != metering.Megawatt || len(out.Notices) == 0 || out.Notices[0].Active {
		t.Errorf("rights %+v, notices %+v", out.State.Hands.Rights, out.Notices)
	}
}

// Who draws without a right any more is still somebody: its armour holds, its steps are
// known, and what it draws is the first to go.
func TestARightThatEnds(t *testing.T) {
	l := newLoop(t, 10*metering.Megawatt)
	l.feeder("idle", 5*metering.Megawatt, metering.Megawatt, 4e6)
	l.feeder("works", 9*metering.Megawatt, 0, 3e6)
	l.relay("works", 0, metering.Megawatt, 2*time.Second)
	l.setpoint("idle", metering.Megawatt, 6*metering.Megawatt, 2*time.Second)
	l.start()
	l.run(7*time.Minute, nil)
	l.c.Step(balancing.Rights{At: l.now, Deed: 1, Versions: []balancing.Standing{granted(l.cfg, l.now, map[metering.ResidentID]metering.Power{"idle": 0})}})
	l.base["p-works"] = 5.2e6 // and its step
	l.run(50*time.Minute, nil)
	for _, m := range l.moved {
		if m.which != "sp-idle" {
			t.Errorf("%s was moved, and somebody without a right still draws", m.which)
		}
	}
	if w := l.field.behind("p-idle", l.base["p-idle"]); len(l.moved) == 0 || w >= 4e6 || w < 1e6 {
		t.Errorf("idle draws %.3f MW after %v: want less than 4 and its armour of 1", w/1e6, l.moved)
	}
}

// A newly allotted right at a feeder that has no room is served up to the limits on its
// path, and no further: what was freed elsewhere does not make a cable thicker.
func TestAnAllottedRightIsServedUpToItsPath(tb *testing.T) {
	rapid.Check(tb, func(t *rapid.T) {
		section := metering.Power(rapid.IntRange(3, 8).Draw(t, "section MW")) * metering.Megawatt
		feeder := metering.Power(rapid.IntRange(1, 9).Draw(t, "feeder MW")) * metering.Megawatt
		cfg := balancing.Defaults()
		cfg.Limit, cfg.Feeding, cfg.SmallestStep = metering.LimitOf(30*metering.Megawatt), "Karatagai", metering.Kilowatt
		cfg.Nodes = []balancing.Node{{ID: "s1", Limit: metering.LimitOf(section)}, {ID: "s2", Limit: metering.LimitOf(20 * metering.Megawatt)},
			{ID: "f1", Parent: "s1", Limit: metering.Unlimited()}, {ID: "f2", Parent: "s1", Limit: metering.LimitOf(feeder)}, {ID: "f3", Parent: "s2", Limit: metering.Unlimited()}}
		cfg.Points = append(cfg.Points, balancing.Point{ID: "in", Level: balancing.Inputs, Poll: 5 * time.Second, InService: true})
		drawn := map[metering.PointID]float64{"p-f1": 2e6, "p-f2": rapid.Float64Range(0, 12e6).Draw(t, "newcomer draws"), "p-f3": 4e6}
		for _, r := range []metering.ResidentID{"old", "new", "idle"} {
			cfg.Residents = append(cfg.Residents, balancing.Resident{ID: r})
		}
		for i, r := range []metering.ResidentID{"old", "new", "idle"} {
			node := metering.NodeID(fmt.Sprintf("f%d", i+1))
			cfg.Points = append(cfg.Points, balancing.Point{ID: "p-" + metering.PointID(node), Level: balancing.Feeders, Node: node, Resident: r, Poll: 5 * time.Second, Cap: metering.LimitOf(0)})
		}
		cfg.Claims = []balancing.Claim{{Resident: "old", Node: "f1", Allowed: 2 * metering.Megawatt, Class: 2}, {Resident: "idle", Node: "f3", Allowed: 12 * metering.Megawatt, Class: 2}}
		c := controller(tb, cfg)
		now := morning
		var st balancing.State
		step := func(d time.Duration) {
			for end := now.Add(d); now.Before(end); now = now.Add(5 * time.Second) {
				sum := 0.0
				for p, w := range drawn {
					c.Step(balancing.Reading{Point: p, Meter: "m", At: now, HasPower: true, PowerW: w})
					sum += w
				}
				c.Step(balancing.Reading{Point: "in", Meter: "m", At: now, HasPower: true, PowerW: sum})
				st = c.Tick(now).State
			}
		}
		step(2 * time.Minute)
		// Ten of the idle one's megawatts go to a newcomer at another feeder.
		c.Step(balancing.Rights{At: now, Deed: 9, Versions: []balancing.Standing{{From: now, Claims: []balancing.Claim{
			{Resident: "old", Node: "f1", Allowed: 2 * metering.Megawatt, Class: 2}, {Resident: "idle", Node: "f3", Allowed: 2 * metering.Megawatt, Class: 2},
			{Resident: "new", Node: "f2", Allowed: 10 * metering.Megawatt, Class: 2}}}}})
		step(5 * time.Minute)
		if len(st.Hands.Rights) != 3 || st.Hands.Rights[2].Resident != "new" || st.Hands.Rights[2].Allowed != 10*metering.Megawatt {
			t.Fatalf("rights %+v", st.Hands.Rights)
		}
		sums := map[metering.NodeID]metering.Power{}
		for _, list := range [][]balancing.Share{st.Hands.Shares, st.Hands.Static} {
			clear(sums)
			for _, s := range list {
				if sums[s.Node] += s.Share; s.Node == "f1" || s.Node == "f2" {
					sums["s1"] += s.Share
				}
			}
			if sums["f2"] > feeder || sums["s1"] > section {
				t.Fatalf("the feeder of %v carries %v, its section of %v carries %v", feeder, sums["f2"], section, sums["s1"])
			}
		}
		if len(st.Hands.Static) != 3 {
			t.Fatalf("static schedule %+v", st.Hands.Static)
		}
		want := drawn["p-f2"] > float64(feeder)*0.98+1e5 || drawn["p-f1"]+drawn["p-f2"] > float64(section)*0.98+1e5
		hot := false
		for _, n := range st.Hands.Nodes {
			hot = hot || n.Hot
		}
		if want && (!hot || len(st.Hands.Shares) == 0) {
			t.Fatalf("the newcomer draws %.3f MW behind %v and %v, and nothing is shared: %+v", drawn["p-f2"]/1e6, feeder, section, st.Hands.Nodes)
		}
	})
}

// anyRights are rights of somebody on a bad day, good ones and such as cannot hold.
func anyRights(t *rapid.T, now time.Time) balancing.Message {
	m := balancing.Rights{At: now, Deed: rapid.Uint64Range(0, 3).Draw(t, "deed")}
	for range rapid.IntRange(0, 2).Draw(t, "versions") {
		s := balancing.Standing{From: now.Add(time.Duration(rapid.IntRange(-60, 60).Draw(t, "from")) * time.Second), Allowed: map[metering.ResidentID]metering.Power{
			"a": metering.Power(rapid.Int64Range(-1, 1e7).Draw(t, "all of a")), "stranger": 5}, Caps: map[metering.PointID]metering.Limit{"f1": metering.LimitOf(metering.Power(rapid.Int64Range(0, 1e7).Draw(t, "cap")))}}
		for _, r := range []metering.ResidentID{"a", "b", "a"} {
			s.Claims = append(s.Claims, balancing.Claim{Resident: r, Node: rapid.SampledFrom([]metering.NodeID{"", "t1n", "f1n", "x"}).Draw(t, "at"), Class: rapid.IntRange(0, 3).Draw(t, "class"),
				Allowed: metering.Power(rapid.Int64Range(-1, 1e7).Draw(t, "right")), Technological: metering.Power(rapid.Int64Range(0, 3e6).Draw(t, "armour"))})
		}
		m.Versions = append(m.Versions, s)
	}
	if len(m.Versions) == 2 && m.Versions[1].From.Before(m.Versions[0].From) {
		m.Versions[0], m.Versions[1] = m.Versions[1], m.Versions[0]
	}
	return m
}
