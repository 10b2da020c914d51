package dispatcher

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// CaseList is the answer of /api/v1/cases.
type CaseList struct {
	Cases []CaseView `json:"cases" doc:"open ones first, by deadline"`
}

// DraftList is the answer of /api/v1/drafts.
type DraftList struct {
	Drafts []DraftView `json:"drafts" doc:"the oldest first"`
}

// YearAsked is the end of the rolling year that is asked about.
type YearAsked struct {
	AsOf string `query:"as_of" maxLength:"40" doc:"last day of the year that is looked at, or a time; the last validated day if left out" example:"2026-06-30"`
}

// end reads it: midnight after a day, the midnight before a time; zero if left out. The
// future has no findings.
func (in YearAsked) end(j *judge) time.Time {
	t := j.moment("query.as_of", in.AsOf)
	if _, err := time.Parse(time.DateOnly, in.AsOf); err == nil && !t.IsZero() {
		t = t.In(j.site.Location).AddDate(0, 0, 1).UTC()
	}
	if t.After(j.now) {
		j.fault("query.as_of", in.AsOf, "the day has not passed yet: it is %s", j.now.In(j.site.Location).Format(time.DateOnly))
	}
	return t
}

type conditionsQuestion struct {
	Strict strict
	YearAsked
}

// Resolve is called by huma.
func (in *conditionsQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.end(j)
	return j.faults
}

func (s *Server) getConditions(ctx context.Context, in *conditionsQuestion) (*answer[ConditionsView], error) {
	v, err := costly(ctx, s, s.judged, "conditions", func(ctx context.Context, c Capacity) (ConditionsView, error) {
		return c.Conditions(ctx, in.end(s.judge()), nil)
	})
	return &answer[ConditionsView]{v}, err
}

type useQuestion struct {
	Strict   strict
	Resident string `path:"resident" maxLength:"64"`
	Node     string `path:"node" maxLength:"64"`
	YearAsked
}

// Resolve is called by huma.
func (in *useQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.end(j)
	return j.faults
}

func (s *Server) getUse(ctx context.Context, in *useQuestion) (*answer[UseView], error) {
	v, err := costly(ctx, s, s.judged, "use", func(ctx context.Context, c Capacity) (UseView, error) {
		return c.Use(ctx, in.Resident, in.Node, in.end(s.judge()))
	})
	return &answer[UseView]{v}, err
}

// momentQuestion is a question about one moment, now if left out.
type momentQuestion struct {
	Strict strict
	At     string `query:"at" maxLength:"40" doc:"a time, or the beginning of a day; now if left out" example:"2027-01-01"`
}

func (in *momentQuestion) read(j *judge) time.Time {
	if t := j.moment("query.at", in.At); !t.IsZero() {
		return t
	}
	return j.now
}

// Resolve is called by huma.
func (in *momentQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.read(j)
	return j.faults
}

func (s *Server) getRegister(ctx context.Context, in *momentQuestion) (*answer[RegisterView], error) {
	return quick(ctx, s, "register", func(ctx context.Context, c Capacity) (RegisterView, error) {
		return c.Register(ctx, in.read(s.judge()))
	})
}

func (s *Server) getPool(ctx context.Context, in *momentQuestion) (*answer[PoolView], error) {
	return quick(ctx, s, "pool", func(ctx context.Context, c Capacity) (PoolView, error) {
		return c.Pool(ctx, in.read(s.judge()))
	})
}

func (s *Server) getCases(ctx context.Context, _ *nothing) (*answer[CaseList], error) {
	return quick(ctx, s, "cases", func(ctx context.Context, c Capacity) (CaseList, error) {
		list, err := c.Cases(ctx)
		return CaseList{append([]CaseView{}, list...)}, err
	})
}

func (s *Server) getCase(ctx context.Context, in *struct {
	Strict strict
	ID     string `path:"id" maxLength:"64" example:"ТУ-2026-003"`
}) (*answer[CaseView], error) {
	return quick(ctx, s, "case", func(ctx context.Context, c Capacity) (CaseView, error) { return c.Case(ctx, in.ID) })
}

func (s *Server) getDrafts(ctx context.Context, _ *nothing) (*answer[DraftList], error) {
	return quick(ctx, s, "drafts", func(ctx context.Context, c Capacity) (DraftList, error) {
		list, err := c.Drafts(ctx)
		return DraftList{append([]DraftView{}, list...)}, err
	})
}
