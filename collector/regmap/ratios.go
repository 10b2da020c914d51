package regmap

import (
	"math"

	"asue/metering"
)

// Ratios reads the meter's own transformer settings from the values of its
// identification block, to be compared with those of the site file: registers
// ct_prim and ct_sec (or ct_ratio), vt_prim and vt_sec (or vt_ratio); ct_used and
// vt_used, where the meter has them, say 0 when it measures without transformers
// whatever the others hold. A zero Ratio means that the meter does not tell.
func Ratios(values map[string]RawValue) (ct, vt metering.Ratio) {
	return ratio(values, "ct"), ratio(values, "vt")
}

func ratio(values map[string]RawValue, which string) metering.Ratio {
	if used, told := values[which+"_used"]; told && !used.Missing && used.Int == 0 {
		return metering.Direct
	}
	prim, sec := values[which+"_prim"], values[which+"_sec"]
	if r := fraction(prim.Number, sec.Number); r != (metering.Ratio{}) {
		return r
	}
	return fraction(values[which+"_ratio"].Number, 1)
}

// fraction makes a ratio of two settings that have at most three decimals.
func fraction(prim, sec float64) metering.Ratio {
	p, s := math.Round(prim*1000), math.Round(sec*1000)
	if !(p >= 1 && s >= 1 && p < 1e15 && s < 1e15) {
		return metering.Ratio{}
	}
	a, b := int64(p), int64(s)
	for _, shorter := range []int64{10, 10, 10} {
		if a%shorter == 0 && b%shorter == 0 {
			a, b = a/shorter, b/shorter
		}
	}
	return metering.Ratio{Primary: a, Secondary: b}
}
