package fakezone

import (
	"context"
	"fmt"
	"math"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/vee"
)

// Totals gives the balance of the input over the whole range.
func (z *Zone) Totals(_ context.Context, from, to time.Time) ([]dispatcher.NodeBalance, error) {
	return []dispatcher.NodeBalance{z.balance(from, to)}, nil
}

// Balance gives the balance of the input for each step; every seventh is beyond
// what is permitted, every eleventh incomplete.
func (z *Zone) Balance(_ context.Context, node metering.NodeID, from, to time.Time, step string) ([]dispatcher.NodeBalance, error) {
	if node != "in" {
		return nil, fmt.Errorf("balance of node %q: %w", node, metering.ErrNotFound)
	}
	z.mu.Lock()
	now := z.now
	z.mu.Unlock()
	var list []dispatcher.NodeBalance
	for at := from; at.Before(to) && at.Before(now); {
		start, end := metering.PeriodStart(at), metering.PeriodStart(at).Add(metering.BasePeriod)
		if st, ok := vee.StepNamed(step); ok {
			start, end = st.Bounds(at, z.site.Location)
		}
		b := z.balance(start, end)
		switch n := len(list); {
		case n%7 == 6:
			b.Beyond, b.Alarming = true, true
			b.ImbalancePct = ptr(1.48)
			b.ImbalanceWh = ptr(int64(float64(*b.InWh) * 0.0148))
			b.Culprits = []dispatcher.Culprit{
				{Point: "p-r-03", Name: "p-r-03", Score: 0.71, Reason: "the imbalance follows it with r² 0.97, as if it showed 0.667 of the truth: one of three phases lost (a fuse of the voltage transformer, a current lead)",
					Numbers: []dispatcher.NumberView{{Name: "determination", Value: 0.97, Unit: "1"}}},
				{Point: "p-r-01", Name: "p-r-01", Score: 0.12, Reason: "its permitted error makes 12 % of the square of the permitted imbalance"},
			}
		case n%11 == 10:
			b.Complete, b.Missing, b.Known, b.Reason = false, []string{"p-r-05"}, 0, "no energy of p-r-05"
			b.ImbalancePct, b.ImbalanceWh, b.OutWh = nil, nil, nil
		}
		list = append(list, b)
		at = end
	}
	return list, nil
}

func (z *Zone) balance(from, to time.Time) dispatcher.NodeBalance {
	mid := from.Add(to.Sub(from) / 2)
	in := z.Power("in-1", mid) * to.Sub(from).Hours()
	b := dispatcher.NodeBalance{
		Node: "in", Name: "Ввод 110 кВ", Kind: string(metering.NodeSource), Start: from, End: to, Complete: true, StoodInShare: 0.013,
		InWh: ptr(int64(in)), LossWh: ptr(int64(in * 0.011)), OwnNeedsWh: ptr(int64(in * 0.0012)), PermittedPct: ptr(0.66),
	}
	b.Expected = int(to.Sub(from) / metering.BasePeriod)
	b.Known, b.BoundWh = b.Expected, ptr(int64(in*0.0066))
	pct := math.Round(100*(0.28+0.3*wave(mid, 86400*3, 1))) / 100
	b.ImbalancePct, b.ImbalanceWh = ptr(pct), ptr(int64(in*pct/100))
	b.OutWh = ptr(*b.InWh - *b.LossWh - *b.OwnNeedsWh - *b.ImbalanceWh)
	b.ModelLossWh, b.ModelCovered = ptr(int64(in*0.0118)), ptr(0.974)
	b.Unexplained = ptr(*b.InWh - *b.OutWh - *b.OwnNeedsWh - *b.ModelLossWh)
	return b
}

// Demand gives figures that add up, of no particular resident.
func (z *Zone) Demand(_ context.Context, r metering.ResidentID, month time.Time) (dispatcher.Demand, error) {
	_, end := vee.Month.Bounds(month, z.site.Location)
	peak := month.Add(85 * time.Hour)
	d := dispatcher.Demand{
		Resident: string(r), From: month, To: end, KnownWh: 812_000_000, MissingN: 3, StoodInN: 172,
		DeclaredW: ptr(int64(z.site.Allowed(r, month))), LoadFactor: ptr(0.62), UseHours: ptr(446.0), TanPhi: ptr(0.45), CosPhi: ptr(0.912),
		Maxima: []dispatcher.Maximum{
			{Minutes: 15, Block: &dispatcher.Peak{PowerW: 1_830_000, Start: peak, End: peak.Add(15 * time.Minute)},
				Unbilled: &dispatcher.Peak{PowerW: 1_902_000, Start: peak.Add(24 * time.Hour), End: peak.Add(24*time.Hour + 15*time.Minute)}},
			{Minutes: 30, Block: &dispatcher.Peak{PowerW: 1_815_000, Start: peak, End: peak.Add(30 * time.Minute)},
				Sliding: &dispatcher.Peak{PowerW: 1_821_000, Start: peak.Add(15 * time.Minute), End: peak.Add(45 * time.Minute)}},
		},
		Zones: []dispatcher.ZoneEnergy{{Zone: "day", EnergyWh: 502_000_000, Share: 0.618}, {Zone: "night", EnergyWh: 310_000_000, Share: 0.382}},
	}
	return d, nil
}

func ptr[T any](v T) *T { return &v }
