package balancing_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// loop is a plant with lags around a controller: what is metered is what the loads
// drew a while ago, what is commanded happens a while later.
type loop struct {
	t        testing.TB
	cfg      balancing.Config
	c        *balancing.Controller
	field    *field
	base     map[metering.PointID]float64
	meterLag time.Duration
	past     []map[metering.PointID]float64 // each second
	now      time.Time
	wh       float64 // drawn in the block
	block    time.Time
	means    []float64 // of the blocks that have ended, W
	last     balancing.State
	moved    []motion
	powerW   float64
}

// motion is a command that went out to be carried out.
type motion struct {
	at    time.Time
	which metering.ActuatorID
	more  bool // load is given back
	haste bool // in an emergency
}

// newLoop makes a site of one limit: in is the supply meter, and each feeder a
// resident's with the actuators that add hangs on it.
func newLoop(t testing.TB, limit metering.Power) *loop {
	l := &loop{t: t, field: newField(), base: map[metering.PointID]float64{}, meterLag: 2 * time.Second, now: morning.Add(-5 * time.Minute), cfg: balancing.Defaults()}
	l.cfg.Limit, l.cfg.Feeding = metering.LimitOf(limit), "Karatagai"
	l.cfg.SmallestStep = metering.Kilowatt
	l.cfg.Points = append(l.cfg.Points, balancing.Point{ID: "in", Level: balancing.Inputs, Poll: 5 * time.Second, InService: true})
	return l
}

func (l *loop) feeder(id string, allowed, armour metering.Power, base float64) {
	r, p, n := metering.ResidentID(id), metering.PointID("p-"+id), metering.NodeID("n-"+id)
	l.cfg.Nodes = append(l.cfg.Nodes, balancing.Node{ID: n, Limit: metering.Unlimited()})
	l.cfg.Residents = append(l.cfg.Residents, balancing.Resident{ID: r, Name: id, Allowed: allowed})
	l.cfg.Claims = append(l.cfg.Claims, balancing.Claim{Resident: r, Node: n, Allowed: allowed, Technological: armour, TechnologicalFor: time.Hour, Class: 1})
	l.cfg.Points = append(l.cfg.Points, balancing.Point{ID: p, Level: balancing.Feeders, Node: n, Resident: r, Poll: 5 * time.Second, Cap: metering.LimitOf(allowed)})
	l.base[p] = base
}

func (l *loop) relay(feeder string, n int, power metering.Power, lag time.Duration) {
	l.device(metering.Actuator{ID: metering.ActuatorID(fmt.Sprintf("%s-%d", feeder, n)), Kind: metering.ActuatorRelay, Power: power, Importance: 1 + n%5,
		MinOn: 15 * time.Minute, MinOff: 5 * time.Minute, MaxOff: 2 * time.Hour, PerHour: 6}, feeder, lag)
}

func (l *loop) setpoint(feeder string, least, most metering.Power, lag time.Duration) {
	l.device(metering.Actuator{ID: metering.ActuatorID("sp-" + feeder), Kind: metering.ActuatorSetpoint, Power: most, Least: least, FailSafe: least, Most: most, Importance: 5}, feeder, lag)
}

func (l *loop) device(a metering.Actuator, feeder string, lag time.Duration) {
	a.Node = metering.NodeID("n-" + feeder)
	a.Resident, a.Point, a.Agent, a.Mode = metering.ResidentID(feeder), metering.PointID("p-"+feeder), metering.AgentID("agent-"+feeder), metering.ModeAuto
	l.cfg.Actuators = append(l.cfg.Actuators, a)
	l.field.add(a, a.Power, lag)
}

// start makes the controller, leads and arms it.
func (l *loop) start() {
	l.c = ok(balancing.New(l.cfg))(l.t)
	l.c.Step(balancing.Leadership{At: l.now, Term: 1, Held: true})
	l.c.Step(balancing.Order{Order: metering.Order{ID: "arm", Kind: metering.OrderArm, At: l.now, Reason: "a test",
		By: []metering.Approval{{User: "a", Role: metering.RoleDispatcher}, {User: "b", Role: metering.RoleDispatcher}}}})
}

// run lets time go by in seconds; load changes the feeders as it goes.
func (l *loop) run(d time.Duration, load func(now time.Time)) {
	for end := l.now.Add(d); l.now.Before(end); {
		l.now = l.now.Add(time.Second)
		if load != nil {
			load(l.now)
		}
		l.step()
	}
}

func (l *loop) step() {
	for _, m := range l.field.step(l.now) {
		l.c.Step(m)
	}
	seen, sum := map[metering.PointID]float64{}, 0.0
	for _, p := range l.cfg.Points {
		if p.Resident != "" {
			seen[p.ID] = l.field.behind(p.ID, l.base[p.ID])
			sum += seen[p.ID]
		}
	}
	seen["in"], l.powerW = sum, sum
	l.past = append(l.past, seen)
	if b := l.now.Truncate(30 * time.Minute); !b.Equal(l.block) {
		if !l.block.IsZero() && l.now.Sub(l.block) >= 30*time.Minute {
			l.means = append(l.means, l.wh/0.5)
		}
		l.block, l.wh = b, 0
	}
	l.wh += sum / 3600
	if l.now.Unix()%5 != 0 {
		return
	}
	read := l.past[max(0, len(l.past)-1-int(l.meterLag/time.Second))]
	for _, p := range l.cfg.Points {
		l.c.Step(balancing.Reading{Point: p.ID, Meter: "m", At: l.now, HasPower: true, PowerW: read[p.ID]})
	}
	for range 4 { // an agent's answer is worked off at once
		out := l.c.Tick(l.now)
		l.last = out.State
		if !l.letters(out.Allotments) {
			break
		}
	}
}

