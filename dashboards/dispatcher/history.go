package dispatcher

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// IntervalHistory is the answer of /api/v1/intervals/{point}/{channel}/{start}/history.
type IntervalHistory struct {
	Point    string            `json:"point"`
	Channel  string            `json:"channel"`
	Start    time.Time         `json:"start"`
	Versions []IntervalVersion `json:"versions" doc:"ascending; the last is the current one"`
}

// IntervalVersion is one version of an interval, and on whose word it stands.
type IntervalVersion struct {
	IntervalEntry
	Authority string   `json:"authority" enum:"registers,rules,person"`
	Act       *ActView `json:"act,omitempty" doc:"the act that set it"`
}

// ActView is who set an interval, and why.
type ActView struct {
	ID       string    `json:"id"`
	Author   string    `json:"author"`
	Reason   string    `json:"reason"`
	Document string    `json:"document,omitempty"`
	At       time.Time `json:"at"`
}

type historyQuestion struct {
	Strict  strict
	Point   string `path:"point" maxLength:"64"`
	Channel string `path:"channel" maxLength:"32" example:"A+"`
	Start   string `path:"start" maxLength:"40" doc:"start of the interval, RFC 3339" example:"2026-11-21T07:00:00Z"`
}

// Resolve is called by huma.
func (in *historyQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.read(j)
	return j.faults
}

func (in *historyQuestion) read(j *judge) (metering.PointID, metering.Channel, time.Time) {
	point := j.point("path.point", in.Point)
	ch := j.channel("path.channel", in.Channel)
	start := j.moment("path.start", in.Start)
	if !start.IsZero() && !start.Equal(metering.PeriodStart(start)) {
		j.fault("path.start", in.Start, "intervals start at whole quarters of an hour: the nearest before is %s",
			metering.PeriodStart(start).Format(time.RFC3339))
	}
	return point.ID, ch, start
}

// getHistory tells every version of one interval: what was billed last year and
// what is said today stand side by side.
func (s *Server) getHistory(ctx context.Context, in *historyQuestion) (*answer[IntervalHistory], error) {
	if s.cfg.Ledger == nil {
		return nil, noLedger()
	}
	point, ch, start := in.read(s.judge())
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	versions, err := s.cfg.Ledger.History(ctx, point, ch, start)
	if err != nil {
		return nil, s.storeError("history", err)
	}
	if len(versions) == 0 {
		return nil, huma.Error404NotFound(fmt.Sprintf("the ledger has no interval of %s %s at %s", point, ch, start.Format(time.RFC3339)))
	}
	acts, err := s.cfg.Ledger.Acts(ctx, metering.ActQuery{Points: []metering.PointID{point}, From: start, To: start.Add(metering.BasePeriod)})
	if err != nil {
		return nil, s.storeError("acts", err)
	}
	h := IntervalHistory{Point: string(point), Channel: ch.String(), Start: start}
	for _, iv := range versions {
		v := IntervalVersion{IntervalEntry: baseEntry(iv), Authority: authorityName(iv.Authority())}
		if iv.Authority() == metering.ByPerson {
			v.Act = actOf(acts, iv)
		}
		h.Versions = append(h.Versions, v)
	}
	return &answer[IntervalHistory]{h}, nil
}

func authorityName(a metering.Authority) string {
	switch a {
	case metering.ByPerson:
		return "person"
	case metering.ByRules:
		return "rules"
	}
	return "registers"
}

// actOf is the act that made a version: the last that was made no later than the
// version was recorded and says the same.
func actOf(acts []metering.Act, iv metering.Interval) *ActView {
	var found *ActView
	for _, a := range acts {
		for _, c := range a.Changes {
			if c.After.Point == iv.Point && c.After.Channel == iv.Channel && c.After.Start.Equal(iv.Start) &&
				c.After.SameAs(iv) && !a.At.After(iv.RecordedAt) {
				found = &ActView{ID: a.ID, Author: a.Author, Reason: a.Reason, Document: a.Document, At: a.At.UTC()}
			}
		}
	}
	return found
}
