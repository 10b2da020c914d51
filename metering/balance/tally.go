package balance

import (
	"math"

	"asue/metering"
)

// tally adds up the flows of a balance, of one interval or of many.
type tally struct {
	in, out, own, losses   float64 // Wh
	inSquares, outSquares  float64 // Wh²: squares of the flows' error limits
	quantumSquares, lossed float64 // Wh²: of the registers' uncertainties; Wh: of the losses
	notMeasured            float64 // Wh of both sides
}

// flow takes one flow in; false if it is not known.
func (t *tally) flow(side Side, energy, limit, quantum float64, grade metering.Grade) bool {
	if grade == metering.Null {
		return false
	}
	switch side {
	case In:
		t.in += energy
		t.inSquares += limit * limit
	case Out:
		t.out += energy
		t.outSquares += limit * limit
	case Own:
		t.own += energy
		t.outSquares += limit * limit
	}
	t.quantumSquares += quantum * quantum
	if grade != metering.Actual {
		t.notMeasured += math.Abs(energy)
	}
	return true
}

// loss takes a calculated loss in. Uncertainties of passports do not average out:
// they add up.
func (t *tally) loss(energy, uncertainty float64) {
	t.losses += energy
	t.lossed += uncertainty
}

// close draws the balance. The permitted imbalance is that of Permitted: the
// errors of each side as a share of that side.
func (t *tally) close(strict bool) Slot {
	s := Slot{In: t.in, Out: t.out, OwnNeeds: t.own, Losses: t.losses, Complete: true}
	s.Imbalance = t.in - t.out - t.own - t.losses
	gone := t.out + t.own
	variance := 0.0 // of the share
	if t.in > 0 {
		variance += t.inSquares / (t.in * t.in)
	}
	if gone > 0 {
		variance += t.outSquares / (gone * gone)
	}
	s.Permitted = 100 * math.Sqrt(variance)
	base := t.in
	if t.in > 0 {
		s.Actual = 100 * s.Imbalance / t.in
	} else {
		base = gone // what goes out is all there is to compare with
	}
	s.Bound = s.Permitted / 100 * base
	if !strict {
		s.Bound = math.Sqrt(s.Bound*s.Bound + t.quantumSquares + t.lossed*t.lossed)
	}
	if t.in > 0 {
		s.BoundPercent = 100 * s.Bound / t.in
	}
	through := t.in + gone
	if through > 0 {
		s.Estimated = t.notMeasured / through
	}
	// Where nothing flows the line may be dead, and a transformer without voltage
	// loses nothing.
	s.Beyond = through > 0 && math.Abs(s.Imbalance) > s.Bound
	return s
}
