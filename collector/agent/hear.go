package agent

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// Codes of refusals; metering.Outcome.Refusal.
const (
	codeSignature   = "signature"    // not signed by a trusted key
	codeMalformed   = "malformed"    // not a message, or one with impossible content
	codeAgent       = "agent"        // meant for another one
	codeActuator    = "actuator"     // not one of this agent
	codeKind        = "kind"         // the actuator is of another kind
	codeStale       = "stale"        // repeats no young beat
	codeTerm        = "term"         // of a balancer that was followed by another
	codeSeq         = "seq"          // not newer than the last one
	codeBand        = "band"         // outside the hard band
	codeRate        = "rate"         // too soon after the last change, or too many
	codeMinOn       = "min-on"       // served for too short a time
	codeMinOff      = "min-off"      // shed for too short a time
	codeMode        = "mode"         // the mode does not allow it here
	codeExpect      = "expect"       // the state is not the expected one
	codeNotSelected = "not-selected" // nothing of the kind was selected
	codeLocal       = "local"        // switched to local at the device
	codeHold        = "hold"         // a command has failed here lately
	codeApprovals   = "approvals"    // of too few persons
	codeExpired     = "expired"      // selected too long ago, or the lease is over
	codeRead        = "read"         // the state is not known
	codeBusy        = "busy"         // another command is being carried out
	codeLog         = "log"          // the agent's memory cannot be written
)

// refusal is why a command is not carried out; a nil one is none.
type refusal struct{ code, text string }

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// Receive hears a message as it came over the wire. What is not signed by a trusted
// key, or cannot be read, is counted and answered to nobody: its ID is not proven.
func (a *Agent) Receive(now time.Time, message []byte) Wants {
	m, err := wire.OpenAllotment(message, a.cfg.Keys)
	switch {
	case errors.Is(err, wire.ErrSignature):
		a.counts.Refused[codeSignature]++
	case err != nil:
		a.counts.Refused[codeMalformed]++
	default:
		return a.Hear(now, m)
	}
	a.alarm(nil, "a message is not obeyed: %v", err)
	return a.flush()
}

// Hear hears a message whose signature holds.
func (a *Agent) Hear(now time.Time, m metering.Allotment) Wants {
	a.hear(now, m)
	return a.flush()
}

func (a *Agent) hear(now time.Time, m metering.Allotment) {
	digest, err := contentOf(m)
	if err != nil {
		a.answer(now, m, refuse(codeMalformed, "%v", err))
		return
	}
	no := a.fresh(now, m)
	if no == nil {
		no = a.accept(now, m)
	}
	if m.Verb == metering.VerbBeat {
		if no != nil {
			a.counts.Refused[no.code]++
		}
		return
	}
	if m.Verb == metering.VerbRenew {
		a.renew(now, m, no)
		return
	}
	if k := a.known.find(m.ID); k != nil {
		if k.digest != digest {
			a.answer(now, m, refuse(codeMalformed, "the id stands for another command already"))
			return
		}
		if k.outcome.Stage != metering.StageSelected || m.Verb == metering.VerbSelect {
			a.counts.Duplicate++
			a.out.Outcomes = append(a.out.Outcomes, k.outcome)
			return
		}
	}
	if no != nil {
		a.answer(now, m, no)
		return
	}
	switch m.Verb {
	case metering.VerbSelect:
		a.choose(now, m, digest)
	case metering.VerbOperate:
		a.operate(now, m)
	case metering.VerbCancel:
		a.cancel(now, m)
	case metering.VerbCommission:
		a.commission(now, m, digest)
	}
}

// contentOf is a digest of what a command wants; the two messages of one command
// share it.
func contentOf(m metering.Allotment) ([32]byte, error) {
	m.Verb = max(m.Verb, metering.VerbBeat)
	if m.Verb == metering.VerbOperate || m.Verb == metering.VerbCancel {
		m.Verb = metering.VerbSelect
	}
	m.Seq, m.Boot, m.Nonce, m.IssuedAt, m.TTL = 0, 0, 0, time.UnixMilli(0), time.Second
	bytes, err := wire.EncodeAllotment(m)
	return sha256.Sum256(bytes), err
}

