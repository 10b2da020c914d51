package papers

import (
	"fmt"
	"strconv"
	"strings"

	"asue/metering"
)

// graph is a drawing in the units of its box, ready to be put on paper.
type graph struct {
	Title                    string
	Width, Height            int
	Left, Right, Top, Bottom int // of the axes
	LabelX, LabelY           int
	XTicks, YTicks           []tick
	Curve                    string // points of a line
	Bars                     []bar
	Levels                   []tick // lines across, with a name
}

// tick is a place on an axis and what is written there.
type tick struct {
	At, TextAt int
	Text       string
	Solid      bool
}

type bar struct{ X, Y, W, H string }

// newGraph lays out the axes for powers from 0 to the greatest one, in kW.
func newGraph(w *words, title string, highest metering.Power) (*graph, func(metering.Power) float64) {
	g := &graph{Title: title, Width: 480, Height: 168, Left: 40, Right: 464, Top: 10, Bottom: 148, LabelX: 36, LabelY: 158}
	step := niceStep(highest)
	top := (highest + step - 1) / step * step
	y := func(p metering.Power) float64 {
		return float64(g.Bottom) - float64(g.Bottom-g.Top)*float64(p)/float64(top)
	}
	for p := metering.Power(0); p <= top; p += step {
		at := int(y(p) + 0.5)
		g.YTicks = append(g.YTicks, tick{At: at, TextAt: at + 2, Text: w.decimal(int64(p), 3)})
	}
	return g, y
}

// niceStep divides 0..highest into three to six parts of 1, 2 or 5 times a power of ten.
func niceStep(highest metering.Power) metering.Power {
	for base := metering.Power(1); ; base *= 10 {
		for _, f := range []metering.Power{1, 2, 5} {
			if highest <= 6*base*f {
				return base * f
			}
		}
	}
}

// level draws a line across at a power; names do not lie upon one another.
func (g *graph) level(name string, at float64, solid bool) {
	y := int(at + 0.5)
	text := y - 2
	for _, l := range g.Levels {
		if d := text - l.TextAt; d > -8 && d < 8 {
			text = l.TextAt + 9
		}
	}
	g.Levels = append(g.Levels, tick{At: y, TextAt: text, Text: name, Solid: solid})
}

// curveGraph draws the load-duration curve with the ТУ and the need.
func (f *file) curveGraph(w *words) *graph {
	u := f.finding.Use
	if len(u.Curve) < 2 {
		return nil
	}
	g, y := newGraph(w, w.say("graph.curve"), max(u.Allowed, u.Max, 1))
	x := func(pct int) float64 { return float64(g.Left) + float64(g.Right-g.Left)*float64(pct)/100 }
	var points []string
	for pct, p := range u.Curve {
		points = append(points, fmt.Sprintf("%.1f,%.1f", x(pct), y(p)))
	}
	g.Curve = strings.Join(points, " ")
	for pct := 0; pct <= 100; pct += 10 {
		g.XTicks = append(g.XTicks, tick{At: int(x(pct) + 0.5), Text: strconv.Itoa(pct) + nbsp + "%"})
	}
	f.levels(w, g, y)
	return g
}

// daysGraph draws the daily maxima, the greatest first.
func (f *file) daysGraph(w *words) *graph {
	if len(f.Days) == 0 {
		return nil
	}
	highest := max(f.finding.Use.Allowed, 1)
	for _, d := range f.Days {
		if d.Max != nil {
			highest = max(highest, *d.Max)
		}
	}
	g, y := newGraph(w, w.say("graph.days"), highest)
	width := float64(g.Right-g.Left) / float64(len(f.Days))
	for i, d := range f.Days {
		x := float64(g.Left) + float64(i)*width
		if strings.HasSuffix(d.Date, "-01") {
			g.XTicks = append(g.XTicks, tick{At: int(x + 0.5), Text: d.Date[5:7] + "." + d.Date[:4]})
		}
		if d.Max == nil {
			continue // not known is no bar, and not one of height 0
		}
		at := y(*d.Max)
		g.Bars = append(g.Bars, bar{X: fmt.Sprintf("%.2f", x), Y: fmt.Sprintf("%.1f", at), W: fmt.Sprintf("%.2f", max(width-0.2, 0.2)), H: fmt.Sprintf("%.1f", float64(g.Bottom)-at)})
	}
	f.levels(w, g, y)
	return g
}

func (f *file) levels(w *words, g *graph, y func(metering.Power) float64) {
	u := f.finding.Use
	g.level(w.say("graph.tu", "kw", w.kw(u.Allowed)), y(u.Allowed), true)
	if need, ok := u.Need(); ok {
		g.level(w.say("graph.need", "kw", w.kw(need)), y(need), false)
	}
}
