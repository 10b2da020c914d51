package balance

import "math"

// Transformer are the passport values of equal transformers in parallel.
type Transformer struct {
	Units     int     // in service, 0 stands for 1
	RatedVA   float64 // VA of one unit's high-voltage winding, > 0
	NoLoadW   float64 // W, no-load loss of one unit (P0)
	LoadLossW float64 // W, load loss of one unit at rated current (Pk)
	// WindingW are the load losses of the three windings at rated current, W, high
	// voltage first; all 0 for two windings. LoadLossW is not used then.
	WindingW [3]float64
	// NoLoadPercent and ShortPercent are the no-load current and the short-circuit
	// voltage in per cent; reactive losses are known only when both are given.
	NoLoadPercent, ShortPercent float64
}

// Flow is a mean power over an interval.
type Flow struct {
	P, Q float64 // W, var
	// SquareFactor is the square of the form factor: mean square by square of the
	// mean, ≥ 1; 0 stands for 1. A mean over 15 minutes underestimates losses that
	// grow with the square.
	SquareFactor float64
}

// square is the mean square of the apparent power, VA².
func (f Flow) square() float64 {
	k := f.SquareFactor
	if k == 0 {
		k = 1
	}
	return k * (f.P*f.P + f.Q*f.Q)
}

// Loss is what a line or a transformer takes, W and var.
type Loss struct{ P, Q float64 }

// Loss of n parallel units is n·(P0·(U/Un)² + Pk·β²) with β = S/(n·Sn), where
// voltage is U/Un, 0 standing for 1. With three windings the second term is the
// sum over the windings of Pki·βi²; the flows are then those of high, middle and
// low voltage, and of high voltage alone otherwise. The reactive loss
// n·Sn/100·(I0·(U/Un)² + uk·β²) is 0 when it is not known (Reactive).
func (t Transformer) Loss(voltage float64, flows ...Flow) Loss {
	n := float64(max(t.Units, 1))
	if voltage == 0 {
		voltage = 1
	}
	u2 := voltage * voltage
	load := 0.0 // W of one unit
	beta2 := 0.0
	for i, f := range flows {
		b2 := f.square() / (n * t.RatedVA * n * t.RatedVA)
		if i == 0 {
			beta2 = b2
		}
		switch {
		case t.ThreeWindings() && i < len(t.WindingW):
			load += t.WindingW[i] * b2
		case !t.ThreeWindings() && i == 0:
			load += t.LoadLossW * b2
		}
	}
	loss := Loss{P: n * (t.NoLoadW*u2 + load)}
	if t.Reactive() {
		loss.Q = n * t.RatedVA / 100 * (t.NoLoadPercent*u2 + t.ShortPercent*beta2)
	}
	return loss
}

// ThreeWindings reports whether the losses are given by winding.
func (t Transformer) ThreeWindings() bool { return t.WindingW != [3]float64{} }

// Reactive reports whether the reactive loss is known.
func (t Transformer) Reactive() bool { return t.NoLoadPercent > 0 && t.ShortPercent > 0 }

// LineLoss is the loss of a three-phase line in W: R·(P²+Q²)/U², with the
// resistance of one conductor in ohm and the voltage between the phases in V.
// It is 0 without a voltage.
func LineLoss(ohm, volts float64, f Flow) float64 {
	if volts <= 0 {
		return 0
	}
	return ohm * f.square() / (volts * volts)
}

// SquareFactor is the square of the form factor of powers sampled at equal
// distances: mean square by square of the mean. It is 1 without a mean.
func SquareFactor(powers []float64) float64 {
	sum, squares := 0.0, 0.0
	for _, p := range powers {
		sum += p
		squares += p * p
	}
	if sum == 0 {
		return 1
	}
	return max(1, float64(len(powers))*squares/(sum*sum))
}

// Compensation are the loss percentages that are set in a meter which registers
// energy for another place than its own (transformer loss compensation), as
// meter makers define them: losses at the test voltage and current in per cent
// of the rated power.
type Compensation struct {
	RatedVA          float64
	Volts, Amperes   float64 // of the test
	IronW, CopperW   float64 // %, active: %LWFE, %LWCU
	IronVA, CopperVA float64 // %, reactive: %LVFE, %LVCU
}

// CompensationOf is the setting that stands for a transformer of two windings.
// The iron's reactive loss is taken to grow with the fourth power of the voltage
// there.
func CompensationOf(t Transformer, volts float64) Compensation {
	return Compensation{
		RatedVA: t.RatedVA, Volts: volts, Amperes: t.RatedVA / (math.Sqrt(3) * volts),
		IronW: t.NoLoadW / t.RatedVA * 100, CopperW: t.LoadLossW / t.RatedVA * 100,
		IronVA: t.NoLoadPercent, CopperVA: t.ShortPercent,
	}
}

// Loss is what the meter adds to delivered energy, and takes off received one,
// at a voltage and a current: %LWFE·(V/Vc)² + %LWCU·(I/Ic)² of the rated power,
// and %LVFE·(V/Vc)⁴ + %LVCU·(I/Ic)².
func (c Compensation) Loss(volts, amperes float64) Loss {
	v2 := volts * volts / (c.Volts * c.Volts)
	i2 := amperes * amperes / (c.Amperes * c.Amperes)
	return Loss{
		P: c.RatedVA / 100 * (v2*c.IronW + i2*c.CopperW),
		Q: c.RatedVA / 100 * (v2*v2*c.IronVA + i2*c.CopperVA),
	}
}
