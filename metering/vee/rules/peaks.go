package rules

import (
	"fmt"

	"asue/metering"
)

// CountsForPeak reports whether an interval may set a billed maximum: a measured
// one, a final one, or a substitute that a maximum-demand register or an act bears
// out. Estimates are biased in their peaks, by -2 to -22 % of the year's highest
// interval, and now and then upwards.
func CountsForPeak(iv metering.Interval) bool {
	switch iv.Grade {
	case metering.Actual, metering.FinalGrade:
		return true
	case metering.Substitute:
		return iv.Flags&(metering.FlagPeakConfirmed|metering.FlagManual) != 0
	}
	return false
}

// confirmPeaks marks substitutes whose mean power the maximum-demand register of
// the time has reached.
func (l *look) confirmPeaks() {
	for _, p := range l.c.Peaks {
		first, last := l.within(0, len(l.iv), p.From, p.To)
		for i := first; i < last; i++ {
			if l.on[i] == estimated && l.iv[i].Grade == metering.Substitute && l.iv[i].MeanPower() <= p.Power {
				l.mark(i, metering.FlagPeakConfirmed, fmt.Sprintf("within the maximum-demand register's %s", l.sayPower(p.Power)))
			}
		}
	}
}
