package dispatcher

import (
	"slices"
	"time"

	"asue/metering"
)

// Point is a metering point with its latest power.
type Point struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      string     `json:"role"`
	Resident  string     `json:"resident,omitempty"`
	Node      string     `json:"node"`
	Medium    string     `json:"medium" enum:"electricity,gas,drinking-water,process-water,sewage"`
	Channels  []string   `json:"channels" doc:"that the point can have, the first being what it is there for"`
	Virtual   bool       `json:"virtual,omitempty" doc:"computed from other points; no meter stands there"`
	Meter     string     `json:"meter,omitempty" doc:"the meter that stands there now"`
	PowerW    *int64     `json:"power_w,omitempty" doc:"absent when not known, and of gas and water always"`
	At        *time.Time `json:"at,omitempty" doc:"midpoint of the reading"`
	AgeS      *float64   `json:"age_s,omitempty"`
	Quality   string     `json:"quality"`
	Freshness Freshness  `json:"freshness" enum:"fresh,suspect,stale,silent"`
	Reason    string     `json:"reason,omitempty"`
}

// PointDetail is a point with everything its meter said.
type PointDetail struct {
	Point
	Readings []PointReading `json:"readings" doc:"ascending by quantity"`
}

// PointReading is one reading of a point.
type PointReading struct {
	Quantity  string    `json:"quantity" example:"u_ab"`
	Unit      string    `json:"unit" example:"V"`
	Value     *float64  `json:"value,omitempty" doc:"base unit, primary side; absent when not known"`
	At        time.Time `json:"at"`
	AgeS      float64   `json:"age_s"`
	Quality   string    `json:"quality"`
	Freshness Freshness `json:"freshness"`
	Reason    string    `json:"reason,omitempty"`
}

// point describes a point; the caller holds s.mu.
func (s *Server) point(p *pointState, now time.Time) Point {
	l := p.live(metering.ActivePower, now, s.cfg.Limits)
	v := described(p.Point)
	v.Quality, v.Freshness, v.Reason = l.quality.String(), l.freshness, l.reason
	if p.MediumOf() != metering.Electricity {
		l = live{}
		v.Quality, v.Freshness, v.Reason = metering.NotAvailable.String(), Silent, "a volume has no power: /api/v1/intervals has its flow"
	}
	if p.meter != nil {
		v.Meter = string(p.meter.id)
	}
	if l.known {
		v.PowerW = ptr(int64(l.value))
	}
	if !l.at.IsZero() {
		v.At, v.AgeS = ptr(l.at.UTC()), ptr(seconds(now.Sub(l.at)))
	}
	return v
}

// everyPoint lists the points at which meters may stand, those of electricity first.
func (s *Server) everyPoint() []*pointState { return slices.Concat(s.points, s.piped) }

// described is what the site file says of a point.
func described(p metering.Point) Point {
	v := Point{
		ID: string(p.ID), Name: p.Name, Role: string(p.Role), Resident: string(p.Resident), Node: string(p.Node),
		Medium: string(p.MediumOf()),
	}
	for _, ch := range p.Channels() {
		v.Channels = append(v.Channels, ch.String())
	}
	return v
}

// virtualPoint describes a point that is computed from others.
func virtualPoint(p metering.VirtualPoint) Point {
	v := described(p.Point)
	v.Virtual = true
	v.Quality, v.Freshness, v.Reason = metering.NotAvailable.String(), Silent, "computed from other points, interval by interval"
	return v
}

func (s *Server) pointDetail(p *pointState, now time.Time) PointDetail {
	d := PointDetail{Point: s.point(p, now), Readings: []PointReading{}}
	if p.meter == nil {
		return d
	}
	for q, r := range p.meter.readings {
		l := p.meter.live(q, now, s.cfg.Limits)
		v := PointReading{
			Quantity: q.String(), Unit: q.Unit(), At: r.at.UTC(), AgeS: seconds(now.Sub(r.at)),
			Quality: l.quality.String(), Freshness: l.freshness, Reason: l.reason,
		}
		if l.known {
			v.Value = ptr(l.value)
		}
		d.Readings = append(d.Readings, v)
	}
	slices.SortFunc(d.Readings, func(a, b PointReading) int {
		qa, _ := metering.QuantityOf(a.Quantity)
		qb, _ := metering.QuantityOf(b.Quantity)
		return int(qa) - int(qb)
	})
	return d
}

// seconds is a duration in seconds to the tenth.
func seconds(d time.Duration) float64 { return d.Round(100 * time.Millisecond).Seconds() }
