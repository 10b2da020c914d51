package simulator

import (
	"math"
	"time"

	"asue/metering"
)

// A set-point takes a limit over within a second and says so; after its dead time the
// load follows with a first-order lag, from what it draws then. It keeps a hundredth
// below its limit, so that its ripple does not go over it.
//
// If a time-out is set and no limit was written for so long, the fallback limit comes
// into force until the next limit is written: the device looks after itself.
const belowLimit = 0.99

// driftPerMinute is how fast a device that drifts lets go of its limit, up to
// mostDrift.
const (
	driftPerMinute = 0.02
	mostDrift      = 0.30
)

// settled is how near, as a share of the goal, a load has come when it is there.
const settled = 0.001

// wanted is the limit that should be in force.
func (o *output) wanted() metering.Power {
	if o.timedOut {
		return o.fallback
	}
	return o.limit
}

func (o *output) settingBusy() bool {
	watched := o.timeout > 0 && !o.timedOut
	astray := o.wanted() != o.force && !o.is(wayStuck) || o.force != o.goal && !o.is(wayLies)
	return watched || astray || o.cap != float64(o.goal) || o.is(wayDrifts)
}

// follow moves a set-point on to now, a whole second; its loads draw so many W.
func (o *output) follow(now int64, drawn float64) {
	if o.timeout > 0 && !o.timedOut && !o.is(wayLocal) && now-o.written >= int64(o.timeout) {
		o.timedOut = true
	}
	if o.wanted() != o.force && !o.is(wayStuck|wayLocal) {
		o.force = o.wanted()
	}
	if o.force != o.goal && !o.is(wayStuck|wayLies) {
		o.goal = o.force
		o.due = now + int64(o.delay(o.dead))
	}
	if now < o.due || o.cap == float64(o.goal) {
		return
	}
	goal := float64(o.goal)
	if goal < o.cap {
		// The cap comes down from where the load is, not from where it may be.
		o.cap = min(o.cap, max(goal, drawn/belowLimit))
	}
	o.cap += (goal - o.cap) * (1 - math.Exp(-float64(time.Second)/float64(o.delay(o.lag))))
	if math.Abs(goal-o.cap) <= settled*goal+1 {
		o.cap = goal
	}
}

func (o *output) delay(d time.Duration) time.Duration {
	if o.is(waySlow) {
		return slowness * d
	}
	return d
}

// allows is what the loads of a set-point may draw together at now, in mW.
func (o *output) allows(now int64) int64 {
	watts := o.cap
	if o.is(wayDrifts) {
		minutes := time.Duration(now - o.since).Minutes()
		watts *= 1 + min(mostDrift, driftPerMinute*minutes)
	}
	return int64(watts * belowLimit * 1000)
}

// restartSetting is a set-point that comes back after a loss of its supply.
func (o *output) restartSetting(now int64) {
	o.limit, o.written, o.timedOut = o.fallback, now, false
}
