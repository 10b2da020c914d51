package reclaim

import (
	"fmt"

	"asue/metering"
)

// Volume is how much a subject keeps of its ТУ and how much can be returned, with the
// arithmetic.
type Volume struct {
	Retained   metering.Power `json:"retained_w"`
	Returnable metering.Power `json:"returnable_w"`
	// Steps are the figures in the order in which they were found.
	Steps []Step `json:"steps"`
}

// Step is one figure of a volume.
type Step struct {
	Name  string         `json:"name"`
	Value metering.Power `json:"value_w"`
	// Rule is the rule of the package by which it was found, How the arithmetic or the
	// papers.
	Rule string `json:"rule"`
	How  string `json:"how"`
}

// basis is what a volume depends on.
type basis struct {
	allowed, need, growth, armour, upper metering.Power
	growthBy                             string
}

// volumeOf reckons a volume: the greatest of what need, growth, armour and the
// uncertainty of the need call for is kept, and the rest returned in whole steps.
func volumeOf(b basis, set Settings) Volume {
	var v Volume
	step := func(name string, p metering.Power, rule, how string, args ...any) metering.Power {
		v.Steps = append(v.Steps, Step{name, p, rule, fmt.Sprintf(how, args...)})
		return p
	}
	step("allowed", b.allowed, "retain", "the ТУ in force at the end of the time")
	step("need", b.need, "need", "the greater of the daily maximum that counts and p99.5")
	margin := step("need with margin", percentUp(b.need, 100+set.Margin), "retain", "%v · %d %%, rounded up to a watt", b.need, 100+set.Margin)
	growth := step("need with growth", b.need+b.growth, "retain", "%v + %v committed within %d months%s", b.need, b.growth, set.GrowthMonths, b.growthBy)
	armour := step("technological armour", b.armour, "retain", "броня")
	upper := step("upper bound of the need", b.upper, "retain", "%d %% bound of the annual daily maximum over %d resampled years", set.Upper, set.Replicates)
	v.Retained = step("retained", min(b.allowed, max(margin, growth, armour, upper)), "retain", "the greatest of these, and not more than the ТУ")
	spare := step("spare", b.allowed-v.Retained, "return", "%v − %v", b.allowed, v.Retained)
	whole := step("in whole steps", spare/set.Step*set.Step, "return", "rounded down to a multiple of %v", set.Step)
	least := step("least that is asked back", max(set.Least, percentUp(b.allowed, set.LeastShare)), "return", "the greater of %v and %d %% of the ТУ", set.Least, set.LeastShare)
	if whole < least {
		whole = 0
	}
	v.Returnable = step("returnable", whole, "return", "in whole steps, if it is not below the least")
	return v
}

// percentUp is pct % of p, rounded up to a watt. It does not overflow below 92 TW.
func percentUp(p metering.Power, pct int) metering.Power {
	return (p*metering.Power(pct) + 99) / 100
}
