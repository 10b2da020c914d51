package balancing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// movable is zone() with something to move.
func movable() balancing.Config {
	c := zone()
	c.Acting.Mode = metering.ModeAuto
	c.Nodes = []balancing.Node{{ID: "t1n", Limit: metering.LimitOf(15 * metering.Megawatt)}, {ID: "f1n", Parent: "t1n", MostA: 600, VoltageKV: 10}}
	c.Points[2].Node, c.Points[4].Node = "t1n", "f1n"
	c.Claims = []balancing.Claim{
		{Resident: "a", Node: "f1n", Allowed: 9 * metering.Megawatt, Technological: 2 * metering.Megawatt, TechnologicalFor: 10 * time.Minute, Emergency: metering.Megawatt, Class: 1},
		{Resident: "b", Allowed: 4 * metering.Megawatt, Class: 2},
	}
	act := func(id metering.ActuatorID, kind metering.ActuatorKind, r metering.ResidentID, node metering.NodeID, p metering.PointID) metering.Actuator {
		a := metering.Actuator{ID: id, Kind: kind, Resident: r, Node: node, Point: p, Agent: "a1", Power: 3 * metering.Megawatt, Importance: 3, Mode: metering.ModeAuto, MinOn: time.Minute, MinOff: time.Minute}
		if kind == metering.ActuatorBreaker {
			a.Mode = metering.ModeConfirm
		}
		return a
	}
	c.Actuators = []metering.Actuator{act("k1", metering.ActuatorRelay, "a", "f1n", "f1"), act("k2", metering.ActuatorRelay, "b", "", "f2"), act("q", metering.ActuatorBreaker, "b", "", "f2"),
		act("sp", metering.ActuatorSetpoint, "a", "f1n", "f1")}
	c.Actuators[3].Least, c.Actuators[3].Most, c.Actuators[3].FailSafe = metering.Megawatt, 3*metering.Megawatt, metering.Megawatt
	return c
}

// anyControl is what agents, persons and a lease may say on a bad day.
func anyControl(t *rapid.T, now time.Time, heard []metering.Allotment) balancing.Message {
	at := now.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 1, 30, 400, -20}).Draw(t, "age")) * time.Second)
	id := rapid.SampledFrom([]metering.ActuatorID{"k1", "k2", "q", "sp", "stranger"}).Draw(t, "actuator")
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return balancing.Leadership{At: at, Term: rapid.Uint64Range(0, 4).Draw(t, "term"), Held: rapid.IntRange(0, 5).Draw(t, "held") > 0}
	case 1:
		return balancing.Forecast{At: at, Blocks: []balancing.ForecastBlock{{Start: now.Truncate(30 * time.Minute).Add(30 * time.Minute), Q90: metering.Power(rapid.Int64Range(-1e6, 5e7).Draw(t, "q90"))}}}
	case 2, 3:
		o := metering.Order{ID: rapid.SampledFrom([]string{"", "o1", "o2", "o3", "o4", "o5", "o6", "o7"}).Draw(t, "order"), At: at, Reason: "bad day", Actuator: rapid.SampledFrom([]metering.ActuatorID{"", id}).Draw(t, "named"),
			Kind: rapid.SampledFrom([]metering.OrderKind{metering.OrderArm, metering.OrderArm, metering.OrderDisarm, metering.OrderMode, metering.OrderKill, metering.OrderUnkill, metering.OrderConfirm, metering.OrderReject,
				metering.OrderPin, metering.OrderExclude, metering.OrderLimit, metering.OrderInhibit, metering.OrderRelease, metering.OrderRestore, metering.OrderBand, "odd"}).Draw(t, "what"),
			Expires: now.Add(time.Duration(rapid.IntRange(-100, 50_000).Draw(t, "expires")) * time.Second), Resident: rapid.SampledFrom([]metering.ResidentID{"a", "b", "c"}).Draw(t, "resident"),
			Node: rapid.SampledFrom([]metering.NodeID{"", "t1n", "f1n", "x"}).Draw(t, "node"), Power: metering.Power(rapid.Int64Range(-1e6, 3e7).Draw(t, "power")), Mode: metering.Mode(rapid.IntRange(0, 6).Draw(t, "mode")),
			Override: rapid.SampledFrom([]string{"o1", "o2"}).Draw(t, "override")}
		for _, who := range rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 3).Draw(t, "by") {
			o.By = append(o.By, metering.Approval{User: who, Role: rapid.SampledFrom([]metering.Role{metering.RoleDispatcher, metering.RoleEngineer, metering.RoleViewer}).Draw(t, "role"), At: at})
		}
		if rapid.Bool().Draw(t, "band") {
			o.Band = &metering.HardBand{Least: 0, Most: o.Power, FailSafe: 0}
		}
		return balancing.Order{Order: o}
	case 4, 5:
		o := metering.Outcome{Agent: "a1", Actuator: id, At: at, ID: "old"}
		if len(heard) > 0 {
			m := heard[rapid.IntRange(0, len(heard)-1).Draw(t, "command")]
			o.ID, o.Actuator = m.ID, m.Actuator
		}
		o.Stage = rapid.SampledFrom([]metering.Stage{metering.StageRefused, metering.StageSelected, metering.StageSelected, metering.StageExecuting, metering.StageConfirmed, metering.StageFailed, metering.StageReverted, "odd"}).Draw(t, "stage")
		return balancing.Outcome{Outcome: o}
	case 6:
		return anyRights(t, now)
	}
	b := metering.AgentBeat{Agent: "a1", Boot: rapid.Uint64Range(1, 2).Draw(t, "boot"), Nonce: rapid.Uint64().Draw(t, "nonce"), At: at, Term: 1, Seq: rapid.Uint64Range(0, 99).Draw(t, "seq")}
	for _, id := range []metering.ActuatorID{"k1", "k2", "q", "sp"} {
		s := metering.ActuatorState{Actuator: id, At: at, Readable: rapid.IntRange(0, 9).Draw(t, "readable") > 0, Guarding: rapid.SampledFrom([]metering.Guarding{metering.GuardNormal, metering.GuardNormal, metering.GuardFailSafe, metering.GuardLocal, metering.GuardAlarm}).Draw(t, "guarding"),
			Command: rapid.SampledFrom([]string{"", "c"}).Draw(t, "in force"), Left: time.Duration(rapid.IntRange(0, 900).Draw(t, "left")) * time.Second}
		if s.Now.Position = metering.Position(rapid.IntRange(0, 2).Draw(t, "position")); id == "sp" {
			s.Now = metering.Desired{Limit: metering.Power(rapid.Int64Range(0, 5e6).Draw(t, "limit"))}
		}
		b.States = append(b.States, s)
	}
	return balancing.Beat{AgentBeat: b}
}

