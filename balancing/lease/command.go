package lease

import (
	"fmt"
	"time"

	"asue/metering"
)

// step is how far a command has come as seen from here.
type step uint8

const (
	selecting step = iota // select is out, or about to be
	operating             // selected; operate is out, or about to be
	executing             // the agent is at it
	unknown               // no answer any more: the state that is read decides
	taking                // commission is out
)

// flight is a command on its way.
type flight struct {
	id     string
	step   step
	want   metering.Desired
	expect metering.Desired
	band   *metering.HardBand
	why    Why
	begun  time.Time
	boot   uint64    // of the agent when it was selected
	asked  time.Time // when the step began
	sent   time.Time // when its message last went out; zero: it has to
	// operated is when operate first went out; zero if it never did.
	operated time.Time
}

// Want asks for a state. It returns the ID of the command, which is empty if the
// actuator is in that state already by a command in force. A command that is only
// being selected gives way to a new one.
//
// It fails with ErrUnknown, ErrShadow, ErrBusy or ErrIneligible.
func (b *Book) Want(id metering.ActuatorID, want metering.Desired, why Why, now time.Time) (string, error) {
	t, err := b.open(id)
	if err != nil {
		return "", err
	}
	if f := t.flight; f != nil {
		switch {
		case f.want == want && f.step != taking:
			return f.id, nil
		case f.step != selecting:
			return "", fmt.Errorf("lease: %s: want %v: %w: %s", id, want, ErrBusy, f.id)
		}
		b.finish(t, metering.StageCancelled, "", "another state is wanted", now)
	}
	if obstacle := b.obstacle(t, now); obstacle != "" {
		return "", fmt.Errorf("lease: %s: want %v: %w: %s", id, want, ErrIneligible, obstacle)
	}
	if t.state.Command != "" && t.state.Now == want {
		return "", nil
	}
	t.flight = &flight{id: b.newID(now), want: want, expect: t.state.Now, why: why, begun: now, asked: now, boot: t.agent.boot}
	b.next()
	return t.flight.id, nil
}

// Commission asks for a new hard band; it needs two approvals by different
// persons, which the agent checks. Errors are those of Want.
func (b *Book) Commission(id metering.ActuatorID, band metering.HardBand, why Why, now time.Time) (string, error) {
	t, err := b.open(id)
	if err != nil {
		return "", err
	}
	if obstacle := b.obstacle(t, now); obstacle != "" {
		return "", fmt.Errorf("lease: %s: commission: %w: %s", id, ErrIneligible, obstacle)
	}
	t.flight = &flight{id: b.newID(now), step: taking, band: &band, expect: t.state.Now, why: why, begun: now, asked: now, boot: t.agent.boot}
	b.next()
	return t.flight.id, nil
}

func (b *Book) open(id metering.ActuatorID) (*track, error) {
	t := b.byID[id]
	switch {
	case t == nil:
		return nil, fmt.Errorf("lease: %s: %w", id, ErrUnknown)
	case !b.leading:
		return nil, fmt.Errorf("lease: %s: %w", id, ErrShadow)
	}
	return t, nil
}

// Recall gives up all commands: what has not been operated is cancelled, and of what
// has been no message goes out any more; the state that is read tells what became of
// it. States in force are renewed as before.
func (b *Book) Recall(why string, now time.Time) {
	for _, t := range b.tracks {
		f := t.flight
		switch {
		case f == nil:
		case f.step == selecting, f.step == operating && f.operated.IsZero(), f.step == taking && f.sent.IsZero():
			b.finish(t, metering.StageCancelled, "", why, now)
		case f.step == operating:
			f.step = unknown
		}
	}
}

