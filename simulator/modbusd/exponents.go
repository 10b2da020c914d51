package modbusd

import (
	"math"

	"asue/collector/regmap"
	"asue/metering"
)

// exponents are the scale factors that a meter shows. A real meter has them from
// its transformer ratios; so has this one.
type exponents struct {
	ct, vt metering.Ratio // that they suit
	byName map[string]int
}

// of is the scale factor of a register; 0 if it has none.
func (x exponents) of(r *regmap.Register) int {
	if r.Exponent == nil {
		return 0
	}
	return x.byName[r.Exponent.Name]
}

// suit chooses, for other transformers than before, the least scale factors with
// which all values fit into their registers.
func (x *exponents) suit(m *regmap.Model, install metering.Install) {
	if x.byName != nil && x.ct == install.CT && x.vt == install.VT {
		return
	}
	x.ct, x.vt, x.byName = install.CT, install.VT, make(map[string]int)
	for i := range m.Registers {
		r := &m.Registers[i]
		if r.Exponent == nil || r.Quantity == 0 {
			continue
		}
		least, known := x.byName[r.Exponent.Name]
		if fits := fitting(r, install); !known || fits > least {
			x.byName[r.Exponent.Name] = fits
		}
	}
}

// fitting is the least power of ten with which a register holds its largest value,
// and a counter ten years of it.
func fitting(r *regmap.Register, install metering.Install) int {
	ct, _ := install.CT.Factor()
	vt, _ := install.VT.Factor()
	amps, volts := 2*float64(ct), 1.2*float64(vt)
	if install.CT == (metering.Ratio{}) || ct == 1 {
		amps = 200 // connected directly
	}
	if install.VT == (metering.Ratio{}) || vt == 1 {
		volts = 500
	}
	power := 3 * amps * volts
	largest := map[string]float64{"V": volts, "A": amps, "W": power, "var": power, "VA": power, "Hz": 100, "%": 400, "1": 1}[r.Quantity.Unit()]
	least, room := -3, math.Ldexp(1, 16*r.Words()-1)
	if r.Counter() {
		largest, least = power*24*3650, 0
	}
	for x := least; x < 10; x++ {
		if largest/r.Scale <= (room-1)*math.Pow10(x) {
			return x
		}
	}
	return 10
}
