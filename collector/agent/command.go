package agent

import (
	"time"

	"asue/metering"
)

// reservation is what a select has reserved an actuator for.
type reservation struct {
	m      metering.Allotment
	digest [32]byte
	at     time.Time
}

// choose checks a command and reserves its actuator. The answer is remembered, also
// if it is no.
func (a *Agent) choose(now time.Time, m metering.Allotment, digest [32]byte) {
	x := a.find(m.Actuator)
	if x == nil {
		a.answer(now, m, refuse(codeActuator, "%s is not an actuator of this agent", m.Actuator))
		return
	}
	if no := a.permit(now, x, m); no != nil {
		a.counts.Refused[no.code]++
		a.tell(digest, a.refused(now, m, no))
		return
	}
	if old := x.selected; old != nil { // of an older term
		a.tell(old.digest, a.outcome(now, old.m.ID, x.ID, metering.StageCancelled, "another balancer has taken over"))
	}
	x.selected = &reservation{m: m, digest: digest, at: now}
	o := a.outcome(now, m.ID, x.ID, metering.StageSelected, "")
	if !a.keep(recordOf(o, m, digest)) {
		x.selected = nil
		a.answer(now, m, refuse(codeLog, "it cannot be remembered: %v", a.trouble))
		return
	}
	a.tell(digest, o)
}

// operate carries out what was selected, if that is still permitted.
func (a *Agent) operate(now time.Time, m metering.Allotment) {
	x := a.find(m.Actuator)
	if x == nil {
		a.answer(now, m, refuse(codeActuator, "%s is not an actuator of this agent", m.Actuator))
		return
	}
	s := x.selected
	if s == nil || s.m.ID != m.ID || s.m.Term != m.Term {
		a.answer(now, m, refuse(codeNotSelected, "%s is not reserved for it", x.ID))
		return
	}
	x.selected = nil
	no := (*refusal)(nil)
	if now.Sub(s.at) > a.t.Reserved {
		no = refuse(codeExpired, "selected %v ago, at most %v may pass", now.Sub(s.at).Round(time.Second), a.t.Reserved)
	} else {
		no = a.permit(now, x, m)
	}
	if no != nil {
		a.counts.Refused[no.code]++
		a.settle(now, x, s.digest, m, a.refused(now, m, no))
		return
	}
	a.execute(now, x, m, s.digest)
}

func (a *Agent) cancel(now time.Time, m metering.Allotment) {
	x := a.find(m.Actuator)
	if x == nil || x.selected == nil || x.selected.m.ID != m.ID {
		a.answer(now, m, refuse(codeNotSelected, "nothing is reserved for it"))
		return
	}
	s := x.selected
	x.selected = nil
	a.settle(now, x, s.digest, m, a.outcome(now, m.ID, x.ID, metering.StageCancelled, "given back by the balancer"))
}

// settle ends a command that has moved nothing.
func (a *Agent) settle(_ time.Time, _ *output, digest [32]byte, m metering.Allotment, o metering.Outcome) {
	a.keep(recordOf(o, m, digest))
	a.tell(digest, o)
}

// expire ends a reservation that nobody has used.
func (a *Agent) expire(x *output, now time.Time) {
	s := x.selected
	if s == nil || now.Sub(s.at) <= a.t.Reserved {
		return
	}
	x.selected = nil
	a.settle(now, x, s.digest, s.m, a.outcome(now, s.m.ID, x.ID, metering.StageExpired, "selected and not operated within "+a.t.Reserved.String()))
}

// renew gives the state that is in force another lease. Its ID is that of the
// command whose state it is; what is remembered of that stays.
func (a *Agent) renew(now time.Time, m metering.Allotment, no *refusal) {
	x := a.find(m.Actuator)
	switch {
	case no != nil && no.code == codeSeq && m.Term == a.term && m.Seq == a.seq:
		a.counts.Duplicate++
		return // the same message again
	case no != nil:
	case x == nil:
		no = refuse(codeActuator, "%s is not an actuator of this agent", m.Actuator)
	case x.command == "" || x.command != m.ID:
		no = refuse(codeExpired, "the state of %s is not that of %s any more", x.ID, m.ID)
	case m.Want != x.want:
		no = refuse(codeMalformed, "it renews %v, and %v is in force", m.Want, x.want)
	case m.Lease <= 0 || m.Lease > a.t.MostLease:
		no = refuse(codeMalformed, "a lease of %v, it must be more than nothing and at most %v", m.Lease, a.t.MostLease)
	case !x.lease.After(now):
		no = refuse(codeExpired, "the lease of %s ended %v ago", m.ID, now.Sub(x.lease).Round(time.Second))
	}
	if no != nil {
		a.answer(now, m, no)
		return
	}
	x.lease = now.Add(m.Lease)
	a.out.Outcomes = append(a.out.Outcomes, a.outcome(now, m.ID, x.ID, metering.StageConfirmed, "renewed for "+m.Lease.String()))
}

// commission takes over another hard band: two persons, and no more than the
// actuator can do.
func (a *Agent) commission(now time.Time, m metering.Allotment, digest [32]byte) {
	x := a.find(m.Actuator)
	no := (*refusal)(nil)
	switch {
	case x == nil:
		a.answer(now, m, refuse(codeActuator, "%s is not an actuator of this agent", m.Actuator))
		return
	case x.Kind != metering.ActuatorSetpoint || m.Kind != x.Kind:
		no = refuse(codeKind, "a hard band is of a set-point, and %s is a %s", x.ID, x.Kind)
	case m.Band.Most == 0 || (x.Power > 0 && m.Band.Most > x.Power):
		no = refuse(codeBand, "a band up to %v, and %s can do %v at most", m.Band.Most, x.ID, x.Power)
	case x.flight != nil || x.selected != nil:
		no = refuse(codeBusy, "%s is being commanded", x.ID)
	default:
		no = needPersons(m.Approvals, 2)
	}
	if no != nil {
		a.counts.Refused[no.code]++
		a.tell(digest, a.refused(now, m, no))
		return
	}
	if !a.keep(Record{At: now, Kind: RecordBand, Actuator: x.ID, Band: m.Band, ID: m.ID, Text: m.Reason}) {
		a.answer(now, m, refuse(codeLog, "it cannot be remembered: %v", a.trouble))
		return
	}
	x.take(*m.Band)
	x.narrowed = true
	if x.command != "" && (x.want.Limit < x.band.Least || x.want.Limit > x.band.Most) {
		a.revert(now, x, "the new hard band does not hold its limit")
	}
	a.settle(now, x, digest, m, a.outcome(now, m.ID, x.ID, metering.StageConfirmed, "the hard band is "+bandText(x.band)))
}

// take gives a set-point its hard band.
func (x *output) take(b metering.HardBand) {
	x.band, x.bandText = b, ""
	if asked := (metering.HardBand{Least: x.Least, Most: x.Most, FailSafe: x.FailSafe}); asked != b {
		x.bandText = "the configuration asks for a hard band of " + bandText(asked) + ", and " + bandText(b) + " is commissioned: commission it with two persons, or correct the site file"
	}
}

func bandText(b metering.HardBand) string {
	return b.Least.String() + " to " + b.Most.String() + " with a fail-safe of " + b.FailSafe.String()
}
