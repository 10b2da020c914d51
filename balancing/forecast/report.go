package forecast

import (
	"math"
	"time"
)

// Score is how a series was forecast over the last 28 days, told by trial: what
// the present method would have said from what was known at the time. Powers are
// watts.
type Score struct {
	ID     string
	Method Method
	// Days were judged; 0 while a series is young, and nothing else is known then.
	Days int
	// Skill is 1 - loss/loss of the naive method, by mean pinball loss; NaN if it is
	// not known. It is 0 for the naive method itself.
	Skill float64
	// Losses are the mean pinball losses of all methods, W.
	Losses  map[Method]float64
	Reaches []ReachScore
	// PeakError is the mean difference between the greatest block of a day and what
	// was forecast for it at midnight, and PeakSlot the share of days on which its
	// time was right within a block; NaN if not known.
	PeakError, PeakSlot float64
	// Since is how many days ago the level changed for good; 0: it did not in the
	// weeks that are looked at.
	Since int
}

// ReachScore is how forecasts of one distance did.
type ReachScore struct {
	From, To time.Duration // ahead, both included
	Blocks   int           // judged
	Coverage float64       // share of blocks in the band of 80 %
	Upper    float64       // share of blocks not above Q90
	// Pinball is the mean loss of the quantiles 0.1, 0.5, 0.9 and 0.99.
	Pinball   [4]float64
	Winkler   float64 // mean, of the band
	MAE       float64 // mean absolute error
	OfAllowed float64 // MAE by what is allowed; NaN if nothing is stated
	MASE      float64 // MAE by that of the naive method; NaN if it has none
	MAPE      float64 // over blocks above a tenth of what is allowed; NaN if there are none
}

// Report tells how each series was forecast, in the order of the configuration,
// as of the last fit; nil before the first Forecast and after Refit.
func (f *Forecaster) Report() []Score {
	if !f.ready {
		return nil
	}
	var list []Score
	for _, s := range f.series {
		list = append(list, s.score)
	}
	return list
}

func (s *series) report(block time.Duration, t *trial, j *judgement, losses [methods]float64) Score {
	score := Score{ID: s.ID, Method: methodNames[s.present], Days: j.days, Losses: map[Method]float64{}, Skill: math.NaN()}
	for _, m := range t.tried {
		if known(losses[m]) {
			score.Losses[methodNames[m]] = losses[m]
		}
	}
	if losses[naive] > 0 {
		score.Skill = 1 - losses[s.present]/losses[naive]
	}
	for g, one := range j.groups {
		score.Reaches = append(score.Reaches, one.score(block, t.meanMiss(naive, g), float64(s.Allowed)))
	}
	score.PeakError, score.PeakSlot = t.peaks(s.present)
	if t.like.since > 0 {
		score.Since = t.today - t.like.since
	}
	return score
}

func (g *group) score(block time.Duration, byNaive, allowed float64) ReachScore {
	s := ReachScore{From: span(g.from, block), To: span(g.to, block), Blocks: g.n}
	n := float64(g.n)
	s.Coverage, s.Upper = float64(g.inside)/n, float64(g.below)/n
	for i, sum := range g.pinball {
		s.Pinball[i] = sum / n
	}
	s.Winkler, s.MAE = g.winkler/n, g.abs/n
	s.OfAllowed = ratio(s.MAE, allowed)
	s.MASE = ratio(s.MAE, byNaive)
	s.MAPE = ratio(g.share, float64(g.shares))
	return s
}

// meanMiss is the mean absolute error of a method over the judged days.
func (t *trial) meanMiss(method, g int) float64 {
	sum, n := 0.0, 0.0
	for _, miss := range t.miss[method][g][(t.judged-t.from)*t.slots:] {
		if known(miss) {
			sum += math.Abs(miss)
			n++
		}
	}
	return sum / n
}

func ratio(a, b float64) float64 {
	if b > 0 {
		return a / b
	}
	return math.NaN()
}

// peaks compares the greatest block of each judged day with that of the forecast
// made at midnight. Days with a hole are left out.
func (t *trial) peaks(method int) (off, right float64) {
	days, within := 0, 0
	for d := t.judged; d < t.today; d++ {
		truth, at, ok := greatest(t.row(t.y, d))
		said, when, ok2 := greatest(t.row(t.morrow[method], d-t.judged))
		if !ok || !ok2 {
			continue
		}
		days++
		off += math.Abs(truth - said)
		if at-when <= 1 && when-at <= 1 {
			within++
		}
	}
	return off / float64(days), float64(within) / float64(days)
}

func greatest(row []float64) (v float64, at int, ok bool) {
	for i, x := range row {
		if !known(x) {
			return 0, 0, false
		}
		if i == 0 || x > v {
			v, at = x, i
		}
	}
	return v, at, true
}
