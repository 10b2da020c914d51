package dispatcher

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// OrderContent is what an order is about; which fields a kind needs stands in
// orderRules.
type OrderContent struct {
	Kind     string    `json:"kind" example:"confirm" maxLength:"32"`
	Expires  time.Time `json:"expires,omitzero" doc:"when an override ends by itself, 12 h from now at the latest"`
	Proposal string    `json:"proposal,omitempty" maxLength:"128" doc:"id of the proposal"`
	Override string    `json:"override,omitempty" maxLength:"128" doc:"id of the order that is ended"`
	Actuator string    `json:"actuator,omitempty" maxLength:"64"`
	Resident string    `json:"resident,omitempty" maxLength:"64"`
	Node     string    `json:"node,omitempty" maxLength:"64"`
	Mode     string    `json:"mode,omitempty" maxLength:"16" example:"confirm"`
	PowerW   *int64    `json:"power_w,omitempty" minimum:"0" maximum:"1000000000000"`
	Band     *BandBody `json:"band,omitempty"`
}

// same reports whether two contents say the same.
func (c OrderContent) same(o OrderContent) bool {
	c.Expires, o.Expires = c.Expires.UTC(), o.Expires.UTC()
	return bytes.Equal(mustJSON(c), mustJSON(o))
}

// OrderBody is what a person orders, and on what ground. What selects (orderRules) is
// executed by it: the content repeats what was selected.
type OrderBody struct {
	OrderContent
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"why, in words: it is kept for years"`
	Number string `json:"number,omitempty" maxLength:"64" doc:"of the instruction on which it rests; of all but kill, disarm and reject" example:"21"`
	From   string `json:"from,omitempty" maxLength:"100" doc:"who gave the instruction; likewise"`
	Select string `json:"select,omitempty" maxLength:"64" doc:"id of the selection (POST /api/v1/selections) that is executed; likewise"`
	Code   string `json:"code,omitempty" maxLength:"64" doc:"the feeder's number, typed, where the selection asks for it"`
}

// BandBody is a hard band and the fail-safe value in it.
type BandBody struct {
	LeastW    int64 `json:"least_w" minimum:"0"`
	MostW     int64 `json:"most_w" minimum:"0"`
	FailSafeW int64 `json:"failsafe_w" minimum:"0"`
}

// OrderView is an order as it stands.
type OrderView struct {
	OrderBody
	ID      string         `json:"id"`
	At      time.Time      `json:"at"`
	State   string         `json:"state" enum:"pending,sent" doc:"sent: handed over to the balancer, whose report says what became of it"`
	By      []ApprovalView `json:"by"`
	Persons int            `json:"persons" doc:"how many different persons it needs"`
	// Lapses is by the wall clock.
	Lapses *time.Time `json:"lapses,omitempty" doc:"of a pending one: when it is too late for a second person"`
	// Feedback is what has become of one that was sent.
	Feedback Feedback `json:"feedback,omitempty" enum:"asked,accepted,refused,done,undone,unconfirmed" doc:"asked: the balancer has not answered; accepted: it commands, nothing shows yet, or nothing has to; done: telemetry shows it; undone: the device failed; unconfirmed: nothing has shown in time"`
	ToType   string   `json:"to_type,omitempty" doc:"of a pending one: the feeder's number that the second person types as code"`
}

// ApprovalView is a person's word.
type ApprovalView struct {
	User string    `json:"user"`
	Role string    `json:"role"`
	At   time.Time `json:"at"`
}

// OrderList is the answer of /api/v1/orders.
type OrderList struct {
	Pending []OrderView `json:"pending" doc:"oldest first"`
	Sent    []OrderView `json:"sent" doc:"newest first, since the program's start"`
	// Selected is what nobody else can select now.
	Selected []SelectedView `json:"selected"`
}

func (s *Server) getOrders(ctx context.Context, _ *nothing) (*answer[OrderList], error) {
	s.lapse(ctx)
	pending, sent := s.desk.list()
	list := OrderList{Pending: []OrderView{}, Sent: []OrderView{}, Selected: []SelectedView{}}
	for _, p := range pending {
		list.Pending = append(list.Pending, p.view())
	}
	for _, p := range sent {
		v := p.view()
		v.Feedback = s.follows.of(p.order.ID)
		list.Sent = append(list.Sent, v)
	}
	for _, sel := range s.selected.all() {
		list.Selected = append(list.Selected, selectedView(sel, s.cfg.Wall()))
	}
	return &answer[OrderList]{list}, nil
}

// giveOrder takes an order: at once where it only stops something, else as the second step
// of a selection. One that needs a second person waits for him.
func (s *Server) giveOrder(ctx context.Context, in *struct {
	Strict strict
	Body   OrderBody
}) (*answer[OrderView], error) {
	s.lapse(ctx)
	v := visitorOf(ctx)
	o, rule, err := s.read(in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.mayGive(v, rule); err != nil {
		return nil, err
	}
	o, sel, err := s.execute(v, rule, o, in.Body)
	if err != nil {
		return nil, err
	}
	by := s.sessions.view(v.session).account
	o.By = []metering.Approval{{User: v.Name, Role: v.Role, At: o.At}}
	p := pendingOrder{order: o, persons: s.personsOf(o), rule: rule, body: in.Body.kept(), aim: sel.aim, code: sel.code, until: s.cfg.Wall().Add(secondPerson)}
	if err := s.recordOrder(ctx, by, "order.given", p); err != nil {
		return nil, err
	}
	if p.persons > 1 {
		if !s.desk.wait(p, s.cfg.Limits.Pending) {
			return nil, huma.Error503ServiceUnavailable(fmt.Sprintf("%d orders wait for a second person, and no more are taken: approve or withdraw some", s.cfg.Limits.Pending))
		}
		return &answer[OrderView]{p.view()}, nil
	}
	if err := s.send(ctx, by, p); err != nil {
		return nil, err
	}
	p.sent = true
	return &answer[OrderView]{p.view()}, nil
}

// kept is what is kept of an order: not how it was proven.
func (b OrderBody) kept() OrderBody {
	b.Select, b.Code = "", ""
	return b
}

type pendingID struct {
	Strict strict
	ID     string `path:"id" maxLength:"64"`
	Body   struct{}
}

// approveOrder is the second person's word. Of two who approve at once one is heard.
func (s *Server) approveOrder(ctx context.Context, in *struct {
	Strict strict
	ID     string `path:"id" maxLength:"64"`
	Body   struct {
		Code string `json:"code,omitempty" maxLength:"64" doc:"the feeder's number, typed, where the order has to_type"`
	}
}) (*answer[OrderView], error) {
	s.lapse(ctx)
	v := visitorOf(ctx)
	p, err := s.desk.take(in.ID)
	if err != nil {
		return nil, err
	}
	back := func(err error) (*answer[OrderView], error) {
		s.desk.putBack(p)
		return nil, err
	}
	switch {
	case slices.ContainsFunc(p.order.By, func(a metering.Approval) bool { return a.User == v.Name }):
		return back(huma.Error403Forbidden("you have given this order yourself: another person must approve it"))
	case !slices.Contains(p.rule.approve, v.Role):
		return back(huma.Error403Forbidden(fmt.Sprintf("the second person of an order %q is not the role %q: it is for %s", p.rule.kind, v.Role, words(p.rule.approve))))
	}
	if err := s.mayOrder(v, p.rule); err != nil {
		return back(err)
	}
	if err := typed(p.code, in.Body.Code); err != nil {
		return back(err)
	}
	if err := s.stillMay(ctx, p); err != nil {
		return back(err)
	}
	by := s.sessions.view(v.session).account
	approved := p
	approved.order.By = append(slices.Clone(p.order.By), metering.Approval{User: v.Name, Role: v.Role, At: s.cfg.Now().UTC()})
	if err := s.recordOrder(ctx, by, "order.approved", approved); err != nil {
		return back(err)
	}
	if err := s.send(ctx, by, approved); err != nil {
		return back(err)
	}
	approved.sent = true
	return &answer[OrderView]{approved.view()}, nil
}

// withdrawOrder takes a pending order back. Whoever may give orders may do it: it
// only ever stops something.
func (s *Server) withdrawOrder(ctx context.Context, in *pendingID) (*answer[OrderView], error) {
	s.lapse(ctx)
	p, err := s.desk.take(in.ID)
	if err != nil {
		return nil, err
	}
	s.desk.done(p, false)
	by := s.sessions.view(visitorOf(ctx).session).account
	if err := s.recordOrder(ctx, by, "order.withdrawn", p); err != nil {
		return nil, err
	}
	return &answer[OrderView]{p.view()}, nil
}

// mayGive refuses an order of somebody whose role may not give it, or whose password was
// given too long ago.
func (s *Server) mayGive(v visitor, rule orderRule) error {
	if !slices.Contains(rule.give, v.Role) {
		return huma.Error403Forbidden(fmt.Sprintf("an order %q is not for the role %q: it is for %s", rule.kind, v.Role, words(rule.give)))
	}
	return s.mayOrder(v, rule)
}

// mayOrder refuses an order of somebody whose password was given too long ago.
func (s *Server) mayOrder(v visitor, rule orderRule) error {
	if s.cfg.Orders == nil {
		return huma.Error503ServiceUnavailable("no balancer is connected to this page")
	}
	if rule.hurry {
		return nil
	}
	return s.freshly(v)
}

// freshly refuses somebody whose password was given too long ago, or whose account
// cannot be compared with the ledger.
func (s *Server) freshly(v visitor) error {
	known := s.sessions.view(v.session)
	if s.cfg.Wall().Sub(known.compared) > checkEvery {
		return huma.Error503ServiceUnavailable("your account cannot be compared with the ledger now: the log says why")
	}
	if !s.cfg.Wall().Before(known.confirmed.Add(confirmedLife)) {
		return huma.NewError(428, "give your password again first: POST /api/v1/me/confirm")
	}
	return nil
}

// stillMay refuses an order whose first person has lost his account or his role
// since he gave it.
func (s *Server) stillMay(ctx context.Context, p pendingOrder) error {
	first := p.order.By[0]
	a, err := s.cfg.Accounts.Account(ctx, first.User)
	switch {
	case err != nil && !errors.Is(err, metering.ErrNotFound):
		return s.storeError("accounts", err)
	case err != nil || !a.Enabled || !slices.Contains(p.rule.give, a.Role):
		return huma.Error409Conflict(fmt.Sprintf("%s, who gave the order, may not give it any more: withdraw it", first.User))
	}
	return nil
}

// send hands an order over and notes whether that succeeded.
func (s *Server) send(ctx context.Context, by metering.Account, p pendingOrder) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Limits.QueryWait) // a browser that goes away stops nothing halfway
	defer cancel()
	if err := s.cfg.Orders.Send(ctx, p.order); err != nil {
		s.log.Error("an order was not handed over", "order", p.order.ID, "kind", p.order.Kind, "error", err)
		p.fault = err.Error()
		if err := s.recordOrder(ctx, by, "order.failed", p); err != nil {
			s.log.Error("a failed order is not in the audit", "order", p.order.ID, "error", err)
		}
		return huma.Error503ServiceUnavailable("the order could not be handed over to the balancer: the log says why")
	}
	p.sent = true
	s.desk.done(p, true)
	s.follows.begin(p, s.cfg.Now(), s.cfg.Wall())
	if err := s.recordOrder(ctx, by, "order.sent", p); err != nil {
		s.log.Error("an order that was sent is in the audit as given only", "order", p.order.ID, "error", err)
	}
	return nil
}

// recordOrder writes an order into the audit, whole. A kill is carried out even if
// it cannot be written.
func (s *Server) recordOrder(ctx context.Context, by metering.Account, kind string, p pendingOrder) error {
	detail, err := json.Marshal(p.view())
	if err != nil {
		panic(fmt.Sprintf("BUG: an order does not encode: %v", err))
	}
	text := fmt.Sprintf("%s: %s", p.order.Kind, p.order.Reason) // the reason begins with the ground
	if p.fault != "" {
		text += ": " + p.fault
	}
	err = s.record(ctx, by, metering.AuditRecord{Kind: kind, Subject: p.order.ID, Text: text, Detail: string(detail)})
	if p.order.Kind == metering.OrderKill {
		return nil
	}
	return err
}

// lapse ends orders for which nobody came in time, and selections that nobody executed.
func (s *Server) lapse(ctx context.Context) {
	s.lapseSelections(ctx)
	for _, p := range s.desk.lapse(s.cfg.Wall()) {
		detail := mustJSON(p.view())
		r := metering.AuditRecord{At: s.cfg.Now().UTC(), Actor: "system", Kind: "order.lapsed", Subject: p.order.ID, Text: string(p.order.Kind) + ": no second person came in time", Detail: string(detail)}
		if _, err := s.cfg.Auditor.Append(context.WithoutCancel(ctx), r); err != nil {
			s.log.Error("the audit cannot be written", "kind", r.Kind, "error", err)
		}
	}
}

func words(roles []metering.Role) string {
	var list []string
	for _, r := range roles {
		list = append(list, string(r))
	}
	return strings.Join(list, ", ")
}

var errNoOrder = errors.New("no such order waits: it was approved, withdrawn, or no second person came within five minutes")
