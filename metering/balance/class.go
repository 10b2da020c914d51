package balance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Accuracy is an accuracy class: the greatest relative error in per cent under
// rated conditions, and whether it holds down to small currents.
type Accuracy struct {
	Percent float64 // > 0
	Special bool    // an S class: holds from 5 % of the rated current on, and has a limit at 1 %
}

// String is the class as nameplates have it: "0.2S".
func (a Accuracy) String() string {
	s := strconv.FormatFloat(a.Percent, 'g', -1, 64)
	if a.Special {
		s += "S"
	}
	return s
}

// ParseAccuracy reads a class as it stands on a nameplate: "0.2S", "0,5", "1",
// or A, B, C of EN 50470-3 (2, 1 and 0.5 %). It fails on anything else.
func ParseAccuracy(s string) (Accuracy, error) {
	text := strings.ToUpper(strings.TrimSpace(s))
	switch text {
	case "A":
		return Accuracy{Percent: 2}, nil
	case "B":
		return Accuracy{Percent: 1}, nil
	case "C":
		return Accuracy{Percent: 0.5}, nil
	}
	number, special := strings.CutSuffix(text, "S")
	percent, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(number), ",", ".", 1), 64)
	if err != nil || !(percent > 0 && percent <= 10) {
		return Accuracy{}, fmt.Errorf("accuracy class %q is not a number from 0 to 10, with an S or without: write it as on the nameplate", s)
	}
	return Accuracy{percent, special}, nil
}

// CurrentLimit is the greatest current error of a current transformer at a share
// of its rated current, both in per cent.
type CurrentLimit struct{ AtPercent, Percent float64 }

// CTLimits are the limits of the current error by class, as GOST 7746-2015 has
// them in common with IEC 61869-2. They are configuration (Config.CTLimits): a
// site may have a later edition, or the protocols of its own transformers.
func CTLimits() map[string][]CurrentLimit {
	return map[string][]CurrentLimit{
		"0.1":  {{5, 0.4}, {20, 0.2}, {100, 0.1}},
		"0.2S": {{1, 0.75}, {5, 0.35}, {20, 0.2}},
		"0.2":  {{5, 0.75}, {20, 0.35}, {100, 0.2}},
		"0.5S": {{1, 1.5}, {5, 0.75}, {20, 0.5}},
		"0.5":  {{5, 1.5}, {20, 0.75}, {100, 0.5}},
		"1":    {{5, 3}, {20, 1.5}, {100, 1}},
	}
}

// LightLoad is the share of the rated current, in per cent, below which a
// current transformer's error is notably larger than its class.
func (a Accuracy) LightLoad() float64 {
	if a.Special {
		return 5
	}
	return 20
}

// limitAt is the limit of the current error at a share of the rated current: on
// the straight line between the standard's points, the last limit above them.
// Below the first point the standard sets none; the absolute error of that point
// is kept then, so that the relative one grows with the inverse of the current.
// Second result: whether the standard sets a limit there.
func limitAt(limits []CurrentLimit, percent float64) (limit float64, stated bool) {
	first := limits[0]
	if percent < first.AtPercent {
		// A thousandth of the rated current is as good as none.
		return first.Percent * first.AtPercent / max(percent, first.AtPercent/1000), false
	}
	i := slices.IndexFunc(limits, func(l CurrentLimit) bool { return l.AtPercent >= percent })
	switch i {
	case -1:
		return limits[len(limits)-1].Percent, true
	case 0:
		return first.Percent, true
	}
	a, b := limits[i-1], limits[i]
	return a.Percent + (b.Percent-a.Percent)*(percent-a.AtPercent)/(b.AtPercent-a.AtPercent), true
}

// checkLimits reports what is wrong with a table of limits.
func checkLimits(table map[string][]CurrentLimit) error {
	for class, limits := range table {
		if _, err := ParseAccuracy(class); err != nil {
			return fmt.Errorf("limits of current transformers: %w", err)
		}
		ascending := slices.IsSortedFunc(limits, func(a, b CurrentLimit) int {
			if a.AtPercent < b.AtPercent {
				return -1
			}
			return 1
		})
		bad := slices.ContainsFunc(limits, func(l CurrentLimit) bool { return !(l.AtPercent > 0 && l.Percent > 0) })
		if len(limits) == 0 || !ascending || bad {
			return fmt.Errorf("limits of current transformers of class %s: shares of the rated current must ascend, all figures be above 0", class)
		}
	}
	return nil
}
