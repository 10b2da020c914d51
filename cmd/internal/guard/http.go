package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"asue/cmd/internal/node"
	"asue/collector/agent"
	"asue/metering"
	"asue/metering/mqtt"
)

// View is an agent as GET /api/v1/agent gives it.
type View struct {
	Agent     metering.AgentID `json:"agent"`
	At        time.Time        `json:"at"`
	Connected bool             `json:"connected"` // to the broker
	Silence   float64          `json:"silence_seconds"`
	Term      uint64           `json:"term"`
	Trouble   string           `json:"trouble,omitempty"` // of its log
	Actuators []ActuatorView   `json:"actuators"`

	counts   agent.Counts
	retained uint64
	unsaid   uint64
}

// ActuatorView is one actuator of an agent.
type ActuatorView struct {
	ID       metering.ActuatorID `json:"id"`
	Name     string              `json:"name"`
	Kind     string              `json:"kind"`
	Readable bool                `json:"readable"`
	Read     *time.Time          `json:"read,omitempty"`
	Now      string              `json:"now"`
	Limit    *metering.Power     `json:"limit_w,omitempty"`
	Closed   *bool               `json:"closed,omitempty"`
	Guarding metering.Guarding   `json:"guarding"`
	Command  string              `json:"command,omitempty"`
	Left     float64             `json:"left_seconds,omitempty"`
	Band     *Band               `json:"band,omitempty"`
	Text     string              `json:"text,omitempty"`
}

// Band is the hard band of a set-point, as commissioned.
type Band struct {
	Least    metering.Power `json:"least_w"`
	Most     metering.Power `json:"most_w"`
	FailSafe metering.Power `json:"failsafe_w"`
}

// look makes the picture that others see.
func (g *Guard) look(now time.Time, s *mqtt.Subscriber) {
	v := View{
		Agent: g.id, At: now, Connected: s.Stats().Connected, Silence: g.agent.Silence(now).Seconds(), Term: g.agent.Term(), Actuators: []ActuatorView{},
		counts: g.agent.Counts(), retained: g.retained, unsaid: g.unsaid,
	}
	if err := g.agent.Trouble(); err != nil {
		v.Trouble = err.Error()
	}
	for _, s := range g.agent.States(now) {
		x, _ := g.Site.Actuator(s.Actuator)
		v.Actuators = append(v.Actuators, viewOf(x, s))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.view = v
}

func viewOf(x metering.Actuator, s metering.ActuatorState) ActuatorView {
	v := ActuatorView{
		ID: s.Actuator, Name: x.Name, Kind: string(x.Kind), Readable: s.Readable, Now: s.Now.String(), Guarding: s.Guarding,
		Command: s.Command, Left: s.Left.Seconds(), Text: s.Text,
	}
	if !s.At.IsZero() {
		v.Read = &s.At
	}
	switch {
	case x.Kind == metering.ActuatorSetpoint:
		v.Band = &Band{s.Band.Least, s.Band.Most, s.Band.FailSafe}
		if s.Readable {
			v.Limit = &s.Now.Limit
		}
	case s.Now.Position == metering.PositionUnknown:
		v.Now = "unknown"
	case s.Readable:
		closed := s.Now.Position == metering.PositionClosed
		v.Closed = &closed
	}
	if !s.Readable {
		v.Now = "unknown"
	}
	return v
}

func (g *Guard) seen() View {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.view
}

// Pattern is the request that Handle serves, as http.ServeMux knows it.
const Pattern = "GET /api/v1/agent"

// Handle serves the agent's View.
func (g *Guard) Handle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(g.seen()) // the client has gone; nobody to tell
}

// healthy says why the agent could not carry out a command.
func (g *Guard) healthy() error {
	v := g.seen()
	unreadable := 0
	for _, x := range v.Actuators {
		if !x.Readable {
			unreadable++
		}
	}
	switch {
	case v.At.IsZero():
		return errors.New("it has not begun yet")
	case v.Trouble != "":
		return fmt.Errorf("its log cannot be written: %s; free some space or make its folder writable", v.Trouble)
	case !v.Connected:
		return errors.New("no connection to the broker")
	case unreadable == len(v.Actuators):
		return errors.New("none of its actuators can be read")
	}
	return nil
}

func (g *Guard) metrics(e node.Emitter) {
	v := g.seen()
	if v.At.IsZero() {
		return
	}
	name := string(g.id)
	e.Gauge("asue_agent_silence_seconds", "How long the agent has heard nothing valid of the balancer.", v.Silence, "agent", name)
	e.Gauge("asue_agent_connected", "1 while the agent is connected to the broker.", node.Truth(v.Connected), "agent", name)
	e.Gauge("asue_agent_log_broken", "1 while the agent's log cannot be written and no command is carried out.", node.Truth(v.Trouble != ""), "agent", name)
	e.Counter("asue_agent_messages_total", "Messages of balancers that were valid.", float64(v.counts.Heard), "agent", name)
	e.Counter("asue_agent_duplicates_total", "Commands that were answered from memory.", float64(v.counts.Duplicate), "agent", name)
	e.Counter("asue_agent_retained_total", "Commands that lay at the broker and were not obeyed.", float64(v.retained), "agent", name)
	e.Counter("asue_agent_unsaid_total", "Outcomes that found no room on their way to the broker.", float64(v.unsaid), "agent", name)
	for code, n := range v.counts.Refused {
		e.Counter("asue_agent_refused_total", "Messages and commands that were refused, by reason.", float64(n), "agent", name, "code", code)
	}
	e.Counter("asue_agent_commands_total", "Commands that were carried out, by their end.", float64(v.counts.Confirmed), "agent", name, "result", "confirmed")
	e.Counter("asue_agent_commands_total", "Commands that were carried out, by their end.", float64(v.counts.Failed), "agent", name, "result", "failed")
	e.Counter("asue_agent_writes_total", "Writes to devices, those that keep a limit awake included.", float64(v.counts.Writes), "agent", name)
	e.Counter("asue_agent_log_errors_total", "Records that could not be made durable.", float64(v.counts.LogErrors), "agent", name)
	for _, x := range v.Actuators {
		labels := []string{"agent", name, "actuator", string(x.ID)}
		e.Gauge("asue_actuator_readable", "1 while the actuator's state is known.", node.Truth(x.Readable), labels...)
		e.Gauge("asue_actuator_guarding", "1 for what the agent does with the actuator of its own accord.", 1, append(labels, "guarding", string(x.Guarding))...)
		if x.Limit != nil {
			e.Gauge("asue_actuator_limit_watts", "Limit that is in force.", float64(*x.Limit), labels...)
		}
		if x.Closed != nil {
			e.Gauge("asue_actuator_closed", "1 while the contact is closed and the load served.", node.Truth(*x.Closed), labels...)
		}
	}
}
