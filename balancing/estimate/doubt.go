package estimate

import (
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// doubtKey is a meter and what it shows.
type doubtKey struct {
	point    metering.PointID
	quantity string
}

// doubt is a meter that has contradicted the model: since when, and how.
type doubt struct {
	since, last time.Time // first and last moment of the contradiction
	well        time.Time // since when it has agreed; zero while it does not
	moments     int       // looked at since the first
	wrong       int       // of these
	trend       trend
	product     float64 // Σ measured·model, and Σ model²: their ratio is the factor
	squared     float64
	shown       compared
	raised      *metering.Finding
}

// forget is how long a contradiction may pause and still be the same one.
const forget = 2 * time.Minute

// mostly is the share of moments that must contradict.
const mostly = 0.8

// note takes one comparison in.
func (e *Estimator) note(c *compared, now time.Time) {
	key := doubtKey{c.Point, c.Quantity}
	d := e.doubts[key]
	if !c.wrong {
		if d != nil {
			d.moments++
			if d.well.IsZero() {
				d.well = now
			}
		}
		return
	}
	if d == nil {
		d = &doubt{}
		e.doubts[key] = d
	}
	if d.since.IsZero() {
		d.since, d.moments, d.wrong = now, 0, 0
	}
	d.last, d.well = now, time.Time{}
	d.moments++
	d.wrong++
	d.product += c.Measured * c.Model
	d.squared += c.Model * c.Model
	d.shown = *c
}

// factor is what the meter shows of what the model has.
func (d *doubt) factor() (float64, bool) {
	return d.product / d.squared, d.squared > 0
}

// judge says which contradictions have become findings and which have ceased to be
// some, in the order of their points.
func (e *Estimator) judge(now time.Time) (raised, cleared []metering.Finding) {
	keys := make([]doubtKey, 0, len(e.doubts))
	for k := range e.doubts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b doubtKey) int {
		if c := strings.Compare(string(a.point), string(b.point)); c != 0 {
			return c
		}
		return strings.Compare(a.quantity, b.quantity)
	})
	for _, k := range keys {
		d := e.doubts[k]
		switch {
		case d.raised != nil:
			if !d.well.IsZero() && now.Sub(d.well) >= e.cfg.Persist {
				cleared = append(cleared, *d.raised)
				delete(e.doubts, k)
			}
		case d.since.IsZero():
			if d.trend.n > 0 && !d.well.IsZero() && now.Sub(d.well) > forget {
				delete(e.doubts, k)
			}
		case now.Sub(d.last) > forget:
			delete(e.doubts, k)
		case now.Sub(d.since) >= e.cfg.Persist && float64(d.wrong) >= mostly*float64(d.moments):
			f := e.finding(k, d, now)
			d.raised = &f
			raised = append(raised, f)
		}
	}
	return raised, cleared
}

// Recall takes over a finding that was raised before the program started, so that it
// can be cleared.
func (e *Estimator) Recall(f metering.Finding) {
	quantity, ok := quantityIn(f)
	if !ok || f.Rule != Rule {
		return
	}
	e.doubts[doubtKey{f.Point, quantity}] = &doubt{since: f.From, last: f.To, raised: &f}
}
