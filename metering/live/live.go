// Package live keeps the present state of every metering point of electricity, as
// far as its meter has told it, for people and systems that listen without a
// library of ours.
//
// It must not know how the states travel, nor who listens.
package live

import (
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// Board is the present state of all points. It belongs to one goroutine.
type Board struct {
	site   *metering.Site
	every  time.Duration
	points map[metering.PointID]*state
}

type state struct {
	now  wire.LivePoint
	told time.Time // clock of the last telling
	new  bool
}

// NewBoard makes a board that tells each point's state at most once in every
// period.
func NewBoard(site *metering.Site, every time.Duration) *Board {
	return &Board{site: site, every: every, points: map[metering.PointID]*state{}}
}

// Take merges snapshots, in any order, into the states of their points. An older
// snapshot never replaces what a newer one has told. Meters that stand nowhere
// are passed over, and so are those of gas and water, which have no power to tell.
func (b *Board) Take(snapshots []metering.Snapshot) {
	for _, s := range snapshots {
		install, ok := b.site.InstallOf(s.Meter, s.At)
		if !ok {
			continue
		}
		point, _ := b.site.Point(install.Point)
		if point.MediumOf() != metering.Electricity {
			continue
		}
		p := b.points[install.Point]
		if p == nil {
			p = &state{now: wire.LivePoint{Resident: point.Resident}}
			b.points[install.Point] = p
		}
		p.take(s)
	}
}

// Due returns the points whose state has changed and was not told within the
// period, and takes them as told.
func (b *Board) Due(now time.Time) map[metering.PointID]wire.LivePoint {
	due := map[metering.PointID]wire.LivePoint{}
	for id, p := range b.points {
		if p.new && now.Sub(p.told) >= b.every {
			p.new, p.told = false, now
			due[id] = p.now
		}
	}
	return due
}

func (p *state) take(s metering.Snapshot) {
	if s.At.Before(p.now.At) {
		return
	}
	p.new = true
	p.now.At, p.now.Meter = s.At, s.Meter
	p.now.Quality, p.now.Reason = s.Quality, s.Reason
	if !s.Quality.HasValue() {
		// The meter has fallen silent: its last values are not the present ones.
		p.now.Power, p.now.Reactive, p.now.Voltage, p.now.EnergyImport = nil, nil, nil, nil
		return
	}
	for _, r := range s.Readings {
		p.takeReading(r)
	}
}

func (p *state) takeReading(r metering.Reading) {
	var value *float64
	if r.Quality.HasValue() {
		value = &r.Value
	}
	switch r.Quantity {
	case metering.ActivePower:
		p.now.Power = value
	case metering.ReactivePower:
		p.now.Reactive = value
	case metering.VoltageLL:
		p.now.Voltage = value
	case metering.VoltageAB, metering.VoltageLN, metering.VoltageA:
		if p.now.Voltage == nil {
			p.now.Voltage = value
		}
		return
	case metering.ActiveImport:
		p.now.EnergyImport = nil
		if value != nil {
			energy := metering.Energy(*value)
			p.now.EnergyImport = &energy
		}
	default:
		return
	}
	if r.Quality != metering.Good && p.now.Quality == metering.Good {
		p.now.Quality, p.now.Reason = r.Quality, r.Reason
	}
}
