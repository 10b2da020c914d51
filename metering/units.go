package metering

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Power is active power in watts. Positive is drawn from the grid. Its range,
// ±9.2 EW, is far beyond any plant, so sums need no overflow checks.
type Power int64

// Energy is active energy in watt-hours, or reactive energy in varh where the
// channel says so (Channel.Unit). Register totals and bills stay in this type
// and never pass through a float.
type Energy int64

// Units of power and energy, used like time.Second: 15*metering.Kilowatt.
const (
	Watt     Power = 1
	Kilowatt Power = 1_000
	Megawatt Power = 1_000_000

	WattHour     Energy = 1
	KilowattHour Energy = 1_000
	MegawattHour Energy = 1_000_000
)

// Kilowatts is the power in kW as a float, for display and solvers only.
func (p Power) Kilowatts() float64 { return float64(p) / float64(Kilowatt) }

// Megawatts is the power in MW as a float, for display and solvers only.
func (p Power) Megawatts() float64 { return float64(p) / float64(Megawatt) }

// KilowattHours is the energy in kWh as a float, for display only.
func (e Energy) KilowattHours() float64 { return float64(e) / float64(KilowattHour) }

// String prints the power exactly with the largest unit in which it has a
// magnitude of at least one: "29.7 MW", "15 kW", "-3 W".
func (p Power) String() string { return scaled(int64(p), "W") }

// String prints the energy exactly, like Power.String: "7.425 MWh".
func (e Energy) String() string { return scaled(int64(e), "Wh") }

func scaled(v int64, unit string) string {
	mag := uint64(v)
	sign := ""
	if v < 0 {
		mag, sign = -mag, "-"
	}
	switch {
	case mag >= 1_000_000:
		return sign + decimal(mag, 6) + " M" + unit
	case mag >= 1_000:
		return sign + decimal(mag, 3) + " k" + unit
	}
	return sign + strconv.FormatUint(mag, 10) + " " + unit
}

// decimal prints v / 10^digits without trailing zeros.
func decimal(v uint64, digits int) string {
	div := uint64(math.Pow10(digits))
	whole, frac := v/div, v%div
	if frac == 0 {
		return strconv.FormatUint(whole, 10)
	}
	return strconv.FormatUint(whole, 10) + "." + strings.TrimRight(fmt.Sprintf("%0*d", digits, frac), "0")
}

// ParsePower reads a power written with its unit, as people write it in the
// site file: "29.7 MW", "450 kW", "450kW", "12000 W". The number is decimal and
// must come out as whole watts.
//
// It fails on a missing or unknown unit (MVA is not a unit of power), on a
// fraction of a watt, and on a number that does not fit.
func ParsePower(s string) (Power, error) {
	v, err := parseScaled(s, "power", "W", map[string]int{"W": 0, "kW": 3, "MW": 6})
	return Power(v), err
}

// ParseEnergy reads an energy with its unit, "1.5 MWh", like ParsePower.
func ParseEnergy(s string) (Energy, error) {
	v, err := parseScaled(s, "energy", "Wh", map[string]int{"Wh": 0, "kWh": 3, "MWh": 6})
	return Energy(v), err
}

func parseScaled(s, what, base string, exps map[string]int) (int64, error) {
	text := strings.TrimSpace(s)
	cut := strings.IndexFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && r != '.' && r != '-' && r != '+'
	})
	if cut < 0 {
		return 0, fmt.Errorf("%s %q has no unit: write %q, %q or %q", what, s, text+" k"+base, text+" M"+base, text+" "+base)
	}
	number, unit := text[:cut], strings.TrimSpace(text[cut:])
	exp, ok := exps[unit]
	if !ok {
		return 0, fmt.Errorf("%s %q: unknown unit %q: use %s, k%s or M%s", what, s, unit, base, base, base)
	}
	sign := int64(1)
	switch {
	case strings.HasPrefix(number, "-"):
		sign, number = -1, number[1:]
	case strings.HasPrefix(number, "+"):
		number = number[1:]
	}
	whole, frac, _ := strings.Cut(number, ".")
	frac = strings.TrimRight(frac, "0")
	if len(frac) > exp {
		return 0, fmt.Errorf("%s %q is finer than 1 %s", what, s, base)
	}
	digits := whole + frac + strings.Repeat("0", exp-len(frac))
	v, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%s %q: %q is not a decimal number in range", what, s, number)
	}
	return sign * int64(v), nil
}
