package reclaim

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// Settings are the rules by which a use is judged. They are part of the evidence of
// every finding.
type Settings struct {
	// Version names the rules; it changes whenever they do.
	Version string `json:"version"`
	// Coverage and MonthCoverage are the least shares of valid intervals, in %, over
	// the whole time and in each month.
	Coverage      int `json:"coverage_pct"`
	MonthCoverage int `json:"month_coverage_pct"`
	// GraceMonths are left to a resident after commissioning.
	GraceMonths int `json:"grace_months"`
	// Days is which of the highest daily maxima is the need, 10 for M10.
	Days int `json:"maximum_days"`
	// Idle, Underused and Normal divide the classes, in % of the ТУ; Unused is how much
	// unneeded power makes a ТУ over-reserved whatever its share.
	Idle      int            `json:"idle_pct"`
	Underused int            `json:"underused_pct"`
	Normal    int            `json:"normal_pct"`
	Unused    metering.Power `json:"unused_w"`
	// QuietDays without consumption make a ТУ idle; what is not above Nothing is no
	// consumption.
	QuietDays int            `json:"quiet_days"`
	Nothing   metering.Power `json:"nothing_w"`
	// ExceedBlocks above the ТУ on ExceedDays of a month make a resident exceed it.
	ExceedBlocks int `json:"exceed_blocks"`
	ExceedDays   int `json:"exceed_days"`
	// Margin is kept above the need, in % of it.
	Margin int `json:"margin_pct"`
	// GrowthMonths is how far ahead committed growth counts.
	GrowthMonths int `json:"growth_months"`
	// Step is what returns are a multiple of; less than Least and less than LeastShare
	// (in % of the ТУ) is left alone.
	Step       metering.Power `json:"step_w"`
	Least      metering.Power `json:"least_w"`
	LeastShare int            `json:"least_pct"`
	// Replicates of the bootstrap, whose random numbers come from Seed, and the
	// quantile of M10 that is kept, in %.
	Replicates int    `json:"replicates"`
	Upper      int    `json:"upper_pct"`
	Seed       uint64 `json:"seed"`
}

// Default is the settings with their usual values.
func Default() Settings {
	return Settings{
		Version: "use 1", Coverage: 90, MonthCoverage: 80, GraceMonths: 12, Days: 10,
		Idle: 5, Underused: 50, Normal: 80, Unused: metering.Megawatt,
		QuietDays: 90, Nothing: metering.Kilowatt, ExceedBlocks: 3, ExceedDays: 2,
		Margin: 15, GrowthMonths: 24,
		Step: 50 * metering.Kilowatt, Least: 100 * metering.Kilowatt, LeastShare: 5,
		Replicates: 1000, Upper: 95, Seed: 1,
	}
}

// Check returns all faults of the settings at once.
func (s Settings) Check() error {
	var faults []error
	within := func(name string, v, lo, hi int) {
		if v < lo || v > hi {
			faults = append(faults, fmt.Errorf("reclaim settings: %s %d: want %d to %d", name, v, lo, hi))
		}
	}
	if s.Version == "" {
		faults = append(faults, errors.New("reclaim settings: version: not set: a finding has to name its rules"))
	}
	within("coverage_pct", s.Coverage, 1, 100)
	within("month_coverage_pct", s.MonthCoverage, 1, 100)
	within("grace_months", s.GraceMonths, 0, 120)
	within("maximum_days", s.Days, 1, 365)
	within("idle_pct", s.Idle, 0, s.Underused)
	within("underused_pct", s.Underused, 0, s.Normal)
	within("normal_pct", s.Normal, 0, 100)
	within("quiet_days", s.QuietDays, 1, 366)
	within("exceed_blocks", s.ExceedBlocks, 1, 1000)
	within("exceed_days", s.ExceedDays, 1, 28)
	within("margin_pct", s.Margin, 0, 1000)
	within("growth_months", s.GrowthMonths, 0, 240)
	within("least_pct", s.LeastShare, 0, 100)
	within("replicates", s.Replicates, 1, 1_000_000)
	within("upper_pct", s.Upper, 1, 100)
	for _, p := range []struct {
		name string
		v    metering.Power
		over metering.Power
	}{{"unused_w", s.Unused, 0}, {"nothing_w", s.Nothing, -1}, {"step_w", s.Step, 0}, {"least_w", s.Least, -1}} {
		if p.v <= p.over {
			faults = append(faults, fmt.Errorf("reclaim settings: %s %v: want more than %v", p.name, p.v, p.over))
		}
	}
	return errors.Join(faults...)
}

// Subject is whose use of what is looked at: a resident, at one node of the network.
type Subject struct {
	Resident metering.ResidentID `json:"resident"`
	Node     metering.NodeID     `json:"node"`
	// Conditions are the resident's ТУ at the node, past ones among them.
	Conditions []metering.Condition `json:"conditions"`
	// Commissioned is when the resident began to draw; what lies before is not looked at.
	Commissioned time.Time `json:"commissioned"`
	// GraceMonths is another grace than that of the settings, by the decision GraceBy;
	// nil where there is none.
	GraceMonths *int   `json:"grace_months,omitempty"`
	GraceBy     string `json:"grace_by,omitempty"`
	// Growth is what the resident has committed itself to draw more.
	Growth []Commitment `json:"growth,omitempty"`
	// Armour is the technological armour (технологическая бронь), 0: none.
	Armour metering.Power `json:"armour_w"`
}

// Commitment is growth that a resident has bound itself to. It counts only if it has
// milestones, and if it is due after the time looked at, within Settings.GrowthMonths.
type Commitment struct {
	Power      metering.Power `json:"power_w"`
	Due        time.Time      `json:"due"`
	Milestones int            `json:"milestones"`
	Document   string         `json:"document"`
}

// AllowedAt is the power by the conditions in force at t.
func (s Subject) AllowedAt(t time.Time) metering.Power {
	var sum metering.Power
	for _, c := range s.Conditions {
		if c.At(t) {
			sum += c.Power
		}
	}
	return sum
}

// grace is how many months are left to the resident.
func (s Subject) grace(set Settings) int {
	if s.GraceMonths != nil {
		return *s.GraceMonths
	}
	return set.GraceMonths
}

// check returns all faults of a subject at once.
func (s Subject) check(to time.Time) error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("resident %s at %s: "+format, append([]any{s.Resident, s.Node}, args...)...))
	}
	if s.Resident == "" {
		fault("no resident is named")
	}
	if s.AllowedAt(to.Add(-1)) <= 0 {
		fault("no technical condition is in force at the end of the time: there is nothing to judge")
	}
	if s.Commissioned.IsZero() {
		fault("commissioned: not set: state since when it could draw")
	} else if !s.Commissioned.Before(to) {
		fault("commissioned on %s, after the time that is looked at", s.Commissioned.UTC().Format(time.DateOnly))
	}
	if s.GraceMonths != nil && (*s.GraceMonths < 0 || s.GraceBy == "") {
		fault("a grace of %d months: name the decision by which it is another one", *s.GraceMonths)
	}
	if s.Armour < 0 {
		fault("armour %v is negative", s.Armour)
	}
	for _, c := range s.Conditions {
		if c.Power < 0 {
			fault("condition %s of %v is negative", c.ID, c.Power)
		}
	}
	for i, g := range s.Growth {
		if g.Power <= 0 || g.Document == "" || g.Due.IsZero() {
			fault("growth %d: state its power, when it is due and the document", i+1)
		}
	}
	return errors.Join(faults...)
}
