package dispatcher_test

import (
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/wire"
)

// followed is an order that was sent, and what the balancer reports of it.
type followed struct {
	*office
	t     *testing.T
	b     *browser
	id    string
	acts  *wire.ControlActs
	alarm []dispatcher.UnconfirmedOrder
}

func follow(t *testing.T, kind string, change func(map[string]any)) *followed {
	f := &followed{t: t}
	f.office = newOffice(t, func(c *dispatcher.Config) {
		c.Unconfirmed = func(u dispatcher.UnconfirmedOrder) { f.alarm = append(f.alarm, u) }
	})
	f.b = f.as(t, "dispatcher")
	order := orderOf(f.office, kind)
	if change != nil {
		change(order)
	}
	f.acts = f.report().Acts
	f.id = f.b.give(order, 200)["id"].(string)
	return f
}

// sees lets time pass and the balancer report, and wants what has become of the order.
func (f *followed) sees(after time.Duration, want dispatcher.Feedback) {
	f.t.Helper()
	f.later(after)
	f.SetControl(dispatcher.Control{At: f.time(), Mode: "confirm", Acts: f.acts})
	f.FollowOrders(f.t.Context())
	f.b.ask("POST", "/api/v1/me/confirm", map[string]string{"password": secret}, 200)
	list := f.b.ask("GET", "/api/v1/orders", nil, 200)["sent"].([]any)
	if got := list[0].(map[string]any)["feedback"]; got != string(want) {
		f.t.Errorf("%v later: %v, want %s", after, got, want)
	}
}

func (f *followed) answers(accepted bool) {
	f.acts.Orders = []wire.ControlOrder{{ID: f.id, Accepted: accepted, Text: "relay-7: open is commanded"}}
}

// last is the youngest record about the order.
func (f *followed) last() metering.AuditRecord {
	f.books.mu.Lock()
	defer f.books.mu.Unlock()
	for i := len(f.books.records) - 1; i >= 0; i-- {
		if r := f.books.records[i]; r.Subject == f.id {
			return r
		}
	}
	return metering.AuditRecord{}
}

// A load that was shed is seen to be off: only then the order is done.
func TestFeedbackFromTelemetry(t *testing.T) {
	f := follow(t, "confirm", nil)
	f.sees(time.Second, dispatcher.FeedbackAsked)
	f.answers(true)
	f.acts.Actuators[0].State = "moving"
	f.sees(2*time.Second, dispatcher.FeedbackAccepted)
	f.sees(8*time.Second, dispatcher.FeedbackAccepted)
	f.acts.Actuators[0].State = "shed"
	f.sees(2*time.Second, dispatcher.FeedbackDone)
	if r := f.last(); r.Kind != "order.done" || r.Actor != "system" || r.Text != "confirm: open: relay-7 is shed, 13s after the order" {
		t.Errorf("record %+v", r)
	}
	f.acts.Actuators[0].State = "failed"
	f.sees(time.Minute, dispatcher.FeedbackDone) // what comes later is another story
	if len(f.alarm) != 0 {
		t.Errorf("alarms %+v", f.alarm)
	}
}

// What does not show within a minute and a half is an alarm, and written down.
func TestNoFeedbackIsAnAlarm(t *testing.T) {
	f := follow(t, "confirm", nil)
	f.answers(true)
	f.sees(time.Second, dispatcher.FeedbackAccepted) // the device still reads "served"
	f.sees(89*time.Second, dispatcher.FeedbackAccepted)
	f.sees(time.Second, dispatcher.FeedbackUnconfirmed)
	f.sees(time.Second, dispatcher.FeedbackUnconfirmed)
	if len(f.alarm) != 1 || f.alarm[0].Actuator != "relay-7" || f.alarm[0].Order != f.id || !strings.Contains(f.alarm[0].Text, "nothing of it shows") {
		t.Errorf("alarms %+v", f.alarm)
	}
	if r := f.last(); r.Kind != "order.unconfirmed" || !strings.HasPrefix(r.Text, "confirm: open: nothing of it shows at relay-7") {
		t.Errorf("record %+v", r)
	}
}

func TestNoAnswerIsAnAlarm(t *testing.T) {
	f := follow(t, "kill", nil) // also of what moves nothing
	f.sees(15*time.Second-time.Millisecond, dispatcher.FeedbackAsked)
	f.sees(time.Millisecond, dispatcher.FeedbackUnconfirmed)
	if len(f.alarm) != 1 || f.alarm[0].Kind != metering.OrderKill || f.alarm[0].Actuator != "" {
		t.Errorf("alarms %+v", f.alarm)
	}
}

// The device fails: the balancer raises that alarm itself.
func TestDeviceFails(t *testing.T) {
	f := follow(t, "confirm", nil)
	f.answers(true)
	f.acts.Actuators[0].State, f.acts.Actuators[0].Text = "failed", "the contact reads closed"
	f.sees(time.Second, dispatcher.FeedbackUndone)
	if r := f.last(); r.Kind != "order.undone" || !strings.Contains(r.Text, "the contact reads closed") || len(f.alarm) != 0 {
		t.Errorf("record %+v, alarms %+v", r, f.alarm)
	}
}

// A refusal ends it, and what moves nothing is over when it is accepted.
func TestAnswerEndsIt(t *testing.T) {
	f := follow(t, "confirm", nil)
	f.answers(false)
	f.sees(time.Second, dispatcher.FeedbackRefused)
	f.sees(5*time.Minute, dispatcher.FeedbackRefused)
	g := follow(t, "pin", nil)
	g.answers(true)
	g.sees(time.Second, dispatcher.FeedbackAccepted)
	g.sees(5*time.Minute, dispatcher.FeedbackAccepted)
	if len(f.alarm)+len(g.alarm) != 0 {
		t.Errorf("alarms %+v, %+v", f.alarm, g.alarm)
	}
}

// A set-point is seen to come down to what was ordered, a load to come back.
func TestFeedbackOfSetpointAndReturn(t *testing.T) {
	w := func(p metering.Power) *metering.Power { return &p }
	s := newOffice(t, nil)
	report := s.report()
	report.Acts.Proposals[0].Actuator, report.Acts.Proposals[0].Want = "set-2", "at most 1.2 MW"
	s.SetControl(report)
	b := s.as(t, "dispatcher")
	order := orderOf(s, "confirm")
	sel := b.selects(order, 200)
	b.executes(order, sel, sel.Code, 200)
	acts := report.Acts
	acts.Orders = []wire.ControlOrder{{ID: sel.ID, Accepted: true}}
	sees := func(limit metering.Power, want string) {
		t.Helper()
		s.later(time.Second)
		acts.Actuators[2].LimitW = w(limit)
		s.SetControl(dispatcher.Control{At: s.time(), Acts: acts})
		s.FollowOrders(t.Context())
		if got := b.ask("GET", "/api/v1/orders", nil, 200)["sent"].([]any)[0].(map[string]any)["feedback"]; got != want {
			t.Errorf("at %v: %v, want %s", limit, got, want)
		}
	}
	sees(2_000_000, "accepted")
	sees(1_200_000, "done")

	f := follow(t, "restore", nil)
	f.answers(true)
	f.acts.Actuators[0].State = "shed"
	f.sees(time.Second, dispatcher.FeedbackAccepted)
	f.acts.Actuators[0].State = "served"
	f.sees(time.Second, dispatcher.FeedbackDone)
}
