package balancing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// comeBack gives load back: one step at a time, or some set-points by their ramp; the
// most important first, of equals what has waited longest. Nothing comes back while data are not good, in an
// emergency, in the dead and freeze time, or while anything is awaited.
func (c *Controller) comeBack(st *State, now time.Time) {
	s := &c.cfg.Acting
	quiet := c.condition != Good || c.emergency != "" || c.doubted != "" || st.Quiet || c.awaited()
	if quiet || within(c.shedAt, s.RestoreEvery, now) || within(c.restoredAt, s.RestoreEvery, now) {
		return
	}
	given := 0.0
	for _, act := range c.returns(now) {
		a := act.actuator
		if act.kind == EntryRestore && given > 0 {
			continue
		}
		if why := c.misfit(a, -act.dropW, given, st, now); why != "" {
			if c.rotate(a, now) {
				return
			}
			continue
		}
		mode, why := c.effective(a, now)
		switch {
		case mode == metering.ModeOff, mode < metering.ModeConfirm && c.shadow():
			continue
		case mode < metering.ModeConfirm:
			c.would(act, mode, why, now)
			continue
		case !c.commands(now):
			return
		case mode == metering.ModeConfirm:
			c.propose(act, now)
		case !c.command(act, metering.ModeAuto, nil, now):
			continue
		}
		if given -= act.dropW; act.kind == EntryRestore {
			return
		}
	}
}

func within(at time.Time, d time.Duration, now time.Time) bool {
	return !at.IsZero() && now.Sub(at) < d
}

// returns lists what may come back now, in the order in which it should.
func (c *Controller) returns(now time.Time) []action {
	var list []action
	for i, cl := range c.plant.claims {
		for _, a := range cl.actuators {
			if act, ok := c.comes(a, i, now); ok {
				list = append(list, act)
			}
		}
	}
	slices.SortStableFunc(list, func(x, y action) int {
		a, b := x.actuator, y.actuator
		return cmp.Or(-compareBool(c.overdue(a, now), c.overdue(b, now)), cmp.Compare(b.cfg.Importance, a.cfg.Importance),
			a.since().Compare(b.since()), cmp.Compare(a.cfg.ID, b.cfg.ID))
	})
	return list
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// since is from when an actuator has been held.
func (a *actuator) since() time.Time {
	if a.open() {
		return a.outSince
	}
	return a.reduced
}

// overdue reports whether a step has been off for as long as it may be.
func (c *Controller) overdue(a *actuator, now time.Time) bool {
	return a.open() && now.Sub(a.outSince) >= a.cfg.MaxOff
}

// comes is the action that gives load back behind an actuator, if it is time.
func (c *Controller) comes(a *actuator, claim int, now time.Time) (action, bool) {
	if !a.held() || c.usable(a, now) != "" {
		return action{}, false
	}
	if a.open() {
		if now.Sub(a.outSince) < a.cfg.MinOff || (len(a.changes) >= a.cfg.PerHour && !c.overdue(a, now)) || (c.pressed() && !c.overdue(a, now)) {
			return action{}, false
		}
		why := fmt.Sprintf("it has been off for %v and fits again", now.Sub(a.outSince).Round(time.Second))
		return action{actuator: a, kind: EntryRestore, want: metering.Desired{Position: metering.PositionClosed}, dropW: -float64(a.cfg.Power), why: why}, true
	}
	return c.raise(a, claim, now)
}

// raise lets a set-point rise by its ramp: towards its share while the load is held,
// else to its greatest value.
func (c *Controller) raise(a *actuator, claim int, now time.Time) (action, bool) {
	s := &c.cfg.Acting
	have, _ := a.capped()
	if within(a.reduced, s.GiveBack, now) || within(a.gave, s.GiveBack, now) || len(a.changes) >= a.cfg.PerHour {
		return action{}, false
	}
	if _, pinned := c.pinned(a.claim, now); pinned {
		return action{}, false
	}
	to := a.cfg.Most
	if c.pressed() {
		to = min(to, metering.Power(c.split(a.claim, float64(c.shares[claim].Share), now)[a]))
	}
	step := metering.Power(s.RampUp * s.GiveBack.Minutes() * float64(a.cfg.Most))
	want := min(to, have+max(step, metering.Kilowatt)) / metering.Kilowatt * metering.Kilowatt
	if want = max(want, a.cfg.Least); to == a.cfg.Most && a.cfg.Most-want < metering.Kilowatt {
		want = a.cfg.Most
	}
	if float64(want-have) < c.worth(a) && want != a.cfg.Most {
		return action{}, false
	}
	if want <= have {
		return action{}, false
	}
	return action{actuator: a, kind: EntryCap, want: metering.Desired{Limit: want}, dropW: -float64(want - have),
		why: fmt.Sprintf("it may rise by %v: there is room again", want-have)}, true
}

// rotate makes room for a step that has been off for as long as it may be: others
// take its place. It reports whether anything was done or asked.
func (c *Controller) rotate(a *actuator, now time.Time) bool {
	if !c.overdue(a, now) || c.doubted != "" {
		return false
	}
	room := 0.0
	if most, ok := c.limit.Power(); ok {
		room = max(0, c.cfg.Target*float64(most)-c.effectiveW(c.plant.site))
	}
	lack := math.Ceil(c.cfg.Acting.RestoreFactor*float64(a.cfg.Power) - room)
	var candidates []*actuator
	for _, b := range c.plant.actuators {
		if b.cfg.Kind == metering.ActuatorRelay && c.sheddable(b, now) == "" {
			candidates = append(candidates, b)
		}
	}
	list, short, _ := c.choose(map[*node]float64{c.plant.site: max(1000, lack)}, candidates, map[*actuator]bool{}, nil, func(b *actuator) bool { return c.rank(b, now) == c.rank(a, now) })
	if short > 0 || len(list) == 0 {
		if !a.rotating {
			a.rotating = true
			c.write(EntryAlarm, string(a.cfg.ID), fmt.Sprintf("it has been off for %v of %v, and nothing can take its place", now.Sub(a.outSince).Round(time.Second), a.cfg.MaxOff), nil)
			c.eventNotice(KindMaxOff, Alarm, a, fmt.Sprintf("off for %v, nothing can take its place", now.Sub(a.outSince).Round(time.Minute)), now)
		}
		return false
	}
	for i := range list {
		list[i].why = fmt.Sprintf("it takes the place of %s, which has been off for %v", a.cfg.ID, now.Sub(a.outSince).Round(time.Second))
	}
	c.carryOut(plan{steps: list}, now)
	return true
}
