package dispatcher

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/vee"
)

// longestCompleteness bounds a question for completeness: 100 days of 120 points
// are 1.2 million base intervals.
const longestCompleteness = 101 * 24 * time.Hour

// Completeness is the answer of /api/v1/completeness: for each point and local
// day how many base intervals there are of which grade.
type Completeness struct {
	Time     time.Time           `json:"time"`
	TimeZone string              `json:"time_zone" doc:"zone in which days are cut"`
	Grades   []string            `json:"grades" doc:"what the numbers of a cell stand for, in this order"`
	Days     []CompletenessDay   `json:"days" doc:"ascending"`
	Points   []PointCompleteness `json:"points" doc:"in the order of the site file"`
}

// CompletenessDay is one column.
type CompletenessDay struct {
	Date  string    `json:"date" doc:"of the site's zone"`
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// PointCompleteness is one row.
type PointCompleteness struct {
	Point    string    `json:"point"`
	Name     string    `json:"name"`
	Role     string    `json:"role"`
	Medium   string    `json:"medium"`
	Resident string    `json:"resident,omitempty"`
	Channel  string    `json:"channel" doc:"which is counted: the asked one, or the point's first"`
	Days     []DayCell `json:"days" doc:"one for each of days"`
	Missed   int       `json:"missed" doc:"base intervals of the range without an energy: N and missing"`
	Stood    int       `json:"stood_in" doc:"base intervals that were substituted or estimated: S and E"`
}

// DayCell is one point's day.
type DayCell struct {
	// Counts in the order of Completeness.Grades: A, F, S, E, N, missing. All 0
	// when nothing is due: no meter stood there, or the day has not begun.
	Counts [6]int `json:"n" doc:"base intervals by grade: A, F, S, E, N, missing; all 0 where none is due"`
	// Shares of the known energy by A, F, S, E; absent when one grade has it all.
	Shares []float64 `json:"share,omitempty" doc:"share of the known energy of A, F, S, E, 0..1; absent when one grade has it all"`
}

// cellGrades are the grades of a cell; what comes after the last is missing.
const cellGrades = "AFSEN"

type completenessQuestion struct {
	Strict  strict
	From    string `query:"from" maxLength:"40" doc:"RFC 3339 time or a date; 31 days before to if left out" example:"2026-10-21"`
	To      string `query:"to" maxLength:"40" doc:"exclusive; the end of today if left out" example:"2026-11-22"`
	Channel string `query:"channel" maxLength:"32" doc:"count this channel; each point's first if left out"`
	Role    string `query:"role" doc:"only points of this role" enum:"input,transformer,section,feeder,resident,own-needs,technical,check"`
	Medium  string `query:"medium" doc:"only points of this medium" enum:"electricity,gas,drinking-water,process-water,sewage"`
}

// Resolve is called by huma.
func (in *completenessQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.read(j)
	return j.faults
}

func (in *completenessQuestion) read(j *judge) (from, to time.Time, ch metering.Channel) {
	from, to = j.recent(in.From, in.To, 31, longestCompleteness)
	return from, to, j.channel("query.channel", in.Channel)
}

// getCompleteness says which days of which points can be billed as they are.
func (s *Server) getCompleteness(ctx context.Context, in *completenessQuestion) (*answer[Completeness], error) {
	if s.cfg.Ledger == nil {
		return nil, noLedger()
	}
	zone, now := s.cfg.Site.Location, s.cfg.Now().UTC()
	from, to, ch := in.read(s.judge())
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	days := cut(from, to, vee.Day.String(), zone)
	tallies, err := s.tallies.of(ctx, s.cfg.Ledger, s.cfg.Site, days, ch, now)
	if err != nil {
		return nil, s.storeError("completeness", err)
	}
	list := Completeness{
		Time: now, TimeZone: zone.String(), Grades: []string{"A", "F", "S", "E", "N", "missing"},
		Days: []CompletenessDay{}, Points: []PointCompleteness{},
	}
	for _, d := range days {
		list.Days = append(list.Days, CompletenessDay{d.start.In(zone).Format(time.DateOnly), d.start, d.end})
	}
	for _, p := range allPoints(s.cfg.Site) {
		if in.Role != "" && in.Role != string(p.Role) || in.Medium != "" && in.Medium != string(p.MediumOf()) || ch != 0 && ch.Medium() != p.MediumOf() {
			continue
		}
		list.Points = append(list.Points, completenessOf(s.cfg.Site, p, ch, days, tallies, now))
	}
	return &answer[Completeness]{list}, nil
}

func completenessOf(site *metering.Site, p metering.Point, ch metering.Channel, days []span, tallies []dayTally, now time.Time) PointCompleteness {
	if ch == 0 {
		ch = mainChannel(p)
	}
	row := PointCompleteness{
		Point: string(p.ID), Name: p.Name, Role: string(p.Role), Medium: string(p.MediumOf()), Resident: string(p.Resident),
		Channel: ch.String(), Days: make([]DayCell, len(days)),
	}
	period, ever := metered(site, p.ID)
	for i, d := range days {
		due := 0
		if ever {
			due = duePeriods(d, period, now)
		}
		counted := tallies[i][p.ID]
		cell := counted.cell(due)
		row.Days[i] = cell
		row.Stood += cell.Counts[2] + cell.Counts[3]
		row.Missed += cell.Counts[4] + cell.Counts[5]
	}
	return row
}

// duePeriods is how many base intervals of a day must be there by now: those that
// have ended, while meters stood at the point.
func duePeriods(d span, metered metering.Period, now time.Time) int {
	from, to := d.start, d.end
	if metered.From.After(from) {
		from = metered.From
	}
	if !metered.To.IsZero() && metered.To.Before(to) {
		to = metered.To
	}
	if now.Before(to) {
		to = metering.PeriodStart(now)
	}
	first := metering.PeriodStart(from.Add(metering.BasePeriod - 1)) // a meter put up inside an interval has no whole one yet
	return max(0, int(to.Sub(first)/metering.BasePeriod))
}
