package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
)

// changedInterval is an interval that has another version than when evidence was made.
type changedInterval struct {
	Point metering.PointID `json:"point"`
	Start time.Time        `json:"start"`
	// Was is 0 for an interval that was not there.
	Was        int              `json:"was_version"`
	Now        int              `json:"now_version"`
	EnergyWas  *metering.Energy `json:"was_wh"`
	EnergyNow  *metering.Energy `json:"now_wh"`
	RecordedAt time.Time        `json:"recorded_at"`
	Reason     string           `json:"reason,omitempty"`
}

func (c changedInterval) text(zone *time.Location) string {
	amount := func(e *metering.Energy) string {
		if e == nil {
			return "not known"
		}
		return e.String()
	}
	text := fmt.Sprintf("point %s, %s: version %d (%s) is version %d (%s) since %s", c.Point, c.Start.In(zone).Format("2006-01-02 15:04"),
		c.Was, amount(c.EnergyWas), c.Now, amount(c.EnergyNow), c.RecordedAt.In(zone).Format("2006-01-02 15:04:05"))
	if c.Was == 0 {
		text = fmt.Sprintf("point %s, %s: was not there, has %s since %s", c.Point, c.Start.In(zone).Format("2006-01-02 15:04"),
			amount(c.EnergyNow), c.RecordedAt.In(zone).Format("2006-01-02 15:04:05"))
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text
}

// mostChanges is how many times at which the ledger was written are gone back.
const mostChanges = 64

// explain says why evidence is not what it was. If its intervals are others, it goes back
// through the times at which the ledger got versions of them, the newest first, until
// the digest is that of the evidence: whatever came since is what has changed.
func (u *uses) explain(ctx context.Context, j judged, c reclaim.Claim) (string, []changedInterval, error) {
	now, err := u.intervals(ctx, j.points, time.Time{})
	if err != nil {
		return "", nil, err
	}
	digest, err := reclaim.DigestOf(now)
	if err != nil {
		return "", nil, err
	}
	if digest == c.Intervals {
		return "its intervals are the same; site file, outages, times held back or rules are not", nil, nil
	}
	written := writtenAt(now)
	for _, at := range written[:min(len(written), mostChanges)] {
		was, err := u.intervals(ctx, j.points, at.Add(-time.Millisecond))
		if err != nil {
			return "", nil, err
		}
		if digest, err := reclaim.DigestOf(was); err != nil || digest != c.Intervals {
			continue
		}
		list := changed(was, now)
		return fmt.Sprintf("intervals with another version than then: %d", len(list)), list, nil
	}
	return fmt.Sprintf("its intervals are others: %d then, %d now, and the last %d times that the ledger was written do not show which; asue settlements tells corrections",
		c.Intervals.Count, digest.Count, min(len(written), mostChanges)), nil, nil
}

// writtenAt are the times at which intervals were recorded, the newest first, each once.
func writtenAt(list []metering.Interval) []time.Time {
	var times []time.Time
	for _, iv := range list {
		times = append(times, iv.RecordedAt)
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	return slices.CompactFunc(times, time.Time.Equal)
}

// changed are the intervals that differ, in the order of what they are now.
func changed(was, now []metering.Interval) []changedInterval {
	type key struct {
		point metering.PointID
		start int64
	}
	before := map[key]metering.Interval{}
	for _, iv := range was {
		before[key{iv.Point, iv.Start.UnixMilli()}] = iv
	}
	var list []changedInterval
	for _, iv := range now {
		old, there := before[key{iv.Point, iv.Start.UnixMilli()}]
		if there && old.Version == iv.Version {
			continue
		}
		c := changedInterval{Point: iv.Point, Start: iv.Start, Was: old.Version, Now: iv.Version, EnergyNow: energyOf(iv), RecordedAt: iv.RecordedAt, Reason: iv.Reason}
		if there {
			c.EnergyWas = energyOf(old)
		}
		list = append(list, c)
	}
	return list
}

// energyOf is nil where the energy is not known.
func energyOf(iv metering.Interval) *metering.Energy {
	if iv.Grade == metering.Null {
		return nil
	}
	return &iv.Energy
}