// letters hands messages to the agents, and reports whether one has answered.
func (l *loop) letters(out []metering.Allotment) (answered bool) {
	for _, m := range out {
		d, before := (*device)(nil), 0
		if m.Verb == metering.VerbOperate {
			d = l.field.device(m.Actuator)
			before = d.moves
		}
		for _, answer := range l.field.hear(m, l.now) {
			l.c.Step(answer)
			answered = true
		}
		if d != nil && d.moves > before {
			more := m.Want.Position == metering.PositionClosed || (m.Want.Position == metering.PositionUnknown && m.Want.Limit > m.Expect.Limit)
			l.moved = append(l.moved, motion{l.now, m.Actuator, more, m.Emergency})
		}
	}
	return answered
}

// reversals is the greatest number of changes of direction within d.
func (l *loop) reversals(d time.Duration) int {
	var turns []time.Time
	for i := 1; i < len(l.moved); i++ {
		if l.moved[i].more != l.moved[i-1].more {
			turns = append(turns, l.moved[i].at)
		}
	}
	most := 0
	for i := range turns {
		n := 0
		for _, t := range turns[i:] {
			if t.Sub(turns[i]) <= d {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// The loop of a 5 s cycle, meters 10 s and actuators 20 s late, steps of 400 kW, and a
// load of 28 MW that rises to 31.5 MW for a quarter of an hour. Who looks at the power
// alone switches without end, because what it sees is half a minute old.
func TestNaiveControllersOscillate(t *testing.T) {
	type seen struct{ shed, restored, lowestKW, secondsOver int }
	run := func(control func(now int, measuredMW float64, off int) int) seen {
		type command struct{ at, off int }
		var commands []command
		var past []float64
		s, off := seen{lowestKW: 99_000}, 0
		for now := range 2400 {
			p := 28.0
			if now >= 300 && now < 1200 {
				p = 31.5
			}
			working := 0
			for _, c := range commands {
				if c.at <= now {
					working = c.off
				}
			}
			p -= 0.4 * float64(working)
			past = append(past, p)
			s.lowestKW = min(s.lowestKW, int(math.Round(p*1000)))
			if p > 29.7 {
				s.secondsOver++
			}
			if now%5 != 0 {
				continue
			}
			if d := max(-off, control(now, past[max(0, len(past)-11)], off)); d != 0 {
				off += d
				commands = append(commands, command{now + 20, off})
				s.shed += max(0, d)
				s.restored += max(0, -d)
			}
		}
		return s
	}
	last, flying := -100, []int{}
	for _, c := range []struct {
		name string
		want seen
		rule func(now int, p float64, off int) int
	}{
		{"threshold", seen{90, 90, 24_000, 450}, func(_ int, p float64, off int) int {
			if p > 29.7 {
				return 1
			}
			return -1
		}},
		{"hysteresis", seen{68, 68, 26_400, 260}, func(_ int, p float64, off int) int { return between(p) }},
		{"hysteresis, sized, with a pause", seen{7, 7, 25_200, 30}, func(now int, p float64, off int) int {
			d := between(p)
			if now-last < 45 || d == 0 || (d < 0 && off == 0) {
				return 0
			}
			if last = now; d > 0 {
				return int(math.Ceil((p-28.8)/0.4 - 1e-9))
			}
			return d
		}},
		{"hysteresis, what is on its way counted", seen{6, 6, 25_600, 50}, func(now int, p float64, off int) int {
			hidden := 0
			for i, at := range flying {
				if at < 0 && now+at < 30 {
					hidden--
				} else if at > 0 && now-at < 30 {
					hidden++
				}
				_ = i
			}
			d := between(p - 0.4*float64(hidden))
			if d < 0 && off == 0 {
				return 0
			}
			if d != 0 {
				flying = append(flying, d*now)
			}
			return d
		}},
	} {
		if diff := cmp.Diff(fmt.Sprint(c.want), fmt.Sprint(run(c.rule))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func between(p float64) int {
	switch {
	case p > 29.4:
		return 1
	case p < 28.2:
		return -1
	}
	return 0
}

// The same loop under this controller: a handful of operations, none of them on a
// step that has just come back, and the block stays under its limit.
func TestNoOscillation(t *testing.T) {
	for _, shift := range []time.Duration{0, 7 * time.Minute, 14 * time.Minute, 22 * time.Minute} {
		l := newLoop(t, 29_700*metering.Kilowatt)
		l.meterLag = 10 * time.Second
		l.feeder("town", 20*metering.Megawatt, 0, 15e6)
		l.feeder("works", 14*metering.Megawatt, 0, 13e6-12*0.4e6)
		for i := range 12 {
			l.relay("works", i, 400*metering.Kilowatt, 20*time.Second)
		}
		l.start()
		begin := morning.Add(shift)
		l.run(125*time.Minute, func(now time.Time) {
			l.base["p-town"] = 15e6
			if now.After(begin) && now.Before(begin.Add(15*time.Minute)) {
				l.base["p-town"] = 18.5e6
			}
		})
		shed := 0
		for _, m := range l.moved {
			if !m.more {
				shed++
			}
		}
		t.Logf("beginning %v into a block: %d shed, %d restored, block means %.2f MW", shift, shed, len(l.moved)-shed, mws(l.means))
		if shed > 8 || len(l.moved)-shed > 8 {
			t.Errorf("%d shed, %d restored, want at most 8 of each", shed, len(l.moved)-shed)
		}
		if slices.Max(l.means) > 29.7e6 {
			t.Errorf("block means %.3f MW", mws(l.means))
		}
		back := map[metering.ActuatorID]time.Time{}
		for _, m := range l.moved {
			if at, ok := back[m.which]; ok && !m.more && m.at.Sub(at) < 15*time.Minute {
				t.Errorf("%s was shed %v after it came back", m.which, m.at.Sub(at))
			}
			if m.more {
				back[m.which] = m.at
			}
		}
	}
}

func feederOf(m motion) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(string(m.which), "sp-"), "-")
	return name
}

func mws(w []float64) []float64 {
	out := make([]float64, len(w))
	for i := range w {
		out[i] = w[i] / 1e6
	}
	return out
}

// Whatever the plant: when the load has risen to a constant one nothing swings, nothing
// below the armour is taken, and the blocks stay under their limit if what may be moved
// suffices.
func TestRandomPlantsAreHeld(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit := metering.Power(rapid.IntRange(8, 30).Draw(rt, "limit MW")) * metering.Megawatt
		l := newLoop(t, limit)
		l.meterLag = time.Duration(rapid.IntRange(1, 10).Draw(rt, "meter lag")) * time.Second
		n := rapid.IntRange(2, 6).Draw(rt, "feeders")
		high := float64(limit) * rapid.Float64Range(0.9, 1.2).Draw(rt, "load") / float64(n)
		movable := 0.0
		for i := range n {
			name := fmt.Sprintf("f%d", i)
			steps := rapid.IntRange(0, 6).Draw(rt, "steps")
			size := metering.Power(high*rapid.Float64Range(0.05, 0.12).Draw(rt, "size")) / metering.Kilowatt * metering.Kilowatt
			armour := metering.Power(high * rapid.Float64Range(0, 0.3).Draw(rt, "armour"))
			lag := time.Duration(rapid.IntRange(1, 20).Draw(rt, "lag")) * time.Second
			l.feeder(name, metering.Power(high*1.5), armour, high-float64(steps)*float64(size))
			for k := range steps {
				l.relay(name, k, size, lag)
			}
			movable += min(float64(steps)*float64(size), high-float64(armour))
			if rapid.Bool().Draw(rt, "set-point") {
				least := max(metering.Power(high*0.5), armour)
				l.setpoint(name, least, metering.Power(high*1.5), lag)
				movable += max(0, high-float64(steps)*float64(size)-float64(least))
			}
		}
		rises := morning.Add(time.Duration(rapid.IntRange(-5, 28).Draw(rt, "rises after")) * time.Minute)
		low := map[metering.PointID]float64{}
		for p, w := range l.base {
			low[p] = w
		}
		l.start()
		l.run(5*time.Minute+61*time.Minute, func(now time.Time) {
			for p, w := range low {
				if l.base[p] = w; now.Before(rises) {
					l.base[p] = 0.75 * w
				}
			}
		})
		if r := l.reversals(15 * time.Minute); r > 2 {
			rt.Fatalf("%d reversals in 15 minutes: %v", r, l.moved)
		}
		for i, m := range l.moved {
			for _, o := range l.moved[:i] {
				if feederOf(o) != feederOf(m) && !m.more && !o.more && !m.haste && !o.haste && m.at.Sub(o.at) < 25*time.Second {
					rt.Fatalf("%s %v after %s, without an emergency", m.which, m.at.Sub(o.at), o.which)
				}
			}
		}
		for _, d := range l.field.devices {
			w := l.field.behind(d.cfg.Point, l.base[d.cfg.Point])
			for _, c := range l.cfg.Claims {
				if c.Resident == d.cfg.Resident && w < float64(c.Technological)-1000 && d.moves > 0 {
					rt.Fatalf("%s draws %v of an armour of %v", d.cfg.Resident, w, c.Technological)
				}
			}
		}
		need := high*float64(n) - 0.955*float64(limit)
		if movable > 1.3*need+0.05*float64(limit) {
			for i, m := range l.means {
				if m > float64(limit) {
					rt.Fatalf("block %d: %v MW of %v, %v MW could be moved\n%+v", i, m/1e6, limit, movable/1e6, l.moved)
				}
			}
		}
	})
}
