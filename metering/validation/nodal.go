package validation

import (
	"context"
	"math"
	"slices"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"
	"asue/metering/vee/rules"
)

// nodal are the energies of a point by all other flows of its balance, losses
// taken off, where every one of these is actual: what the balance lacks when the
// point is set to nothing is the point's.
func (v *Validator) nodal(ctx context.Context, w *window, ch metering.Channel) ([]rules.Flow, error) {
	if ch != metering.ChannelActiveImport {
		return nil, nil
	}
	subject, ok := v.network.model.Around(w.point.ID)
	if !ok || len(subject.Dark) > 0 {
		return nil, nil // a branch without a meter draws what would be taken for the point's
	}
	others := slices.DeleteFunc(slices.Concat(subject.In, subject.Out, subject.OwnNeeds), func(p metering.PointID) bool {
		return p == w.point.ID
	})
	if len(others) == 0 {
		return nil, nil
	}
	list, err := v.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{Points: others, From: w.from, To: w.to})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(iv metering.Interval) bool { return iv.Grade != metering.Actual })
	for at := w.from; at.Before(w.to); at = at.Add(metering.BasePeriod) {
		list = append(list, metering.Interval{Point: w.point.ID, Channel: ch, Start: at, Grade: metering.Actual})
	}
	g, err := grid.New(w.from, w.to, list)
	if err != nil {
		return nil, err
	}
	sign := 1.0
	if slices.Contains(subject.In, w.point.ID) {
		sign = -1
	}
	return flows(v.network.model.On(g).Run(subject).Slots(), g, sign), nil
}

// flows turns complete slots into energies. Less than nothing is no flow of this
// direction.
func flows(slots []balance.Slot, g *grid.Grid, sign float64) []rules.Flow {
	var list []rules.Flow
	for i, s := range slots {
		energy := sign * s.Imbalance
		if !s.Complete || energy < 0 {
			continue
		}
		list = append(list, rules.Flow{
			Start: g.Start(i), Energy: metering.Energy(math.Round(energy)), Uncertainty: metering.Energy(math.Ceil(s.Bound)),
		})
	}
	return list
}

// unbounded reports whether an interval of a channel has no energy that registers
// bound.
func (w *window) unbounded(n int) bool {
	d := w.derived[n]
	for _, g := range d.Gaps {
		if !g.Bounded {
			return true
		}
	}
	if len(d.Gaps) > 0 {
		return false
	}
	return slices.ContainsFunc(d.Intervals, func(iv metering.Interval) bool { return iv.Grade == metering.Null })
}
