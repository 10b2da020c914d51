package dispatcher

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// SelectionView is what a selection answers: what would be moved, from which state to
// which, and what stands in the way.
type SelectionView struct {
	ID    string    `json:"id,omitempty" doc:"repeat it as select when you order; absent if something blocks: nothing is selected then"`
	Until time.Time `json:"until,omitzero" doc:"by the wall clock; executing it later is refused"`
	LeftS float64   `json:"left_s,omitempty" doc:"seconds until then"`
	// Object is what nobody else can select meanwhile.
	Object  string `json:"object" example:"actuator/r-plastics-1-1"`
	Code    string `json:"code,omitempty" doc:"number of the feeder, to be typed as code when you order"`
	Persons int    `json:"persons" doc:"how many different persons it needs"`
	Survey
}

// SelectedView is an object that somebody has selected.
type SelectedView struct {
	Object string  `json:"object"`
	Kind   string  `json:"kind" doc:"of the order"`
	By     string  `json:"by"`
	LeftS  float64 `json:"left_s"`
}

func (s *Server) openSelections(api huma.API) {
	post(api, "select", "selections", "First step of a command: select its object, and hear what stands in the way", s.selectObject)
	post(api, "deselect", "selections/{id}/cancel", "Let a selected object go", s.deselect)
}

// selectObject is the first of two steps. It moves nothing, and keeps the object for this
// browser for half a minute.
func (s *Server) selectObject(ctx context.Context, in *struct {
	Strict strict
	Body   OrderContent
}) (*answer[SelectionView], error) {
	s.lapse(ctx)
	v := visitorOf(ctx)
	o, rule, faults := s.readContent(in.Body)
	if len(faults) > 0 {
		return nil, huma.Error422UnprocessableEntity("validation failed", faults...)
	}
	if err := s.mayGive(v, rule); err != nil {
		return nil, err
	}
	if !rule.selects() {
		return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("an order %q moves nothing and is given in one step: POST /api/v1/orders", rule.kind))
	}
	now := s.cfg.Wall()
	s.mu.Lock()
	survey, aim := s.survey(o)
	object, code := s.objectOf(o)
	s.mu.Unlock()
	view := SelectionView{Object: object, Code: code, Persons: s.personsOf(o), Survey: survey}
	if slices.ContainsFunc(survey.Interlocks, func(i Interlock) bool { return i.State == Blocks }) {
		return &answer[SelectionView]{view}, nil
	}
	sel := selected{id: rand.Text(), session: v.session, user: v.Name, order: o, content: in.Body, object: object, aim: aim, code: code, until: now.Add(selectedFor)}
	if err := s.selected.put(sel, now); err != nil {
		return nil, err
	}
	by := s.sessions.view(v.session).account
	view.ID, view.Until, view.LeftS = sel.id, sel.until.UTC(), selectedFor.Seconds()
	if err := s.record(ctx, by, selectionRecord("order.selected", sel, string(mustJSON(view)))); err != nil {
		s.selected.drop(sel.id, v.session)
		return nil, err
	}
	return &answer[SelectionView]{view}, nil
}

// deselect breaks the first step off.
func (s *Server) deselect(ctx context.Context, in *pendingID) (*answer[SelectedView], error) {
	v := visitorOf(ctx)
	sel, ok := s.selected.drop(in.ID, v.session)
	if !ok {
		return nil, huma.Error404NotFound("you have nothing selected by that: it was executed, let go, or its time is over")
	}
	if err := s.record(ctx, s.sessions.view(v.session).account, selectionRecord("order.deselected", sel, "")); err != nil {
		return nil, err
	}
	return &answer[SelectedView]{selectedView(sel, s.cfg.Wall())}, nil
}

// execute takes what was selected, in place of the order that the body repeats.
func (s *Server) execute(v visitor, rule orderRule, o metering.Order, b OrderBody) (metering.Order, selected, error) {
	if !rule.selects() {
		return o, selected{}, nil
	}
	if b.Select == "" {
		return o, selected{}, huma.Error409Conflict(fmt.Sprintf("an order %q is given in two steps: select first, POST /api/v1/selections", rule.kind))
	}
	sel, err := s.selected.take(b.Select, v.session, b.OrderContent, b.Code, s.cfg.Wall())
	if err == nil {
		o.ID = sel.id // one id for both steps, and for what becomes of them
	}
	return o, sel, err
}

// lapseSelections ends what nobody has executed in time.
func (s *Server) lapseSelections(ctx context.Context) {
	for _, sel := range s.selected.lapse(s.cfg.Wall()) {
		r := selectionRecord("order.deselected", sel, "")
		r.At, r.Actor = s.cfg.Now().UTC(), "system"
		if _, err := s.cfg.Auditor.Append(context.WithoutCancel(ctx), r); err != nil {
			s.log.Error("the audit cannot be written", "kind", r.Kind, "error", err)
		}
	}
}

func selectionRecord(kind string, sel selected, detail string) metering.AuditRecord {
	return metering.AuditRecord{Kind: kind, Subject: sel.id, Text: fmt.Sprintf("%s: %s", sel.order.Kind, sel.about()), Detail: detail}
}

// about is the object and where it is to go.
func (sel selected) about() string {
	if sel.aim.want == "" {
		return sel.object
	}
	return sel.object + ": " + sel.aim.want
}

func selectedView(sel selected, now time.Time) SelectedView {
	return SelectedView{Object: sel.object, Kind: string(sel.order.Kind), By: sel.user, LeftS: max(0, sel.until.Sub(now).Seconds())}
}
