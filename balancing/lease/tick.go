package lease

import (
	"fmt"
	"time"

	"asue/metering"
)

// Tick lets time go on to now and returns the messages that are due, unsigned, in
// the order in which they have to go out.
func (b *Book) Tick(now time.Time) []metering.Allotment {
	if !b.leading {
		return nil
	}
	var out []metering.Allotment
	for _, a := range b.agents {
		if b.talks(a, now) && now.Sub(a.beaten) >= b.cfg.BeatEvery {
			a.beaten = now
			m := b.message(a, metering.VerbBeat, now)
			m.Mode = b.mode
			out = append(out, m)
		}
	}
	for _, t := range b.tracks {
		out = b.advance(t, now, out)
	}
	for _, t := range b.tracks {
		out = b.renew(t, now, out)
	}
	return out
}

// talks reports whether the agent's youngest beat is young enough to be repeated.
func (b *Book) talks(a *agent, now time.Time) bool {
	return !a.heard.IsZero() && now.Sub(a.heard) <= b.cfg.BeatAge
}

// advance sends what a command is due, and ends it when its time is over.
func (b *Book) advance(t *track, now time.Time, out []metering.Allotment) []metering.Allotment {
	f := t.flight
	if f == nil {
		return out
	}
	over := now.Sub(f.asked) >= b.cfg.SelectFor-b.cfg.Answer
	due := b.talks(t.agent, now) && (f.sent.IsZero() || now.Sub(f.sent) >= b.cfg.Answer)
	switch f.step {
	case selecting:
		if over {
			if b.talks(t.agent, now) {
				out = append(out, b.command(t, metering.VerbCancel, now))
			}
			b.finish(t, metering.StageExpired, "", "no answer to select", now)
			return out
		}
		if due {
			out = append(out, b.command(t, metering.VerbSelect, now))
		}
	case operating:
		if over {
			if f.operated.IsZero() {
				b.finish(t, metering.StageExpired, "", "operate could not be sent while the reservation held", now)
				return out
			}
			f.step = unknown
			break
		}
		if due {
			if f.operated.IsZero() {
				f.operated = now
			}
			out = append(out, b.command(t, metering.VerbOperate, now))
		}
	case taking:
		if over {
			b.finish(t, metering.StageExpired, "", "no answer to commission", now)
			return out
		}
		if due {
			out = append(out, b.command(t, metering.VerbCommission, now))
		}
	case executing:
		if now.Sub(f.asked) >= b.cfg.Settle {
			f.step = unknown
		}
	}
	if f.step == unknown {
		b.settle(t, now)
	}
	return out
}

// settle judges a command without outcome by what its agent reads.
func (b *Book) settle(t *track, now time.Time) {
	f := t.flight
	if now.Sub(f.operated) >= 2*b.cfg.Settle && !b.online(t.agent, now) {
		b.finish(t, metering.StageFailed, "", "no outcome, and the agent is not heard", now)
		return
	}
	if !t.state.Readable || !t.heard.After(f.operated) {
		return
	}
	if t.state.Command == f.id || (t.state.Now == f.want && t.state.Now != f.expect) {
		b.finish(t, metering.StageConfirmed, "", fmt.Sprintf("no outcome was heard; it is read to be %v", t.state.Now), now)
		return
	}
	if now.Sub(f.operated) >= b.cfg.Settle {
		b.finish(t, metering.StageFailed, "", fmt.Sprintf("no outcome was heard; it is read to be %v", t.state.Now), now)
	}
}

// renewAgain keeps a renewal that was not heard from being repeated at each tick.
const renewAgain = 30 * time.Second

// renew prolongs a state that is in force by a command. A load that is served, or has
// all of its power, goes on without a lease.
func (b *Book) renew(t *track, now time.Time, out []metering.Allotment) []metering.Allotment {
	s := &t.state
	want := s.Now // of a command that another balancer has given
	if s.Command == t.keptBy {
		want = t.kept // which the device may have rounded
	}
	if want.Position == metering.PositionClosed || (t.cfg.Kind == metering.ActuatorSetpoint && want.Limit >= t.cfg.Most) {
		return out
	}
	if t.muted || t.flight != nil || s.Command == "" || s.Left > b.cfg.Renew || !s.Readable || !b.talks(t.agent, now) || now.Sub(t.renewed) < renewAgain {
		return out
	}
	t.renewed = now
	m := b.message(t.agent, metering.VerbRenew, now)
	m.ID, m.Actuator, m.Kind, m.Want, m.Expect, m.Lease = s.Command, t.cfg.ID, t.cfg.Kind, want, s.Now, b.cfg.Lease
	b.note(now, t, m.ID, m.Verb.String(), fmt.Sprintf("%v goes on for %v", want, b.cfg.Lease))
	return append(out, m)
}

// command is the next message of the command on its way.
func (b *Book) command(t *track, verb metering.Verb, now time.Time) metering.Allotment {
	f := t.flight
	m := b.message(t.agent, verb, now)
	m.ID, m.Actuator, m.Kind, m.Want, m.Expect, m.Band = f.id, t.cfg.ID, t.cfg.Kind, f.want, f.expect, f.band
	m.Mode, m.Emergency, m.Reason, m.Snapshot, m.Approvals, m.Lease = f.why.Mode, f.why.Emergency, f.why.Reason, f.why.Snapshot, f.why.Approvals, b.cfg.Lease
	f.sent = now
	b.note(now, t, f.id, verb.String(), fmt.Sprint(f.want))
	return m
}

func (b *Book) message(a *agent, verb metering.Verb, now time.Time) metering.Allotment {
	return metering.Allotment{
		Verb: verb, Agent: a.id, Term: b.term, Seq: b.next(), Boot: a.boot, Nonce: a.nonce, IssuedAt: now, TTL: b.cfg.TTL,
	}
}
