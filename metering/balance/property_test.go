package balance_test

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"

	"pgregory.net/rapid"
)

var midnight = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)

// Shares add up to the total, keep the order of the weights, and none is further
// than one unit from its exact share.
func TestSharesAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		total := rapid.Int64Range(-1e15, 1e15).Draw(rt, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1e12), 1, 40).Draw(rt, "weights")
		list := make([]metering.Energy, len(weights))
		sum := new(big.Int)
		for i, w := range weights {
			list[i] = metering.Energy(w)
			sum.Add(sum, big.NewInt(w))
		}
		shares := balance.Share(metering.Energy(total), list)
		var added metering.Energy
		for i, s := range shares {
			added += s
			if sum.Sign() == 0 {
				continue
			}
			exact, _ := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i])), sum).Float64()
			if math.Abs(float64(s)-exact) >= 1.01 {
				rt.Fatalf("share %d of weight %d is %d, exactly %v", i, weights[i], s, exact)
			}
			for j := range shares {
				if weights[i] > weights[j] && total >= 0 && shares[i] < shares[j] {
					rt.Fatalf("weight %d gets %d, weight %d gets %d", weights[i], shares[i], weights[j], shares[j])
				}
			}
		}
		if added != metering.Energy(total) {
			rt.Fatalf("%v add up to %d, not to %d", shares, added, total)
		}
	})
}

// sharesTwin gives one unit after another to whoever is furthest below the exact
// share.
func sharesTwin(total int64, weights []int64) []int64 {
	sum := int64(0)
	for _, w := range weights {
		sum += w
	}
	shares := make([]int64, len(weights))
	left := total
	for i, w := range weights {
		shares[i] = total * w / sum
		left -= shares[i]
	}
	for ; left > 0; left-- {
		best, at := int64(-1), 0
		for i, w := range weights {
			if lack := total*w - shares[i]*sum; lack > best {
				best, at = lack, i
			}
		}
		shares[at]++
	}
	return shares
}

func TestSharesAgreeWithTheirTwin(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		total := rapid.Int64Range(0, 1e6).Draw(rt, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1000), 1, 12).Draw(rt, "weights")
		weights[0]++
		list := make([]metering.Energy, len(weights))
		for i, w := range weights {
			list[i] = metering.Energy(w)
		}
		want := sharesTwin(total, weights)
		for i, s := range balance.Share(metering.Energy(total), list) {
			if int64(s) != want[i] {
				rt.Fatalf("share %d of %d among %v: %d, twin %d", i, total, weights, s, want[i])
			}
		}
	})
}

// A setting for loss compensation that was made from a passport gives the losses
// of the passport's formula.
func TestCompensationIsTheTransformersLoss(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := balance.Transformer{
			RatedVA: rapid.Float64Range(1e5, 1e8).Draw(rt, "rated"), NoLoadW: rapid.Float64Range(100, 1e5).Draw(rt, "P0"),
			LoadLossW: rapid.Float64Range(100, 1e6).Draw(rt, "Pk"), NoLoadPercent: 0.7, ShortPercent: 10.5,
		}
		volts := rapid.Float64Range(400, 110000).Draw(rt, "U")
		load := rapid.Float64Range(0, 1.5).Draw(rt, "load")
		c := balance.CompensationOf(tr, volts)
		want := tr.Loss(1, balance.Flow{P: load * tr.RatedVA})
		got := c.Loss(volts, load*c.Amperes)
		if math.Abs(got.P-want.P) > 1e-9*want.P || math.Abs(got.Q-want.Q) > 1e-9*want.Q {
			rt.Fatalf("meter %v, transformer %v", got, want)
		}
	})
}

// Virtual points agree with a twin that adds fractions one by one.
func TestVirtualPointsAgreeWithTheirTwin(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		site := &metering.Site{ID: "s", Location: time.UTC}
		var list []metering.Interval
		exact := map[metering.PointID]*big.Rat{}
		worst := map[metering.PointID]metering.Grade{}
		var ids []metering.PointID
		for i := range 4 {
			id := metering.PointID(fmt.Sprintf("p%d", i))
			iv := metering.Interval{
				Point: id, Channel: metering.ChannelActiveImport, Start: midnight,
				Energy: metering.Energy(rapid.Int64Range(-1e9, 1e12).Draw(rt, "energy")),
				Grade:  rapid.SampledFrom([]metering.Grade{metering.Actual, metering.Substitute, metering.Estimated, metering.Null}).Draw(rt, "grade"),
			}
			site.Points = append(site.Points, metering.Point{ID: id})
			list = append(list, iv)
			exact[id], worst[id] = big.NewRat(int64(iv.Energy), 1), iv.Grade
			ids = append(ids, id)
		}
		for i := range 4 {
			v := metering.VirtualPoint{Point: metering.Point{ID: metering.PointID(fmt.Sprintf("v%d", i))}}
			sum, grade := new(big.Rat), metering.Actual
			for range rapid.IntRange(1, 4).Draw(rt, "terms") {
				term := metering.Term{Of: rapid.SampledFrom(ids).Draw(rt, "of"), Factor: metering.Fraction{
					Num: rapid.Int64Range(-9, 9).Draw(rt, "num"), Den: rapid.Int64Range(1, 9).Draw(rt, "den"),
				}}
				v.Terms = append(v.Terms, term)
				sum.Add(sum, new(big.Rat).Mul(big.NewRat(term.Factor.Num, term.Factor.Den), exact[term.Of]))
				grade = grade.Worse(worst[term.Of])
			}
			exact[v.ID], worst[v.ID] = nearest(sum), grade
			ids = append(ids, v.ID)
			site.Virtual = append(site.Virtual, v)
		}
		slices.Reverse(site.Virtual) // the order of the file must not matter
		m, err := balance.New(site, balance.DefaultConfig())
		if err != nil {
			rt.Fatal(err)
		}
		g, err := grid.New(midnight, midnight.Add(metering.BasePeriod), list)
		if err != nil {
			rt.Fatal(err)
		}
		computed, err := m.On(g).Compute()
		if err != nil || len(computed) != 4 {
			rt.Fatalf("%d intervals, %v", len(computed), err)
		}
		for _, c := range computed {
			if c.Grade != worst[c.Point] {
				rt.Fatalf("%s is of grade %v, its parts make %v", c.Point, c.Grade, worst[c.Point])
			}
			if c.Grade != metering.Null && big.NewRat(int64(c.Energy), 1).Cmp(exact[c.Point]) != 0 {
				rt.Fatalf("%s is %d, by fractions %v", c.Point, c.Energy, exact[c.Point])
			}
		}
	})
}

// nearest is a fraction to the nearest whole number, halves away from zero.
func nearest(r *big.Rat) *big.Rat {
	half := big.NewRat(1, 2)
	abs := new(big.Rat).Abs(r)
	abs.Add(abs, half)
	whole := new(big.Int).Quo(abs.Num(), abs.Denom())
	if r.Sign() < 0 {
		whole.Neg(whole)
	}
	return new(big.Rat).SetInt(whole)
}
