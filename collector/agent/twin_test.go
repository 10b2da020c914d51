package agent_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/collector/agent"
	"asue/metering"

	"pgregory.net/rapid"
)

// twin is an agent of one relay or breaker as dumb as can be: it keeps everything
// that ever happened in lists, and looks through all of them for each question. Its
// device obeys at once.
type twin struct {
	x       metering.Actuator
	open    bool
	moved   []time.Time
	heard   []time.Time
	answers map[string]answer
}

type answer struct{ content, code string }

func (w *twin) position() metering.Desired {
	if w.open {
		return opened
	}
	return closed
}

// judge says what becomes of a command that comes whole and fresh: "" if it is
// carried out, or the code by which it is refused.
func (w *twin) judge(now time.Time, m metering.Allotment) (code string) {
	content := fmt.Sprintf("%v %v %v %v %v %v", m.Actuator, m.Want, m.Expect, m.Mode, m.Emergency, m.Approvals)
	if before, known := w.answers[m.ID]; known {
		if before.content != content {
			return "malformed"
		}
		return before.code
	}
	defer func() {
		w.answers[m.ID] = answer{content, code}
		if code == "" && m.Want != w.position() {
			w.open = !w.open
			w.moved = append(w.moved, now)
		}
	}()
	if m.Mode != metering.ModeAuto && m.Mode != metering.ModeConfirm || m.Mode > w.x.Mode {
		return "mode"
	}
	isBreaker := w.x.Kind == metering.ActuatorBreaker
	if isBreaker && m.Mode == metering.ModeAuto {
		return "mode"
	}
	names := ""
	persons := 0
	for _, a := range m.Approvals {
		if a.Role == metering.RoleViewer || a.Role == metering.RoleAuditor || strings.Contains(names, "<"+a.User+">") {
			continue
		}
		names += "<" + a.User + ">"
		persons++
	}
	if isBreaker && persons < 2 || m.Mode == metering.ModeConfirm && persons < 1 {
		return "approvals"
	}
	if m.Expect != w.position() {
		return "expect"
	}
	if m.Want == w.position() || len(w.moved) == 0 {
		return ""
	}
	ago := now.Sub(w.moved[len(w.moved)-1])
	shed := m.Want == opened
	if shed && ago < w.x.MinOn {
		return "min-on"
	}
	if !shed && ago < w.x.MinOff {
		return "min-off"
	}
	if shed && !m.Emergency && ago < 30*time.Second || !shed && ago < 5*time.Minute {
		return "rate"
	}
	hour := 0
	for _, t := range w.moved {
		if now.Sub(t) < time.Hour {
			hour++
		}
	}
	if !shed && hour >= w.x.PerHour {
		return "rate"
	}
	return ""
}

// silent is how long nothing valid was heard.
func (w *twin) silent(now time.Time) time.Duration {
	least := now.Sub(dawn)
	for _, t := range w.heard {
		least = min(least, now.Sub(t))
	}
	return least
}

