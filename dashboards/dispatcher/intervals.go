package dispatcher

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// longestQuery bounds one question to the ledger: 400 days of one channel are
// 38,400 base intervals.
const longestQuery = 400 * 24 * time.Hour

// IntervalList is the answer of /api/v1/intervals.
type IntervalList struct {
	Point     string          `json:"point"`
	Channel   string          `json:"channel" enum:"A+,A-,R+,R-,gas,drinking-water,process-water,sewage"`
	Step      string          `json:"step"`
	TimeZone  string          `json:"time_zone" doc:"zone in which days and months are cut"`
	From      time.Time       `json:"from"`
	To        time.Time       `json:"to"`
	Intervals []IntervalEntry `json:"intervals" doc:"ascending; a span without any interval in the ledger is left out"`
	Next      *time.Time      `json:"next,omitempty" doc:"ask again with this as from: the answer was cut at limit"`
}

// IntervalEntry is the energy of one span. The energy stands under a name that
// says its unit and whether it is whole.
type IntervalEntry struct {
	Start       time.Time `json:"start"`
	End         time.Time `json:"end" doc:"exclusive"`
	EnergyWh    *int64    `json:"energy_wh,omitempty" doc:"A+ and A-; absent unless every base interval is known"`
	EnergyVarh  *int64    `json:"energy_varh,omitempty" doc:"R+ and R-"`
	VolumeL     *int64    `json:"volume_l,omitempty" doc:"gas and water"`
	KnownPart   *int64    `json:"known_part,omitempty" doc:"sum of the known base intervals when some are not, in the same unit"`
	MeanW       *int64    `json:"mean_w,omitempty" doc:"mean active power over the span; absent unless the energy is known"`
	Uncertainty int64     `json:"uncertainty" doc:"bound of the error of the energy, in its unit"`
	Known       int       `json:"known" doc:"base intervals (15 min) whose energy is known"`
	Expected    int       `json:"expected" doc:"base intervals in the span"`
	Grade       string    `json:"grade" doc:"A actual, F final, S substituted, E estimated, N none; V mixed day or month"`
	Flags       []string  `json:"flags,omitempty"`
	Method      string    `json:"method,omitempty" doc:"of a base interval"`
	Version     int       `json:"version,omitempty" doc:"of a base interval"`
	Reason      string    `json:"reason,omitempty" doc:"of the first base interval that is not plainly actual"`
}

// intervalQuestion is the parameters of /api/v1/intervals; Resolve checks what
// types cannot, and tells all faults at once.
type intervalQuestion struct {
	Strict  strict
	Point   string `query:"point" required:"true" maxLength:"64" doc:"metering point"`
	Channel string `query:"channel" default:"A+" doc:"A+, A-, R+ or R-; gas, drinking-water, process-water or sewage; a plus that arrives as a space is understood"`
	From    string `query:"from" required:"true" maxLength:"40" doc:"RFC 3339 time, or a date of the site's zone" example:"2026-11-21"`
	To      string `query:"to" required:"true" maxLength:"40" doc:"exclusive; RFC 3339 time, or a date" example:"2026-11-22"`
	Step    string `query:"step" default:"15m" enum:"15m,30m,60m,day,month"`
	Limit   int    `query:"limit" default:"1000" minimum:"1" maximum:"5000" doc:"entries in one answer"`
}

// Resolve is called by huma.
func (in *intervalQuestion) Resolve(ctx huma.Context) []error {
	site, ok := ctx.Context().Value(siteKey{}).(*metering.Site)
	if !ok {
		panic("BUG: the site is not in the request's context")
	}
	_, _, _, faults := in.read(site)
	return faults
}

func (s *Server) getIntervals(ctx context.Context, in *intervalQuestion) (*answer[IntervalList], error) {
	if s.cfg.Ledger == nil {
		return nil, huma.Error503ServiceUnavailable("no ledger is connected to this page")
	}
	zone := s.cfg.Site.Location
	ch, from, to, _ := in.read(s.cfg.Site) // Resolve has refused what is wrong
	list := IntervalList{Point: in.Point, Channel: ch.String(), Step: in.Step, TimeZone: zone.String(), Intervals: []IntervalEntry{}}
	spans := cut(from, to, in.Step, zone)
	if len(spans) > in.Limit {
		list.Next = ptr(spans[in.Limit].start)
		spans = spans[:in.Limit]
	}
	list.From, list.To = spans[0].start, spans[len(spans)-1].end
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	base, err := s.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{
		Points: []metering.PointID{metering.PointID(in.Point)}, Channels: []metering.Channel{ch}, From: list.From, To: list.To,
	})
	if err != nil {
		return nil, s.storeError("intervals", err)
	}
	for _, sp := range spans {
		n := 0
		for n < len(base) && base[n].Start.Before(sp.end) {
			n++
		}
		if n > 0 {
			list.Intervals = append(list.Intervals, addUp(base[:n], sp, ch, in.Step))
		}
		base = base[n:]
	}
	return &answer[IntervalList]{list}, nil
}

