package study

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Influence is what a variation does to the greatest load.
type Influence struct {
	Element string  `json:"element"`
	Field   string  `json:"field"`
	Assumed string  `json:"assumed"`
	Instead string  `json:"instead"`
	MW      float64 `json:"mw"`       // greatest load then
	DeltaMW float64 `json:"delta_mw"` // by which that differs
	Binds   Bound   `json:"binds"`
}

// Sensitivity says how much the greatest load along the plan depends on what is
// assumed: every variation for itself, that of the greatest influence first. progress
// hears of each one that is done; it may be nil. It fails if a variation makes a network
// that cannot be calculated, or the context ends.
func Sensitivity(ctx context.Context, site *metering.Site, at time.Time, s Setting, c Checks, progress func(done, all int)) (base Capability, list []Influence, err error) {
	m, err := New(site, at)
	if err != nil {
		return base, nil, err
	}
	if base, err = m.Capability(ctx, s, m.Along(), c); err != nil {
		return base, nil, err
	}
	variations := Variations(site, parallel(site, s.Scenario))
	for i, v := range variations {
		held := c
		if v.checks != nil {
			v.checks(&held)
		}
		other, err := New(v.Of(site), at)
		if err != nil {
			return base, nil, fmt.Errorf("%s: %s %s instead of %s: %w", v.Element, v.Field, v.Instead, v.Assumed, err)
		}
		found, err := other.Capability(ctx, s, other.Along(), held)
		if err != nil {
			return base, nil, fmt.Errorf("%s: %s %s instead of %s: %w", v.Element, v.Field, v.Instead, v.Assumed, err)
		}
		list = append(list, Influence{v.Element, v.Field, v.Assumed, v.Instead, found.MW, found.MW - base.MW, found.Binds})
		if progress != nil {
			progress(i+1, len(variations))
		}
	}
	slices.SortStableFunc(list, func(a, b Influence) int { return cmp.Compare(math.Abs(b.DeltaMW), math.Abs(a.DeltaMW)) })
	return base, list, nil
}

// parallel reports whether a scenario is meant to have feeds in parallel.
func parallel(site *metering.Site, id metering.ElementID) bool {
	return slices.ContainsFunc(site.Network.Scenarios, func(s metering.SupplyScenario) bool { return s.ID == id && s.Parallel })
}
