package dispatcher

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// Feedback is what has become of an order that was sent. That it was sent proves nothing:
// the balancer's report does.
type Feedback string

// Feedback. All but the first two are final.
const (
	FeedbackAsked       Feedback = "asked"    // the balancer has not answered yet
	FeedbackAccepted    Feedback = "accepted" // final for what moves nothing
	FeedbackRefused     Feedback = "refused"
	FeedbackDone        Feedback = "done"        // telemetry shows it
	FeedbackUndone      Feedback = "undone"      // the device failed
	FeedbackUnconfirmed Feedback = "unconfirmed" // nothing has shown in time
)

// How long feedback may take. The balancer answers in its next report; an effect has 30 s
// to show after the agent's word, which may itself take 30 s (docs/balancing.md), and what
// the agent does is in the report a poll later. The second time is of the run, and as long
// by the wall clock as the first one at least.
const (
	answerWithin = 15 * time.Second
	effectWithin = 90 * time.Second
)

// UnconfirmedOrder is an order of which nothing has shown in time.
type UnconfirmedOrder struct {
	Order    string
	Kind     metering.OrderKind
	Actuator metering.ActuatorID // empty where it moves none
	At       time.Time
	Text     string
}

// follows keeps the youngest orders that were sent with what has become of them. All
// methods are safe for concurrent use.
type follows struct {
	mu   sync.Mutex // guards all below
	list []followed // newest first
}

type followed struct {
	order      metering.Order
	aim        aim
	sent, wall time.Time // by the clock of the run, and by that of people
	answered   time.Time // by the clock of the run
	feedback   Feedback
}

func (f *follows) begin(p pendingOrder, now, wall time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = slices.Insert(f.list, 0, followed{order: p.order, aim: p.aim, sent: now, wall: wall, feedback: FeedbackAsked})
	f.list = f.list[:min(len(f.list), mostSent)]
}

// of is what has become of an order; empty if it is not followed.
func (f *follows) of(id string) Feedback {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range f.list {
		if x.order.ID == id {
			return x.feedback
		}
	}
	return ""
}

// became is an order with what has just become of it, in words.
type became struct {
	followed
	text string
}

// look holds all that is open against a report, and returns what is decided now.
func (f *follows) look(acts *wire.ControlActs, now, wall time.Time) (list []became) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		x := &f.list[i]
		if !x.open() {
			continue
		}
		if text := x.look(acts, now, wall); text != "" {
			list = append(list, became{*x, text})
		}
	}
	return list
}

func (x *followed) open() bool {
	return x.feedback == FeedbackAsked || x.feedback == FeedbackAccepted && x.aim.actuator != ""
}

// look says in words what has become of the order, once that is certain.
func (x *followed) look(acts *wire.ControlActs, now, wall time.Time) string {
	if x.feedback == FeedbackAsked {
		i := slices.IndexFunc(acts.Orders, func(o wire.ControlOrder) bool { return o.ID == x.order.ID })
		switch {
		case i < 0 && wall.Sub(x.wall) >= answerWithin:
			x.feedback = FeedbackUnconfirmed
			return fmt.Sprintf("no answer of the balancer within %v: whether it was carried out is not known", answerWithin)
		case i < 0:
			return ""
		case !acts.Orders[i].Accepted:
			x.feedback = FeedbackRefused
			return acts.Orders[i].Text
		}
		x.feedback, x.answered = FeedbackAccepted, now
		if x.aim.actuator == "" {
			return acts.Orders[i].Text
		}
	}
	i := slices.IndexFunc(acts.Actuators, func(a wire.ControlActuator) bool { return a.ID == x.aim.actuator })
	switch {
	case i >= 0 && acts.Actuators[i].State == "failed":
		x.feedback = FeedbackUndone
		return fmt.Sprintf("%s: %s has failed: %s", x.aim.want, x.aim.actuator, acts.Actuators[i].Text)
	case i >= 0 && x.aim.shows(acts.Actuators[i]):
		x.feedback = FeedbackDone
		return fmt.Sprintf("%s: %s is %s, %v after the order", x.aim.want, x.aim.actuator, acts.Actuators[i].State, now.Sub(x.sent).Round(time.Second))
	case now.Sub(x.answered) >= effectWithin && wall.Sub(x.wall) >= answerWithin:
		x.feedback = FeedbackUnconfirmed
		return fmt.Sprintf("%s: nothing of it shows at %s after %v", x.aim.want, x.aim.actuator, effectWithin)
	}
	return ""
}

// shows reports whether an actuator is where it was to go, by what was read back.
func (m aim) shows(a wire.ControlActuator) bool {
	switch {
	case a.State == "moving" || a.State == "offline" || a.State == "unknown" || a.State == "failsafe": // there its agent acts by itself
		return false
	case m.want == "open":
		return a.State == "shed"
	case m.want == "closed":
		return a.State == "served" || a.State == "limited"
	}
	most, ok := limitOf(m.want)
	return ok && a.LimitW != nil && *a.LimitW <= most+metering.Kilowatt
}

// limitOf is the power of "at most 1.2 MW".
func limitOf(want string) (metering.Power, bool) {
	text, ok := strings.CutPrefix(want, "at most ")
	if !ok {
		return 0, false
	}
	p, err := metering.ParsePower(text)
	return p, err == nil
}

// FollowOrders looks at what the balancer reports of orders that were sent, and writes
// down what has become of them. Run calls it once a second.
func (s *Server) FollowOrders(ctx context.Context) {
	if s.cfg.Auditor == nil {
		return
	}
	s.lapse(ctx)
	s.mu.Lock()
	acts := s.control.Acts
	s.mu.Unlock()
	if acts == nil {
		acts = &wire.ControlActs{}
	}
	for _, x := range s.follows.look(acts, s.cfg.Now(), s.cfg.Wall()) {
		s.recordFeedback(ctx, x)
	}
}

// recordFeedback leaves the balancer's own answers to its journal, which has them.
func (s *Server) recordFeedback(ctx context.Context, x became) {
	if x.feedback == FeedbackAccepted || x.feedback == FeedbackRefused {
		return
	}
	now := s.cfg.Now().UTC()
	r := metering.AuditRecord{At: now, Actor: "system", Kind: "order." + string(x.feedback), Subject: x.order.ID, Text: fmt.Sprintf("%s: %s", x.order.Kind, x.text)}
	if _, err := s.cfg.Auditor.Append(ctx, r); err != nil && ctx.Err() == nil {
		s.log.Error("the audit cannot be written", "kind", r.Kind, "order", x.order.ID, "error", err)
	}
	if x.feedback == FeedbackUnconfirmed && s.cfg.Unconfirmed != nil {
		s.cfg.Unconfirmed(UnconfirmedOrder{Order: x.order.ID, Kind: x.order.Kind, Actuator: x.aim.actuator, At: now, Text: x.text})
	}
}
