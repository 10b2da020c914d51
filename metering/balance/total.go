package balance

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Total is the balance of the base intervals that start in [from, to).
func (r *Run) Total(from, to time.Time) Result {
	g := r.e.g
	first := max(0, int(from.Sub(g.From())/metering.BasePeriod))
	last := min(g.Len(), max(first, int(to.Sub(g.From())/metering.BasePeriod)))
	res := Result{Subject: r.subject.ID, From: g.Start(first), To: g.Start(last), Expected: last - first}
	for slot := first; slot < last; slot++ {
		if r.slots[slot].Complete {
			res.Intervals++
		}
	}
	res.Complete = res.Expected > 0 && res.Intervals == res.Expected
	var t tally
	for _, f := range r.flows {
		r.addFlow(&res, &t, f, first, last)
	}
	r.addLosses(&res, &t, first, last)
	s := t.close(r.e.m.cfg.Strict)
	res.In, res.Out, res.OwnNeeds, res.Losses = wh(s.In), wh(s.Out), wh(s.OwnNeeds), wh(s.Losses)
	res.Imbalance = wh(s.Imbalance)
	res.ActualPercent, res.PermittedPercent, res.EstimatedShare = s.Actual, s.Permitted, s.Estimated
	res.Bound, res.Beyond = metering.Energy(math.Ceil(s.Bound)), s.Beyond
	res.weigh()
	res.Flows = slices.DeleteFunc(res.Flows, FlowTotal.idle)
	r.judge(&res)
	return res
}

// addFlow takes the flow's energy in. Its error may have the same sign in all of
// its intervals, so the limits add up; the registers' uncertainty is that of the
// first and the last boundary, so the greatest counts once.
func (r *Run) addFlow(res *Result, t *tally, f *flow, first, last int) {
	total := FlowTotal{Point: f.point, Channel: f.channel.String(), Side: f.side}
	gap := Missing{Point: f.point, Channel: f.channel.String()}
	var energy, limit, quantum, current, estimated float64
	for slot := first; slot < last; slot++ {
		c := &f.cells[slot]
		if c.grade == metering.Null {
			if gap.Intervals++; gap.Intervals == 1 {
				gap.First = r.e.g.Start(slot)
			}
		}
		if !r.slots[slot].Complete {
			continue
		}
		energy += c.energy
		limit += c.limit
		quantum = max(quantum, c.quantum)
		current += c.percent
		total.Errors.Meter += c.errors.Meter * math.Abs(c.energy)
		total.Errors.CT += c.errors.CT * math.Abs(c.energy)
		total.Errors.VT += c.errors.VT * math.Abs(c.energy)
		if c.grade != metering.Actual {
			estimated += math.Abs(c.energy)
		}
	}
	t.flow(f.side, energy, limit, quantum, metering.Actual)
	t.notMeasured += estimated
	total.Energy = wh(energy)
	if energy != 0 {
		total.LimitPercent = 100 * limit / math.Abs(energy)
		total.Errors.Meter /= math.Abs(energy)
		total.Errors.CT /= math.Abs(energy)
		total.Errors.VT /= math.Abs(energy)
	} else {
		total.Errors = Errors{}
	}
	if res.Intervals > 0 {
		total.CurrentPercent = current / float64(res.Intervals)
	}
	res.Flows = append(res.Flows, total)
	if gap.Intervals > 0 {
		res.Missing = append(res.Missing, gap)
	}
}

func (r *Run) addLosses(res *Result, t *tally, first, last int) {
	for i, cells := range r.losses {
		n := NodeLoss{Node: r.subject.Losses[i]}
		gap := Missing{Channel: fmt.Sprintf("losses of %s", n.Node)}
		for slot := first; slot < last; slot++ {
			switch {
			case cells[slot].Grade == metering.Null:
				if gap.Intervals++; gap.Intervals == 1 {
					gap.Point, gap.First = cells[slot].Missing, r.e.g.Start(slot)
				}
			case !r.slots[slot].Complete:
			case r.inMeter[i] != nil && r.inMeter[i][slot]:
				n.InMeter++
			default:
				n.Energy += cells[slot].Energy
				n.Uncertainty += cells[slot].Uncertainty
			}
		}
		t.loss(float64(n.Energy), float64(n.Uncertainty))
		res.NodeLosses = append(res.NodeLosses, n)
		if gap.Intervals > 0 {
			res.Missing = append(res.Missing, gap)
		}
	}
}

// weigh works out each flow's share of its side and of the permitted imbalance.
func (res *Result) weigh() {
	in, gone := float64(res.In), float64(res.Out+res.OwnNeeds)
	sum := 0.0
	for i := range res.Flows {
		f := &res.Flows[i]
		side := gone
		if f.Side == In {
			side = in
		}
		if side != 0 {
			f.Share = float64(f.Energy) / side
		}
		f.VarianceShare = f.Share * f.Share * f.LimitPercent * f.LimitPercent
		sum += f.VarianceShare
	}
	for i := range res.Flows {
		if sum > 0 {
			res.Flows[i].VarianceShare /= sum
		}
	}
}
