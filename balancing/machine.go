package balancing

import (
	"slices"
	"time"

	"asue/metering"
)

// bands in ascending order; c.band is an index.
var bands = [...]Band{BandNormal, BandWatch, BandWarn, BandLimit, BandOver}

const (
	normal = iota
	watch
	warn
	limit
	over
)

// phases that answer to the bands.
var phases = [...]Phase{Normal, Watch, Warn, Limit, Limit}

var conditions = []Condition{Good, Degraded, Failsafe}

// moveCondition worsens at once and betters when the data have been better for
// GoodFor. It reports whether the condition changed.
func (c *Controller) moveCondition(want Condition, reasons []string, now time.Time) bool {
	have := slices.Index(conditions, c.condition)
	target := slices.Index(conditions, want)
	switch {
	case target >= have:
		c.betterAt = time.Time{}
	case c.betterAt.IsZero():
		c.betterAt = now
	}
	better := target < have && now.Sub(c.betterAt) >= c.cfg.GoodFor
	if target == have || (target < have && !better) {
		return false
	}
	c.condition, c.betterAt = want, time.Time{}
	c.tellCondition(reasons, now)
	return true
}

// moveBand moves the band with its hysteresis. It rests in the dead time, in the
// freeze time, and while there is nothing to judge.
func (c *Controller) moveBand(st *State, now time.Time) {
	switch {
	case c.dark():
		c.band, st.Band = normal, BandUnknown
		c.end(aboutProjection, nil, now)
		return
	case st.NoLimit:
		c.band = normal
	case !st.Projection.Known || !st.Limit.Known:
		st.Band = BandUnknown
		return
	case !st.Quiet:
		c.band = c.nextBand(float64(st.Projection.Power), float64(st.Upper.Power), float64(st.Limit.Power), now)
	}
	st.Band = bands[c.band]
}

func (c *Controller) nextBand(projection, upper, most float64, now time.Time) int {
	if upper <= c.cfg.Release*most {
		if c.calmAt.IsZero() {
			c.calmAt = now
		}
	} else {
		c.calmAt = time.Time{}
	}
	entered := normal
	switch {
	case projection <= 0 && upper <= 0:
	case projection > most:
		entered = over
	case upper >= c.cfg.Trigger*most:
		entered = limit
	case upper >= c.cfg.Warn*most:
		entered = warn
	case upper >= c.cfg.Watch*most:
		entered = watch
	}
	if entered >= c.band {
		return entered
	}
	switch {
	case c.band >= limit && (c.calmAt.IsZero() || now.Sub(c.calmAt) < c.cfg.ReleaseFor):
		return max(entered, limit)
	case c.band == warn && upper >= c.cfg.WarnOff*most:
		return warn
	case upper >= c.cfg.WatchOff*most:
		return max(entered, watch)
	}
	return entered
}

// movePhase goes one step towards the band.
func (c *Controller) movePhase(st *State, now time.Time) {
	switch c.phase {
	case Init:
		if c.valid >= 3 && now.Sub(c.begun) >= time.Minute && c.condition != Failsafe && !c.awaitsRights(now) {
			c.phase = Monitor
		}
	case Monitor:
		c.phase = Normal
	default:
		if c.condition == Failsafe || (st.Band == BandUnknown && !c.pressed()) {
			return
		}
		c.phase = c.nextPhase()
	}
}

// ladder is what the phases are climbed by. Restore stands beside it.
var ladder = [...]Phase{Normal, Watch, Warn, Limit, Shed}

// nextPhase is one step from the present phase to the one that is due.
func (c *Controller) nextPhase() Phase {
	want := phases[c.band]
	switch {
	case c.pressed() && c.urgent() && c.acts():
		want = Shed
	case c.pressed():
		want = Limit
	case want != Limit && c.holdsBack():
		want = Restore
	}
	have := slices.Index(ladder[:], c.phase)
	to := slices.Index(ladder[:], want)
	switch {
	case have < 0 || to < 0:
		return want
	case to > have:
		return ladder[have+1]
	case to < have:
		return ladder[have-1]
	}
	return want
}

// acts reports whether there is anything that this controller could move, and what
// is measured is good enough for it.
func (c *Controller) acts() bool {
	return c.doubted == "" && slices.ContainsFunc(c.plant.actuators, func(a *actuator) bool {
		mode, _ := c.effective(a, c.now)
		return mode >= metering.ModeConfirm
	})
}

// holdsBack reports whether anything is kept from its load by a command.
func (c *Controller) holdsBack() bool {
	return slices.ContainsFunc(c.plant.actuators, (*actuator).held)
}
