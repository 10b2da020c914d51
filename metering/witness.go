package metering

import (
	"cmp"
	"slices"
	"time"
)

// WitnessSlot is the grain at which a witness keeps power: the first sample of
// each slot.
const WitnessSlot = 10 * time.Second

// PowerSample is the active power at one moment.
type PowerSample struct {
	At    time.Time
	Power Power
}

// Sign is something that a meter shows beside its registers, as a number whose
// greatest value in a period is kept. Its number is its identity in the ledger.
type Sign uint8

// Signs. 0 means that nothing was seen.
const (
	SignPhaseSum      Sign = iota // ‰: |P_A + P_B + P_C - P| of P, while P is above a twentieth of what the point carries
	SignTriangle                  // ‰: |S² - P² - Q²| of S², likewise
	SignLowPhase                  // ‰ of the nominal voltage missing in a phase that carries current
	SignUnbalance                 // ‰: greatest less smallest phase current, of the greatest
	SignNoVoltage                 // 1: all phases were below a tenth of the nominal voltage
	SignMeterClock                // ms: the meter's own clock is off
	SignClockStep                 // ms: the clock that stamps was set by this much
	SignWrongMeter                // 1: the device was not the one of the site file
	SignRatioMismatch             // 1: its transformer ratios were set otherwise than in the site file
	signs
)

// Witness is what a meter said during one base period beside its registers: how
// much power flowed when, and what looked odd. It does not make energy; it shapes
// and doubts it.
type Witness struct {
	Meter MeterID
	Start time.Time // of the base period
	// Powers are samples inside the period, ascending, at most one per
	// WitnessSlot: the first of the slot.
	Powers []PowerSample
	// Signs are the greatest values seen, by Sign.
	Signs [signs]int32
}

// End is the exclusive end of the witness's base period.
func (w Witness) End() time.Time { return w.Start.Add(BasePeriod) }

// Merge joins two witnesses of the same meter and period: of two samples in a
// slot the earlier wins, of two signs the greater. Any order and any repetition
// of merges gives the same.
func (w Witness) Merge(o Witness) Witness {
	powers := append(slices.Clone(w.Powers), o.Powers...)
	slices.SortFunc(powers, func(a, b PowerSample) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Power, b.Power))
	})
	w.Powers = slices.CompactFunc(powers, func(a, b PowerSample) bool {
		return a.At.Truncate(WitnessSlot).Equal(b.At.Truncate(WitnessSlot))
	})
	for i := range w.Signs {
		w.Signs[i] = max(w.Signs[i], o.Signs[i])
	}
	return w
}
