package reclaim

import (
	"math"
	"slices"
	"time"
)

// Repeat finds the state after an event that was decided before, under terms that may
// have been others than those of today: how long anything has to last is not asked again,
// everything else is. It fails where no terms would have permitted the event, with a
// *Refusal.
func (c Case) Repeat(e Event, loc *time.Location) (Case, error) {
	terms := Terms{Plan: Term{Days: math.MaxInt}, Location: loc}
	if e.Plan != nil {
		terms.Plan.Working = e.Plan.Term.Working
	}
	plan := c.Plan
	if plan != nil && e.Kind == Missed { // due at the end of the day of the warning
		at := &Plan{Term: Term{Days: plan.Term.Days}, Milestones: slices.Clone(plan.Milestones)}
		for i := range at.Milestones {
			at.Milestones[i].Days = 0
		}
		c.Plan = at
	}
	next, err := c.Apply(e, terms)
	if e.Kind == Missed {
		next.Plan = plan
	}
	return next, err
}
