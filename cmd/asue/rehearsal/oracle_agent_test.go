package rehearsal

import (
	"slices"
	"time"

	"asue/metering"
)

// Times of the agent's table, as the design has them.
const (
	tableAlone    = time.Minute
	tableFailSafe = 2 * time.Minute
	tableStay     = 2 * time.Hour
	tableRamp     = 5 * time.Minute
	tableDelay    = 2 * time.Minute
	tableSelect   = 30 * time.Second
	tableTTL      = 30 * time.Second // of a beat
	tableSend     = 2 * time.Second
	slack         = time.Second
)

// readHeard takes in a message that an agent has heard, if it had to be accepted.
func (o *oracle) readHeard(f heard) {
	s, known := o.said[f.bytes]
	g := o.agents[f.agent]
	if !known || !f.lived {
		return
	}
	m := s.m
	beat, mine := g.beats[m.Nonce]
	if m.Agent != f.agent || m.Boot != g.boot || !mine || f.at.Sub(beat) > m.TTL || m.Term < g.term || (m.Term == g.term && m.Seq <= g.seq) {
		return
	}
	o.silence(f.agent, f.at)
	g.term, g.seq, g.accepted = m.Term, m.Seq, f.at
	if m.Verb == metering.VerbBeat {
		g.advised, g.toldMode = m.Mode == metering.ModeMonitor || m.Mode == metering.ModeAdvisory, f.at
		g.everAdvised = g.everAdvised || g.advised
	}
	switch m.Verb {
	case metering.VerbSelect:
		if _, before := g.chosen[m.ID]; !before {
			g.chosen[m.ID] = f.at
		}
	case metering.VerbOperate:
		g.operate[m.ID] = heardAt{f.at, m}
	}
}

// silence sees to what a silence until now has meant to an agent's devices.
func (o *oracle) silence(id metering.AgentID, now time.Time) {
	g := o.agents[id]
	for _, x := range o.devices {
		if x.Agent != id {
			continue
		}
		if now.Sub(g.accepted) >= tableFailSafe-slack && x.failsafe.IsZero() {
			x.failsafe = g.accepted.Add(tableFailSafe)
		}
	}
}

// readBeat holds what an agent says of itself against its table.
func (o *oracle) readBeat(f beaten) {
	g := o.agents[f.beat.Agent]
	g.boot = f.beat.Boot
	g.beats[f.beat.Nonce] = f.at
	silence := f.at.Sub(g.accepted)
	for _, s := range f.beat.States {
		x := o.devices[s.Actuator]
		x.command = s.Command
		if x.Kind == metering.ActuatorSetpoint {
			if first := (metering.HardBand{Least: x.Least, Most: x.Most, FailSafe: x.FailSafe}); s.Band != first && !slices.Contains(o.bands[x.ID], s.Band) {
				o.complain("band", f, "%s has a hard band of %+v, which two persons have not ordered", x.ID, s.Band)
			}
			x.band = s.Band
		}
		calm := s.Guarding == metering.GuardNormal || s.Guarding == metering.GuardAlarm
		switch {
		case silence > tableFailSafe+slack && (calm || s.Guarding == metering.GuardAlone),
			silence > tableAlone+slack && calm,
			silence < tableAlone-slack && s.Guarding == metering.GuardAlone:
			o.complain("table", f, "%s is %s after a silence of %v", x.ID, s.Guarding, silence)
		}
	}
}

func (o *oracle) readAnswer(f answered) {
	g, x := o.agents[f.outcome.Agent], o.devices[f.outcome.Actuator]
	if f.outcome.Stage.Final() && f.outcome.Stage != metering.StageRefused {
		g.ended[f.outcome.ID] = true
	}
	if x == nil {
		return
	}
	switch f.outcome.Stage {
	case metering.StageConfirmed:
		if band, is := o.commissions[f.outcome.ID]; is {
			x.band = band
		}
		// Of what this life of the agent has carried out, not of what it remembers.
		if _, own := g.operate[f.outcome.ID]; !own || g.confirmed[f.outcome.ID] {
			return
		}
		g.confirmed[f.outcome.ID] = true
		o.silence(f.outcome.Agent, f.at)
		if f.at.Sub(g.accepted) < tableFailSafe {
			x.failsafe = time.Time{}
		}
	case metering.StageReverted, metering.StageFailed:
		x.command = ""
	}
}

// readCommand holds a write that names a command against all that must have come
// before it.
func (o *oracle) readCommand(f wrote) {
	g, x := o.agents[f.agent], o.devices[f.actuator]
	if at, before := g.written[f.command]; before {
		o.complain("twice", f, "%s was carried out at %s already", f.command, at.Format("15:04:05"))
	}
	g.written[f.command] = f.at
	x.last = f.want.Limit
	op, ok := g.operate[f.command]
	if !ok {
		o.complain("valid", f, "%s %v is written by %s, and no valid operate of it was heard", x.ID, f.want, f.command)
		return
	}
	m := op.m
	chosen, selected := g.chosen[f.command]
	switch {
	case m.Actuator != f.actuator || m.Want != f.want:
		o.complain("valid", f, "%s is written %v, and %s says %s %v", f.actuator, f.want, f.command, m.Actuator, m.Want)
	case !selected || op.at.Sub(chosen) > tableSelect+slack:
		o.complain("select", f, "%s was not selected in time", f.command)
	case f.at.Sub(op.at) > tableSend+slack:
		o.complain("late", f, "%s was heard %v ago", f.command, f.at.Sub(op.at))
	}
	if m.Term < g.ran {
		o.complain("term", f, "%s of term %d after one of term %d", f.command, m.Term, g.ran)
	}
	g.ran = max(g.ran, m.Term)
	if m.Term < o.lastTerm {
		o.complain("overlap", f, "%s of term %d is carried out, and %s has already had one of term %d carried out", f.command, m.Term, o.lastDesk, o.lastTerm)
	} else {
		o.lastTerm, o.lastDesk = m.Term, o.decided[f.command].desk
	}
	if x.Kind == metering.ActuatorSetpoint && (f.want.Limit < x.band.Least || f.want.Limit > x.band.Most) {
		o.complain("band", f, "%s %v, and the hard band is %+v", x.ID, f.want, x.band)
	}
	o.approved(f, x, m)
	o.paced(f, x, m)
	o.armoured(f, x)
}

