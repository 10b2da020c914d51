package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/dashboards/dispatcher"
)

// Register implements dispatcher.Capacity.
func (c *capacity) Register(ctx context.Context, at time.Time) (dispatcher.RegisterView, error) {
	v := dispatcher.RegisterView{At: at, Entries: []dispatcher.RegisterEntry{}, History: []dispatcher.RegisterEntry{}}
	_, reg, err := c.registered(ctx)
	if err != nil {
		return v, err
	}
	for _, e := range reg.At(at) {
		v.Entries = append(v.Entries, c.entryView(e))
	}
	for _, e := range reg.Versions() {
		v.History = append(v.History, c.entryView(e))
	}
	return v, nil
}

func (c *capacity) entryView(e register.Version) dispatcher.RegisterEntry {
	v := dispatcher.RegisterEntry{
		Condition: e.Condition, Resident: string(e.Resident), Name: c.residentName(e.Resident), Node: string(e.Node), Medium: string(e.MediumOf()),
		FirmW: int64(e.Firm), NonFirmW: int64(e.NonFirm), VoltageKV: e.Voltage, Category: int(e.Category), From: e.From, To: until(e.To),
		Basis: e.Basis, Document: e.Document, Author: e.Author, Approver: e.Approver,
	}
	if e.Flow != nil {
		v.FlowL, v.FlowPer = int64(e.Flow.Litres), "hour"
		if e.Flow.Per == 24*time.Hour {
			v.FlowPer = "day"
		}
	}
	for _, s := range e.Stages {
		v.Stages = append(v.Stages, dispatcher.RegisterStage{PowerW: int64(s.Power), Due: s.Due, Milestones: s.Milestones, Document: s.Document})
	}
	return v
}

// until is nil for "until further notice".
func until(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Cases implements dispatcher.Capacity.
func (c *capacity) Cases(ctx context.Context) (list []dispatcher.CaseView, err error) {
	err = c.inOffice(ctx, func(o *office.Office) error {
		for _, f := range o.Cases(c.now()) {
			list = append(list, c.caseView(f))
		}
		return nil
	})
	return list, err
}

// Case implements dispatcher.Capacity.
func (c *capacity) Case(ctx context.Context, id string) (v dispatcher.CaseView, err error) {
	err = c.inOffice(ctx, func(o *office.Office) error {
		f, ok := o.Case(id, c.now())
		if !ok {
			return fmt.Errorf("there is no case %q: GET /api/v1/cases lists them: %w", id, dispatcher.ErrUnknown)
		}
		v = c.caseView(f)
		for i, e := range f.Events {
			v.Events = append(v.Events, dispatcher.CaseEvent{At: e.At, Kind: string(e.Kind), By: e.By, Approver: f.Approvers[i], Document: e.Document, Basis: e.Basis, VolumeW: int64(e.Volume)})
		}
		v.Evidence = f.Case.Evidence.String()
		v.Papers = c.papersOf(o, f)
		return nil
	})
	return v, err
}

// caseView is a case in the list. c.mu is held.
func (c *capacity) caseView(f office.File) dispatcher.CaseView {
	v := dispatcher.CaseView{
		ID: f.ID, Resident: string(f.Resident), Name: c.residentName(f.Resident), Node: string(f.Node), NodeName: c.nodeName(f.Node),
		Stage: string(f.Case.Stage), Since: f.Case.Since, Deadline: f.Deadline, VolumeW: int64(f.Case.Volume), AllowedW: int64(f.Case.Allowed),
		Voluntary: f.Case.Voluntary, Possible: []string{}, TwoSigned: []string{}, Lacks: texts(f.Lacks), Why: f.Case.Why,
	}
	for _, p := range f.Case.Pauses {
		if p.To.IsZero() {
			v.Paused = append(v.Paused, string(p.Cause))
		}
	}
	if f.Case.Plan != nil {
		for n, m := range f.Case.Plan.Milestones {
			stone := dispatcher.CaseMilestone{What: m.What, Status: string(f.Case.Progress[n])}
			if due, ok := f.Case.MilestoneDeadline(n, officeTerms(c.site)); ok {
				stone.Due = &due
			}
			v.Plan = append(v.Plan, stone)
		}
	}
	for _, k := range f.Possible {
		v.Possible = append(v.Possible, string(k))
		if office.TwoSigned(office.Action{Kind: office.StepCase, Event: &reclaim.Event{Kind: k}}) {
			v.TwoSigned = append(v.TwoSigned, string(k))
		}
	}
	if right := c.right(f.Resident); right != nil {
		w := int64(*right)
		v.BalancerW = &w
	}
	return v
}

func texts[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// Drafts implements dispatcher.Capacity.
func (c *capacity) Drafts(ctx context.Context) (list []dispatcher.DraftView, err error) {
	err = c.inOffice(ctx, func(o *office.Office) error {
		for _, d := range o.Drafts(c.now()) {
			v := dispatcher.DraftView{ID: d.ID, Kind: string(d.Action.Kind), Case: d.Action.Case, Author: d.Author, At: d.At, Document: d.Action.Document, Basis: d.Action.Basis, Fault: d.Fault}
			if d.Action.Event != nil {
				v.Step = string(d.Action.Event.Kind)
			}
			if v.Action, err = json.Marshal(d.Action); err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}
