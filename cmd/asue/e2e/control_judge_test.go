package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/wire"
	"asue/simulator"
)

// testimony is what was seen of the control path from outside: what went over the
// broker, what was written to the devices, and what is in the audit. Times are those
// of the warped clock.
type testimony struct {
	site     *metering.Site
	sayings  []saying
	tellings []telling
	beats    []beating
	writes   []simulator.WriteRecord
	audit    []metering.AuditRecord // oldest first
	stopped  []span                 // when the agent was stopped or away
	broken   []time.Time            // when the broker was killed: what it had in its hands then, nobody may have heard
	slack    time.Duration          // one second of the wall clock
}

// Rules of the agent that the judge holds it to; see docs/agent.md.
const (
	mostAge  = 30 * time.Second // of a command, from the beat that it repeats
	mostTerm = 15 * time.Minute // of a state without renewal
	aloneFor = 2 * time.Minute
	rampFor  = 5 * time.Minute
)

// sentence is what the judge found.
type sentence struct {
	complaints []string
	moved      int // writes by which a command was carried out
	fromAudit  int // of them such as only the audit has: the broker died over them
	own        int // steps of the agent's own ramps
	kept       int // writes that said a limit again
	refused    map[string]int
	oldest     time.Duration // of a command at its write
	terms      map[uint64]bool
	executed   map[string]bool // commands, by id
}

func (s *sentence) complain(format string, args ...any) {
	s.complaints = append(s.complaints, fmt.Sprintf(format, args...))
}

// try holds a testimony against the rules of the conversation.
func try(e testimony) *sentence {
	s := &sentence{refused: map[string]int{}, terms: map[uint64]bool{}, executed: map[string]bool{}}
	s.tryTerms(e)
	s.tryOutcomes(e)
	s.tryWrites(e)
	s.tryAudit(e)
	return s
}

// tryTerms: a term is one balancer's.
func (s *sentence) tryTerms(e testimony) {
	of := map[uint64]wire.KeyID{}
	for _, x := range e.sayings {
		if key, ok := of[x.text.Term]; ok && key != x.key {
			s.complain("%s: two balancers speak in term %d", clockText(x.at), x.text.Term)
		}
		of[x.text.Term] = x.key
		s.terms[x.text.Term] = true
	}
}

// tryOutcomes: each command is carried out once, in a term that the agent has not
// left, and never by a breaker.
func (s *sentence) tryOutcomes(e testimony) {
	begun := map[string]time.Time{}
	for _, x := range e.tellings {
		o := x.text
		if o.Stage == metering.StageRefused {
			s.refused[o.Refusal]++
		}
		if o.Stage != metering.StageExecuting {
			continue
		}
		if at, again := begun[o.ID]; again && !at.Equal(o.At) {
			s.complain("%s: command %s is carried out again, first at %s", clockText(o.At), o.ID, clockText(at))
		}
		begun[o.ID], s.executed[o.ID] = o.At, true
		a, _ := e.site.Actuator(o.Actuator)
		if a.Kind == metering.ActuatorBreaker {
			s.complain("%s: a breaker is commanded by %s", clockText(o.At), o.ID)
		}
		operate, ok := e.operate(o.ID)
		if !ok {
			continue // tryWrites looks for it in the audit
		}
		if seen := e.termBefore(o.At.Add(-e.slack)); operate.text.Term < seen {
			s.complain("%s: %s of term %d is carried out after term %d has begun", clockText(o.At), o.ID, operate.text.Term, seen)
		}
	}
}

func (e testimony) operate(id string) (saying, bool) {
	for _, x := range e.sayings {
		if x.text.ID == id && x.text.Verb == metering.VerbOperate {
			return x, true
		}
	}
	return saying{}, false
}

// termBefore is the highest term that the agent has said by a time that it obeys.
func (e testimony) termBefore(t time.Time) uint64 {
	term := uint64(0)
	for _, b := range e.beats {
		if b.At.Before(t) {
			term = max(term, b.Term)
		}
	}
	return term
}

// bench is what the judge knows of one actuator while it walks through the writes.
type bench struct {
	metering.Actuator
	limit   metering.Power
	closed  bool
	command time.Time // the last write by a command, or renewal of it; zero: none
	used    map[string]bool
}

