package agent

import (
	"strings"
	"time"

	"asue/metering"
)

// permit is nil if a command may be carried out now, and else why not. It is asked
// at select and again at operate.
func (a *Agent) permit(now time.Time, x *output, m metering.Allotment) *refusal {
	for _, ask := range []func(time.Time, *output, metering.Allotment) *refusal{
		a.permitKind, a.permitMode, a.permitPersons, a.permitBand, a.permitPlace, a.permitState, a.permitPace,
	} {
		if no := ask(now, x, m); no != nil {
			return no
		}
	}
	return nil
}

func (a *Agent) permitKind(_ time.Time, x *output, m metering.Allotment) *refusal {
	if m.Kind != x.Kind {
		return refuse(codeKind, "a command to a %s, and %s is a %s", m.Kind, x.ID, x.Kind)
	}
	if setpoint := x.Kind == metering.ActuatorSetpoint; setpoint != (m.Want.Position == metering.PositionUnknown) {
		return refuse(codeMalformed, "a %s cannot be %v", x.Kind, m.Want)
	}
	if m.Lease <= 0 || m.Lease > a.t.MostLease {
		return refuse(codeMalformed, "a lease of %v, it must be more than nothing and at most %v", m.Lease, a.t.MostLease)
	}
	return nil
}

func (a *Agent) permitMode(_ time.Time, x *output, m metering.Allotment) *refusal {
	switch {
	case m.Mode < metering.ModeConfirm:
		return refuse(codeMode, "decided in mode %v, and only confirm and auto move anything", m.Mode)
	case m.Mode > x.Mode:
		return refuse(codeMode, "decided in mode %v, and %s allows %v at most", m.Mode, x.ID, x.Mode)
	case x.Kind == metering.ActuatorBreaker && m.Mode == metering.ModeAuto && !a.emergencyOpening(m):
		return refuse(codeMode, "a breaker moves by persons only: two of them, in mode confirm")
	}
	return nil
}

// emergencyOpening reports whether a breaker may be opened without persons.
func (a *Agent) emergencyOpening(m metering.Allotment) bool {
	return a.cfg.BreakerInEmergency && m.Mode == metering.ModeAuto && m.Emergency && m.Want.Position == metering.PositionOpen
}

func (a *Agent) permitPersons(_ time.Time, x *output, m metering.Allotment) *refusal {
	need := 0
	switch {
	case x.Kind == metering.ActuatorBreaker && !a.emergencyOpening(m):
		need = 2
	case m.Mode == metering.ModeConfirm:
		need = 1
	}
	return needPersons(m.Approvals, need)
}

// needPersons counts different persons in roles that may command.
func needPersons(list []metering.Approval, need int) *refusal {
	persons := map[string]bool{}
	for _, p := range list {
		switch p.Role {
		case metering.RoleDispatcher, metering.RoleEngineer, metering.RoleAdmin:
			if name := strings.ToLower(strings.TrimSpace(p.User)); name != "" {
				persons[name] = true
			}
		}
	}
	if len(persons) < need {
		return refuse(codeApprovals, "approved by %d different persons who may command, it needs %d", len(persons), need)
	}
	return nil
}

func (a *Agent) permitBand(_ time.Time, x *output, m metering.Allotment) *refusal {
	if x.Kind == metering.ActuatorSetpoint && (m.Want.Limit < x.band.Least || m.Want.Limit > x.band.Most) {
		return refuse(codeBand, "a limit of %v, and the hard band is %v to %v", m.Want.Limit, x.band.Least, x.band.Most)
	}
	return nil
}

// permitPlace asks whether anything may be done here now.
func (a *Agent) permitPlace(now time.Time, x *output, m metering.Allotment) *refusal {
	switch {
	case a.trouble != nil:
		return refuse(codeLog, "nothing is carried out that cannot be remembered: %v", a.trouble)
	case x.readErr != nil:
		return refuse(codeRead, "%s cannot be read: %v", x.ID, x.readErr)
	case !a.seen(x, now):
		return refuse(codeRead, "the state of %s is not known: no read within %v", x.ID, a.t.FreshRead)
	case x.reading.Local:
		return refuse(codeLocal, "%s is switched to local", x.ID)
	case x.reading.Fault != "":
		return refuse(codeHold, "%s has a fault: %s", x.ID, x.reading.Fault)
	case now.Before(x.hold):
		return refuse(codeHold, "%s is on hold for %v: %s", x.ID, x.hold.Sub(now).Round(time.Second), x.holdText)
	case x.flight != nil:
		return refuse(codeBusy, "%s is being moved", x.ID)
	case x.selected != nil && x.selected.m.ID != m.ID && x.selected.m.Term == m.Term:
		return refuse(codeBusy, "%s is reserved for %s", x.ID, x.selected.m.ID)
	}
	return nil
}

