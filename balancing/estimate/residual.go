package estimate

import (
	"math"
	"slices"

	"asue/metering"
)

// mostResiduals bounds the list that a state tells.
const mostResiduals = 64

// compared is a meter beside the model.
type compared struct {
	metering.Residual
	saying *saying            // nil for voltages
	wrong  bool               // left out, because it contradicts the rest
	among  []metering.PointID // that cannot be told apart from it at this moment
}

// residuals compare every meter with the model, the greatest first.
func (e *Estimator) residuals(v *view, s sums, state metering.NetworkState) []metering.Residual {
	list := append(e.powers(s), e.voltages(v, state)...)
	for i := range list {
		e.note(&list[i], v.now)
	}
	slices.SortStableFunc(list, func(a, b compared) int {
		switch {
		case math.Abs(a.Sigma) > math.Abs(b.Sigma):
			return -1
		case math.Abs(a.Sigma) < math.Abs(b.Sigma):
			return 1
		}
		return 0
	})
	told := make([]metering.Residual, 0, min(len(list), mostResiduals))
	for _, c := range list[:min(len(list), mostResiduals)] {
		told = append(told, c.Residual)
	}
	return told
}

// powers are the meters of P and Q beside the loads that the model was given, with its
// losses.
func (e *Estimator) powers(s sums) (list []compared) {
	for i := range s.sayings {
		y := &s.sayings[i]
		if y.pseudo {
			continue
		}
		for part := range 2 {
			a := s.answers[part]
			measured, unit := real(y.flow), "MW"
			if part == 1 {
				measured, unit = imag(y.flow), "Mvar"
			}
			c := compared{saying: y, wrong: y.aside[part], Residual: metering.Residual{Point: nameOf(y.points), Quantity: quantityOf(part),
				Measured: measured, Model: measured - a.residual[i], Unit: unit, Sigma: sigmas(a.residual[i], math.Max(a.deviation[i], y.sigma/2))}}
			for _, k := range s.tied[i] {
				if k != i && c.wrong {
					c.among = append(c.among, nameOf(s.sayings[k].points))
				}
			}
			list = append(list, c)
		}
	}
	return list
}

// voltages are the meters of voltage beside the model's bus.
func (e *Estimator) voltages(v *view, state metering.NetworkState) (list []compared) {
	model := map[metering.NodeID]float64{}
	for _, b := range state.Buses {
		if b.Live {
			model[b.Node] = b.KV
		}
	}
	for _, p := range slices.Concat(e.grid.places, e.grid.voltagePoints()) {
		kv, ok := v.volts(p.point)
		if !ok || model[p.bus] == 0 || p.kind == atHV && kv < deadBelow*e.grid.buses[p.bus] {
			continue
		}
		known := math.Hypot(e.grid.accuracies[p.point].voltage, modelVoltage) * model[p.bus]
		c := compared{Residual: metering.Residual{Point: p.point, Quantity: quantityVoltage, Measured: kv, Model: model[p.bus], Unit: "kV", Sigma: sigmas(kv-model[p.bus], known)}}
		c.wrong = math.Abs(c.Sigma) > wrongFrom
		list = append(list, c)
	}
	return list
}

// mostSigmas keeps a figure readable whatever is wrong.
const mostSigmas = 999

func sigmas(difference, deviation float64) float64 {
	return math.Min(math.Max(difference/deviation, -mostSigmas), mostSigmas)
}