// Random commands to a relay and a breaker, at random times, and the twins agree on
// each answer and on where the contacts stand.
func TestAgentAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kinds := map[metering.ActuatorID]metering.Actuator{"R-1": relay("R-1"), "Q-1": breaker("Q-1")}
		r := kinds["R-1"]
		r.PerHour = rapid.IntRange(1, 6).Draw(rt, "per hour")
		r.Mode = rapid.SampledFrom([]metering.Mode{metering.ModeConfirm, metering.ModeAuto}).Draw(rt, "mode of the relay")
		kinds["R-1"] = r
		p := newPlant(t, r, kinds["Q-1"])
		p.stride = time.Second
		p.config.Random = p.dice.Uint64
		p.pass(3 * time.Second)
		twins := map[metering.ActuatorID]*twin{}
		for id, x := range kinds {
			twins[id] = &twin{x: x, answers: map[string]answer{}}
		}
		for n := range rapid.IntRange(1, 25).Draw(rt, "steps") {
			pause := rapid.SampledFrom([]time.Duration{0, time.Second, 20 * time.Second, 31 * time.Second, 2 * time.Minute, 4 * time.Minute, 5*time.Minute + time.Second, 10*time.Minute + time.Second, 31 * time.Minute}).Draw(rt, "pause")
			p.pass(pause)
			id := rapid.SampledFrom(p.order).Draw(rt, "actuator")
			w := twins[id]
			m := metering.Allotment{
				ID: fmt.Sprintf("%s-%d", id, max(0, n-rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(rt, "again"))), Actuator: id, Kind: w.x.Kind, Lease: 15 * time.Minute,
				Want: rapid.SampledFrom([]metering.Desired{opened, closed}).Draw(rt, "want"), Expect: w.position(), Emergency: rapid.Bool().Draw(rt, "emergency"),
				Mode: rapid.SampledFrom([]metering.Mode{metering.ModeAdvisory, metering.ModeConfirm, metering.ModeConfirm, metering.ModeAuto, metering.ModeAuto}).Draw(rt, "mode"),
			}
			if rapid.IntRange(0, 9).Draw(rt, "wrong belief") == 0 {
				m.Expect = rapid.SampledFrom([]metering.Desired{opened, closed}).Draw(rt, "expect")
			}
			for range rapid.IntRange(0, 3).Draw(rt, "approvals") {
				m.Approvals = append(m.Approvals, metering.Approval{
					User: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "user"), At: dawn,
					Role: rapid.SampledFrom([]metering.Role{metering.RoleDispatcher, metering.RoleEngineer, metering.RoleViewer}).Draw(rt, "role"),
				})
			}
			want := w.judge(p.now, m)
			p.outcomes = nil
			p.carry(m)
			for _, other := range twins {
				other.heard = append(other.heard, p.now)
			}
			first := p.outcomes[0]
			got := first.Refusal
			if first.Stage != metering.StageRefused && p.last(m.ID).Stage != metering.StageConfirmed {
				rt.Fatalf("%v: %+v ends as %+v", p.now.Sub(dawn), m, p.last(m.ID))
			}
			if got != want {
				rt.Fatalf("%v: %+v is answered %q (%s), its twin says %q; moved %v", p.now.Sub(dawn), m, got, first.Text, want, w.moved)
			}
			p.pass(2 * time.Second)
			for id, w := range twins {
				if s := p.state(id); s.Now != w.position() || p.devices[id].force != w.position() {
					rt.Fatalf("%v: %s is %v, its twin %v", p.now.Sub(dawn), id, s.Now, w.position())
				}
			}
		}
		silence := twins["R-1"].silent(p.now)
		if got := p.agent.Silence(p.now); got != silence {
			rt.Fatalf("silence of %v, its twin says %v", got, silence)
		}
	})
}

// What holds of a set-point whatever comes: its limit lies in the band, is the one
// commanded while the lease runs and somebody speaks, is the fail-safe one after a
// long silence, and the contracted one when nobody has wanted anything for long.
func TestLimitIsAlwaysAccountedFor(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlant(t, setpoint("SP-1"))
		p.stride = time.Second
		p.onWrite = func(w agent.Write) {
			if w.Want.Limit < 200*metering.Kilowatt || w.Want.Limit > 1500*metering.Kilowatt {
				rt.Fatalf("%v: %v is written", p.now.Sub(dawn), w.Want)
			}
		}
		p.normal()
		inForce, until := limit(1500), p.now.Add(15*time.Minute)
		heard, quiet := p.now, p.now // of the balancer, and since when nothing is in force
		entered := time.Time{}
		for n := range rapid.IntRange(1, 6).Draw(rt, "steps") {
			p.beats = rapid.IntRange(0, 3).Draw(rt, "speaks") > 0
			span := rapid.SampledFrom([]time.Duration{time.Second, 40 * time.Second, 70 * time.Second, 3 * time.Minute, 8 * time.Minute, 16 * time.Minute, 25 * time.Minute}).Draw(rt, "span")
			for range span / time.Second {
				before := p.agent.Counts().Heard
				p.pass(time.Second)
				if p.agent.Counts().Heard > before {
					heard = p.now
				}
				silence := p.now.Sub(heard)
				if silence >= 2*time.Minute && entered.IsZero() {
					entered = p.now
					inForce = metering.Desired{}
				}
				if silence >= time.Minute || !entered.IsZero() {
					quiet = p.now
				}
				force := p.devices["SP-1"].force
				switch {
				case !entered.IsZero():
					if p.now.Sub(entered) > 8*time.Minute && force != limit(800) {
						rt.Fatalf("%v: in fail-safe since %v and at %v", p.now.Sub(dawn), entered.Sub(dawn), force)
					}
				case p.now.Before(until) && inForce != (metering.Desired{}):
					quiet = p.now
					if force != inForce {
						rt.Fatalf("%v: %v is in force, it is at %v", p.now.Sub(dawn), inForce, force)
					}
				case p.now.Sub(quiet) > 8*time.Minute && force != limit(1500):
					rt.Fatalf("%v: nobody wants anything since %v, and it is at %v", p.now.Sub(dawn), quiet.Sub(dawn), force)
				}
			}
			if !p.beats {
				continue
			}
			want := limit(rapid.Int64Range(100, 1600).Draw(rt, "kW"))
			c := p.command(id(n), "SP-1", want)
			p.carry(c)
			heard = p.now
			if p.last(c.ID).Stage == metering.StageConfirmed {
				inForce, until, entered = want, p.now.Add(15*time.Minute), time.Time{}
			}
		}
	})
}
