package metering

import (
	"fmt"
	"slices"
	"time"
)

// Mode says how far the system may go by itself. Modes stand in order: of
// several that apply, the weakest one counts (see min).
type Mode uint8

// Modes. A plant begins with ModeAdvisory; ModeAuto holds only after a person
// has armed it, and is gone after every restart.
const (
	ModeOff      Mode = iota // neither commands nor advice
	ModeMonitor              // writes down what it would do
	ModeAdvisory             // tells people what it would do
	ModeConfirm              // does what a person has confirmed, each time
	ModeAuto                 // acts
)

var modes = []string{"off", "monitor", "advisory", "confirm", "auto"}

// String names the mode as files and the wire do.
func (m Mode) String() string {
	if int(m) < len(modes) {
		return modes[m]
	}
	return fmt.Sprintf("mode(%d)", uint8(m))
}

// ParseMode is the mode of a name.
func ParseMode(name string) (Mode, error) {
	if i := slices.Index(modes, name); i >= 0 {
		return Mode(i), nil
	}
	return ModeOff, fmt.Errorf("mode %q: want one of off, monitor, advisory, confirm, auto", name)
}

// Commanding is how a load is moved at a feeder, in the words of dispatchers.
type Commanding string

// Ways of commanding.
const (
	Advise Commanding = "advise" // the system says what it would do; a person telephones
	SBO    Commanding = "sbo"    // select before operate: the system moves the load itself
)

// Commanding is what a mode means to whoever gives commands: off, monitor and
// advisory move nothing, confirm and auto do. This is the one place that says so.
func (m Mode) Commanding() Commanding {
	if m >= ModeConfirm {
		return SBO
	}
	return Advise
}

// ActuatorID names an actuator, unique within a site.
type ActuatorID string

// AgentID names the program that alone may write to some actuators.
type AgentID string

// Agent is the program that alone may write to some actuators, as people call it.
type Agent struct {
	ID   AgentID
	Name string
}

// ActuatorKind is what an actuator can do to a load.
type ActuatorKind string

// Kinds of actuators.
const (
	ActuatorSetpoint ActuatorKind = "setpoint" // the load keeps itself below a written limit
	ActuatorRelay    ActuatorKind = "relay"    // a contactor that switches one step of load
	ActuatorBreaker  ActuatorKind = "breaker"  // the circuit breaker of a feeder
)

// Actuator is a device through which a resident's load can be moved, and what
// may be done to it. The hard band, the fail-safe value and the times are set at
// commissioning and kept by the agent itself.
type Actuator struct {
	ID       ActuatorID
	Name     string
	Kind     ActuatorKind
	Resident ResidentID
	Node     NodeID  // where the load hangs on the network
	Point    PointID // whose power shows the effect; empty: the echo alone counts
	Agent    AgentID
	Address  string // of the device: "tcp://host:port", or the id of a communication line
	Unit     uint8  // Modbus unit, 1..247
	Model    string // of the device: the map of its registers
	Channel  int    // of a device with several outputs, from 1

	// Power is the rated power behind a relay or a breaker, and the greatest value
	// of a set-point.
	Power Power
	// Importance of the load, from 1, the first to go, to 9.
	Importance int
	// Least and Most are the hard band of a set-point: no command outside it is
	// ever carried out. Least is not below the resident's technological armour
	// and Most not above its technical conditions.
	Least, Most Power
	// FailSafe is the set-point taken when the balancer is lost, in the hard band.
	FailSafe Power
	// Mode is the most that is allowed at this feeder.
	Mode Mode
	// MinOn and MinOff are how long the load stays served and shed at least,
	// MaxOff how long it may stay shed in one event; PerHour is how many
	// operations an hour may hold. They are 0 for a set-point.
	MinOn, MinOff, MaxOff time.Duration
	PerHour               int
}

// Position is that of a relay or a breaker.
type Position uint8

// Positions. A load is served behind a closed contact.
const (
	PositionUnknown Position = iota
	PositionClosed
	PositionOpen
)

// String names the position as the wire does.
func (p Position) String() string {
	switch p {
	case PositionClosed:
		return "closed"
	case PositionOpen:
		return "open"
	}
	return "unknown"
}

