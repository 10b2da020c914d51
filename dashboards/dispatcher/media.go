package dispatcher

import (
	"context"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// MediaList is the answer of /api/v1/media: gas, water and sewage against what
// the zone may take. There are no watts here.
type MediaList struct {
	Time  time.Time    `json:"time"`
	Media []MediumView `json:"media" doc:"of which there is a point or a limit"`
}

// MediumView is one medium of the zone.
type MediumView struct {
	Medium string        `json:"medium" enum:"gas,drinking-water,process-water,sewage"`
	Limits []MediumLoad  `json:"limits" doc:"the zone's limits; empty if none is stated"`
	Basis  []string      `json:"basis" doc:"points whose sum stands against the limits: the inputs if there are any, else the residents'"`
	Points []MediumPoint `json:"points"`
}

// MediumLoad is the use of a medium against a limit, in the last whole period and
// in the running one.
type MediumLoad struct {
	LimitL  int64       `json:"limit_l"`
	PerS    int64       `json:"per_s" doc:"the limit's period: an hour or a day"`
	Last    MediumUse   `json:"last" doc:"the last whole period"`
	Running MediumUse   `json:"running" doc:"the running one so far"`
	Share   *float64    `json:"share,omitempty" doc:"of the limit that the last whole period used; absent unless it is known"`
	Highest *MediumPeak `json:"highest,omitempty" doc:"the greatest known whole period of the last 31 days"`
}

// MediumUse is a volume over a span; VolumeL is the sum of what is known.
type MediumUse struct {
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	VolumeL int64     `json:"volume_l"`
	Known   bool      `json:"known" doc:"every base interval of every point is known"`
	Worst   string    `json:"worst" doc:"worst grade of the parts"`
}

// MediumPeak is the greatest volume of a period.
type MediumPeak struct {
	Start   time.Time `json:"start"`
	VolumeL int64     `json:"volume_l"`
}

// MediumPoint is one point of a medium.
type MediumPoint struct {
	Point    string     `json:"point"`
	Name     string     `json:"name"`
	Role     string     `json:"role"`
	Resident string     `json:"resident,omitempty"`
	Hour     *MediumUse `json:"hour,omitempty" doc:"the last whole hour; absent if the ledger has nothing of it"`
	Day      *MediumUse `json:"day,omitempty" doc:"today so far, likewise"`
}

// mediaHistory is how far back the highest period is looked for.
const mediaHistory = 31

func (s *Server) getMedia(ctx context.Context, _ *nothing) (*answer[MediaList], error) {
	if s.cfg.Ledger == nil {
		return nil, noLedger()
	}
	now := s.cfg.Now().UTC()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	list := MediaList{Time: now, Media: []MediumView{}}
	for _, m := range metering.Media() {
		if m == metering.Electricity {
			continue
		}
		v, err := s.medium(ctx, m, now)
		if err != nil {
			return nil, s.storeError("media", err)
		}
		if len(v.Points)+len(v.Limits) > 0 {
			list.Media = append(list.Media, v)
		}
	}
	return &answer[MediaList]{list}, nil
}

func (s *Server) medium(ctx context.Context, m metering.Medium, now time.Time) (MediumView, error) {
	site := s.cfg.Site
	v := MediumView{Medium: string(m), Limits: []MediumLoad{}, Basis: []string{}, Points: []MediumPoint{}}
	points := slices.DeleteFunc(slices.Clone(site.Points), func(p metering.Point) bool { return p.MediumOf() != m })
	var base []metering.Interval
	if len(points) > 0 {
		day, _ := vee.Day.Bounds(now, site.Location)
		var err error
		base, err = s.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{
			Points: idsOf(points), Channels: []metering.Channel{mainChannel(points[0])},
			From: day.In(site.Location).AddDate(0, 0, -mediaHistory).UTC(), To: metering.PeriodStart(now),
		})
		if err != nil {
			return v, err
		}
	}
	for _, p := range points {
		v.Points = append(v.Points, s.mediumPoint(p, base, now))
	}
	basis := basisOf(points)
	for _, p := range basis {
		v.Basis = append(v.Basis, string(p))
	}
	for _, l := range site.Media {
		if l.Medium == m {
			v.Limits = append(v.Limits, s.mediumLoad(l, basis, base, now))
		}
	}
	return v, nil
}