// Whatever comes: neither the order of messages nor a second copy matters; nothing is
// asked of an agent that must not be; a restored controller remembers the same, and
// asks for nothing until it is armed again.
func TestBadDaysWithActuators(tb *testing.T) {
	rapid.Check(tb, func(t *rapid.T) {
		cfg := movable()
		one, two := controller(tb, cfg), controller(tb, cfg)
		now := morning
		var last balancing.State
		var heard []metering.Allotment
		for range rapid.IntRange(1, 30).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{1, 5, 5, 5, 5, 5, 10, 30, 61, 700, -2, -100}).Draw(t, "step")) * time.Second)
			var messages []balancing.Message
			for range rapid.IntRange(0, 6).Draw(t, "messages") {
				messages = append(messages, anyControl(t, now, heard))
			}
			for _, p := range []metering.PointID{"in-1", "f1", "f2", "f3", "t1"} {
				if rapid.IntRange(0, 9).Draw(t, "reads") > 0 {
					messages = append(messages, balancing.Reading{Point: p, Meter: "m", At: now, HasPower: true, PowerW: rapid.Float64Range(0, 3.4e7).Draw(t, "power"), ReactiveVar: rapid.Float64Range(-1e7, 1e7).Draw(t, "reactive")})
				}
			}
			for _, m := range messages {
				one.Step(m)
			}
			random := rand.New(rand.NewPCG(1, uint64(len(messages))))
			for _, i := range random.Perm(len(messages)) {
				two.Step(messages[i])
				if i%3 == 0 {
					two.Step(messages[i])
				}
			}
			before := last
			out := one.Tick(now)
			if diff := cmp.Diff(out, two.Tick(now)); diff != "" {
				t.Fatalf("the order of messages matters:\n%s", diff)
			}
			last = out.State
			if before.Phase != "" && last.Phase != before.Phase && last.Condition != before.Condition {
				t.Fatalf("two transitions in one tick: %s %s → %s %s", before.Phase, before.Condition, last.Phase, last.Condition)
			}
			checkFinite(t, out)
			checkCommands(t, cfg, out)
			heard = append(heard, out.Allotments...)
		}
		again := controller(tb, cfg)
		snapshot := one.Snapshot()
		if err := again.Restore(snapshot); err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal(snapshot, &want), json.Unmarshal(again.Snapshot(), &got)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("a restored controller remembers something else:\n%s", diff)
		}
		again.Step(balancing.Leadership{At: now, Term: 9, Held: true})
		for range 25 {
			now = now.Add(5 * time.Second)
			again.Step(balancing.Reading{Point: "in-1", Meter: "m", At: now, HasPower: true, PowerW: 1e6})
			b := metering.AgentBeat{Agent: "a1", Boot: 77, Nonce: 1, At: now}
			for _, id := range []metering.ActuatorID{"k1", "k2", "q"} {
				b.States = append(b.States, metering.ActuatorState{Actuator: id, At: now, Readable: true, Now: metering.Desired{Position: metering.PositionOpen}, Command: "c", Left: time.Hour})
			}
			again.Step(balancing.Beat{AgentBeat: b})
			for _, m := range again.Tick(now).Allotments {
				if m.Verb != metering.VerbBeat {
					t.Fatalf("after a restart, unasked: %+v", m)
				}
			}
		}
	})
}

