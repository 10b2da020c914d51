package dispatcher

import (
	"context"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// OwnIntervals is the answer of /api/v1/own/intervals.
type OwnIntervals struct {
	Resident  string          `json:"resident"`
	Points    []string        `json:"points" doc:"the points that are added up; one if a point was asked for"`
	Channel   string          `json:"channel" enum:"A+,A-,R+,R-,gas,drinking-water,process-water,sewage"`
	Unit      string          `json:"unit" enum:"Wh,varh,L"`
	Step      string          `json:"step"`
	TimeZone  string          `json:"time_zone" doc:"zone in which hours, days and months are cut"`
	From      time.Time       `json:"from"`
	To        time.Time       `json:"to"`
	Declared  []DeclaredPower `json:"declared,omitempty" doc:"what the technical conditions allow over the range"`
	Intervals []OwnInterval   `json:"intervals" doc:"ascending; a span without any interval in the ledger is left out"`
	Next      *time.Time      `json:"next,omitempty" doc:"ask again with this as from: the answer was cut at limit"`
}

// OwnInterval is the energy of one span, with how good it is. It is IntervalEntry without
// the reason in words, which may name others.
type OwnInterval struct {
	Start       time.Time  `json:"start"`
	End         time.Time  `json:"end" doc:"exclusive"`
	EnergyWh    *int64     `json:"energy_wh,omitempty" doc:"A+ and A-; absent unless every base interval is known"`
	EnergyVarh  *int64     `json:"energy_varh,omitempty" doc:"R+ and R-"`
	VolumeL     *int64     `json:"volume_l,omitempty" doc:"gas, water and sewage"`
	KnownPart   *int64     `json:"known_part,omitempty" doc:"sum of the known base intervals when some are not, in the same unit"`
	MeanW       *int64     `json:"mean_w,omitempty" doc:"mean active power over the span"`
	Uncertainty int64      `json:"uncertainty" doc:"bound of the error of the energy, in its unit"`
	Known       int        `json:"known" doc:"base intervals (15 min) whose energy is known"`
	Expected    int        `json:"expected" doc:"base intervals in the span"`
	Missing     int        `json:"missing,omitempty" doc:"base intervals that have ended and are not in the ledger"`
	Grade       string     `json:"grade" doc:"A actual, F final, S substituted, E estimated, N none; V mixed day or month"`
	Worst       string     `json:"worst" doc:"the worst grade of the parts, in the order A F S E N"`
	Flags       []string   `json:"flags,omitempty"`
	Method      string     `json:"method,omitempty" doc:"of a base interval"`
	Version     int        `json:"version,omitempty" doc:"of a base interval of one point"`
	RecordedAt  *time.Time `json:"recorded_at,omitempty" doc:"when the ledger took this version in"`
}

func ownInterval(e IntervalEntry) OwnInterval {
	return OwnInterval{
		Start: e.Start, End: e.End, EnergyWh: e.EnergyWh, EnergyVarh: e.EnergyVarh, VolumeL: e.VolumeL, KnownPart: e.KnownPart, MeanW: e.MeanW,
		Uncertainty: e.Uncertainty, Known: e.Known, Expected: e.Expected, Missing: e.Missing, Grade: e.Grade, Worst: e.Worst,
		Flags: e.Flags, Method: e.Method, Version: e.Version, RecordedAt: stated(e.RecordedAt),
	}
}

// OwnQuestion is the parameters of /api/v1/own/intervals. A resident is not among them.
// It is exported because huma reads embedded parameters of exported types only.
type OwnQuestion struct {
	Point   string `query:"point" maxLength:"64" doc:"one of your billing points; all of them added up if left out"`
	Channel string `query:"channel" maxLength:"32" doc:"A+, A-, R+, R-, gas, drinking-water, process-water or sewage; the point's first if left out. A plus that arrives as a space is understood"`
	From    string `query:"from" required:"true" maxLength:"40" doc:"RFC 3339 time, or a date of the site's zone" example:"2026-11-21"`
	To      string `query:"to" required:"true" maxLength:"40" doc:"exclusive; RFC 3339 time, or a date" example:"2026-11-22"`
	Step    string `query:"step" default:"15m" enum:"15m,30m,60m,day,month"`
	Limit   int    `query:"limit" default:"1000" minimum:"1" maximum:"5000" doc:"entries in one answer"`
}

// Resolve is called by huma. Of a point that is another's it says the same as of one that
// is not there.
func (in *OwnQuestion) Resolve(ctx huma.Context) []error {
	j, v := judgeOf(ctx), visitorOf(ctx.Context())
	if v.pass == nil {
		return nil // the handler says so
	}
	if in.Point != "" && !isOwn(j.site, v.pass.Resident, in.Point) {
		j.fault("query.point", "", "you have no such billing point: /api/v1/own/now lists yours")
		return j.faults
	}
	in.whole(v.pass.Resident).read(j)
	return j.faults
}

// whole is the question as a dispatcher would ask it about the resident.
func (in *OwnQuestion) whole(r metering.ResidentID) *IntervalQuestion {
	q := &IntervalQuestion{Point: in.Point, Channel: in.Channel, From: in.From, To: in.To, Step: in.Step, Limit: in.Limit}
	if in.Point == "" {
		q.Resident = string(r)
	}
	return q
}

func isOwn(site *metering.Site, r metering.ResidentID, point string) bool {
	return slices.ContainsFunc(ownPoints(site, r), func(p metering.Point) bool { return string(p.ID) == point })
}

type ownIntervalsQuestion struct {
	Strict strict // huma does not look for it in what is embedded
	OwnQuestion
}

func (s *Server) getOwnIntervals(ctx context.Context, in *ownIntervalsQuestion) (*answer[OwnIntervals], error) {
	list, r, err := s.ownIntervals(ctx, &in.OwnQuestion)
	if err != nil {
		return nil, err
	}
	v := OwnIntervals{
		Resident: string(r), Points: list.Points, Channel: list.Channel, Unit: list.Unit, Step: list.Step, TimeZone: list.TimeZone,
		From: list.From, To: list.To, Declared: list.Declared, Next: list.Next, Intervals: []OwnInterval{},
	}
	for _, e := range list.Intervals {
		v.Intervals = append(v.Intervals, ownInterval(e))
	}
	return &answer[OwnIntervals]{v}, nil
}

// ownIntervals asks for the intervals of the token's resident.
func (s *Server) ownIntervals(ctx context.Context, in *OwnQuestion) (IntervalList, metering.ResidentID, error) {
	r, err := s.own(visitorOf(ctx))
	if err != nil {
		return IntervalList{}, "", err
	}
	if in.Point != "" && !isOwn(s.cfg.Site, r.ID, in.Point) {
		panic("BUG: a question about a point that is another's was let through")
	}
	list, err := s.intervals(ctx, in.whole(r.ID))
	for i := range list.Intervals {
		list.Intervals[i].Reason = ""
	}
	return list, r.ID, err
}

type ownCSVQuestion struct {
	Strict strict // huma does not look for it in what is embedded
	OwnQuestion
	Style string `query:"style" default:"plain" enum:"plain,excel" doc:"plain: commas, as RFC 4180 has it; excel: a byte order mark and semicolons, as Excel in Russian and Kazakh wants them"`
}

// getOwnIntervalsCSV writes the same intervals as a table.
func (s *Server) getOwnIntervalsCSV(ctx context.Context, in *ownCSVQuestion) (*csvAnswer, error) {
	list, _, err := s.ownIntervals(ctx, &in.OwnQuestion)
	if err != nil {
		return nil, err
	}
	return s.intervalTable(list, in.Style), nil
}
