package study

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Cooling are the thermal constants of an oil transformer, by way of cooling. Loads
// are parts of the rated current of the worst winding.
type Cooling struct {
	Name string // of IEC 60076-2: "ONAN" (М), "ONAF" (Д), "OFAF" (ДЦ)

	LossRatio  float64 // R: load loss at rated current over no-load loss
	OilK       float64 // Δθо: rise of the top oil at rated load, K
	GradientK  float64 // Hg: hot spot above top oil at rated load, K
	SteadyOil  float64 // exponent x of the oil, for loads that last
	SteadyWind float64 // exponent y of the winding, for loads that last

	StepOil     float64 // x, for a step of the load
	StepWind    float64 // y, for a step of the load
	OilMinutes  float64 // τо
	WindMinutes float64 // τw
	K11         float64
	K21         float64
	K22         float64
}

// coolings: R, Δθо, Hg and the exponents of lasting loads are those of medium power
// transformers in IEC 60354:1991 (ГОСТ 14209-97), table 2; time constants, k and the
// exponents of steps those of medium and large power transformers in IEC 60076-7:2005,
// table 5. Lasting loads keep the exponents of the older guide, which permit less.
// None of them is a nameplate figure: a heat-run test of the transformer replaces them.
var coolings = []Cooling{
	{Name: "ONAN", LossRatio: 6, OilK: 52, GradientK: 26, SteadyOil: 0.9, SteadyWind: 1.6,
		StepOil: 0.8, StepWind: 1.3, OilMinutes: 210, WindMinutes: 10, K11: 0.5, K21: 2, K22: 2},
	{Name: "ONAF", LossRatio: 6, OilK: 52, GradientK: 26, SteadyOil: 0.9, SteadyWind: 1.6,
		StepOil: 0.8, StepWind: 1.3, OilMinutes: 150, WindMinutes: 7, K11: 0.5, K21: 2, K22: 2},
	{Name: "OFAF", LossRatio: 6, OilK: 56, GradientK: 22, SteadyOil: 1, SteadyWind: 1.6,
		StepOil: 1, StepWind: 1.3, OilMinutes: 90, WindMinutes: 7, K11: 1, K21: 1.3, K22: 1},
}

// CoolingOf are the constants of a way of cooling: "ONAN", "ONAF", "OFAF"; empty is
// ONAF.
func CoolingOf(name string) (Cooling, error) {
	if name == "" {
		name = "ONAF"
	}
	if i := slices.IndexFunc(coolings, func(c Cooling) bool { return c.Name == name }); i >= 0 {
		return coolings[i], nil
	}
	var known []string
	for _, c := range coolings {
		known = append(known, c.Name)
	}
	return Cooling{}, fmt.Errorf("cooling %q is not known: write one of %s", name, strings.Join(known, ", "))
}

// Regime is what a transformer may come to.
type Regime struct {
	Name     string
	Load     float64 // greatest load
	OilC     float64 // top oil, °C
	HotSpotC float64 // hottest spot of the winding, °C
}

// Regimes of medium power transformers, 10…100 MVA: IEC 60076-7, table of limits.
var (
	// Continuous keeps the hot spot at 98 °C, where insulation ages at its normal rate.
	Continuous = Regime{"continuous", 1.5, 105, 98}
	// NormalCyclic lets it pass that for part of a day.
	NormalCyclic = Regime{"normal cyclic", 1.5, 105, 120}
	// LongEmergency is for days, after the loss of another transformer.
	LongEmergency = Regime{"long-time emergency", 1.5, 115, 140}
	// ShortEmergency is for less than half an hour, while load is being taken off.
	ShortEmergency = Regime{"short-time emergency", 1.8, 115, 160}
)

// Lasting are the temperatures that a load comes to if nothing changes, °C.
func (c Cooling) Lasting(ambientC, load float64) (oilC, hotSpotC float64) {
	oilC = ambientC + c.oil(load, c.SteadyOil)
	return oilC, oilC + c.GradientK*math.Pow(load, c.SteadyWind)
}

// Factor is the load that a transformer stands for good at a temperature of the air,
// rounded to hundredths as the guides print it; 0 if it stands none.
func (c Cooling) Factor(ambientC float64, r Regime) float64 {
	k := greatest(r.Load, func(k float64) bool {
		oil, hot := c.Lasting(ambientC, k)
		return oil <= r.OilC && hot <= r.HotSpotC
	})
	return math.Round(k*100) / 100
}

// oil is the rise of the top oil that a load comes to, K.
func (c Cooling) oil(load, exponent float64) float64 {
	return c.OilK * math.Pow((1+c.LossRatio*load*load)/(1+c.LossRatio), exponent)
}

// greatest is the greatest value from 0 to most that is permitted, where all below a
// permitted one are.
func greatest(most float64, permitted func(float64) bool) float64 {
	if permitted(most) {
		return most
	}
	low, high := 0.0, most
	if !permitted(low) {
		return 0
	}
	for range 60 {
		if mid := (low + high) / 2; permitted(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}
