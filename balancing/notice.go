package balancing

import (
	"maps"
	"math"
	"strings"
	"time"

	"asue/metering"
)

// Groups of notices of which one at most stands at a time.
const (
	aboutProjection = "projection"
	aboutNext       = "next"
	aboutPower      = "power"
	aboutData       = "data"
)

// tell says something new about a group; the same kind again is no news.
func (c *Controller) tell(group, kind string, severity Severity, args map[string]any, now time.Time) {
	old, stands := c.standing[group]
	if stands && old.Kind == kind {
		return
	}
	n := Notice{ID: id(group, now), At: now, Kind: kind, Severity: severity, Active: true, Args: args}
	if stands {
		n.ID = old.ID
	}
	c.standing[group] = n
	c.out = append(c.out, n)
}

// end says that what stood is over.
func (c *Controller) end(group string, args map[string]any, now time.Time) {
	n, stands := c.standing[group]
	if !stands {
		return
	}
	delete(c.standing, group)
	n.At, n.Active = now, false
	n.Args = maps.Clone(n.Args)
	maps.Copy(n.Args, args)
	c.out = append(c.out, n)
}

// event says something that is over as soon as it has happened.
func (c *Controller) event(kind string, severity Severity, args map[string]any, at time.Time) {
	c.out = append(c.out, Notice{ID: id(kind, at), At: at, Kind: kind, Severity: severity, Args: args})
}

func id(what string, at time.Time) string { return what + "/" + at.Format("20060102T150405.000Z") }

// tellProjection speaks of the band: not in the dead time, and in the freeze time
// of a breach alone.
func (c *Controller) tellProjection(st *State, now time.Time) {
	if c.phase == Init || c.phase == Monitor || st.Band == BandUnknown || c.dead(now) {
		return
	}
	band := c.band
	if st.Quiet && st.Headroom.Known && st.Headroom.Power < 0 {
		band = over
	}
	switch band {
	case normal:
		c.end(aboutProjection, projectionArgs(st, now), now)
	case watch:
		c.tell(aboutProjection, KindWatch, Info, projectionArgs(st, now), now)
	case warn:
		c.tell(aboutProjection, KindWarn, Warning, projectionArgs(st, now), now)
	case limit:
		c.tell(aboutProjection, KindLimit, Warning, projectionArgs(st, now), now)
	case over:
		c.tell(aboutProjection, KindOver, Alarm, projectionArgs(st, now), now)
	}
}

// nextFor is how long the power must be above the limit before it is told what that means
// for the next block: a step of one load is no habit.
const nextFor = 5 * time.Second

// tellNext speaks of a power above the limit that no projection shows: late in a block,
// which holds all the same while the next one begins with that power, and in the dead time.
// Once the projection shows it, that is what is told.
func (c *Controller) tellNext(st *State, now time.Time) {
	unknown := !st.Power.Known || !st.Limit.Known || st.NoLimit || c.phase == Init || c.phase == Monitor
	switch {
	case unknown || c.dark() || c.band >= warn || float64(st.Power.Power) <= c.cfg.Trigger*float64(st.Limit.Power):
		c.aboveAt = time.Time{}
		c.end(aboutNext, nil, now)
	case st.Power.Power <= st.Limit.Power: // neither above nor well below
		c.aboveAt = time.Time{}
	case c.aboveAt.IsZero():
		c.aboveAt = now
	case now.Sub(c.aboveAt) >= nextFor:
		start := st.End
		if c.dead(now) {
			start = st.Start // this one has just begun, and its projection says nothing yet
		}
		c.tell(aboutNext, KindNext, Warning, map[string]any{
			"power_w": st.Power.Power, "limit_w": st.Limit.Power, "excess_w": st.Power.Power - st.Limit.Power, "start_at": start,
		}, now)
	}
}

// named is how many residents above their conditions a notice names.
const named = 5

func projectionArgs(st *State, now time.Time) map[string]any {
	args := map[string]any{
		"excess_w":     max(0, -st.Headroom.Power),
		"minutes_left": int(math.Ceil(st.End.Sub(now).Minutes())),
	}
	for name, v := range map[string]Value{
		"projection_w": st.Projection, "upper_w": st.Upper, "limit_w": st.Limit,
		"allowable_w": st.Allowable, "correction_w": st.Correction, "power_w": st.Power,
	} {
		if v.Known {
			args[name] = v.Power
		}
	}
	if st.Limit.Power > 0 {
		args["share_pct"] = math.Round(1000*float64(st.Projection.Power)/float64(st.Limit.Power)) / 10
	}
	if st.Unavoidable {
		args["unavoidable"] = true
	}
	if n := min(len(st.Over), named); n > 0 {
		args["over"] = st.Over[:n:n]
	}
	return args
}

// tellPower speaks of a power above the ceiling that lasts.
func (c *Controller) tellPower(st *State, now time.Time) {
	if !st.Power.Known || !st.Ceiling.Known {
		return
	}
	args := map[string]any{"power_w": st.Power.Power, "limit_w": st.Ceiling.Power}
	if st.Power.Power > st.Ceiling.Power {
		c.coolAt = time.Time{}
		if c.hotAt.IsZero() {
			c.hotAt = now
		}
		if now.Sub(c.hotAt) > c.cfg.CeilingFor {
			c.tell(aboutPower, KindPower, Alarm, args, now)
		}
		return
	}
	c.hotAt = time.Time{}
	if c.coolAt.IsZero() {
		c.coolAt = now
	}
	if now.Sub(c.coolAt) >= c.cfg.CeilingFor {
		c.end(aboutPower, args, now)
	}
}

func (c *Controller) tellCondition(reasons []string, now time.Time) {
	args := map[string]any{"reason": strings.Join(reasons, "; ")}
	switch c.condition {
	case Good:
		c.end(aboutData, nil, now)
	case Degraded:
		if c.phase == Init { // the first readings are still on their way
			return
		}
		c.tell(aboutData, KindDegraded, Warning, args, now)
	case Failsafe:
		c.tell(aboutData, KindUnknown, Alarm, args, now)
	}
}

func (c *Controller) tellBlock(begin, end time.Time, meanW float64, source string) {
	most, ok := c.limit.Power()
	mean := known(meanW)
	if !ok || !mean.Known || mean.Power <= most {
		return
	}
	c.event(KindBlock, Alarm, map[string]any{
		"start_at":      begin,
		"mean_w":        mean.Power,
		"limit_w":       most,
		"excess_w":      mean.Power - most,
		"energy_source": source,
	}, end)
}

func (c *Controller) tellSource(feeding string, limit metering.Limit, now time.Time) {
	if feeding == "" {
		c.event(KindLostSource, Alarm, map[string]any{"source": c.feeding}, now)
		return
	}
	args := map[string]any{"source": feeding}
	if p, ok := limit.Power(); ok {
		args["limit_w"] = p
	}
	c.event(KindNewSource, Warning, args, now)
}