// HearBeat takes in an agent's sign of life. One that is older than the youngest is
// passed over, whatever its boot: it was overtaken, or is played back. It counts when
// the agent has not been heard for a while, as after a clock that was set back; then
// the next real beat puts right what one played back has said.
func (b *Book) HearBeat(beat metering.AgentBeat, now time.Time) {
	a := b.agent(beat.Agent)
	if a == nil {
		return
	}
	older := beat.At.Before(a.at) || (beat.Boot != a.boot && beat.At.Equal(a.at))
	if older && b.online(a, now) {
		return
	}
	reborn := !a.heard.IsZero() && a.boot != beat.Boot
	a.boot, a.nonce, a.at, a.heard, a.sinceLead = beat.Boot, beat.Nonce, beat.At, now, a.sinceLead || (b.leading && beat.Term >= b.term)
	if beat.Term == b.term {
		b.seq = max(b.seq, beat.Seq)
	}
	for _, s := range beat.States {
		t := b.byID[s.Actuator]
		if t == nil || t.agent != a {
			continue
		}
		t.state, t.heard, t.age = s, now, max(0, beat.At.Sub(s.At))
		if s.At.IsZero() {
			t.age = -1
		}
	}
	if reborn {
		b.reborn(a, now)
	}
}

// reborn: an agent that has started anew knows no reservation. What was operated
// is told by what it reads.
func (b *Book) reborn(a *agent, now time.Time) {
	for _, t := range b.tracks {
		if t.agent != a || t.flight == nil {
			continue
		}
		switch t.flight.step {
		case selecting, taking:
			b.finish(t, metering.StageExpired, "", "the agent has started anew", now)
		case operating, executing:
			if t.flight.operated.IsZero() {
				b.finish(t, metering.StageExpired, "", "the agent has started anew", now)
				continue
			}
			t.flight.step = unknown
		}
	}
}

// HearOutcome takes in what an agent says of a command.
func (b *Book) HearOutcome(o metering.Outcome, now time.Time) {
	t := b.byID[o.Actuator]
	if t == nil || t.agent.id != o.Agent {
		return
	}
	f := t.flight
	if f == nil || o.ID != f.id {
		switch {
		case o.Stage == metering.StageRefused && o.ID == t.state.Command:
			b.note(now, t, o.ID, "not renewed", o.Text)
		case o.Stage == metering.StageReverted && o.ID != t.lapsed:
			t.lapsed = o.ID
			b.note(now, t, o.ID, string(o.Stage), o.Text)
			b.results = append(b.results, Result{ID: o.ID, Actuator: o.Actuator, Verb: metering.VerbRenew, Stage: o.Stage, Text: o.Text, At: now})
		}
		return
	}
	switch {
	case o.Stage == metering.StageSelected && f.step == selecting:
		b.note(now, t, f.id, string(o.Stage), o.Text)
		f.step, f.asked, f.sent = operating, now, time.Time{}
	case o.Stage == metering.StageExecuting && (f.step == operating || f.step == unknown):
		b.note(now, t, f.id, string(o.Stage), o.Text)
		f.step, f.asked = executing, now
	case o.Stage == metering.StageRefused && f.step == executing:
		// A second operate of a command that is being carried out.
	case o.Stage.Final():
		b.finish(t, o.Stage, o.Refusal, o.Text, now)
	}
}

// finish ends a command.
func (b *Book) finish(t *track, stage metering.Stage, refusal, text string, now time.Time) {
	f := t.flight
	t.flight = nil
	if stage == metering.StageConfirmed && f.step != taking {
		t.kept, t.keptBy = f.want, f.id
		// The next beat will say so; until then the agent's word stands for it.
		t.state.Now, t.state.Command, t.state.Left = f.want, f.id, b.cfg.Lease
		if t.state.Guarding == metering.GuardFailSafe || t.state.Guarding == metering.GuardAlarm {
			t.state.Guarding = metering.GuardNormal
		}
	}
	b.note(now, t, f.id, string(stage), text)
	verb := metering.VerbOperate
	if f.step == taking {
		verb = metering.VerbCommission
	}
	b.results = append(b.results, Result{ID: f.id, Actuator: t.cfg.ID, Verb: verb, Want: f.want, Stage: stage, Refusal: refusal, Text: text, At: now})
}
