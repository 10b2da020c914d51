package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/vee"
)

// longestQuery bounds one question to the ledger: 400 days of one channel are
// 38,400 base intervals.
const longestQuery = 400 * 24 * time.Hour

// IntervalList is the answer of /api/v1/intervals.
type IntervalList struct {
	Point      string          `json:"point,omitempty"`
	Resident   string          `json:"resident,omitempty" doc:"the sum of its points"`
	Points     []string        `json:"points" doc:"the points that are added up; one if a point was asked for"`
	Channel    string          `json:"channel" enum:"A+,A-,R+,R-,gas,drinking-water,process-water,sewage"`
	Unit       string          `json:"unit" enum:"Wh,varh,L"`
	Step       string          `json:"step"`
	TimeZone   string          `json:"time_zone" doc:"zone in which hours, days and months are cut"`
	From       time.Time       `json:"from"`
	To         time.Time       `json:"to"`
	AsOf       *time.Time      `json:"as_of,omitempty" doc:"the versions that were current then"`
	Settlement string          `json:"settlement,omitempty" doc:"the versions that were settled under this id"`
	Declared   []DeclaredPower `json:"declared,omitempty" doc:"declared power of the point or resident over the range; empty if none is stated or the channel is not A+"`
	Intervals  []IntervalEntry `json:"intervals" doc:"ascending; a span without any interval in the ledger is left out"`
	Next       *time.Time      `json:"next,omitempty" doc:"ask again with this as from: the answer was cut at limit"`
}

// IntervalQuestion is the parameters of /api/v1/intervals; Resolve checks what
// types cannot, and tells all faults at once. It is exported because huma reads
// embedded parameters of exported types only.
type IntervalQuestion struct {
	Strict     strict
	Point      string `query:"point" maxLength:"64" doc:"metering point; either this or resident"`
	Resident   string `query:"resident" maxLength:"64" doc:"the sum of this resident's billing points"`
	Channel    string `query:"channel" maxLength:"32" doc:"A+, A-, R+, R-, gas, drinking-water, process-water or sewage; the point's first if left out. A plus that arrives as a space is understood"`
	From       string `query:"from" required:"true" maxLength:"40" doc:"RFC 3339 time, or a date of the site's zone" example:"2026-11-21"`
	To         string `query:"to" required:"true" maxLength:"40" doc:"exclusive; RFC 3339 time, or a date" example:"2026-11-22"`
	Step       string `query:"step" default:"15m" enum:"15m,30m,60m,day,month"`
	AsOf       string `query:"as_of" maxLength:"40" doc:"the versions that were current at this time"`
	Settlement string `query:"settlement" maxLength:"64" doc:"the versions that were settled under this id; not together with as_of"`
	Limit      int    `query:"limit" default:"1000" minimum:"1" maximum:"5000" doc:"entries in one answer"`
}

// selection is a question for intervals, read.
type selection struct {
	points   []metering.PointID
	channel  metering.Channel
	from, to time.Time
	asOf     time.Time
}

// Resolve is called by huma.
func (in *IntervalQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.read(j)
	return j.faults
}

func (in *IntervalQuestion) read(j *judge) selection {
	var sel selection
	point := j.point("query.point", in.Point)
	if in.Channel == "" && point.ID != "" {
		sel.channel = mainChannel(point)
	} else {
		sel.channel = j.channel("query.channel", in.Channel)
	}
	if sel.channel == 0 {
		sel.channel = metering.ChannelActiveImport
	}
	switch {
	case in.Point != "" && in.Resident != "":
		j.fault("query.resident", in.Resident, "ask for a point or for a resident, not for both")
	case in.Point != "":
		sel.points = []metering.PointID{point.ID}
	case in.Resident != "":
		resident := j.resident("query.resident", in.Resident)
		sel.points = pointsOf(j.site, resident, sel.channel)
		if len(j.faults) == 0 && len(sel.points) == 0 {
			j.fault("query.channel", sel.channel.String(), "the resident has no billing point with this channel")
		}
	default:
		j.fault("query.point", "", "say which point or which resident: /api/v1/points and /api/v1/residents list them")
	}
	sel.from, sel.to = j.stretch(in.From, in.To, longestQuery)
	sel.asOf = j.moment("query.as_of", in.AsOf)
	if in.AsOf != "" && in.Settlement != "" {
		j.fault("query.settlement", in.Settlement, "ask for versions of a time or of a settlement, not for both")
	}
	return sel
}

// pointsOf lists the billing points of a resident that can have a channel.
func pointsOf(site *metering.Site, r metering.ResidentID, ch metering.Channel) []metering.PointID {
	var ids []metering.PointID
	for _, p := range site.Points {
		if p.Role == metering.RoleResident && p.Resident == r && p.MediumOf() == ch.Medium() {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func (s *Server) getIntervals(ctx context.Context, in *IntervalQuestion) (*answer[IntervalList], error) {
	list, err := s.intervals(ctx, in)
	if err != nil {
		return nil, err
	}
	return &answer[IntervalList]{list}, nil
}

func (s *Server) intervals(ctx context.Context, in *IntervalQuestion) (IntervalList, error) {
	if s.cfg.Ledger == nil {
		return IntervalList{}, noLedger()
	}
	zone := s.cfg.Site.Location
	sel := in.read(s.judge()) // Resolve has refused what is wrong
	list := IntervalList{
		Point: in.Point, Resident: in.Resident, Channel: sel.channel.String(), Unit: sel.channel.Unit(), Step: in.Step,
		TimeZone: zone.String(), Settlement: in.Settlement, Intervals: []IntervalEntry{},
	}
	for _, p := range sel.points {
		list.Points = append(list.Points, string(p))
	}
	if !sel.asOf.IsZero() {
		list.AsOf = &sel.asOf
	}
	spans := cut(sel.from, sel.to, in.Step, zone)
	if len(spans) > in.Limit {
		list.Next = ptr(spans[in.Limit].start)
		spans = spans[:in.Limit]
	}
	list.From, list.To = spans[0].start, spans[len(spans)-1].end
	list.Declared = s.declared(in, sel, list.From, list.To)
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	base, err := s.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{
		Points: sel.points, Channels: []metering.Channel{sel.channel}, From: list.From, To: list.To,
		AsOf: sel.asOf, Settlement: in.Settlement,
	})
	if errors.Is(err, metering.ErrNotFound) && in.Settlement != "" {
		return list, huma.Error404NotFound(fmt.Sprintf("there is no settlement %q: /api/v1/settlements lists them", in.Settlement))
	}
	if err != nil {
		return list, s.storeError("intervals", err)
	}
	if len(sel.points) > 1 {
		base = together(s.cfg.Site, base, sel.points)
	}
	list.Intervals = entries(base, in.Step, zone, s.cfg.Now())
	return list, nil
}

func noLedger() error {
	return huma.Error503ServiceUnavailable("no ledger is connected to this page")
}

// span is [start, end).
type span struct{ start, end time.Time }

// cut divides [from, to) into spans of the step, widened to whole spans. Hours,
// days and months are the site's.
func cut(from, to time.Time, step string, zone *time.Location) []span {
	bounds := func(t time.Time) (time.Time, time.Time) {
		start := metering.PeriodStart(t)
		return start, start.Add(metering.BasePeriod)
	}
	if st, ok := vee.StepNamed(step); ok {
		bounds = func(t time.Time) (time.Time, time.Time) { return st.Bounds(t, zone) }
	}
	var spans []span
	for at := from; at.Before(to); {
		start, end := bounds(at)
		spans = append(spans, span{start, end})
		at = end
	}
	return spans
}
