package balancing

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/balancing/waterfill"
	"asue/metering"
)

// rank says in which order actuators are asked: what acts by itself, what a person
// has to confirm, breakers, and what is not done but told.
func (c *Controller) rank(a *actuator, now time.Time) int {
	mode, _ := c.effective(a, now)
	switch {
	case a.cfg.Kind == metering.ActuatorBreaker && mode >= metering.ModeConfirm:
		return 2
	case mode == metering.ModeAuto:
		return 0
	case mode == metering.ModeConfirm:
		return 1
	}
	return 3
}

// steps chooses the steps that cover what the set-points leave, and tells what is
// missing where it is most. Loads of residents above their share come first, and
// of each kind those that can be moved with the fewest words.
func (c *Controller) steps(shares []Share, caps []action, now time.Time) (list []action, shortW float64, at *node) {
	need := c.needs(caps)
	if !slices.ContainsFunc(c.plant.all, func(n *node) bool { return need[n] > 0 }) {
		return nil, 0, nil
	}
	above := map[*claim]bool{}
	for i, cl := range c.plant.claims {
		above[cl] = shares[i].Share < shares[i].Power
	}
	var candidates []*actuator
	for _, a := range c.plant.actuators {
		if a.cfg.Kind != metering.ActuatorSetpoint && c.sheddable(a, now) == "" {
			candidates = append(candidates, a)
		}
	}
	barred, capped := map[*actuator]bool{}, map[*claim]float64{}
	for _, act := range caps {
		capped[act.actuator.claim] += act.dropW
	}
	for most := 0; most <= 3; most++ {
		for _, own := range []bool{true, false} {
			list, shortW, at = c.choose(need, candidates, barred, capped, func(a *actuator) bool {
				r := c.rank(a, now)
				return r < most || (r == most && (!own || above[a.claim]))
			})
			if shortW < 1000 {
				return list, 0, nil
			}
		}
	}
	return list, shortW, at
}

// leastDrop is the least power in W for which a step is taken off.
const leastDrop = 10e3

// needs is by how much the load must still fall at each node when the set-points
// have come down.
func (c *Controller) needs(caps []action) map[*node]float64 {
	need := map[*node]float64{}
	for _, n := range c.plant.all {
		if math.IsInf(n.targetW, 1) || !n.short || n.gentle {
			continue
		}
		w := c.effectiveW(n) - n.targetW
		for _, a := range caps {
			if a.actuator.node.under(n) {
				w -= a.dropW
			}
		}
		need[n] = max(0, w)
	}
	return need
}

// needText says where the load has to fall, and why.
func (c *Controller) needText(need map[*node]float64) string {
	for _, n := range c.plant.all {
		if w := need[n]; w > 0 && n.short {
			return fmt.Sprintf("%s draws %v, %v is steered to: ", n.name(), rough(c.effectiveW(n)), rough(n.targetW))
		}
	}
	return ""
}

// choose asks package waterfill for steps; what set-points take from a claim in the
// same plan (capped) goes by no step any more. What would leave a resident below its
// armour is barred and the choice made again.
func (c *Controller) choose(need map[*node]float64, candidates []*actuator, barred map[*actuator]bool, capped map[*claim]float64, may func(*actuator) bool) ([]action, float64, *node) {
	drops := func(a *actuator) float64 { return max(0, min(a.drawsW(), a.claim.powerW-capped[a.claim])) }
	for {
		nodes := c.forest(unlimitedW, func(*node) float64 { return unlimitedW })
		for i := range nodes {
			nodes[i].Need = ceilKW(need[c.nodeOf(nodes[i].ID)])
		}
		var steps []waterfill.Step
		for _, a := range candidates {
			if may(a) && !barred[a] && drops(a) >= leastDrop {
				steps = append(steps, waterfill.Step{
					ID: string(a.cfg.ID), Node: a.node.forestID(), KW: int64(drops(a) / 1000),
					Importance: a.cfg.Importance, ShedMinutes: int64(a.outFor / time.Minute),
				})
			}
		}
		choice, err := waterfill.Shed(nodes, steps, waterfill.ShedOptions{Quantum: 25})
		if err != nil {
			panic("BUG: balancing: steps: " + err.Error())
		}
		why := c.needText(need) + choice.Why()
		var list []action
		left := map[*claim]float64{}
		var worst *actuator
		for _, id := range choice.Steps {
			a := c.plant.byID[metering.ActuatorID(id)]
			if _, met := left[a.claim]; !met {
				left[a.claim] = a.claim.powerW - c.armourW(a.claim)
			}
			if left[a.claim] -= a.drawsW(); left[a.claim] < -1 && (worst == nil || a.cfg.Importance > worst.cfg.Importance) {
				worst = a
			}
			list = append(list, action{actuator: a, kind: EntryShed, want: metering.Desired{Position: metering.PositionOpen}, dropW: drops(a), why: why})
		}
		if worst != nil {
			barred[worst] = true
			continue
		}
		short, at := 0.0, (*node)(nil)
		for _, s := range choice.Shortfalls {
			if w := float64(s.KW) * 1000; w > short {
				short, at = w, c.nodeOf(s.Node)
			}
		}
		return list, short, at
	}
}
