package lease

import (
	"fmt"
	"time"

	"asue/metering"
)

// View is what is known of one actuator.
type View struct {
	metering.ActuatorState
	Known    bool // its agent has told of it
	Online   bool // its agent is heard
	Busy     bool // a command is on its way
	Eligible bool // a command may be given
	Why      string
}

// View looks at an actuator; it must be configured.
func (b *Book) View(id metering.ActuatorID, now time.Time) View {
	t := b.byID[id]
	if t == nil {
		return View{Why: ErrUnknown.Error()}
	}
	v := View{ActuatorState: t.state, Known: !t.heard.IsZero(), Online: b.online(t.agent, now), Busy: t.flight != nil}
	v.Why = b.obstacle(t, now)
	v.Eligible = v.Why == ""
	return v
}

func (b *Book) online(a *agent, now time.Time) bool {
	return !a.heard.IsZero() && now.Sub(a.heard) <= b.cfg.Offline
}

// obstacle says why a command makes no sense; empty if nothing is in its way.
func (b *Book) obstacle(t *track, now time.Time) string {
	switch {
	case t.agent.heard.IsZero():
		return fmt.Sprintf("agent %s was never heard", t.agent.id)
	case !b.online(t.agent, now):
		return fmt.Sprintf("agent %s was not heard for %v", t.agent.id, now.Sub(t.agent.heard).Round(time.Second))
	case t.heard.IsZero():
		return fmt.Sprintf("agent %s does not know it", t.agent.id)
	case !t.state.Readable:
		return "it cannot be read: " + t.state.Text
	case t.age < 0 || t.age > b.cfg.Read:
		return "its agent has not read it lately"
	case t.cfg.Kind != metering.ActuatorSetpoint && t.state.Now.Position == metering.PositionUnknown:
		return "its position is not known"
	case t.state.Guarding == metering.GuardLocal:
		return "it is switched to local"
	case t.state.Guarding == metering.GuardHold:
		return "its agent holds it: " + t.state.Text
	case t.flight != nil:
		return "a command is on its way"
	}
	return ""
}
