package rehearsal

import (
	"fmt"
	"time"

	"asue/metering"
)

// fact is something that happened, as one sees it from outside.
type fact interface {
	when() time.Time
	story() string // empty: too common to be told
}

type stamp struct{ at time.Time }

func (s stamp) when() time.Time { return s.at }

// said is a message to an agent that has left a balancer.
type said struct {
	stamp
	desk  string
	run   int
	m     metering.Allotment
	bytes string
}

// heard is a message that an agent was given, and whether the agent outlived it.
type heard struct {
	stamp
	agent metering.AgentID
	bytes string
	lived bool
}

// beaten is a sign of life that has left an agent.
type beaten struct {
	stamp
	beat metering.AgentBeat
}

// answered is what an agent has said of a command.
type answered struct {
	stamp
	outcome metering.Outcome
}

// born is the start of an agent, or of a balancer.
type born struct {
	stamp
	who string
	run int
}

// dead is the end of an agent, or of a balancer.
type dead struct {
	stamp
	who string
}

// wrote is a write that has reached a device, whatever was heard of it.
type wrote struct {
	stamp
	agent    metering.AgentID
	actuator metering.ActuatorID
	want     metering.Desired
	command  string           // empty: of the agent's own accord
	before   metering.Desired // what the device's register held
	inForce  metering.Power   // of a set-point: another value if it has fallen back by itself
	// Of a step that was taken off: what the resident draws without it, if its meters
	// have told the truth lately.
	honest bool
	leaves metering.Power
}

// decided is a command that a balancer has written into its journal.
type decided struct {
	stamp
	desk     string
	run      int
	id, kind string
	actuator metering.ActuatorID
}

// ordered is an order that the page has sealed.
type ordered struct {
	stamp
	order metering.Order
}

// obeyed is an order that a balancer has answered.
type obeyed struct {
	stamp
	desk     string
	run      int
	order    string
	accepted bool
	text     string
}

// armourTold: a balancer has told that the technological armour does not fit.
type armourTold struct{ stamp }

// shown is what a set-point's device holds, looked at in a long silence.
type shown struct {
	stamp
	actuator metering.ActuatorID
	register metering.Power
	well     bool // it answers and takes what is written
}

// blockEnded is a block of the contract as it truly was.
type blockEnded struct {
	stamp
	meanW, limitW float64
	excuse        string // why nobody could be asked to hold it; empty: it had to be held
	told          bool   // that it would be exceeded
}

// fault is something that was broken on purpose.
type fault struct {
	stamp
	what string
}

func (f said) story() string {
	if f.m.Verb == metering.VerbBeat {
		return ""
	}
	return fmt.Sprintf("%s.%d says %v %s to %s: %s %v (expects %v), mode %v, term %d seq %d", f.desk, f.run, f.m.Verb, f.m.ID, f.m.Agent, f.m.Actuator, f.m.Want, f.m.Expect, f.m.Mode, f.m.Term, f.m.Seq)
}
func (f heard) story() string  { return "" }
func (f beaten) story() string { return "" }
func (f answered) story() string {
	return fmt.Sprintf("%s answers %s %s: %s %s %s", f.outcome.Agent, f.outcome.ID, f.outcome.Actuator, f.outcome.Stage, f.outcome.Refusal, f.outcome.Text)
}
func (f born) story() string { return fmt.Sprintf("%s.%d starts", f.who, f.run) }
func (f dead) story() string { return f.who + " dies" }
func (f wrote) story() string {
	by := "command " + f.command
	if f.command == "" {
		by = "its own"
	}
	return fmt.Sprintf("%s writes %s %v (was %v) by %s", f.agent, f.actuator, f.want, f.before, by)
}
func (f decided) story() string {
	return fmt.Sprintf("%s.%d decides %s %s on %s", f.desk, f.run, f.kind, f.id, f.actuator)
}
func (f ordered) story() string {
	return fmt.Sprintf("persons %d order %s %s %s%s%s %v", len(f.order.By), f.order.Kind, f.order.ID, f.order.Actuator, f.order.Proposal, f.order.Resident, f.order.Power)
}
func (f obeyed) story() string {
	return fmt.Sprintf("%s.%d answers order %s: %v, %s", f.desk, f.run, f.order, f.accepted, f.text)
}
func (f armourTold) story() string { return "the armour does not fit" }
func (f shown) story() string      { return "" }
func (f blockEnded) story() string {
	return fmt.Sprintf("block mean %.3f of %.3f MW; excuse %q, told %v", f.meanW/1e6, f.limitW/1e6, f.excuse, f.told)
}
func (f fault) story() string { return "FAULT " + f.what }
