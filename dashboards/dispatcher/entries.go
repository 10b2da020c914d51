package dispatcher

import (
	"cmp"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// IntervalEntry is the energy of one span. The energy stands under a name that
// says its unit and whether it is whole.
type IntervalEntry struct {
	Start       time.Time `json:"start"`
	End         time.Time `json:"end" doc:"exclusive"`
	EnergyWh    *int64    `json:"energy_wh,omitempty" doc:"A+ and A-; absent unless every base interval is known"`
	EnergyVarh  *int64    `json:"energy_varh,omitempty" doc:"R+ and R-"`
	VolumeL     *int64    `json:"volume_l,omitempty" doc:"gas, water and sewage"`
	KnownPart   *int64    `json:"known_part,omitempty" doc:"sum of the known base intervals when some are not, in the same unit"`
	MeanW       *int64    `json:"mean_w,omitempty" doc:"mean active power over the span; absent unless the energy is known"`
	MeanVar     *int64    `json:"mean_var,omitempty" doc:"mean reactive power, likewise"`
	MeanLPerH   *int64    `json:"mean_l_per_h,omitempty" doc:"mean flow, likewise"`
	Uncertainty int64     `json:"uncertainty" doc:"bound of the error of the energy, in its unit"`
	Known       int       `json:"known" doc:"base intervals (15 min) whose energy is known"`
	Expected    int       `json:"expected" doc:"base intervals in the span"`
	Grade       string    `json:"grade" doc:"A actual, F final, S substituted, E estimated, N none; V mixed day or month"`
	Worst       string    `json:"worst" doc:"the worst grade of the parts, in the order A F S E N; N also if one is missing"`
	Parts       []Part    `json:"parts,omitempty" doc:"what each grade contributes to a sum, the best first"`
	Missing     int       `json:"missing,omitempty" doc:"base intervals that have ended and are not in the ledger"`
	Flags       []string  `json:"flags,omitempty"`
	Method      string    `json:"method,omitempty" doc:"of a base interval"`
	Version     int       `json:"version,omitempty" doc:"of a base interval of one point"`
	RecordedAt  time.Time `json:"recorded_at,omitzero" doc:"when the ledger took this version in"`
	Reason      string    `json:"reason,omitempty" doc:"of the first base interval that is not plainly actual"`
}

// Part is what one grade contributes to a sum.
type Part struct {
	Grade  string  `json:"grade"`
	Count  int     `json:"count"`
	Energy int64   `json:"energy" doc:"in the channel's unit"`
	Share  float64 `json:"share" doc:"of the known energy, 0..1"`
}

// entries writes base intervals of one point and channel, ascending, as entries
// of the step. What has not ended by now is not missing yet.
func entries(base []metering.Interval, step string, zone *time.Location, now time.Time) []IntervalEntry {
	list := []IntervalEntry{}
	st, rolled := vee.StepNamed(step)
	if !rolled {
		for _, iv := range base {
			list = append(list, baseEntry(iv))
		}
		return list
	}
	n := 0
	for _, total := range vee.RollUp(base, st, zone) {
		e := totalEntry(total, st, now)
		for ; n < len(base) && base[n].Start.Before(total.End); n++ {
			e.Reason = cmp.Or(e.Reason, base[n].Reason)
		}
		list = append(list, e)
	}
	return list
}

func baseEntry(iv metering.Interval) IntervalEntry {
	e := IntervalEntry{
		Start: iv.Start, End: iv.End(), Uncertainty: int64(iv.Uncertainty), Expected: 1,
		Grade: iv.Grade.String(), Worst: iv.Grade.String(), Flags: iv.Flags.Names(),
		Method: iv.Method.String(), Version: iv.Version, RecordedAt: iv.RecordedAt.UTC(), Reason: iv.Reason,
	}
	if iv.Grade != metering.Null {
		e.Known = 1
		e.setEnergy(iv.Energy, iv.Channel)
	}
	return e
}

func totalEntry(t vee.Total, step vee.Step, now time.Time) IntervalEntry {
	e := IntervalEntry{
		Start: t.Start, End: t.End, Uncertainty: int64(t.Uncertainty), Expected: int(t.End.Sub(t.Start) / metering.BasePeriod),
		Grade: t.Grade.String(), Flags: t.Flags.Names(),
	}
	worst := metering.Actual
	for _, p := range t.Parts {
		e.Parts = append(e.Parts, Part{p.Grade.String(), p.Count, int64(p.Energy), p.Share})
		worst = worst.Worse(p.Grade)
		if p.Grade != metering.Null {
			e.Known += p.Count
		}
	}
	if e.Missing = t.Missing - pending(t.End, now); e.Missing > 0 {
		worst = metering.Null
	} else {
		e.Missing = 0
	}
	e.Worst = worst.String()
	if mixed := len(t.Parts) > 1 || t.Missing > 0; mixed && (step == vee.Day || step == vee.Month) {
		e.Grade = metering.VariedGrade.String()
	}
	if e.Known < e.Expected {
		if e.Known > 0 {
			e.KnownPart = ptr(int64(t.Energy))
		}
		return e
	}
	e.setEnergy(t.Energy, t.Channel)
	return e
}

// pending is how many base intervals before end have not ended by now.
func pending(end, now time.Time) int {
	return max(0, int(end.Sub(metering.PeriodStart(now))/metering.BasePeriod))
}

func (e *IntervalEntry) setEnergy(sum metering.Energy, ch metering.Channel) {
	const hour = int64(time.Hour / time.Second) // in nanoseconds the product would not fit
	mean := ptr(int64(sum) * hour / int64(e.End.Sub(e.Start)/time.Second))
	switch ch.Unit() {
	case "varh":
		e.EnergyVarh, e.MeanVar = ptr(int64(sum)), mean
	case "L":
		e.VolumeL, e.MeanLPerH = ptr(int64(sum)), mean
	default:
		e.EnergyWh, e.MeanW = ptr(int64(sum)), mean
	}
}

// together adds up several points, interval by interval. A sum is known only if
// every point that was metered at the time has an energy; otherwise it is Null
// and names the first that has none. The intervals come ascending by start.
func together(site *metering.Site, base []metering.Interval, points []metering.PointID) []metering.Interval {
	periods := map[metering.PointID]metering.Period{}
	for _, p := range points {
		if period, ok := metered(site, p); ok {
			periods[p] = period
		}
	}
	var sums []metering.Interval
	for len(base) > 0 {
		n := 1
		for n < len(base) && base[n].Start.Equal(base[0].Start) {
			n++
		}
		sum := addPoints(base[:n])
		for _, p := range points {
			period, ok := periods[p]
			if ok && period.Holds(sum.Start) && !slices.ContainsFunc(base[:n], func(iv metering.Interval) bool { return iv.Point == p }) {
				sum.lose("there is no interval of point " + string(p))
			}
		}
		sums, base = append(sums, sum.Interval), base[n:]
	}
	return sums
}

// pointSum is the sum of several points over one base interval.
type pointSum struct{ metering.Interval }

func addPoints(group []metering.Interval) pointSum {
	first := group[0]
	sum := pointSum{metering.Interval{Channel: first.Channel, Start: first.Start, Grade: first.Grade, Method: first.Method}}
	for _, iv := range group {
		sum.Energy += iv.Energy
		sum.Uncertainty += iv.Uncertainty
		sum.Flags |= iv.Flags
		sum.Grade = sum.Grade.Worse(iv.Grade)
		if iv.Method != first.Method {
			sum.Method = metering.MethodVirtual
		}
		if iv.RecordedAt.After(sum.RecordedAt) {
			sum.RecordedAt = iv.RecordedAt
		}
		if iv.Reason != "" && (sum.Reason == "" || iv.Grade == sum.Grade) {
			sum.Reason = string(iv.Point) + ": " + iv.Reason
		}
	}
	if sum.Grade == metering.Null {
		sum.lose(sum.Reason)
	}
	return sum
}

func (s *pointSum) lose(why string) {
	s.Energy, s.Uncertainty, s.Grade, s.Method, s.Reason = 0, 0, metering.Null, metering.MethodNone, why
}
