package rehearsal

import (
	"fmt"
	"time"

	"asue/metering"
)

// tale is a log made by hand, second by second.
type tale struct {
	log  []fact
	site *metering.Site
	dawn time.Time
	seq  uint64
	term uint64
}

func newTale() *tale {
	t := &tale{site: readSite(false), dawn: time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC), term: 1}
	t.add(born{t.s(0), "agent-1", 1})
	t.add(born{t.s(0), "agent-2", 1})
	t.add(born{t.s(0), "a", 1})
	t.add(born{t.s(0), "b", 1})
	t.add(ordered{t.s(20), metering.Order{ID: "arm", Kind: metering.OrderArm, At: t.at(20), By: two(t.at(20))}})
	t.add(obeyed{t.s(21), "a", 1, "arm", true, ""})
	return t
}

func (t *tale) at(s float64) time.Time { return t.dawn.Add(time.Duration(s * float64(time.Second))) }
func (t *tale) s(s float64) stamp      { return stamp{t.at(s)} }
func (t *tale) add(f fact)             { t.log = append(t.log, f) }

func two(at time.Time) []metering.Approval { return signedAt(staff[:2], at) }

func (t *tale) device(id metering.ActuatorID) metering.Actuator {
	x, _ := t.site.Actuator(id)
	return x
}

// beat is a sign of life of an agent, whose nonce is the second.
func (t *tale) beat(s float64, agent metering.AgentID, guarding metering.Guarding, change func(*metering.AgentBeat)) {
	b := metering.AgentBeat{Agent: agent, Boot: 7, Nonce: uint64(s * 10), At: t.at(s)}
	for _, x := range t.site.Actuators {
		if x.Agent == agent {
			b.States = append(b.States, metering.ActuatorState{Actuator: x.ID, Guarding: guarding})
			if x.Kind == metering.ActuatorSetpoint {
				b.States[len(b.States)-1].Band = metering.HardBand{Least: x.Least, Most: x.Most, FailSafe: x.FailSafe}
			}
		}
	}
	if change != nil {
		change(&b)
	}
	t.add(beaten{t.s(s), b})
}

// message says something and has it heard; change spoils what is heard.
func (t *tale) message(s float64, m metering.Allotment, hear string) {
	t.seq++
	m.Term, m.Seq, m.Boot, m.TTL = t.term, t.seq, 7, 30*time.Second
	if m.Nonce == 0 {
		m.Nonce = uint64(s * 10)
	}
	bytes := fmt.Sprint(t.seq)
	t.add(said{t.s(s), "a", 1, m, bytes})
	if hear != "" {
		bytes = hear
	}
	t.add(heard{t.s(s), m.Agent, bytes, true})
}

// command is decided, selected, operated and carried out.
type command struct {
	id       string
	actuator metering.ActuatorID
	want     metering.Desired
	before   metering.Desired
	m        func(*metering.Allotment) // changes both messages
	operate  func(*metering.Allotment)
	forged   bool    // what is heard as operate is not what was said
	select2  float64 // seconds from select to operate
	delay    float64 // seconds from operate to the write
	wrote    func(*wrote)
	silent   bool // no outcome is ever told
	hidden   bool // nothing is decided
}

func (t *tale) carry(s float64, c command) {
	x := t.device(c.actuator)
	t.beat(s, x.Agent, metering.GuardFailSafe, nil)
	if !c.hidden {
		t.add(decided{t.s(s), "a", 1, c.id, "cap", c.actuator})
	}
	m := metering.Allotment{ID: c.id, Verb: metering.VerbSelect, Agent: x.Agent, Actuator: x.ID, Kind: x.Kind, Want: c.want, Mode: metering.ModeAuto}
	if c.m != nil {
		c.m(&m)
	}
	t.message(s, m, "")
	later := s + c.select2
	if c.select2 > 0 {
		t.beat(later, x.Agent, metering.GuardFailSafe, nil)
	}
	m.Verb = metering.VerbOperate
	if c.operate != nil {
		c.operate(&m)
	}
	hear := ""
	if c.forged {
		hear = "forged"
	}
	t.message(later, m, hear)
	w := wrote{stamp: t.s(later + c.delay), agent: x.Agent, actuator: x.ID, want: c.want, command: c.id, before: c.before}
	if c.wrote != nil {
		c.wrote(&w)
	}
	t.add(w)
	if !c.silent {
		t.add(answered{t.s(later + c.delay), metering.Outcome{ID: c.id, Agent: x.Agent, Actuator: x.ID, Stage: metering.StageConfirmed}})
	}
}

var (
	opened = metering.Desired{Position: metering.PositionOpen}
	closed = metering.Desired{Position: metering.PositionClosed}
)

func kw(n int) metering.Desired {
	return metering.Desired{Limit: metering.Power(n) * metering.Kilowatt}
}

// forgetful stands for an oracle that has lost the highest term that an agent has
// accepted, so that only what was carried out can tell.
type forgetful struct{ stamp }

func (forgetful) story() string { return "" }
