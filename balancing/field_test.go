package balancing_test

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/balancing"
	"asue/metering"
)

// field is what lies beyond the controller in stories and in random plants: agents
// that obey, devices that move with a lag and may fail, and loads behind them.
type field struct {
	agents  map[metering.AgentID]*fieldAgent
	devices []*device
}

// fieldAgent obeys the conversation: select, operate, renew, with answers.
type fieldAgent struct {
	id          metering.AgentID
	boot, nonce uint64
	term, seq   uint64
	silent      bool
	selected    map[string]metering.Allotment
	answered    map[string]metering.Outcome
}

// device is one actuator in the field.
type device struct {
	cfg     metering.Actuator
	lag     time.Duration
	drawsW  metering.Power // of a step, while it is served
	ways    string         // "", stuck, lies, local, alone, paced
	now     metering.Desired
	applied metering.Desired // what the load obeys
	target  metering.Desired
	moveAt  time.Time // when target is reached; zero: it is
	failAt  time.Time
	command string
	pending string // command being carried out
	renewed time.Time
	moves   int
}

func newField() *field { return &field{agents: map[metering.AgentID]*fieldAgent{}} }

func (f *field) add(a metering.Actuator, draws metering.Power, lag time.Duration) *device {
	d := &device{cfg: a, lag: lag, drawsW: draws}
	d.now = metering.Desired{Position: metering.PositionClosed}
	if a.Kind == metering.ActuatorSetpoint {
		d.now = metering.Desired{Limit: a.Most}
	}
	d.applied, d.target = d.now, d.now
	f.devices = append(f.devices, d)
	if f.agents[a.Agent] == nil {
		f.agents[a.Agent] = &fieldAgent{id: a.Agent, boot: 7, selected: map[string]metering.Allotment{}, answered: map[string]metering.Outcome{}}
	}
	return d
}

func (f *field) device(id metering.ActuatorID) *device {
	i := slices.IndexFunc(f.devices, func(d *device) bool { return d.cfg.ID == id })
	if i < 0 {
		panic(fmt.Sprintf("no device %q", id))
	}
	return f.devices[i]
}

