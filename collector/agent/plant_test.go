package agent_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"asue/collector/agent"
	"asue/metering"
	"asue/metering/wire"
)

var (
	balancerKey = ed25519.NewKeyFromSeed([]byte("the balancer's key, 32 bytes lng"))
	strangerKey = ed25519.NewKeyFromSeed([]byte("some other key, just as long, ok"))
	dawn        = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
)

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// memoryLog keeps records in memory; it fails when it is told to.
type memoryLog struct {
	records []agent.Record
	large   int
	broken  error
	// dieAt, if set, is the append at which the process dies: before it if before,
	// else after it.
	appends int
}

func (l *memoryLog) Append(r agent.Record) error {
	if l.broken != nil {
		return l.broken
	}
	l.appends++
	l.records = append(l.records, r)
	return nil
}

func (l *memoryLog) Replay(each func(agent.Record) error) error {
	for _, r := range l.records {
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

func (l *memoryLog) Large() bool { return l.large > 0 && len(l.records) > l.large }

func (l *memoryLog) Compact(rs []agent.Record) error {
	l.records = slices.Clone(rs)
	return nil
}

// device is a set-point, a relay or a breaker that does what is written to it, or
// has one of the usual faults.
type device struct {
	kind       metering.ActuatorKind
	register   metering.Desired
	force      metering.Desired
	power      metering.Power // of the load without a limit
	lag        time.Duration
	moving     time.Time // force follows register then
	dead, deaf bool      // answers nothing; takes no write
	stuck      bool      // takes the write, and nothing happens
	swallows   bool      // does the write, and the answer is lost
	local      bool
	refuses    bool
	writes     int
	commanded  map[string]int // writes by command
	fellBack   bool
}

type refusedError struct{}

func (refusedError) Error() string { return "modbus exception 4: server device failure" }
func (refusedError) Refused() bool { return true }

var errTimeout = errors.New("no answer within 1s")

func (d *device) write(now time.Time, w agent.Write) error {
	switch {
	case now.After(w.Until):
		return errors.New("too late to be sent")
	case d.dead || d.deaf:
		return errTimeout
	case d.refuses:
		return refusedError{}
	}
	d.writes++
	if w.Command != "" {
		if d.commanded == nil {
			d.commanded = map[string]int{}
		}
		d.commanded[w.Command]++
	}
	d.register = w.Want
	if !d.local && !d.stuck {
		d.moving = now.Add(d.lag)
	}
	if d.swallows {
		return errTimeout
	}
	return nil
}

func (d *device) step(now time.Time) {
	if !d.moving.IsZero() && !now.Before(d.moving) {
		d.force, d.moving = d.register, time.Time{}
	}
}

func (d *device) read() (agent.Reading, error) {
	if d.dead {
		return agent.Reading{}, errTimeout
	}
	r := agent.Reading{Now: d.force, Local: d.local, FellBack: d.fellBack}
	if d.kind != metering.ActuatorBreaker {
		r.Echo, r.HasEcho = d.register, true
	}
	if d.kind == metering.ActuatorSetpoint {
		r.Power, r.Metered = min(d.power, d.force.Limit), true
		if d.stuck {
			r.Power = d.power
		}
	}
	return r, nil
}

// plant is an agent with its devices, a log and a balancer, in time of its own.
type plant struct {
	t       testing.TB
	now     time.Time
	agent   *agent.Agent
	config  agent.Config
	log     *memoryLog
	devices map[metering.ActuatorID]*device
	order   []metering.ActuatorID
	dice    *rand.Rand

	beats       bool          // the balancer beats every 5 s
	mode        metering.Mode // that its beats tell
	lastBeat    time.Time
	heard       metering.AgentBeat // the youngest beat of the agent
	term, seq   uint64
	sent        map[string]metering.Allotment
	outcomes    []metering.Outcome
	alarms      []agent.Alarm
	onWrite     func(agent.Write)
	dropWrites  bool // the program dies before it writes
	blindReads  bool // no read is answered
	dropAnswers bool // the program dies after it wrote
	started     int
	stride      time.Duration
}

func setpoint(id metering.ActuatorID) metering.Actuator {
	return metering.Actuator{
		ID: id, Kind: metering.ActuatorSetpoint, Agent: "agent-1", Power: 2 * metering.Megawatt, Mode: metering.ModeAuto,
		Least: 200 * metering.Kilowatt, Most: 1500 * metering.Kilowatt, FailSafe: 800 * metering.Kilowatt,
	}
}

func relay(id metering.ActuatorID) metering.Actuator {
	return metering.Actuator{
		ID: id, Kind: metering.ActuatorRelay, Agent: "agent-1", Power: 300 * metering.Kilowatt, Mode: metering.ModeAuto,
		MinOn: 10 * time.Minute, MinOff: 4 * time.Minute, PerHour: 6,
	}
}

func breaker(id metering.ActuatorID) metering.Actuator {
	return metering.Actuator{ID: id, Kind: metering.ActuatorBreaker, Agent: "agent-1", Power: 3 * metering.Megawatt, Mode: metering.ModeAuto, PerHour: 4}
}

func newPlant(t testing.TB, actuators ...metering.Actuator) *plant {
	p := &plant{
		t: t, now: dawn, stride: 250 * time.Millisecond, log: &memoryLog{}, devices: map[metering.ActuatorID]*device{}, dice: rand.New(rand.NewPCG(1, 2)), term: 1, sent: map[string]metering.Allotment{},
	}
	p.config = agent.Config{Name: "agent-1", Actuators: actuators, Keys: wire.Trust(public(balancerKey)), Random: p.dice.Uint64}
	for _, x := range actuators {
		d := &device{kind: x.Kind, power: 1200 * metering.Kilowatt}
		d.register = metering.Desired{Position: metering.PositionClosed}
		if x.Kind == metering.ActuatorSetpoint {
			d.register = metering.Desired{Limit: x.Most}
		}
		d.force = d.register
		p.devices[x.ID] = d
		p.order = append(p.order, x.ID)
	}
	p.start()
	return p
}

// start makes the agent, anew after a kill.
func (p *plant) start() {
	p.t.Helper()
	a, w, err := agent.New(p.config, p.log, p.now)
	if err != nil {
		p.t.Fatal(err)
	}
	p.agent = a
	p.do(w)
}

// do carries out what the agent wants, and what that brings with it.
func (p *plant) do(w agent.Wants) {
	p.outcomes = append(p.outcomes, w.Outcomes...)
	p.alarms = append(p.alarms, w.Alarms...)
	if w.Beat != nil {
		p.heard = *w.Beat
	}
	for _, x := range w.Writes {
		if p.onWrite != nil {
			p.onWrite(x)
		}
		if p.dropWrites {
			continue
		}
		err := p.devices[x.Actuator].write(p.now, x)
		if p.dropAnswers {
			continue
		}
		p.do(p.agent.Written(p.now, x.ID, err))
	}
	for _, id := range w.Reads {
		if p.blindReads {
			continue
		}
		d := p.devices[id]
		d.step(p.now)
		r, err := d.read()
		p.do(p.agent.Read(p.now, id, r, err))
	}
}

// pass lets time go by, a stride at a time.
func (p *plant) pass(d time.Duration) {
	for end := p.now.Add(d); p.now.Before(end); {
		p.now = p.now.Add(min(p.stride, end.Sub(p.now)))
		p.tick()
	}
}

func (p *plant) tick() {
	p.do(p.agent.Tick(p.now))
	if p.beats && p.now.Sub(p.lastBeat) >= 5*time.Second {
		p.lastBeat = p.now
		p.say(metering.Allotment{Verb: metering.VerbBeat, Mode: p.mode})
	}
}

// say completes a message as the balancer does, and lets the agent hear it.
func (p *plant) say(m metering.Allotment) { p.do(p.agent.Receive(p.now, p.sealed(m))) }

func (p *plant) sealed(m metering.Allotment) []byte {
	p.t.Helper()
	message, err := wire.SealAllotment(p.filled(m), balancerKey)
	if err != nil {
		p.t.Fatal(err)
	}
	return message
}

func (p *plant) filled(m metering.Allotment) metering.Allotment {
	p.seq++
	m.Agent, m.Term, m.Seq, m.Boot, m.Nonce = "agent-1", p.term, p.seq, p.heard.Boot, p.heard.Nonce
	m.IssuedAt, m.TTL = p.now, 30*time.Second
	return m
}

// command is one to an actuator, as a balancer decides it that sees its state.
func (p *plant) command(id string, actuator metering.ActuatorID, want metering.Desired) metering.Allotment {
	m := metering.Allotment{
		ID: id, Actuator: actuator, Kind: p.devices[actuator].kind, Want: want, Mode: metering.ModeAuto, Lease: 15 * time.Minute, Reason: "a test",
	}
	for _, s := range p.agent.States(p.now) {
		if s.Actuator == actuator {
			m.Expect = s.Now
		}
	}
	if m.Kind == metering.ActuatorBreaker {
		m.Mode, m.Approvals = metering.ModeConfirm, two(p.now)
	}
	return m
}

func two(at time.Time) []metering.Approval {
	return []metering.Approval{{User: "ivanova", Role: metering.RoleDispatcher, At: at}, {User: "omarov", Role: metering.RoleEngineer, At: at}}
}

// carry selects and operates.
func (p *plant) carry(m metering.Allotment) {
	p.sent[m.ID] = m
	m.Verb = metering.VerbSelect
	p.say(m)
	m.Verb = metering.VerbOperate
	p.say(m)
}

// renew renews a command that was carried out.
func (p *plant) renew(id string) {
	m := p.sent[id]
	m.Verb = metering.VerbRenew
	p.say(m)
}

// last is the youngest outcome of a command.
func (p *plant) last(id string) metering.Outcome {
	for _, o := range slices.Backward(p.outcomes) {
		if o.ID == id {
			return o
		}
	}
	return metering.Outcome{}
}

// must holds that the youngest outcome of a command is of a stage, and of a code
// where it was refused.
func (p *plant) must(id string, stage metering.Stage, code string) {
	p.t.Helper()
	if o := p.last(id); o.Stage != stage || o.Refusal != code {
		p.t.Fatalf("%v: command %s is %q %q (%s), want %q %q", p.now.Sub(dawn), id, o.Stage, o.Refusal, o.Text, stage, code)
	}
}

func (p *plant) state(id metering.ActuatorID) metering.ActuatorState {
	for _, s := range p.agent.States(p.now) {
		if s.Actuator == id {
			return s
		}
	}
	p.t.Fatalf("no state of %s", id)
	return metering.ActuatorState{}
}

func (p *plant) guards(id metering.ActuatorID, want metering.Guarding) {
	p.t.Helper()
	if got := p.state(id).Guarding; got != want {
		p.t.Fatalf("%v: %s is %s, want %s", p.now.Sub(dawn), id, got, want)
	}
}

// normal brings all outputs out of the fail-safe of a start, each by a command.
func (p *plant) normal() {
	p.t.Helper()
	p.beats = true
	p.pass(6 * time.Second)
	for _, id := range p.order {
		want := p.devices[id].force
		if p.devices[id].kind == metering.ActuatorSetpoint {
			want.Limit = p.state(id).Band.Most
		}
		p.started++
		name := fmt.Sprintf("start-%d", p.started)
		p.carry(p.command(name, id, want))
		p.must(name, metering.StageConfirmed, "")
		p.guards(id, metering.GuardNormal)
	}
	p.outcomes = nil
}

var (
	closed = metering.Desired{Position: metering.PositionClosed}
	opened = metering.Desired{Position: metering.PositionOpen}
)

func limit(kw int64) metering.Desired {
	return metering.Desired{Limit: metering.Power(kw) * metering.Kilowatt}
}

func id(n int) string { return fmt.Sprintf("c-%d", n) }
