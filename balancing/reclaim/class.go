package reclaim

import (
	"fmt"
	"time"

	"asue/metering"
)

// Class is what a use comes to.
type Class string

// Classes.
const (
	Insufficient Class = "INSUFFICIENT" // not known well enough to say anything
	Grace        Class = "GRACE"        // too young
	Idle         Class = "IDLE"
	Underused    Class = "UNDERUSED"
	OverReserved Class = "OVERRESERVED"
	Normal       Class = "NORMAL"
	Exceeding    Class = "EXCEEDING" // above the ТУ
)

// Classes lists every class, in the order in which rules are tried.
func Classes() []Class {
	return []Class{Insufficient, Grace, Exceeding, Idle, Underused, OverReserved, Normal}
}

// Returnable reports whether something may be asked back from a subject of the class.
func (c Class) Returnable() bool { return c == Idle || c == Underused || c == OverReserved }

// facts are what the classes of use depend on, besides the need.
type facts struct {
	allowed   metering.Power
	exceeding bool // in some month
	quiet     bool
	held      bool // something was held back from the subject
}

// classOf is the class of a need, without regard to how well it is known.
func classOf(need metering.Power, f facts, set Settings) (Class, string) {
	below := func(pct int) bool { return int64(need)*100 < int64(pct)*int64(f.allowed) }
	share := fmt.Sprintf("%s %% of the ТУ of %v are needed", percent(need, f.allowed), f.allowed)
	switch {
	case f.exceeding:
		return Exceeding, fmt.Sprintf("above the ТУ in %d blocks and more on %d days and more of a month; %s", set.ExceedBlocks, set.ExceedDays, share)
	case below(set.Idle) && !f.held:
		return Idle, fmt.Sprintf("%s, less than %d %%", share, set.Idle)
	case f.quiet && !f.held:
		return Idle, fmt.Sprintf("nothing was drawn in the last %d days", set.QuietDays)
	case below(set.Underused):
		return Underused, fmt.Sprintf("%s, less than %d %%", share, set.Underused)
	case below(set.Normal):
		return OverReserved, fmt.Sprintf("%s, less than %d %%", share, set.Normal)
	case f.allowed-need >= set.Unused:
		return OverReserved, fmt.Sprintf("%s: %v are not", share, f.allowed-need)
	}
	return Normal, share
}

// exceeds reports whether a month has so many blocks above the ТУ on so many days.
func (u Use) exceeds(set Settings) bool {
	for _, m := range u.Months {
		if m.OverBlocks >= set.ExceedBlocks && m.OverDays >= set.ExceedDays {
			return true
		}
	}
	return false
}

// insufficient says why a use is not known well enough; empty if it is.
func (u Use) insufficient(set Settings) string {
	c := u.Intervals
	if !c.Covers(set.Coverage) {
		return fmt.Sprintf("%s %% of the time is covered by valid intervals, less than %d %%: %d of %d (imputed %d, missing %d, outage %d, held back %d)",
			hundredths(c.Share(c.Valid)), set.Coverage, c.Valid, c.Expected, c.Imputed, c.Missing, c.Outage, c.Held)
	}
	for _, m := range u.Months {
		if m.Intervals.Expected > 0 && !m.Intervals.Covers(set.MonthCoverage) {
			return fmt.Sprintf("%s %% of the month from %s is covered by valid intervals, less than %d %%",
				hundredths(m.Intervals.Share(m.Intervals.Valid)), m.Name, set.MonthCoverage)
		}
	}
	return ""
}

// young reports whether the subject's grace lasts beyond the time looked at.
func (s Subject) young(to time.Time, set Settings) bool {
	return s.Commissioned.AddDate(0, s.grace(set), 0).After(to)
}

// percent prints a/b in percent with two decimals at most.
func percent(a, b metering.Power) string {
	return hundredths(int(int64(a) * 10_000 / int64(b)))
}

// hundredths prints hundredths of a unit: 3875 is "38.75".
func hundredths(n int) string {
	switch {
	case n%100 == 0:
		return fmt.Sprint(n / 100)
	case n%10 == 0:
		return fmt.Sprintf("%d.%d", n/100, n/10%10)
	}
	return fmt.Sprintf("%d.%02d", n/100, n%100)
}