// checkCommands holds messages to agents against what holds always.
func checkCommands(t interface{ Fatalf(string, ...any) }, cfg balancing.Config, out balancing.Output) {
	h := out.State.Hands
	for i, m := range out.Allotments {
		if !h.Leading || m.Term != h.Term || (i > 0 && m.Seq <= out.Allotments[i-1].Seq) {
			t.Fatalf("leading %v, term %d: %+v", h.Leading, h.Term, m)
		}
		if m.Verb != metering.VerbSelect {
			continue
		}
		var a metering.Actuator
		for _, known := range cfg.Actuators {
			if known.ID == m.Actuator {
				a = known
			}
		}
		people := map[string]bool{}
		for _, p := range m.Approvals {
			people[p.User] = true
		}
		switch {
		case !h.Commands:
			t.Fatalf("selected in the silence of a new leader: %+v", m)
		case m.Mode != metering.ModeAuto && m.Mode != metering.ModeConfirm:
			t.Fatalf("selected in mode %v", m.Mode)
		case m.Mode == metering.ModeConfirm && len(people) == 0:
			t.Fatalf("nobody has confirmed %+v", m)
		case a.Kind == metering.ActuatorBreaker && (m.Mode != metering.ModeConfirm || len(people) < 2):
			t.Fatalf("a breaker is moved by %v in mode %v", people, m.Mode)
		case a.Kind == metering.ActuatorSetpoint && (m.Want.Limit < a.Least || m.Want.Limit > a.Most):
			t.Fatalf("%v is outside the band %v to %v", m.Want, a.Least, a.Most)
		}
	}
	for _, e := range out.Journal {
		if e.Snapshot == ([32]byte{}) || !json.Valid(e.State) || strings.TrimSpace(e.Text) == "" {
			t.Fatalf("an entry without its basis: %+v", e)
		}
	}
	for _, a := range out.Answers {
		if a.Order == "" && a.Accepted {
			t.Fatalf("%s", fmt.Sprint(a))
		}
	}
}

// A snapshot of the version before commands is read all the same.
func TestRestoreVersion1(t *testing.T) {
	c := controller(t, movable())
	old := `{"v":1,"now":"2026-03-02T05:00:00Z","supplied":"0001-01-01T00:00:00Z","feeding":"Karatagai","contract":"Karatagai","limit_w":29700000,"limit_kept":false,"limit_since":"0001-01-01T00:00:00Z",
		"in_service":["in-1"],"points":{},"block":"2026-03-02T05:00:00Z","timeline":null,"minutes":null,"minute_end":"0001-01-01T00:00:00Z","smooth_w":0,"smooth_at":"0001-01-01T00:00:00Z","expected":null,"errors":null,
		"band":"limit","calm_at":"0001-01-01T00:00:00Z","standing":{}}`
	if err := c.Restore([]byte(old)); err != nil {
		t.Fatal(err)
	}
	if st := c.Tick(morning.Add(5 * time.Second)).State; st.Hands == nil || st.Hands.Mode != "auto" || st.Hands.Armed {
		t.Errorf("%+v", st.Hands)
	}
}
