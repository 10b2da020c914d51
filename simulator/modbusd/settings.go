package modbusd

import (
	"strconv"
	"strings"
	"time"

	"asue/collector/regmap"
	"asue/metering"
)

// setting writes an identification or settings word so that it agrees with the
// site file. Words of which the models say no more than a name stay 0.
func (d *device) setting(f field, install metering.Install, now time.Time) {
	r := f.register
	if r.Type == regmap.ASCII {
		if r.Name == "serial" {
			regmap.EncodeText(r, d.meter.Serial, f.words)
		}
		return
	}
	if r.Counter() {
		return // tariff and partial registers: everything is tariff-free here
	}
	if r.Clock != regmap.NoClock {
		regmap.EncodeClock(r, now, f.words)
		return
	}
	value, ok := d.settingValue(r, install)
	regmap.Encode(r, regmap.Value{Float: value, Missing: !ok && r.CanBeMissing()}, metering.Direct, metering.Direct, f.words)
}

func (d *device) settingValue(r *regmap.Register, install metering.Install) (float64, bool) {
	switch {
	case len(r.Expect) > 0:
		return float64(r.Expect[0]) * r.Scale, true
	case r.Guard != nil:
		return float64(r.Guard.Equals[0]) * r.Scale, true // set as the map wants it
	case r.ScalesOthers:
		x, ok := d.exponents.byName[r.Name]
		return float64(x), ok
	case d.archive != nil && r.Name == d.archive.layout.Newest:
		k, ok := d.archive.newest()
		return float64(k) * r.Scale, ok
	}
	ctPrim, ctSec := install.CT.Factor()
	vtPrim, vtSec := install.VT.Factor()
	switch r.Name {
	case "serial":
		return serialNumber(d.meter.Serial), true
	case "ct_prim":
		return float64(ctPrim), true
	case "ct_sec":
		return float64(ctSec), true
	case "ct_ratio":
		return float64(ctPrim) / float64(ctSec), true
	case "vt_prim":
		return float64(vtPrim), true
	case "vt_sec":
		return float64(vtSec), true
	case "vt_ratio":
		return float64(vtPrim) / float64(vtSec), true
	case "vt_used":
		if vtPrim != vtSec {
			return 1, true
		}
		return 0, true
	case "system_type":
		return 3, true // three phases, four wires
	case "firmware", "table_version":
		return 1, true
	}
	return 0, false
}

// serialNumber is the digits of a serial number, as a meter keeps it in a number.
func serialNumber(s string) float64 {
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, s)
	n, _ := strconv.ParseUint(digits, 10, 32) // no digits or too many: what fits
	return float64(n)
}
