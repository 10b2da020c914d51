package rules

import (
	"math"
	"strconv"
	"strings"

	"asue/metering"
)

// ChainAccuracy is the relative error of a metering chain in percent by its
// classes, √(δ_meter² + δ_CT² + δ_VT²): 0.2S, 0.2 and 0.2 make 0.346 %. What there
// is not counts as exact: a class that is not stated for a ratio of one. It is 0,
// not known, if the meter's class, or that of transformers there are, is not
// stated or no number.
func ChainAccuracy(m metering.Meter, in metering.Install) float64 {
	sum := 0.0
	for _, part := range []struct {
		class string
		ratio metering.Ratio
	}{{m.AccuracyClass, metering.Ratio{Primary: 2, Secondary: 1}}, {in.CTClass, in.CT}, {in.VTClass, in.VT}} {
		num, den := part.ratio.Factor()
		if part.class == "" && num == den {
			continue
		}
		percent, err := strconv.ParseFloat(strings.TrimRight(part.class, "sS"), 64)
		if err != nil || percent <= 0 || percent > 100 {
			return 0
		}
		sum += percent * percent
	}
	return math.Sqrt(sum)
}