// Desired is the state that an actuator shall be in: a limit for a set-point, a
// position for a relay or a breaker. It is a state and not an edge: told twice
// it is done once.
type Desired struct {
	Limit    Power    // set-point, ≥ 0; meaningful if Position is PositionUnknown
	Position Position // relay, breaker
}

// String prints "closed", "open" or the limit.
func (d Desired) String() string {
	if d.Position != PositionUnknown {
		return d.Position.String()
	}
	return "at most " + d.Limit.String()
}

// Verb is what a message to an agent asks for.
type Verb uint8

// Verbs. A command that moves something is two messages with one ID: select,
// and within 30 s operate. An agent obeys the second only if the first reserved
// the actuator for it.
const (
	VerbBeat       Verb = iota + 1 // the balancer lives; nothing else
	VerbSelect                     // reserve the actuator and check the command
	VerbOperate                    // carry out what was selected
	VerbCancel                     // give the reservation back
	VerbRenew                      // the state that is in force goes on for another lease
	VerbCommission                 // take over a new hard band and fail-safe value; two approvals
)

var verbs = []string{"", "beat", "select", "operate", "cancel", "renew", "commission"}

// String names the verb as the wire does in JSON.
func (v Verb) String() string {
	if v >= VerbBeat && int(v) < len(verbs) {
		return verbs[v]
	}
	return fmt.Sprintf("verb(%d)", uint8(v))
}

// Allotment is what the balancer allots to one actuator for the length of a
// lease, as a message to its agent. It travels signed, is never retained and
// means nothing once it is older than its TTL.
type Allotment struct {
	// ID is that of the command; select and operate of one command share it, and
	// whoever hears one ID twice answers twice and acts once.
	ID       string
	Verb     Verb
	Agent    AgentID
	Actuator ActuatorID // empty for VerbBeat
	Kind     ActuatorKind
	Want     Desired
	// Expect is the state that the balancer believes the actuator to be in; an
	// agent that sees another one refuses, because the decision rests on an error.
	Expect Desired
	// Mode is the one in which the decision was taken: confirm or auto.
	Mode Mode
	// Emergency commands that reduce the load may follow each other faster.
	Emergency bool

	// Term is the balancer's: that of its lease. Seq rises with every message of a
	// term to one agent.
	Term, Seq uint64
	// Boot and Nonce repeat the agent's own youngest beat that was heard: who
	// knows them lives now.
	Boot, Nonce uint64
	IssuedAt    time.Time
	TTL         time.Duration // ≤ 30 s, on the agent's monotonic clock from its beat on
	Lease       time.Duration // how long the state holds without renewal, ≤ 15 min

	// Why it was decided, in words for people; Snapshot is the SHA-256 of the
	// state that the decision was taken on, as the journal has it.
	Reason    string
	Snapshot  [32]byte
	Approvals []Approval // persons who confirmed; two for a breaker
	// Band is set for VerbCommission.
	Band *HardBand
}

// HardBand is what an agent never leaves for one set-point, and where it goes
// when it is left alone.
type HardBand struct {
	Least, Most, FailSafe Power
}

// Approval is a person's word for one command or order.
type Approval struct {
	User string
	Role Role
	At   time.Time
}

// Stage is how far a command has come at its agent.
type Stage string

// Stages. Refused, confirmed, failed, expired, cancelled and reverted are final.
const (
	StageRefused   Stage = "refused"   // not carried out; Outcome.Refusal says why
	StageSelected  Stage = "selected"  // reserved, checked, waits for operate
	StageExecuting Stage = "executing" // about to be written
	StageConfirmed Stage = "confirmed" // read back: it is so
	StageFailed    Stage = "failed"    // written or not, the device shows something else
	StageExpired   Stage = "expired"   // selected and never operated
	StageCancelled Stage = "cancelled"
	StageReverted  Stage = "reverted" // its lease has ended and the actuator left the state
)

// Final reports whether a command is over for its agent.
func (s Stage) Final() bool {
	switch s {
	case StageSelected, StageExecuting, "":
		return false
	}
	return true
}

// Outcome is what an agent says of one command, at every stage.
type Outcome struct {
	ID       string
	Agent    AgentID
	Actuator ActuatorID
	Stage    Stage
	// Refusal is a short code for programs ("stale", "term", "band" …), Text the
	// same for people, with figures.
	Refusal string
	Text    string
	At      time.Time
	Seen    Desired // state that was read back; zero if nothing was read
	Term    uint64
}

