package simulator

import (
	"math"
	"time"

	"asue/metering"
)

// A shape is how a trade works: the share, about 0..1, of its working-day peak
// that a load draws at a moment. dice are the load's own, so that two works of a
// trade do not cycle in step.
//
// The shapes are the project's own invention in the spirit of
// P(t) = P_peak · profile(day, hour) + batches + noise; shift hours are those of
// ordinary works. They are plausible, not measured.
type shape func(m moment, dice source) float64

// shapeOf is the shape of a trade; an unknown trade works like offices.
func shapeOf(t metering.Trade) shape {
	switch t {
	case metering.TradeCeramics:
		return ceramics
	case metering.TradeDataCentre:
		return dataCentre
	case metering.TradePlastics:
		return plastics
	case metering.TradeChemistry:
		return chemistry
	case metering.TradeLogistics:
		return logistics
	case metering.TradeMetal:
		return metal
	case metering.TradeBuilding:
		return buildingMaterials
	case metering.TradeGas:
		return gas
	}
	return offices
}

// ceramics: kilns day and night, presses and spray dryers in batches of some 100
// minutes, presses slower at weekends.
func ceramics(m moment, dice source) float64 {
	share := 0.82 + 0.10*cycle(m.ns, dice, 97*time.Minute, 0.6)
	if m.workday() {
		share += 0.06 * m.between(8, 20, 1)
	} else {
		share -= 0.06
	}
	return share
}

// dataCentre: flat, with cooling that follows the weather and a little more work
// in the day.
func dataCentre(m moment, _ source) float64 {
	return 0.80 + 0.15*m.cooling() + 0.04*m.between(9, 23, 2)
}

// plastics: two shifts from 6 to 22, extruders that heat up in the first hour,
// one shift on Saturday.
func plastics(m moment, dice source) float64 {
	end := 22.0
	switch m.weekday {
	case time.Saturday:
		end = 14
	case time.Sunday:
		return 0.12
	}
	running := m.between(6, end, 0.25)
	heatUp := 0.0
	if m.hour >= 6 && m.hour < 7.25 {
		heatUp = 0.14
	}
	pause := 0.10 * m.between(12, 12.5, 0.1)
	return 0.12 + running*(0.74+heatUp-pause+0.05*cycle(m.ns, dice, 23*time.Minute, 0.5))
}

// chemistry: continuous, with reactors that run batches of about five hours.
func chemistry(m moment, dice source) float64 {
	return 0.70 + 0.20*cycle(m.ns, dice, 5*time.Hour, 0.65) + 0.05*m.heating() + 0.04*m.between(8, 18, 1)
}

// logistics: gates and conveyors by day, lights after dark, trucks charged late.
func logistics(m moment, _ source) float64 {
	work := 1.0
	switch m.weekday {
	case time.Saturday:
		work = 0.6
	case time.Sunday:
		work = 0.25
	}
	share := 0.18 + work*0.50*m.between(8, 20, 1) + 0.14*m.between(20.5, 23.5, 0.5) + 0.08*m.heating()
	if m.dark {
		share += 0.14*m.between(6, 23, 0.5) + 0.06
	}
	return share
}

// offices: the working day, heated in winter and cooled in summer.
func offices(m moment, _ source) float64 {
	comfort := 0.16*m.heating() + 0.18*m.cooling()
	if !m.workday() {
		return 0.12 + 0.4*comfort
	}
	day := m.between(8.5, 18, 1)
	return 0.12 + comfort*(0.4+0.6*day) + 0.60*day
}

// metal: a furnace and presses that switch within minutes, three shifts on
// workdays, one line at weekends.
func metal(m moment, dice source) float64 {
	furnace := step(m.ns, dice, 6*time.Minute, 0.70)
	press := step(m.ns, dice+1, 90*time.Second, 0.60)
	if !m.workday() {
		return 0.22 + 0.20*furnace
	}
	return 0.36 + 0.36*furnace + 0.22*press
}

// buildingMaterials: mills and mixers by day in the building season, drying and
// little else in winter.
func buildingMaterials(m moment, dice source) float64 {
	season := 0.70 + 0.28*m.season
	work := m.between(7, 19, 0.5)
	switch m.weekday {
	case time.Saturday:
		work *= 0.7
	case time.Sunday:
		work = 0
	}
	return 0.10 + season*work*(0.76+0.14*cycle(m.ns, dice, 35*time.Minute, 0.7)) + 0.05*m.heating()
}

// gas: three compressors that come and go, more of them in the cold.
func gas(m moment, dice source) float64 {
	share := 0.10
	for i := range source(3) {
		share += 0.29 * step(m.ns, dice+i, 40*time.Minute, 0.45+0.35*m.heating()+0.1*m.between(8, 20, 1))
	}
	return share
}

// construction: cranes and welding in the day of a site that is being built.
func construction(m moment, dice source) float64 {
	if m.weekday == time.Sunday {
		return 0.01
	}
	return 0.01 + 0.09*m.between(8, 18, 0.5)*(0.6+0.4*step(m.ns, dice, 4*time.Minute, 0.5)) + 0.02*m.heating()
}

// standing is what a works that stands still loses in its own transformers.
func standing(moment, source) float64 { return 0.0015 }

// ownNeeds of a substation: battery, lights, cubicle heaters in the cold.
func ownNeeds(m moment, _ source) float64 {
	share := 0.45 + 0.5*m.heating()
	if m.dark {
		share += 0.05
	}
	return share
}

// cycle is a soft batch cycle: up near 1 for the duty share of the period, then
// near 0, with a length that wanders by a tenth and a phase of its own.
func cycle(ns int64, dice source, period time.Duration, duty float64) float64 {
	phase := float64(ns)/float64(period) + dice.at(-1) + 0.1*dice.drift(ns, 5*period)
	phase -= math.Floor(phase)
	const edge = 0.08
	return clamp(min(phase, duty+edge-phase)/edge, 0, 1)
}

// step is a machine that is on or off for whole periods, on with probability duty.
func step(ns int64, dice source, period time.Duration, duty float64) float64 {
	if dice.at(floorDiv(ns, int64(period))) < duty {
		return 1
	}
	return 0
}