// permitState asks whether the decision rests on the state that is.
func (a *Agent) permitState(_ time.Time, x *output, m metering.Allotment) *refusal {
	switch {
	case x.Kind != metering.ActuatorSetpoint && x.reading.Now.Position == metering.PositionUnknown:
		return refuse(codeExpect, "the contacts of %s are moving, or contradict each other", x.ID)
	case m.Expect != x.reading.Now && !x.passed(m.Expect.Limit):
		return refuse(codeExpect, "%s is %v, and the command expects %v", x.ID, x.reading.Now, m.Expect)
	}
	return nil
}

// passed reports whether the agent's own ramp has led over a limit: a beat may have
// told it a moment ago.
func (x *output) passed(limit metering.Power) bool {
	if x.Kind != metering.ActuatorSetpoint || x.ramp == nil {
		return false
	}
	return min(x.ramp.from, x.ramp.to) <= limit && limit <= max(x.ramp.from, x.ramp.to)
}

// permitPace keeps changes apart. Emergency makes reductions faster, and nothing
// else; the times that a load must stay served or shed hold always.
func (a *Agent) permitPace(now time.Time, x *output, m metering.Allotment) *refusal {
	if m.Want == x.reading.Now {
		return nil // nothing will change for the load, whatever register is written
	}
	if x.Kind != metering.ActuatorSetpoint && !x.since.IsZero() {
		stood := now.Sub(x.since)
		switch {
		case m.Want.Position == metering.PositionOpen && stood < x.MinOn:
			return refuse(codeMinOn, "%s has been served for %v, at least %v are due", x.ID, stood.Round(time.Second), x.MinOn)
		case m.Want.Position == metering.PositionClosed && stood < x.MinOff:
			return refuse(codeMinOff, "%s has been shed for %v, at least %v are due", x.ID, stood.Round(time.Second), x.MinOff)
		}
	}
	if x.changed.IsZero() {
		return nil
	}
	apart := now.Sub(x.changed)
	if x.reduces(m.Want) {
		if !m.Emergency && apart < a.t.BetweenShed {
			return refuse(codeRate, "%s was changed %v ago, a reduction comes %v after a change at the earliest", x.ID, apart.Round(time.Second), a.t.BetweenShed)
		}
		return nil
	}
	if a.stood(x, m.Want.Limit, now) {
		return nil
	}
	if apart < a.t.BetweenReturn {
		return refuse(codeRate, "%s was changed %v ago, load is given back %v after a change at the earliest", x.ID, apart.Round(time.Second), a.t.BetweenReturn)
	}
	most := x.PerHour
	if most <= 0 {
		most = a.t.PerHour
	}
	if n := x.changesSince(now.Add(-time.Hour)); n >= most {
		return refuse(codeRate, "%s was changed %d times within an hour, at most %d are allowed", x.ID, n, most)
	}
	return nil
}

// stood reports whether a set-point stood at a limit so lately that a beat may have
// told it, before the agent's own ramp led it lower: a balancer that is back says that
// the limit stays as it is, and that gives nothing back.
func (a *Agent) stood(x *output, limit metering.Power, now time.Time) bool {
	if x.Kind != metering.ActuatorSetpoint || x.ramp == nil {
		return false
	}
	return limit <= x.ramp.at(now.Add(-a.t.MostTTL), a.t.Ramp)
}

// reduces reports whether a state takes load away from the present one.
func (x *output) reduces(want metering.Desired) bool {
	if x.Kind == metering.ActuatorSetpoint {
		return want.Limit < x.reading.Now.Limit
	}
	return want.Position == metering.PositionOpen
}

func (x *output) changesSince(t time.Time) int {
	n := 0
	for _, at := range x.changes {
		if at.After(t) {
			n++
		}
	}
	return n
}

// change notes one, and forgets those of more than an hour ago.
func (x *output) change(at time.Time) {
	kept := x.changes[:0]
	for _, t := range x.changes {
		if at.Sub(t) < time.Hour {
			kept = append(kept, t)
		}
	}
	x.changes = append(kept, at)
	x.changed = at
}
