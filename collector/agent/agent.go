package agent

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// Config is what an agent is made for.
type Config struct {
	Name      metering.AgentID
	Actuators []metering.Actuator // those whose Agent is Name
	Keys      wire.Keys           // of balancers
	// BreakerInEmergency lets a breaker be opened in mode auto without persons, when
	// the command says that it is an emergency.
	BreakerInEmergency bool
	// Refresh is how often the device of a set-point must be written its limit again,
	// lest it falls back by itself. Absent: never.
	Refresh map[metering.ActuatorID]time.Duration
	// Random must not be predictable: nonces come from it, and delays.
	Random func() uint64
	Timing Timing // what is zero is as in DefaultTiming
}

// Agent is the state of all actuators of one agent. One goroutine uses it.
type Agent struct {
	cfg     Config
	t       Timing
	log     Log
	outputs []*output
	boot    uint64
	started time.Time

	heard     time.Time // the youngest valid message; zero: none since the start
	term, seq uint64    // highest accepted
	advised   bool      // the balancer does not command, as it last said
	asks      bool      // it asks persons before each command, as it last said
	nonces    nonces
	known     memory
	trouble   error // of the log; nil: it works
	beaten    time.Time
	compacted time.Time // when that was last tried
	writes    uint64    // number of the last write

	counts Counts
	out    Wants
}

// Wants are what the agent asks of its owner after a call: to publish, to write, to
// read, to tell people. Reads and writes are answered by Read and Written.
type Wants struct {
	Beat     *metering.AgentBeat
	Outcomes []metering.Outcome
	Writes   []Write
	Reads    []metering.ActuatorID
	Alarms   []Alarm
}

// Write is a state to be brought about at a device.
type Write struct {
	ID       uint64
	Actuator metering.ActuatorID
	Want     metering.Desired
	// Command is the ID of the command; empty for what the agent does by itself.
	Command string
	// Until is when it must have been sent: what comes later is not sent any more.
	Until time.Time
}

// Alarm is something that people should know.
type Alarm struct {
	Actuator metering.ActuatorID // empty: the agent as a whole
	Text     string
}

// Counts are how often things have happened since the start.
type Counts struct {
	Heard     uint64            // valid messages
	Duplicate uint64            // answered from memory, or dropped as the same message again
	Refused   map[string]uint64 // by code
	Confirmed uint64
	Failed    uint64
	Writes    uint64 // asked for, refreshes included
	LogErrors uint64
}

// New makes an agent from what its log remembers. All its outputs begin in
// fail-safe, unread. It fails on a configuration with an impossible hard band, and
// if the log cannot be read: without a memory it could do things twice. While the
// log cannot be written it guards all the same, and carries out no command.
func New(cfg Config, log Log, now time.Time) (*Agent, Wants, error) {
	if cfg.Random == nil {
		panic("BUG: an agent without a source of nonces")
	}
	a := &Agent{cfg: cfg, t: cfg.Timing.whole(), log: log, boot: cfg.Random(), started: now, known: newMemory(), counts: Counts{Refused: map[string]uint64{}}}
	var faults []error
	for _, x := range cfg.Actuators {
		if err := checkActuator(x); err != nil {
			faults = append(faults, err)
		}
		a.outputs = append(a.outputs, &output{Actuator: x, failsafe: now, refresh: cfg.Refresh[x.ID]})
	}
	if err := errors.Join(faults...); err != nil {
		return nil, Wants{}, err
	}
	if err := log.Replay(a.recall); err != nil {
		return nil, Wants{}, fmt.Errorf("agent %s: read what it remembers: %w", cfg.Name, err)
	}
	a.wake(now)
	return a, a.flush(), nil
}

func checkActuator(x metering.Actuator) error {
	if x.Kind != metering.ActuatorSetpoint {
		return nil
	}
	if x.Least < 0 || x.FailSafe < x.Least || x.Most < x.FailSafe || x.Most == 0 {
		return fmt.Errorf("actuator %s: a hard band from %v to %v with a fail-safe of %v: it must hold its fail-safe and more than nothing; correct the site file", x.ID, x.Least, x.Most, x.FailSafe)
	}
	return nil
}

// Tick lets time pass. It is called a few times a second.
func (a *Agent) Tick(now time.Time) Wants {
	a.watchBeats(now)
	for _, x := range a.outputs {
		a.expire(x, now)
		a.chase(x, now)
		a.endLease(x, now)
		a.move(x, now)
		a.wantRead(x, now)
	}
	if a.log.Large() && now.Sub(a.compacted) >= time.Minute {
		a.compacted = now
		a.compact(now)
	}
	if a.beaten.IsZero() || now.Sub(a.beaten) >= a.t.BeatEvery {
		a.beat(now)
	}
	return a.flush()
}

// beat is the agent's sign of life. What it says must be repeated to be obeyed.
func (a *Agent) beat(now time.Time) {
	a.beaten = now
	if a.trouble != nil {
		a.keep(Record{At: now, Kind: RecordTerm, Term: a.term}) // perhaps the disk has room again
	}
	nonce := a.cfg.Random()
	a.nonces.add(nonce, now, a.t.MostTTL)
	b := &metering.AgentBeat{Agent: a.cfg.Name, Boot: a.boot, Nonce: nonce, At: now, Term: a.term, Seq: a.seq}
	for _, x := range a.outputs {
		b.States = append(b.States, a.state(x, now))
	}
	a.out.Beat = b
}

// States are the present states of all actuators, in the order of the configuration.
func (a *Agent) States(now time.Time) []metering.ActuatorState {
	var list []metering.ActuatorState
	for _, x := range a.outputs {
		list = append(list, a.state(x, now))
	}
	return list
}

// Counts are the agent's own figures.
func (a *Agent) Counts() Counts {
	c := a.counts
	c.Refused = make(map[string]uint64, len(a.counts.Refused))
	for code, n := range a.counts.Refused {
		c.Refused[code] = n
	}
	return c
}

// Silence is how long no valid message has come.
func (a *Agent) Silence(now time.Time) time.Duration {
	if a.heard.IsZero() {
		return now.Sub(a.started)
	}
	return now.Sub(a.heard)
}

// Trouble is what keeps the log from being written; nil: nothing. No command is
// carried out while there is some.
func (a *Agent) Trouble() error { return a.trouble }

// Commanded reports whether a balancer that commands, and does not only advise, was
// heard since the start. Until then no device is told to fall back by itself: it would
// take from a load what nobody has decided.
func (a *Agent) Commanded() bool { return !a.heard.IsZero() && !a.advised }

// Term is the highest term that was accepted.
func (a *Agent) Term() uint64 { return a.term }

func (a *Agent) flush() Wants {
	w := a.out
	a.out = Wants{}
	return w
}

func (a *Agent) alarm(x *output, format string, args ...any) {
	al := Alarm{Text: fmt.Sprintf(format, args...)}
	if x != nil {
		al.Actuator = x.ID
	}
	a.out.Alarms = append(a.out.Alarms, al)
}

// find is the output of an actuator, nil if it is not this agent's.
func (a *Agent) find(id metering.ActuatorID) *output {
	for _, x := range a.outputs {
		if x.ID == id {
			return x
		}
	}
	return nil
}
