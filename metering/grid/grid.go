// Package grid lays base intervals out by point, channel and time, so that
// computations over a month find each of them without searching.
//
// It must not know where intervals come from, nor what is computed from them.
package grid

import (
	"fmt"
	"time"

	"asue/metering"
)

// Grid is the intervals of a stretch of time. It is read-only once made: share
// it freely between goroutines.
type Grid struct {
	from      time.Time
	slots     int
	intervals []metering.Interval
	rows      map[key]Row
}

type key struct {
	point   metering.PointID
	channel metering.Channel
}

// Row is one channel of one point over the stretch of a grid. The zero Row has
// no interval at all.
type Row struct {
	intervals []metering.Interval
	cells     []int32 // index into intervals plus one; 0: there is none
}

// New lays out the intervals that start in [from, to), in any order; others are
// passed over. The grid keeps the slice: do not change it afterwards.
//
// It fails when from or to is not a multiple of BasePeriod, when an interval's
// start is not, and when one base interval comes twice: of its versions only one
// can be meant.
func New(from, to time.Time, intervals []metering.Interval) (*Grid, error) {
	from, to = from.UTC(), to.UTC()
	if !aligned(from) || !aligned(to) || !from.Before(to) {
		return nil, fmt.Errorf("lay out intervals from %s to %s: both must be multiples of %v, the second one later",
			from.Format(time.RFC3339), to.Format(time.RFC3339), metering.BasePeriod)
	}
	g := &Grid{from: from, slots: int(to.Sub(from) / metering.BasePeriod), intervals: intervals, rows: map[key]Row{}}
	var last key
	var row Row
	for i := range intervals {
		iv := &intervals[i]
		if !aligned(iv.Start) {
			return nil, fmt.Errorf("point %s, channel %v: an interval starts at %s, which is no multiple of %v",
				iv.Point, iv.Channel, iv.Start.UTC().Format(time.RFC3339Nano), metering.BasePeriod)
		}
		slot, ok := g.Slot(iv.Start)
		if !ok {
			continue
		}
		if k := (key{iv.Point, iv.Channel}); row.cells == nil || k != last {
			if row, ok = g.rows[k]; !ok {
				row = Row{intervals, make([]int32, g.slots)}
				g.rows[k] = row
			}
			last = k
		}
		if row.cells[slot] != 0 {
			return nil, fmt.Errorf("point %s, channel %v: the interval of %s comes twice; give one version of each",
				iv.Point, iv.Channel, iv.Start.UTC().Format(time.RFC3339))
		}
		row.cells[slot] = int32(i + 1)
	}
	return g, nil
}

func aligned(t time.Time) bool { return t.UTC().Truncate(metering.BasePeriod).Equal(t) }

// Len is the number of base periods in the stretch.
func (g *Grid) Len() int { return g.slots }

// From is where the stretch begins, UTC.
func (g *Grid) From() time.Time { return g.from }

// To is the exclusive end of the stretch, UTC.
func (g *Grid) To() time.Time { return g.Start(g.slots) }

// Start is the start of a base period of the stretch, counted from 0.
func (g *Grid) Start(slot int) time.Time {
	return g.from.Add(time.Duration(slot) * metering.BasePeriod)
}

// Slot is the number of the base period that contains t; false outside the
// stretch.
func (g *Grid) Slot(t time.Time) (int, bool) {
	d := t.Sub(g.from)
	if d < 0 || d >= time.Duration(g.slots)*metering.BasePeriod {
		return 0, false
	}
	return int(d / metering.BasePeriod), true
}

// Row is one channel of one point; the zero Row if nothing of it was given.
func (g *Grid) Row(point metering.PointID, ch metering.Channel) Row { return g.rows[key{point, ch}] }

// With is the grid with more intervals of the same stretch, for what is computed
// from it. It fails like New.
func (g *Grid) With(more []metering.Interval) (*Grid, error) {
	all := make([]metering.Interval, 0, len(g.intervals)+len(more))
	return New(g.from, g.To(), append(append(all, g.intervals...), more...))
}

// Known reports whether the row has any interval, with an energy or without.
func (r Row) Known() bool { return r.cells != nil }

// At is the interval of a base period, nil where there is none. It belongs to
// the grid.
func (r Row) At(slot int) *metering.Interval {
	if slot < 0 || slot >= len(r.cells) || r.cells[slot] == 0 {
		return nil
	}
	return &r.intervals[r.cells[slot]-1]
}

// Energy is the energy of a base period; false where there is no interval or its
// grade is Null.
func (r Row) Energy(slot int) (metering.Energy, bool) {
	iv := r.At(slot)
	if iv == nil || iv.Grade == metering.Null {
		return 0, false
	}
	return iv.Energy, true
}
