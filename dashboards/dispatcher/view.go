package dispatcher

import (
	"cmp"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Overview is the zone at one moment. What is not known is absent, and Missing
// says why.
type Overview struct {
	Time             time.Time         `json:"time" doc:"server time, UTC"`
	Site             string            `json:"site"`
	TimeZone         string            `json:"time_zone" doc:"zone of the site" example:"Asia/Aqtobe"`
	Demo             bool              `json:"demo" doc:"true: all data are invented"`
	At               *time.Time        `json:"at,omitempty" doc:"when the controller came to these numbers"`
	Freshness        Freshness         `json:"freshness" enum:"fresh,stale,silent" doc:"of the controller"`
	PowerW           *int64            `json:"power_w,omitempty" doc:"power drawn by the zone now"`
	PowerSource      string            `json:"power_source,omitempty" doc:"how power_w was found"`
	BlockStart       *time.Time        `json:"block_start,omitempty" doc:"start of the running billing block"`
	BlockEnd         *time.Time        `json:"block_end,omitempty"`
	BlockMeanW       *int64            `json:"block_mean_w,omitempty" doc:"mean of the block so far"`
	ProjectionW      *int64            `json:"projection_w,omitempty" doc:"mean of the block as it will come out"`
	AllowableW       *int64            `json:"allowable_w,omitempty" doc:"mean power allowed for the rest of the block"`
	SlidingAllowable *int64            `json:"sliding_allowable_w,omitempty" doc:"the same by the sliding window"`
	LimitW           *int64            `json:"limit_w,omitempty" doc:"declared power of the feeding line"`
	LimitKind        string            `json:"limit_kind" enum:"stated,unlimited,not_stated"`
	HeadroomW        *int64            `json:"headroom_w,omitempty" doc:"limit less projection; negative above the limit"`
	Band             string            `json:"band,omitempty" doc:"normal, watch (90 %), warn (95 %), limit (98 %), over, unknown"`
	Feeding          string            `json:"feeding,omitempty" doc:"supply line in service"`
	Degraded         bool              `json:"degraded,omitempty" doc:"decided on partial data"`
	DegradedReason   string            `json:"degraded_reason,omitempty"`
	Meters           MeterCounts       `json:"meters"`
	Missing          map[string]string `json:"missing,omitempty" doc:"field that is absent: why"`
}

// MeterCounts says how many meters keep up.
type MeterCounts struct {
	Fresh   int `json:"fresh" doc:"renewed in time and usable"`
	Suspect int `json:"suspect" doc:"renewed in time, but not to be trusted"`
	Stale   int `json:"stale" doc:"not renewed in time"`
	Silent  int `json:"silent" doc:"not heard for long, or never"`
	Total   int `json:"total" doc:"meters that stand at a point of electricity"`
}

// ResidentLive is what changes about a resident.
type ResidentLive struct {
	ID            string    `json:"id"`
	PowerW        *int64    `json:"power_w,omitempty" doc:"sum of the resident's billing points; of the known ones if partial"`
	Partial       bool      `json:"partial,omitempty" doc:"a point is missing from power_w"`
	LoadPct       *float64  `json:"load_pct,omitempty" doc:"power against the technical conditions; absent if partial"`
	At            time.Time `json:"at,omitzero" doc:"the oldest stamp in the sum"`
	Quality       string    `json:"quality" doc:"the worst quality in the sum"`
	Freshness     Freshness `json:"freshness" enum:"fresh,suspect,stale,silent"`
	Reason        string    `json:"reason,omitempty" doc:"why the quality is not good, technical"`
	MissingPoints []string  `json:"missing_points,omitempty"`
}

// Resident is a resident with its limits.
type Resident struct {
	ResidentLive
	Name           string   `json:"name"`
	Trade          string   `json:"trade"`
	State          string   `json:"state" enum:"working,in-realisation,idle"`
	AllowedW       int64    `json:"allowed_w" doc:"sum of the technical conditions in force"`
	TechArmourW    *int64   `json:"technological_armour_w,omitempty" doc:"технологическая броня"`
	EmergArmourW   *int64   `json:"emergency_armour_w,omitempty" doc:"аварийная броня"`
	Points         []string `json:"points" doc:"billing points"`
	SparkW         []*int64 `json:"spark_w" doc:"mean power of each of the last 60 whole minutes; null where unknown"`
	SparkStartTime string   `json:"spark_start,omitempty" doc:"start of the first minute"`
}

func (s *Server) overview(now time.Time) Overview {
	c, site := s.control, s.cfg.Site
	o := Overview{
		Time: now, Site: string(site.ID), TimeZone: site.Location.String(), Demo: s.cfg.Demo,
		LimitKind: limitKind(c.Limit), Feeding: c.Feeding, PowerSource: c.PowerSource, Band: c.Band,
		Degraded: c.Degraded, DegradedReason: c.Reason, Meters: s.countMeters(now), Freshness: Fresh,
	}
	if p, ok := c.Limit.Power(); ok {
		o.LimitW = ptr(int64(p))
	}
	if c.At.IsZero() {
		return o.withdraw("the controller has not reported yet")
	}
	o.At, o.BlockStart = ptr(c.At.UTC()), ptr(c.BlockStart.UTC())
	o.BlockEnd = ptr(cmp.Or(c.BlockEnd, c.BlockStart.Add(metering.BasePeriod)).UTC())
	switch age := now.Sub(c.At); {
	case age > s.cfg.Limits.SilentAfter:
		return o.withdraw("the controller has been silent for " + age.Round(time.Second).String())
	case age > s.cfg.Limits.StaleAfter:
		o.Freshness = Late
	}
	o.put("power_w", &o.PowerW, c.Power)
	o.put("block_mean_w", &o.BlockMeanW, c.BlockMean)
	o.put("projection_w", &o.ProjectionW, c.Projection)
	o.put("allowable_w", &o.AllowableW, c.Allowable)
	o.put("sliding_allowable_w", &o.SlidingAllowable, c.SlidingAllowable)
	o.put("headroom_w", &o.HeadroomW, c.Headroom)
	return o
}

func (o *Overview) put(name string, field **int64, v Value) {
	if v.Known {
		*field = ptr(int64(v.Power))
		return
	}
	o.miss(name, cmp.Or(v.Reason, "not known"))
}

func (o *Overview) miss(name, why string) {
	if o.Missing == nil {
		o.Missing = map[string]string{}
	}
	o.Missing[name] = why
}

// withdraw is the overview without any number of the controller's.
func (o Overview) withdraw(why string) Overview {
	for _, name := range []string{"power_w", "block_mean_w", "projection_w", "allowable_w", "sliding_allowable_w", "headroom_w"} {
		o.miss(name, why)
	}
	o.Freshness, o.Band = Silent, ""
	return o
}

func limitKind(l metering.Limit) string {
	switch {
	case l.IsUnlimited():
		return "unlimited"
	case l.IsStated():
		return "stated"
	}
	return "not_stated"
}

// countMeters judges every meter that stands at a point of electricity now by its
// active power, as the page shows it.
func (s *Server) countMeters(now time.Time) MeterCounts {
	var n MeterCounts
	for _, p := range s.points {
		if p.meter == nil {
			continue
		}
		n.Total++
		switch p.live(metering.ActivePower, now, s.cfg.Limits).freshness {
		case Fresh:
			n.Fresh++
		case Suspect:
			n.Suspect++
		case Late:
			n.Stale++
		case Silent:
			n.Silent++
		}
	}
	return n
}

// residentLive adds up the billing points of a resident. A point without a
// usable value is left out of the sum and named; a stale one stays in, marked.
func (s *Server) residentLive(r *residentState, now time.Time) ResidentLive {
	v := ResidentLive{ID: string(r.ID), Freshness: Fresh, Quality: metering.Good.String()}
	if len(r.points) == 0 {
		v.Freshness, v.Quality, v.Reason = Silent, metering.NotAvailable.String(), "no billing point is metered"
		return v
	}
	var sum float64
	var known int
	for _, p := range r.points {
		l := p.live(metering.ActivePower, now, s.cfg.Limits)
		if !l.known || l.freshness == Suspect && !showable(l.quality) {
			v.MissingPoints = append(v.MissingPoints, string(p.ID))
		} else {
			sum += l.value
			known++
		}
		if severity(l.freshness) > severity(v.Freshness) || v.Freshness == l.freshness && v.Quality == metering.Good.String() {
			v.Freshness, v.Quality, v.Reason = l.freshness, l.quality.String(), l.reason
		}
		if !l.at.IsZero() && (v.At.IsZero() || l.at.Before(v.At)) {
			v.At = l.at.UTC()
		}
	}
	if known == 0 {
		return v
	}
	v.PowerW = ptr(int64(math.Round(sum)))
	v.Partial = known < len(r.points)
	if allowed := s.site().Allowed(r.ID, now); !v.Partial && allowed > 0 {
		v.LoadPct = ptr(math.Round(1000*sum/float64(allowed)) / 10)
	}
	return v
}

// showable reports whether a doubtful value is still the meter's own word about
// this point, so that it may be shown with its mark.
func showable(q metering.Quality) bool {
	return q == metering.OutOfRange || q == metering.ClockBad || q == metering.RatioMismatch || q == metering.Stale
}

func severity(f Freshness) int {
	return slices.Index([]Freshness{Fresh, Suspect, Late, Silent}, f)
}

func (s *Server) resident(i int, live ResidentLive, now time.Time) Resident {
	r := s.residents[i]
	right := s.rightOf(r.ID, now)
	v := Resident{
		ResidentLive: live, Name: r.Name, Trade: string(r.Trade), State: string(r.State),
		AllowedW: right.allowed, Points: []string{}, SparkW: s.sparks.row(i),
	}
	if !s.sparks.minute.IsZero() {
		v.SparkStartTime = s.sparks.start().Format(time.RFC3339)
	}
	for _, p := range r.points {
		v.Points = append(v.Points, string(p.ID))
	}
	if right.technological > 0 || right.emergency > 0 {
		v.TechArmourW, v.EmergArmourW = ptr(right.technological), ptr(right.emergency)
	}
	return v
}

func ptr[T any](v T) *T { return &v }
