package balance

import (
	"fmt"
	"math"
)

// minRegression is how many intervals a regression needs.
const minRegression = 8

// line is the least-squares line of y over x, and what it is worth.
type line struct {
	slope, offset float64
	determination float64 // r², 0..1; 0 when x does not change
}

func fit(x, y []float64) line {
	n := float64(len(x))
	var sx, sy float64
	for i := range x {
		sx += x[i]
		sy += y[i]
	}
	mx, my := sx/n, sy/n
	var xx, xy, yy float64
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		xy += (x[i] - mx) * (y[i] - my)
		yy += (y[i] - my) * (y[i] - my)
	}
	if xx == 0 || yy == 0 {
		return line{offset: my}
	}
	slope := xy / xx
	return line{slope: slope, offset: my - slope*mx, determination: xy * xy / (xx * yy)}
}

// proportional asks whether the imbalance follows a flow: a meter that registers
// a constant part of the truth makes an imbalance in proportion to what it
// shows. The score is r² times the share of the imbalance that the slope alone
// accounts for. A slope that was usual on days in balance is no news: what is
// within three of its standard deviations counts as nothing.
func (r *Run) proportional(w window, f *flow) (Evidence, bool) {
	if len(w.slots) < minRegression {
		return Evidence{}, false
	}
	x, y := r.beside(w, f)
	sum := 0.0
	for _, energy := range x {
		sum += energy
	}
	l := fit(x, y)
	slope := l.slope * f.sign() // energy missing in the flow, as a share of what it shows
	score := l.determination * explains(l.slope*sum, w.imbalance)
	habit, known := r.e.m.cfg.Habits[f.point]
	if known && habit.Spread > 0 && math.Abs(slope-habit.Slope) <= 3*habit.Spread {
		return Evidence{}, false
	}
	if score == 0 || slope <= -1 {
		return Evidence{}, false
	}
	ev := Evidence{
		Kind: Proportional, Score: score,
		Text: fmt.Sprintf("the imbalance follows it with r² %.2f, as if it showed %.3f of the truth%s", l.determination, 1/(1+slope), pattern(slope, l.determination)),
		Numbers: []Figure{
			{Name: "slope", Value: slope, Unit: "1"}, {Name: "determination", Value: l.determination, Unit: "1"},
			{Name: "registered_share", Value: 1 / (1 + slope), Unit: "1"},
		},
	}
	if known && habit.Spread > 0 {
		ev.Numbers = append(ev.Numbers, Figure{Name: "usual_slope", Value: habit.Slope, Unit: "1"})
	}
	return ev, true
}

// pattern names well-known faults by the share of the truth that they leave: a
// third of the energy goes with each phase whose voltage or current is lost. It
// names none where the flow explains less than half of the ups and downs.
func pattern(slope, determination float64) string {
	if determination < 0.5 {
		return ""
	}
	registered := 1 / (1 + slope)
	near := func(v float64) bool { return math.Abs(registered-v) <= 0.03 }
	switch {
	case near(2.0 / 3):
		return ": one of three phases lost (a fuse of the voltage transformer, a current lead)"
	case near(1.0 / 3):
		return ": two of three phases lost, or one of them reversed"
	case registered < 0.97 || registered > 1.03:
		return ": compare its transformers' ratio with the site file"
	}
	return ""
}