func idsOf(points []metering.Point) []metering.PointID {
	var ids []metering.PointID
	for _, p := range points {
		ids = append(ids, p.ID)
	}
	return ids
}

// basisOf are the points that speak for the zone: its inputs, or if none is
// metered its residents.
func basisOf(points []metering.Point) []metering.PointID {
	for _, role := range []metering.PointRole{metering.RoleInput, metering.RoleResident} {
		of := slices.DeleteFunc(slices.Clone(points), func(p metering.Point) bool { return p.Role != role })
		if len(of) > 0 {
			return idsOf(of)
		}
	}
	return nil
}

func (s *Server) mediumPoint(p metering.Point, base []metering.Interval, now time.Time) MediumPoint {
	v := MediumPoint{Point: string(p.ID), Name: p.Name, Role: string(p.Role), Resident: string(p.Resident)}
	zone, only := s.cfg.Site.Location, []metering.PointID{p.ID}
	hour, _ := vee.Hour.Bounds(now, zone)
	day, _ := vee.Day.Bounds(now, zone)
	v.Hour = s.use(base, only, hour.Add(-time.Hour), hour)
	v.Day = s.use(base, only, day, metering.PeriodStart(now))
	return v
}

// use is the sum of some points over [from, to); nil if the ledger has nothing.
func (s *Server) use(base []metering.Interval, points []metering.PointID, from, to time.Time) *MediumUse {
	use := MediumUse{Start: from, End: to, Worst: metering.Actual.String()}
	worst, known, found := metering.Actual, 0, 0
	for _, iv := range base {
		if iv.Start.Before(from) || !iv.Start.Before(to) || !slices.Contains(points, iv.Point) {
			continue
		}
		found++
		worst = worst.Worse(iv.Grade)
		if iv.Grade != metering.Null {
			known++
			use.VolumeL += int64(iv.Energy)
		}
	}
	if found == 0 {
		return nil
	}
	if use.Known = known == s.due(points, from, to); !use.Known {
		worst = metering.Null
	}
	use.Worst = worst.String()
	return &use
}

// due is how many base intervals there should be of the points.
func (s *Server) due(points []metering.PointID, from, to time.Time) int {
	n := 0
	for _, p := range points {
		if period, ok := metered(s.cfg.Site, p); ok {
			n += duePeriods(span{from, to}, period, to)
		}
	}
	return n
}

func (s *Server) mediumLoad(l metering.MediumLimit, basis []metering.PointID, base []metering.Interval, now time.Time) MediumLoad {
	step, zone := vee.Hour, s.cfg.Site.Location
	if l.Per > time.Hour {
		step = vee.Day
	}
	start, _ := step.Bounds(now, zone)
	before, _ := step.Bounds(start.Add(-time.Minute), zone)
	v := MediumLoad{LimitL: int64(l.Litres), PerS: int64(l.Per / time.Second)}
	v.Last = s.usedOrNothing(base, basis, before, start)
	v.Running = s.usedOrNothing(base, basis, start, metering.PeriodStart(now))
	if v.Last.Known && l.Litres > 0 {
		v.Share = ptr(float64(v.Last.VolumeL) / float64(l.Litres))
	}
	sums := together(s.cfg.Site, slices.DeleteFunc(slices.Clone(base), func(iv metering.Interval) bool {
		return !slices.Contains(basis, iv.Point) || !iv.Start.Before(start)
	}), basis)
	for _, total := range vee.RollUp(sums, step, zone) {
		if total.Known() && (v.Highest == nil || int64(total.Energy) > v.Highest.VolumeL) {
			v.Highest = &MediumPeak{total.Start, int64(total.Energy)}
		}
	}
	return v
}

func (s *Server) usedOrNothing(base []metering.Interval, points []metering.PointID, from, to time.Time) MediumUse {
	if use := s.use(base, points, from, to); use != nil {
		return *use
	}
	return MediumUse{Start: from, End: to, Worst: metering.Null.String()}
}
