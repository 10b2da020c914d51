package dispatcher

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/vee"
)

// SettlementList is the answer of /api/v1/settlements.
type SettlementList struct {
	Settlements []SettlementView `json:"settlements" doc:"in the order in which they were made"`
}

// SettlementView is a closed billing period.
type SettlementView struct {
	ID        string    `json:"id" example:"2026-10"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to" doc:"exclusive"`
	Author    string    `json:"author"`
	Note      string    `json:"note,omitempty"`
	MadeAt    time.Time `json:"made_at"`
	Digest    string    `json:"digest" doc:"SHA-256 of what was settled: the same readings give the same digest"`
	Intervals int       `json:"intervals" doc:"how many base intervals are pinned"`
}

// CorrectionList is the answer of /api/v1/settlements/{id}/corrections.
type CorrectionList struct {
	Settlement  SettlementView   `json:"settlement"`
	Corrections []CorrectionView `json:"corrections" doc:"ascending by start, then point, then channel"`
	Next        *time.Time       `json:"next,omitempty" doc:"ask again with this as from: the answer was cut at limit"`
}

// CorrectionView is an interval that says something else now than when it was
// settled.
type CorrectionView struct {
	Point      string         `json:"point"`
	Channel    string         `json:"channel"`
	Unit       string         `json:"unit"`
	Start      time.Time      `json:"start"`
	Settled    *IntervalEntry `json:"settled,omitempty" doc:"absent: it came afterwards"`
	Current    *IntervalEntry `json:"current,omitempty"`
	Difference *int64         `json:"difference,omitempty" doc:"current less settled energy, in unit; absent if one of them is not known"`
}

func (s *Server) getSettlements(ctx context.Context, _ *nothing) (*answer[SettlementList], error) {
	made, err := s.settlements(ctx)
	if err != nil {
		return nil, err
	}
	list := SettlementList{Settlements: []SettlementView{}}
	for _, m := range made {
		list.Settlements = append(list.Settlements, settlementView(m))
	}
	return &answer[SettlementList]{list}, nil
}

func (s *Server) settlements(ctx context.Context) ([]metering.Settlement, error) {
	if s.cfg.Ledger == nil {
		return nil, noLedger()
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	made, err := s.cfg.Ledger.Settlements(ctx)
	if err != nil {
		return nil, s.storeError("settlements", err)
	}
	return made, nil
}

func settlementView(m metering.Settlement) SettlementView {
	return SettlementView{
		ID: m.ID, From: m.From.UTC(), To: m.To.UTC(), Author: m.Author, Note: m.Note, MadeAt: m.MadeAt.UTC(),
		Digest: m.Digest, Intervals: m.Intervals,
	}
}

type correctionQuestion struct {
	Strict  strict
	ID      string `path:"id" maxLength:"64"`
	Point   string `query:"point" maxLength:"64" doc:"only of this point"`
	Channel string `query:"channel" maxLength:"32" doc:"only of this channel"`
	From    string `query:"from" maxLength:"40" doc:"go on from here; the settlement's from if left out"`
	Limit   int    `query:"limit" default:"500" minimum:"1" maximum:"5000"`
}

// Resolve is called by huma.
func (in *correctionQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	j.point("query.point", in.Point)
	j.channel("query.channel", in.Channel)
	j.moment("query.from", in.From)
	return j.faults
}

// getCorrections compares what was settled with what is current, day by day, so
// that a month of the whole zone needs no more memory than a day.
func (s *Server) getCorrections(ctx context.Context, in *correctionQuestion) (*answer[CorrectionList], error) {
	made, err := s.settlements(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(made, func(m metering.Settlement) bool { return m.ID == in.ID })
	if i < 0 {
		return nil, huma.Error404NotFound(fmt.Sprintf("there is no settlement %q: /api/v1/settlements lists them", in.ID))
	}
	j := s.judge()
	from := made[i].From
	if t := j.moment("query.from", in.From); t.After(from) {
		from = t
	}
	q := metering.IntervalQuery{}
	if in.Point != "" {
		q.Points = []metering.PointID{metering.PointID(in.Point)}
	}
	if ch := j.channel("query.channel", in.Channel); ch != 0 {
		q.Channels = []metering.Channel{ch}
	}
	list := CorrectionList{Settlement: settlementView(made[i]), Corrections: []CorrectionView{}}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	for _, day := range cut(from, made[i].To, vee.Day.String(), s.cfg.Site.Location) {
		q.From, q.To = later(day.start, from), earlier(day.end, made[i].To)
		found, err := s.corrections(ctx, q, in.ID)
		if err != nil {
			return nil, s.storeError("corrections", err)
		}
		if list.add(found, in.Limit); list.Next != nil {
			break
		}
	}
	return &answer[CorrectionList]{list}, nil
}

// add takes in the corrections of a further day and cuts between two starts, so
// that the next answer can begin at one. All corrections of one start come
// together, even above the limit.
func (l *CorrectionList) add(found []metering.Correction, limit int) {
	for _, c := range found {
		v := correctionView(c)
		if n := len(l.Corrections); n >= limit && v.Start.After(l.Corrections[n-1].Start) {
			l.Next = ptr(v.Start)
			return
		}
		l.Corrections = append(l.Corrections, v)
	}
}

// corrections walks along the settled and the current versions, which the ledger
// gives in the same order.
func (s *Server) corrections(ctx context.Context, q metering.IntervalQuery, id string) ([]metering.Correction, error) {
	current, err := s.cfg.Ledger.Intervals(ctx, q)
	if err != nil {
		return nil, err
	}
	q.Settlement = id
	settled, err := s.cfg.Ledger.Intervals(ctx, q)
	if err != nil {
		return nil, err
	}
	var found []metering.Correction
	for len(settled) > 0 || len(current) > 0 {
		var c metering.Correction
		order := -1 // only settled: the ledger never forgets one, but a walk must end
		switch {
		case len(settled) == 0:
			order = 1
		case len(current) > 0:
			order = cmp.Or(settled[0].Start.Compare(current[0].Start), cmp.Compare(settled[0].Point, current[0].Point), cmp.Compare(settled[0].Channel, current[0].Channel))
		}
		if order <= 0 {
			c.Settled, settled = settled[0], settled[1:]
		}
		if order >= 0 {
			c.Current, current = current[0], current[1:]
		}
		if !c.Settled.SameAs(c.Current) || order != 0 {
			found = append(found, c)
		}
	}
	return found, nil
}

func correctionView(c metering.Correction) CorrectionView {
	iv := c.Current
	if iv.Version == 0 {
		iv = c.Settled
	}
	v := CorrectionView{Point: string(iv.Point), Channel: iv.Channel.String(), Unit: iv.Channel.Unit(), Start: iv.Start}
	if c.Settled.Version != 0 {
		v.Settled = ptr(baseEntry(c.Settled))
	}
	if c.Current.Version != 0 {
		v.Current = ptr(baseEntry(c.Current))
	}
	if v.Settled != nil && v.Current != nil && v.Settled.Known+v.Current.Known == 2 {
		v.Difference = ptr(int64(c.Current.Energy - c.Settled.Energy))
	}
	return v
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
