package balance

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"asue/metering"
)

// Culprit is a flow that would explain an imbalance, and how well.
type Culprit struct {
	Point   metering.PointID `json:"point"`
	Channel string           `json:"channel"`
	// Score is that of the best evidence, 0..1: the share of the imbalance that it
	// explains. It ranks suspects; it is no probability.
	Score    float64    `json:"score"`
	Evidence []Evidence `json:"evidence"` // best first
}

// Evidence is one reason to suspect a flow, with the figures.
type Evidence struct {
	Kind  EvidenceKind `json:"kind"`
	Score float64      `json:"score"` // 0..1
	Text  string       `json:"text"`
	// Numbers are the figures behind the text.
	Numbers []Figure `json:"numbers"`
}

// Figure is one of the figures of an evidence.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// EvidenceKind is why a flow is suspected.
type EvidenceKind string

// Kinds of evidence.
const (
	// StandsStill: it shows nothing while others run, and the imbalance is what it
	// usually shows.
	StandsStill EvidenceKind = "stands-still"
	// Proportional: the imbalance goes up and down with it, like a wrong ratio or a
	// lost phase would have it.
	Proportional EvidenceKind = "proportional"
	// CheckMeter: its check meter shows the difference.
	CheckMeter EvidenceKind = "check-meter"
	// LargestError: its permitted error has the largest part in the permitted
	// imbalance. It is no reason by itself; the score is never above WeakEvidence.
	LargestError EvidenceKind = "largest-error"
)

// WeakEvidence is the highest score of a flow that nothing speaks against but the
// size of its permitted error.
const WeakEvidence = 0.2

// Culprits ranks the flows of a balance over the base intervals [first, last) of
// the grid by how well each alone would explain the imbalance, the likeliest
// first, at most limit of them.
func (r *Run) Culprits(first, last, limit int) []Culprit {
	w := r.window(first, last)
	if len(w.slots) == 0 {
		return nil
	}
	total := r.Total(r.e.g.Start(first), r.e.g.Start(last))
	var list []Culprit
	for _, f := range r.flows {
		c := Culprit{Point: f.point, Channel: f.channel.String()}
		for _, find := range []func(window, *flow) (Evidence, bool){r.standsStill, r.proportional, r.checkMeter} {
			if ev, ok := find(w, f); ok {
				c.Evidence = append(c.Evidence, ev)
			}
		}
		share := total.varianceShare(c.Point, c.Channel)
		c.Evidence = append(c.Evidence, Evidence{
			Kind: LargestError, Score: WeakEvidence * share,
			Text:    fmt.Sprintf("its permitted error makes %.0f %% of the square of the permitted imbalance", 100*share),
			Numbers: []Figure{{Name: "variance_share", Value: share, Unit: "1"}},
		})
		slices.SortStableFunc(c.Evidence, func(a, b Evidence) int { return cmp.Compare(b.Score, a.Score) })
		c.Score = c.Evidence[0].Score
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b Culprit) int { return cmp.Compare(b.Score, a.Score) })
	return list[:min(limit, len(list))]
}

func (res *Result) varianceShare(p metering.PointID, channel string) float64 {
	for _, f := range res.Flows {
		if f.Point == p && f.Channel == channel {
			return f.VarianceShare
		}
	}
	return 0
}

// window is the complete intervals of a stretch.
type window struct {
	slots     []int
	imbalance float64 // Wh, the sum over them
}

func (r *Run) window(first, last int) window {
	var w window
	for slot := max(0, first); slot < min(last, len(r.slots)); slot++ {
		if r.slots[slot].Complete {
			w.slots = append(w.slots, slot)
			w.imbalance += r.slots[slot].Imbalance
		}
	}
	return w
}

// sign turns an energy that a flow shows too little into the imbalance that it
// makes: too little going out looks like a surplus.
func (f *flow) sign() float64 {
	if f.side == In {
		return -1
	}
	return 1
}

// explains is the share of an imbalance that a deviation accounts for: 1 when
// they are equal, 0 when it leaves as much as there was.
func explains(deviation, imbalance float64) float64 {
	if imbalance == 0 {
		return 0
	}
	return math.Max(0, 1-math.Abs(imbalance-deviation)/math.Abs(imbalance))
}

// standsStill looks for a flow that is zero here and was not before.
func (r *Run) standsStill(w window, f *flow) (Evidence, bool) {
	zero := 0
	for _, slot := range w.slots {
		if math.Abs(f.cells[slot].energy) <= f.cells[slot].quantum {
			zero++
		}
	}
	if zero*10 < 9*len(w.slots) {
		return Evidence{}, false
	}
	usual := r.usual(w, f)
	expected := usual * float64(len(w.slots))
	score := explains(f.sign()*expected, w.imbalance)
	if usual <= 0 || score == 0 {
		return Evidence{}, false
	}
	return Evidence{
		Kind: StandsStill, Score: score,
		Text: fmt.Sprintf("it shows nothing in %d of %d intervals; its usual %.0f Wh in each would be %.0f Wh of the %.0f Wh missing",
			zero, len(w.slots), usual, f.sign()*expected, w.imbalance),
		Numbers: []Figure{
			{Name: "zero_intervals", Value: float64(zero), Unit: "1"},
			{Name: "usual", Value: usual, Unit: "Wh"}, {Name: "expected", Value: f.sign() * expected, Unit: "Wh"},
		},
	}, true
}

// usual is a flow's mean energy in an interval: by habit, else over the
// intervals of the grid outside the window that are in balance.
func (r *Run) usual(w window, f *flow) float64 {
	if h, ok := r.e.m.cfg.Habits[f.point]; ok && h.Mean > 0 && f.channel == metering.ChannelActiveImport {
		return float64(h.Mean)
	}
	sum, n := 0.0, 0
	for slot, s := range r.slots {
		inside := slot >= w.slots[0] && slot <= w.slots[len(w.slots)-1]
		if !inside && s.Complete && !s.Beyond {
			sum += f.cells[slot].energy
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// checkMeter compares a flow with the check meters beside it.
func (r *Run) checkMeter(w window, f *flow) (best Evidence, found bool) {
	for _, p := range r.e.m.site.Points {
		if p.Role != metering.RoleCheck || p.Checks != f.point {
			continue
		}
		check := r.e.g.Row(p.ID, f.channel)
		diff, limit := 0.0, 0.0
		known := true
		for _, slot := range w.slots {
			energy, ok := check.Energy(slot)
			known = known && ok
			diff += float64(energy) - f.cells[slot].energy
			limit += math.Hypot(f.cells[slot].limit, r.e.m.cfg.Formula.Limit(r.e.m.at(p.ID, r.e.g.Start(slot)).errors)/100*math.Abs(float64(energy)))
		}
		score := explains(f.sign()*diff, w.imbalance)
		if !known || math.Abs(diff) <= limit || score <= best.Score {
			continue
		}
		found = true
		best = Evidence{
			Kind: CheckMeter, Score: score,
			Text: fmt.Sprintf("its check meter %s shows %+.0f Wh against it, both classes allow %.0f Wh; the imbalance is %.0f Wh", p.ID, diff, limit, w.imbalance),
			Numbers: []Figure{
				{Name: "check_difference", Value: diff, Unit: "Wh"}, {Name: "permitted_difference", Value: limit, Unit: "Wh"},
			},
		}
	}
	return best, found
}