// Guarding says what an agent does with an actuator of its own accord.
type Guarding string

// Ways of guarding. See the agent's fail-safe table.
const (
	GuardNormal   Guarding = "normal"   // obeys
	GuardAlone    Guarding = "alone"    // no beat for a minute: holds, refuses nothing yet
	GuardFailSafe Guarding = "failsafe" // no beat for two minutes, or just started
	GuardHold     Guarding = "hold"     // a command failed: a person has to look, or 15 min pass
	GuardLocal    Guarding = "local"    // switched to local or locked at the device
	GuardAlarm    Guarding = "alarm"    // a relay or breaker whose lease is over: holds, and only a command moves it
)

// ActuatorState is what an agent knows of one actuator.
type ActuatorState struct {
	Actuator ActuatorID
	At       time.Time // of the youngest read; zero if it was never read
	Readable bool      // the youngest read succeeded
	Now      Desired   // as read back
	Guarding Guarding
	Command  string        // id of the command whose state is in force; empty for none
	Left     time.Duration // of its lease
	Band     HardBand      // set-points: as commissioned
	Text     string        // what is wrong, for people
}

// AgentBeat is an agent's sign of life: what a balancer must repeat to be
// obeyed, and the present state of all its actuators.
type AgentBeat struct {
	Agent       AgentID
	Boot, Nonce uint64 // random at start; random in every beat
	At          time.Time
	Term, Seq   uint64 // highest accepted
	States      []ActuatorState
}

// OrderKind is what a person orders.
type OrderKind string

// Orders to the balancer. Those marked with two persons need an approval of
// another person within five minutes.
const (
	OrderArm     OrderKind = "arm"        // auto may act from now on; two persons
	OrderDisarm  OrderKind = "disarm"     // back to confirm
	OrderMode    OrderKind = "mode"       // of the system, or of one actuator
	OrderKill    OrderKind = "kill"       // no more commands whatever the mode; what is shed stays
	OrderUnkill  OrderKind = "unkill"     // takes the kill back; the mode is advisory then; two persons
	OrderConfirm OrderKind = "confirm"    // a proposal is carried out; two persons for a breaker
	OrderReject  OrderKind = "reject"     // a proposal is not carried out
	OrderPin     OrderKind = "pin"        // a resident's allotment is fixed
	OrderExclude OrderKind = "exclude"    // an actuator is left alone
	OrderLimit   OrderKind = "limit"      // a node's limit is another one for a while
	OrderInhibit OrderKind = "inhibit"    // no commands for a while; the state goes on
	OrderRelease OrderKind = "release"    // ends a pin, an exclusion, a limit or an inhibition early
	OrderRestore OrderKind = "restore"    // a load that was shed is asked back by a person
	OrderBand    OrderKind = "commission" // another hard band; two persons
)

// Order is what a person tells the balancer. It travels signed by the page.
type Order struct {
	ID       string
	Kind     OrderKind
	At       time.Time
	Expires  time.Time // of an override: at most one shift (12 h) after At
	Reason   string    // never empty
	By       []Approval
	Proposal string // confirm, reject
	Override string // release: id of the order that is ended
	Actuator ActuatorID
	Resident ResidentID
	Node     NodeID
	Mode     Mode
	Power    Power
	Band     *HardBand
}

// Persons is how many different persons an order of this kind needs.
func (k OrderKind) Persons(kind ActuatorKind) int {
	switch k {
	case OrderArm, OrderUnkill, OrderBand:
		return 2
	case OrderConfirm, OrderRestore:
		if kind == ActuatorBreaker {
			return 2
		}
	}
	return 1
}

// Role is what a person may do. Roles stand in no order: one table of roles and
// routes says what each may (dispatcher page).
type Role string

// Roles.
const (
	RoleViewer     Role = "viewer"     // looks
	RoleDispatcher Role = "dispatcher" // runs the shift: confirms, overrides, acknowledges
	RoleEngineer   Role = "engineer"   // operations engineer: acts, settlements, commissioning
	RoleAdmin      Role = "admin"      // accounts, modes
	RoleAuditor    Role = "auditor"    // looks, and reads the audit
)

// Roles lists them all.
func Roles() []Role {
	return []Role{RoleViewer, RoleDispatcher, RoleEngineer, RoleAdmin, RoleAuditor}
}