// fresh holds a message against the agent's own beats: who repeats a young one
// lives now. No clock but the agent's own is asked.
func (a *Agent) fresh(now time.Time, m metering.Allotment) *refusal {
	if m.Agent != a.cfg.Name {
		return refuse(codeAgent, "meant for %s, this is %s", m.Agent, a.cfg.Name)
	}
	if m.TTL > a.t.MostTTL {
		return refuse(codeStale, "a lifetime of %v, at most %v is allowed", m.TTL, a.t.MostTTL)
	}
	if m.Boot != a.boot {
		return refuse(codeStale, "it repeats a beat from before this agent's start")
	}
	sent, ok := a.nonces.find(m.Nonce)
	if !ok {
		return refuse(codeStale, "it repeats no beat of the last %v", a.t.MostTTL)
	}
	if age := now.Sub(sent); age > m.TTL {
		return refuse(codeStale, "the beat that it repeats is %v old, its lifetime is %v", age.Round(time.Millisecond), m.TTL)
	}
	return nil
}

// accept takes the order of messages forward. A new term is durable before anything
// of it is obeyed.
func (a *Agent) accept(now time.Time, m metering.Allotment) *refusal {
	switch {
	case m.Term < a.term:
		return refuse(codeTerm, "of term %d, and term %d has begun", m.Term, a.term)
	case m.Term == a.term && m.Seq <= a.seq:
		return refuse(codeSeq, "number %d of term %d, and %d was heard already", m.Seq, m.Term, a.seq)
	}
	risen := m.Term > a.term
	a.term, a.seq = m.Term, m.Seq
	a.heard = now
	a.counts.Heard++
	if risen {
		a.keep(Record{At: now, Kind: RecordTerm, Term: m.Term})
	}
	if m.Verb == metering.VerbBeat {
		a.hearMode(now, m.Mode)
	}
	return nil
}

// hearMode takes in whether the balancer commands or advises. One that says nothing
// of it commands.
func (a *Agent) hearMode(now time.Time, mode metering.Mode) {
	a.asks = mode == metering.ModeConfirm
	advised := mode == metering.ModeMonitor || mode == metering.ModeAdvisory
	if advised == a.advised {
		return
	}
	a.advised = advised
	a.keep(a.modeRecord(now))
}

func (a *Agent) modeRecord(now time.Time) Record {
	r := Record{At: now, Kind: RecordMode, Text: commands}
	if a.advised {
		r.Text = advises
	}
	return r
}

// Texts of RecordMode.
const (
	commands = "commands"
	advises  = "advises"
)

// answer says that a message is refused. What is known of an ID stays.
func (a *Agent) answer(now time.Time, m metering.Allotment, no *refusal) {
	a.counts.Refused[no.code]++
	if m.ID == "" || m.Agent != a.cfg.Name {
		return // nobody waits for it
	}
	a.out.Outcomes = append(a.out.Outcomes, a.refused(now, m, no))
}

func (a *Agent) refused(now time.Time, m metering.Allotment, no *refusal) metering.Outcome {
	o := a.outcome(now, m.ID, m.Actuator, metering.StageRefused, no.text)
	o.Refusal = no.code
	return o
}

// outcome is one of this agent, with what was seen of the actuator.
func (a *Agent) outcome(now time.Time, id string, actuator metering.ActuatorID, stage metering.Stage, text string) metering.Outcome {
	o := metering.Outcome{ID: id, Agent: a.cfg.Name, Actuator: actuator, Stage: stage, Text: text, At: now, Term: a.term}
	if x := a.find(actuator); x != nil && !x.readAt.IsZero() {
		o.Seen = x.reading.Now
	}
	return o
}

// tell publishes an outcome and remembers it as the answer to its ID.
func (a *Agent) tell(digest [32]byte, o metering.Outcome) {
	a.known.put(o.ID, digest, o)
	a.out.Outcomes = append(a.out.Outcomes, o)
}
