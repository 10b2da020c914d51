package lease

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"asue/metering"
)

// Errors of Want and Commission.
var (
	ErrUnknown    = errors.New("unknown actuator")
	ErrShadow     = errors.New("this balancer does not lead")
	ErrBusy       = errors.New("a command is on its way")
	ErrIneligible = errors.New("the actuator cannot be commanded")
)

// Book keeps the conversations with all agents. It is not safe for concurrent
// use.
type Book struct {
	cfg    Config
	agents []*agent // by name
	tracks []*track // in the order of the configuration
	byID   map[metering.ActuatorID]*track

	mode      metering.Mode // that signs of life tell; 0: none
	leading   bool
	term, seq uint64
	ledFrom   time.Time

	results []Result
	events  []Event
}

// agent is what is known of one agent.
type agent struct {
	id          metering.AgentID
	boot, nonce uint64
	at          time.Time // of its youngest beat, by its own clock
	heard       time.Time // when its youngest beat came in; zero: never
	sinceLead   bool      // has accepted the term under which this balancer leads
	beaten      time.Time // when it last got a sign of life
}

// track is one actuator.
type track struct {
	cfg   metering.Actuator
	agent *agent
	state metering.ActuatorState
	heard time.Time     // when state came in
	age   time.Duration // of the agent's read then, by its own clock; negative: never read
	// kept is the last state that was confirmed here, and the command that did it.
	kept   metering.Desired
	keptBy string
	lapsed string // the last command whose lease has ended
	muted  bool
	flight *flight
	// renewed is when the last renewal went out.
	renewed time.Time
}

// Why is what a command carries besides the state that is wanted.
type Why struct {
	Mode      metering.Mode // confirm or auto
	Emergency bool
	Reason    string
	Snapshot  [32]byte
	Approvals []metering.Approval
}

// Result is how a command ended.
type Result struct {
	ID       string
	Actuator metering.ActuatorID
	Verb     metering.Verb // VerbOperate, VerbCommission; VerbRenew for a lease that ended
	Want     metering.Desired
	Stage    metering.Stage
	Refusal  string
	Text     string
	At       time.Time
}

// Event is one step of a conversation, for the journal.
type Event struct {
	At       time.Time
	Actuator metering.ActuatorID
	ID       string
	Step     string // "select", "selected", "operate" … : a verb that was sent, or a stage that was heard
	Text     string
}

// New makes a book that has heard nothing and does not lead.
func New(cfg Config) (*Book, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("lease: configuration: %w", err)
	}
	b := &Book{cfg: cfg, byID: map[metering.ActuatorID]*track{}}
	for _, a := range cfg.Actuators {
		t := &track{cfg: a, agent: b.agent(a.Agent)}
		if t.agent == nil {
			t.agent = &agent{id: a.Agent}
			b.agents = append(b.agents, t.agent)
		}
		b.tracks = append(b.tracks, t)
		b.byID[a.ID] = t
	}
	slices.SortFunc(b.agents, func(x, y *agent) int { return compareIDs(x.id, y.id) })
	return b, nil
}

func compareIDs(a, b metering.AgentID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (b *Book) agent(id metering.AgentID) *agent {
	if i := slices.IndexFunc(b.agents, func(a *agent) bool { return a.id == id }); i >= 0 {
		return b.agents[i]
	}
	return nil
}

// Lead says that this balancer leads with a term from now on. With a new term
// everything on its way is forgotten, and the agents have to be heard anew.
func (b *Book) Lead(term uint64, now time.Time) {
	if b.leading && term == b.term {
		return
	}
	if term != b.term {
		b.term, b.seq = term, 0
	}
	b.leading, b.ledFrom = true, now
	for _, a := range b.agents {
		a.sinceLead, a.beaten = false, time.Time{}
	}
	b.forget(now, "the term has changed")
}

// Follow says that another one leads, or nobody: nothing goes out any more.
func (b *Book) Follow(now time.Time) {
	if b.leading {
		b.leading = false
		b.forget(now, "this balancer leads no more")
	}
}

func (b *Book) forget(now time.Time, why string) {
	for _, t := range b.tracks {
		if t.flight != nil {
			b.note(now, t, t.flight.id, "forgotten", why)
			t.flight = nil
		}
	}
}

// Ready reports whether nothing that another leader has said can be carried out any
// more: every agent has told that it has accepted the new term, or all that was said
// before has outlived its time.
func (b *Book) Ready(now time.Time) bool {
	if !b.leading {
		return false
	}
	if now.Sub(b.ledFrom) >= b.cfg.ReadyFor {
		return true
	}
	return !slices.ContainsFunc(b.agents, func(a *agent) bool { return !a.sinceLead })
}

// Term is the term under which this balancer leads; false if it does not.
func (b *Book) Term() (uint64, bool) { return b.term, b.leading }

// Say sets the mode that signs of life tell: an agent whose balancer only advises
// takes nothing away by itself when it is left alone. Without a word about it agents
// follow their table.
func (b *Book) Say(mode metering.Mode) { b.mode = max(mode, metering.ModeMonitor) }

// Mute keeps a state from being renewed: its lease runs out by the agent's rule.
func (b *Book) Mute(id metering.ActuatorID, muted bool) {
	if t := b.byID[id]; t != nil {
		t.muted = muted
	}
}

// Results hands over what has ended since the last call.
func (b *Book) Results() []Result {
	r := b.results
	b.results = nil
	return r
}

// Events hands over the steps since the last call.
func (b *Book) Events() []Event {
	e := b.events
	b.events = nil
	return e
}

func (b *Book) note(at time.Time, t *track, id, step, text string) {
	b.events = append(b.events, Event{At: at, Actuator: t.cfg.ID, ID: id, Step: step, Text: text})
}

// next is the number of the next message. One counter serves all agents, so that
// an ID made of it is unique.
func (b *Book) next() uint64 {
	b.seq++
	return b.seq
}

// newID names a command: term, number and time, so that an ID is never used again
// even if the counter was lost.
func (b *Book) newID(now time.Time) string {
	return fmt.Sprintf("%d-%d-%s", b.term, b.seq+1, strconv.FormatInt(now.UnixMilli(), 36))
}
