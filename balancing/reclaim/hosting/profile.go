package hosting

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Profile is how a newcomer draws: for each block of a week, or of each week of the
// calendar, the part of its power, 0..1.
type Profile struct {
	Name  string
	parts []float32 // a week, or seasons weeks
}

// Template is a profile of parts of the greatest power, 0..1: 7 days, or 52 weeks of the
// calendar year, in blocks of a model's length. It need not come up to 1.
func Template(name string, parts []float32) (Profile, error) {
	if len(parts) == 0 || slices.ContainsFunc(parts, func(p float32) bool { return !(p >= 0 && p <= 1) }) {
		return Profile{}, fmt.Errorf("profile %q: %d parts: want some, each 0 to 1", name, len(parts))
	}
	return Profile{name, slices.Clone(parts)}, nil
}

// Given is a profile of mean powers, kW, scaled so that their greatest is the power that
// is asked for.
func Given(name string, powers []float32) (Profile, error) {
	if len(powers) == 0 {
		return Profile{}, fmt.Errorf("profile %q: it is empty", name)
	}
	most := slices.Max(powers)
	if !(most > 0) || math.IsInf(float64(most), 0) {
		return Profile{}, fmt.Errorf("profile %q: its greatest power is %v: want more than 0", name, most)
	}
	parts := make([]float32, len(powers))
	for i, p := range powers {
		parts[i] = p / most
	}
	return Template(name, parts)
}

// Flat draws its full power all the time.
func Flat(block time.Duration) Profile {
	parts := make([]float32, int(7*24*time.Hour/block))
	for i := range parts {
		parts[i] = 1
	}
	return Profile{"flat", parts}
}

// WithEnergy bends a profile so that a power draws an energy in a year of 8760 hours,
// and still reaches that power: parts are raised to a common exponent. It fails if the
// energy cannot be drawn with the power, or if the profile is flat or does not reach its
// full power.
func (p Profile) WithEnergy(power metering.Power, year metering.Energy) (Profile, error) {
	want := float64(year) / 8760 / float64(power)
	if power <= 0 || !(want > 0 && want < 1) {
		return Profile{}, fmt.Errorf("profile %q: %v in a year with %v: want more than nothing and less than %v all the time", p.Name, year, power, power)
	}
	if slices.Max(p.parts) != 1 || slices.Min(p.parts) == 1 {
		return Profile{}, errors.New("profile " + p.Name + ": it has to reach its full power, and not always")
	}
	bend := func(exp float64) (sum float64) {
		for _, v := range p.parts {
			sum += math.Pow(float64(v), exp)
		}
		return sum / float64(len(p.parts))
	}
	lo, hi := 1e-6, 1e6
	if bend(lo) < want || bend(hi) > want {
		return Profile{}, fmt.Errorf("profile %q: no bend of it draws %v in a year with %v", p.Name, year, power)
	}
	for range 200 {
		mid := math.Sqrt(lo * hi)
		if bend(mid) > want {
			lo = mid
		} else {
			hi = mid
		}
	}
	bent := Profile{p.Name, make([]float32, len(p.parts))}
	for i, v := range p.parts {
		bent.parts[i] = float32(math.Pow(float64(v), lo))
	}
	return bent, nil
}

// week is the profile in a week of the calendar.
func (p Profile) week(season, perWeek int) []float32 {
	if len(p.parts) == perWeek {
		return p.parts
	}
	return p.parts[season*perWeek : (season+1)*perWeek]
}

// fault says what is wrong with a profile for a model.
func (p Profile) fault(perWeek int) string {
	if n := len(p.parts); n != perWeek && n != seasons*perWeek {
		return fmt.Sprintf("profile %q has %d blocks: want %d for a week or %d for the weeks of a year", p.Name, n, perWeek, seasons*perWeek)
	}
	return ""
}

// Mean is the mean of its parts: the load factor of a newcomer that uses all of its
// power.
func (p Profile) Mean() float64 {
	sum := 0.0
	for _, v := range p.parts {
		sum += float64(v)
	}
	return sum / float64(len(p.parts))
}
