package estimate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Rule is the rule under which contradictions of meter and model stand.
const Rule = "model-residual"

// quantities of findings by their number in the figures.
var quantities = []string{quantityPower, quantityReactive, quantityVoltage}

// finding puts a contradiction into words. Its figures are what the meter shows and the
// model has at the end, the factor between them over the whole time, and the deviations.
func (e *Estimator) finding(k doubtKey, d *doubt, now time.Time) metering.Finding {
	c := d.shown
	f := metering.Finding{Rule: Rule, Severity: metering.Alarm, Point: k.point, From: d.since.UTC(), To: now.UTC()}
	unit := c.Unit
	f.Numbers = []metering.Number{
		{Name: "quantity", Value: float64(slices.Index(quantities, k.quantity)), Unit: "1"},
		{Name: "measured", Value: c.Measured, Unit: unit}, {Name: "model", Value: c.Model, Unit: unit}, {Name: "sigma", Value: c.Sigma, Unit: "1"},
	}
	text := fmt.Sprintf("%s: the meter shows %.3f %s, the other meters and the model say %.3f %s", k.quantity, c.Measured, unit, c.Model, unit)
	if factor, ok := d.factor(); ok {
		f.Numbers = append(f.Numbers, metering.Number{Name: "factor", Value: factor, Unit: "1"})
		text += fmt.Sprintf(" (factor %.3f for %s)", factor, now.Sub(d.since).Round(time.Minute))
		text += "; " + strings.Join(e.causes(k, factor), "; ")
	}
	if c.saying != nil && len(c.saying.points) > 1 {
		text += "; it is the sum of " + join(c.saying.points)
	}
	if among := e.among(k, d); len(among) > 0 {
		text += "; cannot be told apart from " + join(among)
	}
	f.Text = text
	return f
}

// among are the meters of a tie that explain the contradiction about as well.
func (e *Estimator) among(k doubtKey, d *doubt) (list []metering.PointID) {
	for _, p := range d.shown.among {
		other := e.doubts[doubtKey{p, k.quantity}]
		if other == nil || other.trend.left()*stays > d.trend.left() || slices.Contains(list, p) {
			continue
		}
		list = append(list, p)
	}
	return list
}

// quantityIn is the quantity of a finding that this package has made.
func quantityIn(f metering.Finding) (string, bool) {
	for _, n := range f.Numbers {
		if i := int(n.Value); n.Name == "quantity" && i >= 0 && i < len(quantities) {
			return quantities[i], true
		}
	}
	return "", false
}

// primaries are the usual rated primary currents of current transformers, A (ГОСТ 7746).
var primaries = []int64{5, 10, 15, 20, 30, 40, 50, 75, 80, 100, 150, 200, 300, 400, 500, 600, 750, 800, 1000, 1200, 1500, 2000, 3000, 4000}

// causes are what such a factor is usually the face of, the likeliest first.
func (e *Estimator) causes(k doubtKey, factor float64) []string {
	near := func(v, within float64) bool { return math.Abs(factor-v) <= within }
	var list []string
	switch {
	case k.quantity == quantityVoltage:
		if near(2.0/3, 0.05) || near(0.577, 0.03) || near(0.5, 0.03) {
			list = append(list, "a fuse of the voltage transformer or a wire of one phase")
		}
		return append(list, "ratio of the voltage transformer", "position of a tap changer or a switch nearby")
	case near(0, 0.05):
		list = append(list, "it shows nothing while power flows: an open or bridged current circuit, a fuse")
	case near(-1, 0.15):
		list = append(list, "it shows the reverse: both ends of the current circuits the wrong way round")
	case near(2.0/3, 0.03):
		list = append(list, "two thirds: one phase is missing, a fuse or a wire")
	case near(1.0/3, 0.03):
		list = append(list, "one third: one phase is reversed, or two are missing")
	}
	if k.quantity == quantityReactive && len(list) == 0 {
		list = append(list, "active power agrees: order of the phases, or a voltage and a current of different phases")
	}
	if text := e.ratioCause(k.point, factor); text != "" {
		list = append(list, text)
	}
	if len(list) == 0 {
		list = append(list, "ratio of the current transformer, a phase, or load that nobody meters")
	}
	if i := slices.IndexFunc(e.grid.places, func(p place) bool { return p.point == k.point }); i >= 0 {
		list = append(list, "or the position of a switch nearby")
	}
	return list
}

// ratioCause names the current transformer that would explain a factor, if it is a
// usual one.
func (e *Estimator) ratioCause(p metering.PointID, factor float64) string {
	install, ok := e.cfg.Site.MeterAt(p, e.started)
	if !ok || factor <= 0 || install.CT.Primary <= 0 || math.Abs(factor-1) < 0.05 {
		return ""
	}
	// The meter multiplies by the stated ratio what the true one has divided by.
	is := float64(install.CT.Primary) / factor
	for _, primary := range primaries {
		if math.Abs(is/float64(primary)-1) < 0.03 {
			return fmt.Sprintf("as if the current transformer were %d/%d and not %s", primary, install.CT.Secondary, install.CT)
		}
	}
	return ""
}

func join(points []metering.PointID) string {
	names := make([]string, len(points))
	for i, p := range points {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}