func (in *intervalQuestion) read(site *metering.Site) (ch metering.Channel, from, to time.Time, faults []error) {
	fault := func(name, value, format string, args ...any) {
		if value == "" {
			return // huma says that it is required
		}
		faults = append(faults, &huma.ErrorDetail{Message: fmt.Sprintf(format, args...), Location: "query." + name, Value: value})
	}
	if _, ok := site.Point(metering.PointID(in.Point)); !ok {
		fault("point", in.Point, "there is no such metering point: /api/v1/points lists them")
	}
	ch, ok := metering.ChannelNamed(strings.Replace(in.Channel, " ", "+", 1))
	if !ok {
		fault("channel", in.Channel, "want A+, A-, R+ or R- (write + as %%2B in an address), or a medium: gas, drinking-water, process-water, sewage")
	}
	from, errFrom := readTime(in.From, site.Location)
	if errFrom != nil {
		fault("from", in.From, "%v", errFrom)
	}
	to, errTo := readTime(in.To, site.Location)
	if errTo != nil {
		fault("to", in.To, "%v", errTo)
	}
	if errFrom != nil || errTo != nil {
		return ch, from, to, faults
	}
	if !from.Before(to) {
		fault("to", in.To, "must be after from")
	} else if d := to.Sub(from); d > longestQuery {
		fault("to", in.To, "the range is %d days long, at most %d are answered at once", int(d.Hours()/24), int(longestQuery.Hours()/24))
	}
	return ch, from, to, faults
}

func readTime(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return t.UTC(), nil
	}
	// A plus sign of an offset arrives as a space when the client did not escape it.
	t, err := time.Parse(time.RFC3339, strings.Replace(s, " ", "+", 1))
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("want an RFC 3339 time (2026-11-21T00:00:00Z) or a date (2026-11-21)")
	}
	return t.UTC(), nil
}

type span struct{ start, end time.Time }

// cut divides [from, to) into spans of the step, widened to whole spans. Days and
// months are the site's.
func cut(from, to time.Time, step string, zone *time.Location) []span {
	at, next := firstSpan(from, step, zone)
	var spans []span
	for at.Before(to) {
		end := next(at)
		spans = append(spans, span{at.UTC(), end.UTC()})
		at = end
	}
	return spans
}

func firstSpan(from time.Time, step string, zone *time.Location) (time.Time, func(time.Time) time.Time) {
	local := from.In(zone)
	y, m, d := local.Date()
	switch step {
	case "day":
		return time.Date(y, m, d, 0, 0, 0, 0, zone), func(t time.Time) time.Time { return t.In(zone).AddDate(0, 0, 1) }
	case "month":
		return time.Date(y, m, 1, 0, 0, 0, 0, zone), func(t time.Time) time.Time { return t.In(zone).AddDate(0, 1, 0) }
	}
	length := map[string]time.Duration{"15m": metering.BasePeriod, "30m": 30 * time.Minute, "60m": time.Hour}[step]
	return from.Truncate(length), func(t time.Time) time.Time { return t.Add(length) }
}

// addUp sums base intervals exactly. One missing makes the whole unknown.
func addUp(base []metering.Interval, sp span, ch metering.Channel, step string) IntervalEntry {
	e := IntervalEntry{Start: sp.start, End: sp.end, Expected: int(sp.end.Sub(sp.start) / metering.BasePeriod)}
	var sum metering.Energy
	var flags metering.Flags
	grade, mixed := base[0].Grade, false
	for _, i := range base {
		mixed = mixed || i.Grade != base[0].Grade
		grade = grade.Worse(i.Grade)
		flags |= i.Flags
		if e.Reason == "" {
			e.Reason = i.Reason
		}
		if i.Grade != metering.Null {
			sum += i.Energy
			e.Uncertainty += int64(i.Uncertainty)
			e.Known++
		}
	}
	if len(base) < e.Expected {
		grade, mixed = grade.Worse(metering.Null), true
	}
	if mixed && (step == "day" || step == "month") {
		grade = metering.VariedGrade
	}
	e.Grade, e.Flags = grade.String(), flags.Names()
	if step == "15m" {
		e.Method, e.Version = base[0].Method.String(), base[0].Version
	}
	e.setEnergy(sum, ch)
	return e
}

func (e *IntervalEntry) setEnergy(sum metering.Energy, ch metering.Channel) {
	if e.Known < e.Expected {
		if e.Known > 0 {
			e.KnownPart = ptr(int64(sum))
		}
		return
	}
	switch ch.Unit() {
	case "varh":
		e.EnergyVarh = ptr(int64(sum))
		return
	case "L":
		e.VolumeL = ptr(int64(sum))
		return
	}
	e.EnergyWh = ptr(int64(sum))
	const hour = int64(time.Hour / time.Second) // in nanoseconds the product would not fit
	e.MeanW = ptr(int64(sum) * hour / int64(e.End.Sub(e.Start)/time.Second))
}
