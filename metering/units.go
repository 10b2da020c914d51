package metering

import (
	"fmt"
	"math"
	"slices"
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
	v, err := parseDecimal(s, "power", "1 W", []decimalUnit{{"kW", 3}, {"MW", 6}, {"W", 0}})
	return Power(v), err
}

// ParseEnergy reads an energy with its unit, "1.5 MWh", like ParsePower.
func ParseEnergy(s string) (Energy, error) {
	v, err := parseDecimal(s, "energy", "1 Wh", []decimalUnit{{"kWh", 3}, {"MWh", 6}, {"Wh", 0}})
	return Energy(v), err
}

// ParseVolume reads a volume with its unit, "12.5 m3" or "300 L". It must come out
// as whole litres, the base unit of gas and water.
func ParseVolume(s string) (Energy, error) {
	v, err := parseDecimal(s, "volume", "1 L", []decimalUnit{{"m3", 3}, {"L", 0}})
	return Energy(v), err
}

// ParsePulse reads what one count of a pulse input stands for: "10 L", "0.01 m3",
// "1 Wh". It comes in thousandths of the base unit, of which it must be a whole
// number; unit is the base unit, L or Wh.
func ParsePulse(s string) (milli int64, unit string, err error) {
	if strings.HasSuffix(strings.TrimSpace(s), "Wh") {
		milli, err = parseDecimal(s, "pulse", "0.001 Wh", []decimalUnit{{"Wh", 3}, {"kWh", 6}, {"MWh", 9}})
		return milli, "Wh", err
	}
	milli, err = parseDecimal(s, "pulse", "0.001 L", []decimalUnit{{"L", 3}, {"m3", 6}})
	return milli, "L", err
}

// decimalUnit is a unit of ten to the exp of what comes out.
type decimalUnit struct {
	name string
	exp  int
}

// parseDecimal reads a number in one of some units; finest is what comes out, for
// the message.
func parseDecimal(s, what, finest string, units []decimalUnit) (int64, error) {
	text := strings.TrimSpace(s)
	cut := strings.IndexFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && r != '.' && r != '-' && r != '+'
	})
	if cut < 0 {
		return 0, fmt.Errorf("%s %q has no unit: write %s", what, s, choice(units, func(u decimalUnit) string { return strconv.Quote(text + " " + u.name) }))
	}
	number, unit := strings.TrimSpace(text[:cut]), strings.TrimSpace(text[cut:])
	known := slices.IndexFunc(units, func(u decimalUnit) bool { return u.name == unit })
	if known < 0 {
		return 0, fmt.Errorf("%s %q: unknown unit %q: use %s", what, s, unit, choice(units, func(u decimalUnit) string { return u.name }))
	}
	exp := units[known].exp
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
		return 0, fmt.Errorf("%s %q is finer than %s", what, s, finest)
	}
	digits := whole + frac + strings.Repeat("0", exp-len(frac))
	v, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%s %q: %q is not a decimal number in range", what, s, number)
	}
	return sign * int64(v), nil
}

// choice names units: "W, kW or MW".
func choice(units []decimalUnit, as func(decimalUnit) string) string {
	var names []string
	for _, u := range units {
		names = append(names, as(u))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
