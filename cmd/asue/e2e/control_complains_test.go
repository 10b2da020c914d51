package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/site"
	"asue/metering/wire"
	"asue/simulator"
)

// quietHour is a history of control without a fault: a set-point and a relay are
// commanded, the broker dies over a third command, the balancers fall silent, and the
// set-points go to their fail-safe limit.
func quietHour(t *testing.T) testimony {
	t.Helper()
	text, err := os.ReadFile("testdata/control.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, faults := site.Parse("control.yaml", text, models(t).IDs())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	e := testimony{site: s, slack: 5 * time.Second}
	for i := range 40 * 60 {
		at := begin.Add(time.Duration(i) * time.Second)
		e.beats = append(e.beats, beating{at, metering.AgentBeat{Agent: cabinet, Boot: 1, Nonce: uint64(i), At: at, Term: 3}})
		if i%5 == 0 && i < 20*60 {
			e.say(at, metering.Allotment{Verb: metering.VerbBeat, Nonce: uint64(i)})
		}
	}
	e.carryOut(begin.Add(2*time.Minute), "3-1-x", "sp-1", metering.Desired{Limit: metering.Megawatt}, true)
	e.carryOut(begin.Add(4*time.Minute), "3-2-x", "r-11-1", metering.Desired{Position: metering.PositionOpen}, true)
	e.broken = []time.Time{begin.Add(6 * time.Minute)}
	e.carryOut(begin.Add(6*time.Minute), "3-3-x", "sp-2", metering.Desired{Limit: metering.Megawatt}, false)
	e.write(begin.Add(7*time.Minute), "sp-1", simulator.WriteLimit, int64(metering.Megawatt)) // again
	for i := range 10 {
		e.write(begin.Add(23*time.Minute+time.Duration(i)*10*time.Second), "sp-1", simulator.WriteLimit, int64(990-10*i)*1000)
	}
	slices.SortStableFunc(e.sayings, func(a, b saying) int { return a.at.Compare(b.at) })
	return e
}

func (e *testimony) say(at time.Time, m metering.Allotment) {
	m.Agent, m.Term, m.Boot, m.IssuedAt = cabinet, 3, 1, at
	e.sayings = append(e.sayings, saying{at, wire.KeyID{1}, m})
}

func (e *testimony) write(at time.Time, id metering.ActuatorID, what simulator.WriteKind, value int64) {
	e.writes = append(e.writes, simulator.WriteRecord{At: at, Write: simulator.Write{Actuator: id, What: what, Value: value, Source: "127.0.0.1:1"}})
}

// carryOut is a whole command; the broker's listener may not have heard of it.
func (e *testimony) carryOut(at time.Time, id string, actuator metering.ActuatorID, want metering.Desired, heard bool) {
	nonce := uint64(at.Sub(begin).Seconds())
	if heard {
		e.say(at, metering.Allotment{ID: id, Verb: metering.VerbSelect, Actuator: actuator, Want: want, Nonce: nonce})
		e.say(at.Add(time.Second), metering.Allotment{ID: id, Verb: metering.VerbOperate, Actuator: actuator, Want: want, Nonce: nonce})
		e.tellings = append(e.tellings, telling{at.Add(time.Second), metering.Outcome{ID: id, Actuator: actuator, Stage: metering.StageExecuting, At: at.Add(time.Second)}})
	}
	what, value := simulator.WriteLimit, int64(want.Limit)
	if want.Position != metering.PositionUnknown {
		what, value = simulator.WriteCoil, 0
	}
	e.write(at.Add(2*time.Second), actuator, what, value)
	e.audit = append(e.audit, metering.AuditRecord{At: at, Kind: "control.lease", Subject: string(actuator),
		Text: fmt.Sprintf("operate %s: %v", id, want), Detail: fmt.Sprintf(`{"args":{"id":%q}}`, id)})
}

// A history without a fault passes the judge, and one with any fault does not.
func TestControlJudgeComplains(t *testing.T) {
	f := func(complaint string, spoil func(e *testimony)) {
		t.Helper()
		e := quietHour(t)
		spoil(&e)
		s := try(e)
		switch {
		case complaint == "" && len(s.complaints) > 0:
			t.Errorf("a history without a fault: %s", report(s.complaints))
		case complaint == "" && (s.moved != 3 || s.fromAudit != 1 || s.own != 10 || s.kept != 1 || len(s.executed) != 3):
			t.Errorf("almost nothing was looked at: %+v", s)
		case complaint != "" && !slices.ContainsFunc(s.complaints, func(c string) bool { return strings.Contains(c, complaint) }):
			t.Errorf("no complaint about %q, but %s", complaint, report(s.complaints))
		}
	}
	const sp, relay, breaker = "sp-1", "r-11-1", "q-9"
	at := begin.Add(10 * time.Minute)
	drop := func(e *testimony, verb metering.Verb) {
		e.sayings = slices.DeleteFunc(e.sayings, func(x saying) bool { return x.text.Verb == verb && x.text.ID == "3-1-x" })
	}

	f("", func(*testimony) {})
	f("r-11-2 moves without a command", func(e *testimony) { e.write(at, "r-11-2", simulator.WriteCoil, 0) })
	f("r-11-1 moves without a command", func(e *testimony) { e.write(at, relay, simulator.WriteCoil, 1) })
	f("leaps from 1 MW to 1.5 MW", func(e *testimony) {
		e.writes = slices.Insert(e.writes, 4, simulator.WriteRecord{At: at, Write: simulator.Write{Actuator: sp, What: simulator.WriteLimit, Value: 1_500_000, Source: "x"}})
	})
	f("sp-1 leaps from 2.4 MW to 1 MW", func(e *testimony) { drop(e, metering.VerbOperate) })
	f("goes from 1 MW to 1.02 MW without a command", func(e *testimony) {
		e.writes = slices.Insert(e.writes, 4, simulator.WriteRecord{At: at, Write: simulator.Write{Actuator: sp, What: simulator.WriteLimit, Value: 1_020_000, Source: "x"}})
	})
	f("was never selected", func(e *testimony) { e.broken = nil; drop(e, metering.VerbSelect) })
	f("when it is 47s old", func(e *testimony) {
		for i := range e.sayings {
			if e.sayings[i].text.ID == "3-1-x" {
				e.sayings[i].text.Nonce -= 45
			}
		}
	})
	f("outside its hard band", func(e *testimony) {
		e.carryOut(at, "3-9-x", "sp-3", metering.Desired{Limit: 100 * metering.Kilowatt}, true)
	})
	f("is carried out again", func(e *testimony) {
		e.tellings = append(e.tellings, telling{at, metering.Outcome{ID: "3-1-x", Actuator: sp, Stage: metering.StageExecuting, At: at}})
	})
	f("moves without a command", func(e *testimony) { // twice
		e.writes = append(e.writes, e.writes[1])
		e.writes[len(e.writes)-1].At = at
	})
	f("after term 4 has begun", func(e *testimony) {
		for i := range 100 {
			e.beats[i].Term = 4
		}
	})
	f("after a command of term 3", func(e *testimony) {
		e.carryOut(begin.Add(8*time.Minute), "2-9-x", "sp-4", metering.Desired{Limit: metering.Megawatt}, true)
		for i := range e.sayings {
			if e.sayings[i].text.ID == "2-9-x" {
				e.sayings[i].text.Term = 2
			}
		}
	})
	f("two balancers speak in term 3", func(e *testimony) { e.sayings[10].key = wire.KeyID{2} })
	f("to the breaker", func(e *testimony) { e.write(at, breaker, simulator.WriteSelectOpen, 1) })
	f("a breaker is commanded", func(e *testimony) {
		e.tellings = append(e.tellings, telling{at, metering.Outcome{ID: "3-5-x", Actuator: breaker, Stage: metering.StageExecuting, At: at}})
	})
	f("refuses a write", func(e *testimony) { e.writes[0].Refused = "it is switched to local" })
	f("is to fall back to", func(e *testimony) { e.write(at, sp, simulator.WriteFallback, 5) })
	f("is not in the audit", func(e *testimony) { e.audit = e.audit[1:] })
	f("sp-2 leaps from", func(e *testimony) { e.audit = e.audit[:2] })
	f("sp-1 goes from 990 kW", func(e *testimony) { // while somebody speaks
		for i := range 100 {
			e.say(begin.Add(20*time.Minute+time.Duration(i)*5*time.Second), metering.Allotment{Verb: metering.VerbBeat})
		}
	})
}
