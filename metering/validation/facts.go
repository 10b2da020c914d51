package validation

import (
	"fmt"
	"math"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

func verified(meter metering.Meter, in metering.Install) []rules.Verified {
	var list []rules.Verified
	for _, part := range []rules.Verified{
		{Part: fmt.Sprintf("meter %s", meter.ID), To: meter.VerifiedTo},
		{Part: "current transformers", To: in.CTVerifiedTo},
		{Part: "voltage transformers", To: in.VTVerifiedTo},
	} {
		if !part.To.IsZero() {
			list = append(list, part)
		}
	}
	return list
}

// quantum is one step of the newest scale of a link's register, in whole units at
// the point, rounded up; 0 if it was never read.
func quantum(link vee.Link) metering.Energy {
	if len(link.Spans) == 0 {
		return 0
	}
	count := link.Spans[len(link.Spans)-1].Last().Count
	step := float64(count.Step) / 1000
	if count.Secondary {
		num, den := link.Install.Multiplier()
		step *= float64(num) / float64(den)
	}
	if step > 1<<52 {
		return 0 // beyond reason: the engine has said so
	}
	return metering.Energy(math.Ceil(step))
}

// strangers are the periods in which a device answered that is not the one of the
// site file, or whose transformer ratios are set otherwise.
func strangers(link vee.Link) []rules.Mismatch {
	var list []rules.Mismatch
	for _, w := range link.Witnesses {
		for _, s := range []struct {
			sign metering.Sign
			what string
		}{{metering.SignWrongMeter, "serial number or model"}, {metering.SignRatioMismatch, "transformer ratio"}} {
			if w.Signs[s.sign] == 0 {
				continue
			}
			if n := len(list); n > 0 && list[n-1].To.Equal(w.Start) && list[n-1].What == s.what {
				list[n-1].To = w.End()
				continue
			}
			list = append(list, rules.Mismatch{From: w.Start, To: w.End(), Meter: w.Meter, What: s.what,
				Expected: "as in the site file", Found: "another one"})
		}
	}
	return list
}