// tryWrites: each write is a command's, says a limit again, or is a step of the
// agent's own ramp when there is a reason for one.
func (s *sentence) tryWrites(e testimony) {
	byID := map[metering.ActuatorID]*bench{}
	for _, a := range e.site.Actuators {
		byID[a.ID] = &bench{Actuator: a, limit: a.Power, closed: true, used: map[string]bool{}}
	}
	term := uint64(0)
	for _, w := range e.writes {
		b := byID[w.Actuator]
		switch {
		case w.Refused != "":
			s.complain("%s: %s refuses a write: %s", clockText(w.At), w.Actuator, w.Refused)
		case b.Kind == metering.ActuatorBreaker:
			s.complain("%s: somebody writes %s to the breaker %s", clockText(w.At), w.What, w.Actuator)
		case w.What == simulator.WriteTimeout:
		case w.What == simulator.WriteFallback:
			if metering.Power(w.Value) != b.FailSafe {
				s.complain("%s: %s is to fall back to %d W, not to %v", clockText(w.At), w.Actuator, w.Value, b.FailSafe)
			}
		case w.What == simulator.WriteLimit && metering.Power(w.Value) == b.limit:
			s.kept++
		default:
			if id, of, ok := s.command(e, b, w); ok {
				if of < term {
					s.complain("%s: %s of term %d moves %s after a command of term %d", clockText(w.At), id, of, w.Actuator, term)
				}
				term = max(term, of)
				b.used[id], s.executed[id] = true, true
				s.moved++
				b.command = w.At
			} else {
				s.tryOwn(e, b, w)
			}
			b.limit, b.closed = metering.Power(w.Value), w.Value == 1
		}
	}
}

// command finds the command that a write carries out, and its term. It complains
// about one that is stale or outside the hard band.
func (s *sentence) command(e testimony, b *bench, w simulator.WriteRecord) (id string, term uint64, ok bool) {
	want := wanted(b.Actuator, w)
	for i := len(e.sayings) - 1; i >= 0; i-- {
		x := e.sayings[i]
		m := x.text
		if m.Verb != metering.VerbOperate || m.Actuator != w.Actuator || m.Want != want || b.used[m.ID] || x.at.After(w.At.Add(e.slack)) || w.At.Sub(x.at) > 2*mostAge+e.stoppedIn(x.at, w.At) {
			continue
		}
		age := w.At.Sub(e.bornOf(m))
		s.oldest = max(s.oldest, age)
		if age > mostAge+2*e.slack { // two seconds of the wall clock may pass from the decision to the write
			s.complain("%s: %s moves %s when it is %v old", clockText(w.At), m.ID, w.Actuator, age.Round(time.Second))
		}
		if b.Kind == metering.ActuatorSetpoint && (want.Limit < b.Least || want.Limit > b.Most) {
			s.complain("%s: %s is set to %v, outside its hard band of %v to %v", clockText(w.At), w.Actuator, want.Limit, b.Least, b.Most)
		}
		if !slices.ContainsFunc(e.sayings, func(y saying) bool { return y.text.ID == m.ID && y.text.Verb == metering.VerbSelect }) && !e.near(x.at) {
			s.complain("%s: %s was never selected", clockText(w.At), m.ID)
		}
		return m.ID, m.Term, true
	}
	if !e.near(w.At) {
		return "", 0, false
	}
	for _, r := range e.audit {
		d := w.At.Sub(r.At)
		step, id := leaseStep(r)
		if step != "operate" || r.Subject != string(w.Actuator) || !strings.HasSuffix(r.Text, ": "+want.String()) || b.used[id] || d < -e.slack || d > mostAge+e.slack {
			continue
		}
		s.fromAudit++
		_, _ = fmt.Sscanf(id, "%d-", &term) // an id begins with its term
		return id, term, true
	}
	return "", 0, false
}

// bornOf is when the agent said the beat that a command repeats.
func (e testimony) bornOf(m metering.Allotment) time.Time {
	for i := len(e.beats) - 1; i >= 0; i-- {
		if b := e.beats[i]; b.Boot == m.Boot && b.Nonce == m.Nonce {
			return b.At
		}
	}
	return m.IssuedAt // the broker died over it
}

// near reports whether the broker was killed around a time.
func (e testimony) near(t time.Time) bool {
	return slices.ContainsFunc(e.broken, func(at time.Time) bool { return t.Sub(at).Abs() < mostAge })
}

func (e testimony) stoppedIn(from, to time.Time) (sum time.Duration) {
	for _, s := range e.stopped {
		a, b := s.from, s.from.Add(s.length)
		if a.Before(from) {
			a = from
		}
		if b.After(to) {
			b = to
		}
		sum += max(0, b.Sub(a))
	}
	return sum
}

