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
			c.would(act, why, now)
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

// misfit says why a load must not come back at a node; empty if it may. Its
// greatest power and a fifth more must fit under the target of this block and of
// the next one, under the ceiling, and at every node on its way. givenW is what this
// tick has given back already.
func (c *Controller) misfit(a *actuator, backW, givenW float64, st *State, now time.Time) string {
	back := c.cfg.Acting.RestoreFactor * backW
	for n := a.node; n != nil && n != c.plant.site; n = n.parent {
		if p, ok := n.limit.Power(); ok && n.known && c.effectiveW(n)+back > c.cfg.Target*float64(p) {
			return fmt.Sprintf("%s would have %v of %v", n.name(), rough(c.effectiveW(n)+back), p)
		}
	}
	if st.NoLimit {
		return ""
	}
	most, limited := c.limit.Power()
	if !limited || c.block.LengthH <= 0 || !st.Upper.Known {
		return "what the block allows is not known"
	}
	target := c.cfg.Target * float64(most)
	power := c.effectiveW(c.plant.site)
	switch {
	case c.pressed() && power+back > c.plant.site.targetW:
		return fmt.Sprintf("the site would draw %v of %v", rough(power+back), rough(c.plant.site.targetW))
	case !c.pressed() && float64(st.Upper.Power)+givenW+back > target:
		return fmt.Sprintf("the block may end at %v of %v", rough(float64(st.Upper.Power)+givenW+back), rough(target))
	case power+back > c.ceiling(most)*(1-c.cfg.MarginMin):
		return fmt.Sprintf("the site would draw %v at once", rough(power+back))
	}
	return c.misfitNext(a, back, backW, st, now)
}

// misfitNext judges the next block: by the forecast less what stays off, or by the
// power now with its spread over a whole block.
func (c *Controller) misfitNext(a *actuator, back, backW float64, st *State, now time.Time) string {
	next, _ := c.siteLimit(st.End)
	p, limited := next.Power()
	if !limited {
		return ""
	}
	target := c.cfg.Target * float64(p)
	if b, ok := c.forecast.block(st.End, now); ok {
		w := float64(b.Q90) - c.heldW(now) + min(backW, max(a.outW, a.raiseW())) + (back - backW)
		if w > target {
			return fmt.Sprintf("the next block is expected at up to %v of %v with it", rough(w), rough(target))
		}
		return ""
	}
	whole := Demand{LengthH: c.cfg.Block.Hours()}
	if w := c.effectiveW(c.plant.site) + c.spread(whole) + back; w > target {
		return fmt.Sprintf("the next block would hold up to %v of %v with it", rough(w), rough(target))
	}
	return ""
}

// raiseW is what a set-point keeps from its load, as far as it is known.
func (a *actuator) raiseW() float64 {
	if limit, ok := a.capped(); ok {
		return float64(a.cfg.Most - limit)
	}
	return 0
}

// heldW is what is kept from the loads: steps by what went with them, set-points by
// what their residents are expected to draw.
func (c *Controller) heldW(now time.Time) float64 {
	held := 0.0
	for _, cl := range c.plant.claims {
		held += cl.shedW
		if slices.ContainsFunc(cl.actuators, func(a *actuator) bool { _, ok := a.capped(); return ok }) {
			if w := c.forecast.resident(cl.cfg.Resident, now); w > 0 {
				held += max(0, w-cl.powerW-cl.shedW)
			}
		}
	}
	return held
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
	list, short, _ := c.choose(map[*node]float64{c.plant.site: max(1000, lack)}, candidates, map[*actuator]bool{}, func(b *actuator) bool { return c.rank(b, now) == c.rank(a, now) })
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

// holdPins keeps the set-points of pinned residents where persons have fixed them.
func (c *Controller) holdPins(now time.Time) {
	var caps []action
	for _, cl := range c.plant.claims {
		p, ok := c.pinned(cl, now)
		if !ok {
			continue
		}
		for a, w := range c.split(cl, float64(p), now) {
			want := metering.Power(w) / metering.Kilowatt * metering.Kilowatt
			have := a.cfg.Most
			if limit, capped := a.capped(); capped {
				have = limit
			}
			if want == have || within(a.gave, c.cfg.Acting.GiveBack, now) || within(a.reduced, c.cfg.Acting.Reduce, now) {
				continue
			}
			o := c.override(metering.OrderPin, func(o metering.Order) bool { return pins(o, cl) }, now)
			behind, _ := c.behind(a, now)
			caps = append(caps, action{actuator: a, kind: EntryCap, want: metering.Desired{Limit: want}, dropW: pinDrop(have, want, behind),
				why: fmt.Sprintf("pinned by %s: %s", by(*o), o.Reason)})
		}
	}
	slices.SortFunc(caps, func(a, b action) int { return cmp.Compare(a.actuator.cfg.ID, b.actuator.cfg.ID) })
	if len(caps) > 0 {
		c.carryOut(plan{caps: caps}, now)
	}
}

// pinDrop is by how much a load changes when its set-point goes from one value to
// another. Lowering counts as a reduction even where nothing is drawn.
func pinDrop(have, want metering.Power, behindW float64) float64 {
	if want > have {
		return -float64(want - have)
	}
	return max(1, min(float64(have), behindW)-float64(want))
}

// greet ends the fail-safe of agents that were left alone, or have just started: it
// takes a fresh command, and the state that is asked for is the one that is.
func (c *Controller) greet(now time.Time) {
	var list []action
	for _, a := range c.plant.actuators {
		v := a.view
		if a.cfg.Kind != metering.ActuatorSetpoint || v.Guarding != metering.GuardFailSafe || v.Command != "" || within(a.gave, c.cfg.Acting.Reduce, now) || c.usable(a, now) != "" {
			continue
		}
		want := min(max(v.Now.Limit/metering.Kilowatt*metering.Kilowatt, a.cfg.Least), a.cfg.Most)
		list = append(list, action{actuator: a, kind: EntryCap, want: metering.Desired{Limit: want}, why: "its agent was left alone: the balancer is back, the limit stays as it is"})
	}
	for _, act := range list {
		switch mode, _ := c.effective(act.actuator, now); {
		case !c.commands(now):
		case mode == metering.ModeAuto:
			c.command(act, mode, nil, now)
		case mode == metering.ModeConfirm:
			c.propose(act, now)
		}
	}
}