// names lists the agents in order.
func (f *field) names() []metering.AgentID {
	var ids []metering.AgentID
	for id := range f.agents {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// step moves the devices and returns what the agents say in this second.
func (f *field) step(now time.Time) []balancing.Message {
	var say []balancing.Message
	for _, d := range f.devices {
		if o, ok := d.step(now); ok {
			a := f.agents[d.cfg.Agent]
			a.answered[o.ID] = o
			if !a.silent {
				say = append(say, balancing.Outcome{Outcome: o})
			}
		}
	}
	for _, id := range f.names() {
		a := f.agents[id]
		if a.silent {
			continue
		}
		a.nonce++
		beat := metering.AgentBeat{Agent: id, Boot: a.boot, Nonce: a.nonce, At: now, Term: a.term, Seq: a.seq}
		for _, d := range f.devices {
			if d.cfg.Agent == id {
				beat.States = append(beat.States, d.state(now))
			}
		}
		say = append(say, balancing.Beat{AgentBeat: beat})
	}
	return say
}

func (d *device) state(now time.Time) metering.ActuatorState {
	s := metering.ActuatorState{Actuator: d.cfg.ID, At: now, Readable: true, Now: d.now, Guarding: metering.GuardNormal, Command: d.command}
	if d.ways == "local" {
		s.Guarding = metering.GuardLocal
	}
	if d.ways == "alone" { // its agent was without a balancer for too long
		s.Guarding, s.Command = metering.GuardFailSafe, ""
	} else if d.command != "" {
		s.Left = 15*time.Minute - now.Sub(d.renewed)
	}
	return s
}

// step lets a device reach its target, and says how the command ended.
func (d *device) step(now time.Time) (metering.Outcome, bool) {
	o := metering.Outcome{ID: d.pending, Agent: d.cfg.Agent, Actuator: d.cfg.ID, At: now, Seen: d.now}
	switch {
	case !d.moveAt.IsZero() && !now.Before(d.moveAt):
		d.moveAt = time.Time{}
		d.now = d.target
		if d.ways != "lies" {
			d.applied = d.target
		}
		d.command, d.renewed, d.pending = d.pending, now, ""
		if d.ways == "alone" {
			d.ways = ""
		}
		o.Stage, o.Seen = metering.StageConfirmed, d.now
		return o, true
	case !d.failAt.IsZero() && !now.Before(d.failAt):
		d.failAt, d.pending = time.Time{}, ""
		o.Stage, o.Text = metering.StageFailed, fmt.Sprintf("the device shows %v", d.now)
		return o, true
	}
	return o, false
}

// hear is what an agent does with a message; the answer goes back in the same
// second.
func (f *field) hear(m metering.Allotment, now time.Time) []balancing.Message {
	a := f.agents[m.Agent]
	if a == nil || a.silent {
		return nil
	}
	if m.Verb == metering.VerbBeat {
		if m.Term > a.term && m.Boot == a.boot && a.nonce-m.Nonce <= 30 {
			a.term, a.seq = m.Term, m.Seq
		}
		return nil
	}
	d := f.device(m.Actuator)
	say := func(stage metering.Stage, refusal string) []balancing.Message {
		o := metering.Outcome{ID: m.ID, Agent: a.id, Actuator: m.Actuator, Stage: stage, Refusal: refusal, Text: refusal, At: now, Seen: d.now, Term: m.Term}
		a.answered[m.ID] = o
		return []balancing.Message{balancing.Outcome{Outcome: o}}
	}
	switch {
	case m.Term < a.term:
		return say(metering.StageRefused, "term")
	case m.Term == a.term && m.Seq <= a.seq:
		return say(metering.StageRefused, "seq")
	case m.Boot != a.boot || a.nonce-m.Nonce > 30:
		return say(metering.StageRefused, "stale")
	}
	a.term, a.seq = m.Term, m.Seq
	if o, known := a.answered[m.ID]; known && o.Stage.Final() {
		return []balancing.Message{balancing.Outcome{Outcome: o}}
	}
	switch m.Verb {
	case metering.VerbSelect:
		switch {
		case d.ways == "local":
			return say(metering.StageRefused, "local")
		case d.ways == "paced" && m.Want.Limit > d.now.Limit:
			return say(metering.StageRefused, "rate")
		case m.Expect != d.now:
			return say(metering.StageRefused, "expect")
		}
		a.selected[m.ID] = m
		return say(metering.StageSelected, "")
	case metering.VerbOperate:
		if s, ok := a.selected[m.ID]; !ok || s.Want != m.Want {
			return say(metering.StageRefused, "not-selected")
		}
		if d.pending == m.ID {
			return nil
		}
		d.pending, d.target, d.moves = m.ID, m.Want, d.moves+1
		if d.ways == "stuck" {
			d.failAt = now.Add(20 * time.Second)
		} else {
			d.moveAt = now.Add(d.lag)
		}
		return say(metering.StageExecuting, "")
	case metering.VerbRenew:
		if m.ID == d.command {
			d.renewed = now
		}
	}
	return nil
}

// behind is what a load draws when its devices are as they are: steps that are off
// are missing, a set-point holds it down, a breaker takes it off.
func (f *field) behind(point metering.PointID, base float64) float64 {
	w, most := base, math.Inf(1)
	for _, d := range f.devices {
		if d.cfg.Point != point {
			continue
		}
		switch d.cfg.Kind {
		case metering.ActuatorRelay:
			if d.applied.Position == metering.PositionClosed {
				w += float64(d.drawsW)
			}
		case metering.ActuatorSetpoint:
			most = min(most, float64(d.applied.Limit))
		case metering.ActuatorBreaker:
			if d.applied.Position == metering.PositionOpen {
				most = 0
			}
		}
	}
	return min(w, most)
}