func wanted(a metering.Actuator, w simulator.WriteRecord) metering.Desired {
	switch {
	case a.Kind == metering.ActuatorSetpoint:
		return metering.Desired{Limit: metering.Power(w.Value)}
	case w.Value == 1:
		return metering.Desired{Position: metering.PositionClosed}
	}
	return metering.Desired{Position: metering.PositionOpen}
}

// tryOwn: without a command a set-point alone moves: to its fail-safe limit if
// nobody was heard for two minutes or the agent has started, to its whole power if
// its lease is over.
func (s *sentence) tryOwn(e testimony, b *bench, w simulator.WriteRecord) {
	to := metering.Power(w.Value)
	between := func(goal metering.Power) bool { return min(b.limit, goal) <= to && to <= max(b.limit, goal) }
	last := b.command
	for _, x := range e.sayings { // renewals
		if x.text.Verb == metering.VerbRenew && x.text.Actuator == w.Actuator && x.at.After(last) && x.at.Before(w.At) {
			last = x.at
		}
	}
	started := e.startedSince(last, w.At)
	// A ramp takes five minutes, in steps of ten seconds; who was stopped catches up.
	pace := float64(15*time.Second+2*e.slack+e.stoppedIn(w.At.Add(-aloneFor), w.At)) / float64(rampFor)
	leap := float64(max(to, b.limit)-min(to, b.limit)) > pace*float64(b.Power)
	switch {
	case b.Kind != metering.ActuatorSetpoint:
		s.complain("%s: %s moves without a command: %s %d", clockText(w.At), w.Actuator, w.What, w.Value)
	case leap:
		s.complain("%s: %s leaps from %v to %v without a command", clockText(w.At), w.Actuator, b.limit, to)
	case between(b.FailSafe) && (started || e.silence(last, w.At) >= aloneFor-3*e.slack):
		s.own++
	case between(b.Most) && (started || w.At.Sub(last) >= mostTerm-3*e.slack || e.silence(last, w.At) >= aloneFor-3*e.slack):
		s.own++
	default:
		s.complain("%s: %s goes from %v to %v without a command, %v after the last one, and nobody was silent for more than %v", clockText(w.At), w.Actuator, b.limit, to,
			w.At.Sub(last).Round(time.Second), e.silence(last, w.At).Round(time.Second))
	}
}

// startedSince reports whether the agent has started between two times.
func (e testimony) startedSince(from, to time.Time) bool {
	boot := uint64(0)
	for _, b := range e.beats {
		if b.At.After(to) {
			break
		}
		if boot != 0 && b.Boot != boot && b.At.After(from) {
			return true
		}
		boot = b.Boot
	}
	return from.IsZero()
}

// silence is the longest time between two times in which no balancer spoke to the
// agent while it could hear.
func (e testimony) silence(from, to time.Time) (longest time.Duration) {
	last := from
	for _, x := range e.sayings {
		if !x.at.After(from) || e.stoppedIn(x.at.Add(-e.slack), x.at.Add(e.slack)) > 0 {
			continue
		}
		if x.at.After(to) {
			break
		}
		longest, last = max(longest, x.at.Sub(last)), x.at
	}
	return max(longest, to.Sub(last))
}

// tryAudit: what was carried out is in the audit, with the decision behind it.
func (s *sentence) tryAudit(e testimony) {
	known := map[string]bool{}
	for _, r := range e.audit {
		if id := idOf(r); id != "" {
			known[id] = true
		}
	}
	for id := range s.executed {
		if !known[id] {
			s.complain("command %s was carried out and is not in the audit", id)
		}
	}
}

// leaseStep is a record of a step of the conversation: which, and of what command.
func leaseStep(r metering.AuditRecord) (step, id string) {
	if r.Kind != "control.lease" {
		return "", ""
	}
	step, _, _ = strings.Cut(r.Text, " ")
	return step, idOf(r)
}

func idOf(r metering.AuditRecord) string {
	if !strings.HasPrefix(r.Kind, "control.") {
		return ""
	}
	var d struct {
		Args struct {
			ID string `json:"id"`
		} `json:"args"`
	}
	if json.Unmarshal([]byte(r.Detail), &d) != nil {
		return ""
	}
	return d.Args.ID
}

func clockText(t time.Time) string { return t.Format("15:04:05.000") }