// approved: persons stand behind what is not automatic, and behind every breaker.
func (o *oracle) approved(f wrote, x *deviceView, m metering.Allotment) {
	need := 0
	switch {
	case x.Kind == metering.ActuatorBreaker:
		need = 2
		if m.Mode != metering.ModeConfirm {
			o.complain("breaker", f, "%s moves in mode %v", x.ID, m.Mode)
		}
	case m.Mode != metering.ModeAuto:
		need = 1
	}
	if different(m.Approvals) < need {
		o.complain("approvals", f, "%s moves with the word of %d persons, not %d", x.ID, different(m.Approvals), need)
	}
	if need == 0 {
		return
	}
	for _, order := range o.orders {
		if (order.Kind == metering.OrderConfirm || order.Kind == metering.OrderRestore) && sameApprovals(order.By, m.Approvals) && f.at.Sub(order.At) < 10*time.Minute {
			return
		}
	}
	o.complain("approvals", f, "%s moves by the word of %v, who have ordered nothing of the kind", x.ID, m.Approvals)
}

func sameApprovals(a, b []metering.Approval) bool {
	return slices.EqualFunc(a, b, func(x, y metering.Approval) bool {
		return x.User == y.User && x.Role == y.Role && x.At.UnixMilli() == y.At.UnixMilli()
	})
}

// paced: changes keep their distance.
func (o *oracle) paced(f wrote, x *deviceView, m metering.Allotment) {
	if f.want == f.before {
		return // written again, and nothing has changed
	}
	stays := x.stays(f)
	if x.stood = nil; stays {
		return // "stay where you are", of a beat that the ramp has since passed
	}
	reduce := f.want.Position == metering.PositionOpen || (x.Kind == metering.ActuatorSetpoint && f.want.Limit < f.before.Limit)
	if n := len(x.turns); n > 0 {
		last := x.turns[n-1]
		apart := f.at.Sub(last.at) + slack + tableSend
		switch {
		case reduce && !m.Emergency && apart < 30*time.Second, !reduce && apart < 5*time.Minute:
			o.complain("rate", f, "%s is changed %v after the last change", x.ID, f.at.Sub(last.at))
		case x.Kind != metering.ActuatorSetpoint && reduce && !last.reduce && apart < x.MinOn:
			o.complain("min-on", f, "%s is shed %v after it came back, at least %v are due", x.ID, f.at.Sub(last.at), x.MinOn)
		case x.Kind != metering.ActuatorSetpoint && !reduce && last.reduce && apart < x.MinOff:
			o.complain("min-off", f, "%s is served %v after it was shed, at least %v are due", x.ID, f.at.Sub(last.at), x.MinOff)
		}
	}
	x.turns = append(x.turns, turn{f.at, reduce})
	if o.calm && reversals(x.turns, maxTime(f.at.Add(-15*time.Minute), o.stirred.Add(6*time.Minute))) > 2 {
		o.complain("swing", f, "%s has turned more than twice in a quarter of an hour", x.ID)
	}
}

// stays reports whether a set-point goes back to what a beat may have told while the
// agent's own ramp led lower: a beat is good for half a minute, a step of the ramp
// comes every ten seconds.
func (x *deviceView) stays(f wrote) bool {
	return x.Kind == metering.ActuatorSetpoint && f.want.Limit > f.before.Limit && slices.ContainsFunc(x.stood, func(s stood) bool {
		return f.want.Limit <= s.limit && f.at.Sub(s.until) < tableTTL+10*time.Second+tableSend+slack
	})
}

// reversals counts how often the direction has changed since a moment.
func reversals(turns []turn, since time.Time) int {
	n := 0
	for i := 1; i < len(turns); i++ {
		if turns[i-1].at.After(since) && turns[i].reduce != turns[i-1].reduce {
			n++
		}
	}
	return n
}

// armoured: no command leaves a resident less than its armour, as far as its meters
// have told what is.
func (o *oracle) armoured(f wrote, x *deviceView) {
	if !f.honest || x.Kind != metering.ActuatorRelay || f.want.Position != metering.PositionOpen {
		return
	}
	for _, a := range o.site.Armours {
		if a.Resident != x.Resident {
			continue
		}
		armour := a.Technological
		if !o.armourTold.IsZero() && f.at.Sub(o.armourTold) >= a.TechnologicalFor {
			armour = a.Emergency
		}
		if f.leaves < armour-armour/10-30*metering.Kilowatt {
			o.complain("armour", f, "%s leaves %s %v of an armour of %v", x.ID, x.Resident, f.leaves, armour)
		}
	}
}
