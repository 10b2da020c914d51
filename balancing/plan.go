package balancing

import (
	"cmp"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// action is one command that a plan asks for.
type action struct {
	actuator *actuator
	kind     string // EntryShed, EntryCap, EntryRestore
	want     metering.Desired
	dropW    float64 // by how much the load should fall; negative: may rise
	why      string
	greets   bool // takes a set-point over from its agent as it is; it moves nothing
}

// plan is what should be done now: set-points first, then steps for what is left.
type plan struct {
	caps, steps []action
	shortW      float64 // what is missing at the worst node
	shortAt     *node
}

// plan shares out what may be drawn and finds the actions that bring the load to
// it. Without shares that pass their check there is no plan: false. The shares are
// those that people are told.
func (c *Controller) plan(now time.Time) (plan, bool) {
	return c.work(now, func(shares []Share, violations []violation) {
		c.end(aboutSelfCheck, nil, now)
		c.shares = shares
		c.judgeArmour(violations, now)
	}, func(err error) {
		c.tell(aboutSelfCheck, KindSelfCheck, Alarm, map[string]any{"reason": err.Error()}, now)
		c.write(EntryAlarm, "shares", "nothing is issued on shares that fail their check: "+err.Error(), nil)
	})
}

// work makes a plan. A first pass asks everybody for the same, and its shares are
// heeded; if those who cannot be moved leave too much, a second one takes them as they
// are.
func (c *Controller) work(now time.Time, heed func([]Share, []violation), fail func(error)) (plan, bool) {
	p, err := c.pass(now, func(cl *claim) bool { return cl.guessed }, func(cl *claim) float64 { return cl.demandW }, heed)
	if err != nil {
		fail(err)
		return plan{}, false
	}
	if p.shortW <= 0 {
		return p, true
	}
	left := map[*claim]float64{}
	for _, s := range p.steps {
		left[s.actuator.claim] += s.dropW
	}
	second, err := c.pass(now, func(cl *claim) bool { return cl.guessed || !c.steerable(cl, now) }, func(cl *claim) float64 {
		if c.steerable(cl, now) {
			return cl.demandW
		}
		return max(0, cl.powerW-left[cl])
	}, func([]Share, []violation) {})
	switch {
	case err != nil:
		fail(err)
	case second.shortW < p.shortW:
		return second, true
	}
	return p, true
}

// steerable reports whether a claim has a set-point that can be told.
func (c *Controller) steerable(cl *claim, now time.Time) bool {
	return slices.ContainsFunc(cl.actuators, func(a *actuator) bool { return a.cfg.Kind == metering.ActuatorSetpoint && c.usable(a, now) == "" })
}

// pass is one pass of a plan: still are those who are taken as they are.
func (c *Controller) pass(now time.Time, still func(*claim) bool, demandW func(*claim) float64, heed func([]Share, []violation)) (plan, error) {
	shares, violations, err := c.shareOut(c.rootW(), c.nodeW, demandW, still, c.pinKW(now))
	if err != nil {
		return plan{}, err
	}
	heed(shares, violations)
	var p plan
	p.caps = c.caps(shares, now)
	p.steps, p.shortW, p.shortAt = c.steps(shares, p.caps, now)
	return p, nil
}

// rootW is what the site may draw from now on: what is steered to, or what the
// block allows.
func (c *Controller) rootW() float64 {
	if t := c.plant.site.targetW; !math.IsInf(t, 1) {
		return t
	}
	if c.block.LengthH > 0 {
		return c.block.AllowableW()
	}
	return unlimitedW
}

// nodeW is what a node may carry: what is steered to where it is hot, else its
// limit.
func (c *Controller) nodeW(n *node) float64 {
	if !math.IsInf(n.targetW, 1) {
		return n.targetW
	}
	if p, ok := n.limit.Power(); ok {
		return float64(p)
	}
	return unlimitedW
}

func (c *Controller) pinKW(now time.Time) pinOf {
	return func(cl *claim) (int64, bool) {
		p, ok := c.pinned(cl, now)
		return int64(p / metering.Kilowatt), ok
	}
}

// caps are the set-points that have to come down, the greatest drop first.
func (c *Controller) caps(shares []Share, now time.Time) []action {
	var list []action
	for i, cl := range c.plant.claims {
		s := shares[i]
		if s.Share >= s.Demand || !c.strained(cl) {
			continue
		}
		for a, w := range c.split(cl, max(float64(s.Share), c.armourW(cl)), now) {
			if act, ok := c.lower(a, w, s.Why, now); ok {
				list = append(list, act)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b action) int {
		return cmp.Or(cmp.Compare(b.dropW, a.dropW), cmp.Compare(a.actuator.cfg.ID, b.actuator.cfg.ID))
	})
	return list
}

// strained reports whether a node above a claim has to come down.
func (c *Controller) strained(cl *claim) bool {
	for n := cl.node; n != nil; n = n.parent {
		if n.short {
			return true
		}
	}
	return false
}

// split gives a claim's share to its set-points: what is not behind them comes off
// first, the rest goes by what each can take.
func (c *Controller) split(cl *claim, shareW float64, now time.Time) map[*actuator]float64 {
	var points []*actuator
	rest, band := shareW-cl.powerW, 0.0
	for _, a := range cl.actuators {
		if a.cfg.Kind == metering.ActuatorSetpoint && c.usable(a, now) == "" {
			points = append(points, a)
			behind, ok := c.behind(a, now)
			if !ok {
				behind = cl.powerW
			}
			rest += behind
			band += float64(a.cfg.Most)
		}
	}
	given := map[*actuator]float64{}
	slices.SortStableFunc(points, func(a, b *actuator) int { return cmp.Compare(b.cfg.Least*a.cfg.Most, a.cfg.Least*b.cfg.Most) })
	for _, a := range points {
		w := rest * float64(a.cfg.Most) / max(1, band)
		w = min(max(w, float64(a.cfg.Least)), float64(a.cfg.Most))
		given[a] = w
		rest, band = rest-w, band-float64(a.cfg.Most)
	}
	return given
}

// lower is the action that brings a set-point down to w, if it is worth one.
func (c *Controller) lower(a *actuator, w float64, why string, now time.Time) (action, bool) {
	want := metering.Power(w) / metering.Kilowatt * metering.Kilowatt
	want = min(max(want, a.cfg.Least), a.cfg.Most)
	have := a.view.Now.Limit
	behind, ok := c.behind(a, now)
	if !ok {
		behind = a.claim.powerW
	}
	if a.moved != nil || float64(have-want) < c.worth(a) || behind-float64(want) < c.worth(a) {
		return action{}, false
	}
	return action{actuator: a, kind: EntryCap, want: metering.Desired{Limit: want}, dropW: behind - float64(want), why: why}, true
}

// worth is the least change of a set-point that is told.
func (c *Controller) worth(a *actuator) float64 {
	return max(float64(c.cfg.Acting.Reissue), c.cfg.Acting.ReissueShare*float64(a.claim.cfg.Allowed))
}

// armourW is what must not be cut from a claim.
func (c *Controller) armourW(cl *claim) float64 {
	if c.emergencyArmour(cl) {
		return float64(cl.cfg.Emergency)
	}
	return float64(cl.cfg.Technological)
}

// emergencyArmour reports whether the time of a claim's technological armour is
// over.
func (c *Controller) emergencyArmour(cl *claim) bool {
	return !cl.told.IsZero() && c.now.Sub(cl.told) >= cl.cfg.TechnologicalFor
}

func (a *actuator) forgetChanges(now time.Time) {
	a.changes = slices.DeleteFunc(a.changes, func(t time.Time) bool { return now.Sub(t) >= time.Hour })
}
