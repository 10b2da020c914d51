package ingest

import (
	"math"
	"time"

	"asue/metering"
)

// place is what must be known of a meter's place to hear its witness.
type place struct {
	// coarse is set when the meter's registers need power to take their shape
	// from: a sample of every slot is kept then, otherwise one a minute.
	coarse   bool
	volts    float64        // nominal voltage of a phase, V; 0 if unknown
	amperes  float64        // rated current; 0 if unknown
	capacity metering.Power // what the point can carry; 0 if unknown
}

// heed is the share of what a place can carry from which on its signs are worth
// anything: a twentieth.
const heed = 0.05

// witnessOf is what a snapshot tells beside its registers; false if nothing. It
// depends on the snapshot alone, so neither order nor repetition matters.
func witnessOf(snap metering.Snapshot, p place) (metering.Witness, bool) {
	w := metering.Witness{Meter: snap.Meter, Start: metering.PeriodStart(snap.At)}
	if v, ok := value(snap, metering.ActivePower); ok && (p.coarse || firstOfMinute(snap.At)) {
		w.Powers = []metering.PowerSample{{At: snap.At.UTC().Truncate(time.Millisecond), Power: metering.Power(math.Round(v))}}
	}
	w.Signs[metering.SignPhaseSum] = phaseSum(snap, p)
	w.Signs[metering.SignTriangle] = triangle(snap, p)
	w.Signs[metering.SignLowPhase], w.Signs[metering.SignNoVoltage] = voltages(snap, p)
	w.Signs[metering.SignUnbalance] = unbalance(snap, p)
	if !snap.Clock.IsZero() {
		w.Signs[metering.SignMeterClock] = clip(float64(snap.Clock.Sub(snap.At).Abs().Milliseconds()))
	}
	says := len(w.Powers) > 0
	for _, s := range w.Signs {
		says = says || s > 0
	}
	return w, says
}

// firstOfMinute reports whether a moment lies in the first slot of its minute. A
// rule without memory: whoever comes late or twice is told the same.
func firstOfMinute(at time.Time) bool {
	return at.Sub(at.Truncate(time.Minute)) < metering.WitnessSlot
}

func value(snap metering.Snapshot, q metering.Quantity) (float64, bool) {
	r, ok := snap.Find(q)
	return r.Value, ok && r.Usable() && math.Abs(r.Value) < 1e15
}

// three are the values of three quantities in a row; false if one is missing.
func three(snap metering.Snapshot, first metering.Quantity) (v [3]float64, ok bool) {
	for i := range v {
		if v[i], ok = value(snap, first+metering.Quantity(i)); !ok {
			return v, false
		}
	}
	return v, true
}

// phaseSum is how far the phases' powers are from their sum, in ‰ of it.
func phaseSum(snap metering.Snapshot, p place) int32 {
	total, ok := value(snap, metering.ActivePower)
	phases, okPhases := three(snap, metering.ActivePowerA)
	if !ok || !okPhases || p.capacity <= 0 || math.Abs(total) < heed*float64(p.capacity) {
		return 0
	}
	return perMille(phases[0]+phases[1]+phases[2]-total, total)
}

// triangle is how far S² is from P² + Q², in ‰ of it.
func triangle(snap metering.Snapshot, p place) int32 {
	active, okP := value(snap, metering.ActivePower)
	reactive, okQ := value(snap, metering.ReactivePower)
	apparent, okS := value(snap, metering.ApparentPower)
	if !okP || !okQ || !okS || p.capacity <= 0 || math.Abs(active) < heed*float64(p.capacity) {
		return 0
	}
	return perMille(apparent*apparent-active*active-reactive*reactive, apparent*apparent)
}

// voltages are how much of the nominal voltage is missing in a phase that
// carries current, in ‰, and 1 if all phases are without voltage.
func voltages(snap metering.Snapshot, p place) (low, none int32) {
	volts, ok := three(snap, metering.VoltageA)
	if !ok || p.volts <= 0 {
		return 0, 0
	}
	amperes, okAmperes := three(snap, metering.CurrentA)
	none = 1
	for i, v := range volts {
		if math.Abs(v) >= p.volts/10 {
			none = 0
		}
		if missing := p.volts - math.Abs(v); missing > 0 && okAmperes && p.amperes > 0 && math.Abs(amperes[i]) >= heed*p.amperes {
			low = max(low, perMille(missing, p.volts))
		}
	}
	return low, none
}

// unbalance is the difference of the phase currents, in ‰ of the greatest.
func unbalance(snap metering.Snapshot, p place) int32 {
	amperes, ok := three(snap, metering.CurrentA)
	if !ok || p.amperes <= 0 {
		return 0
	}
	most, least := 0.0, math.Inf(1)
	for _, a := range amperes {
		most, least = max(most, math.Abs(a)), min(least, math.Abs(a))
	}
	if most < heed*p.amperes {
		return 0
	}
	return perMille(most-least, most)
}

func perMille(part, whole float64) int32 {
	if whole == 0 {
		return clip(math.Inf(1))
	}
	return clip(1000 * math.Abs(part/whole))
}

// clip rounds a sign that is not negative to what is kept.
func clip(v float64) int32 {
	return int32(min(math.Round(v), math.MaxInt32))
}
