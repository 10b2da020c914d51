package estimate

import (
	"fmt"
	"math"
	"math/cmplx"
	"time"

	"asue/balancing/study"
	"asue/metering"
)

// loads are the feeders' loads as the model takes them: parted among their residents by
// what these draw, what is left over being nobody's (losses, own needs).
func (e *Estimator) loads(v *view, s sums) []study.Load {
	var list []study.Load
	for i := range e.grid.leaves {
		list = append(list, e.part(v, i, s.flow[i], e.stale(v, s, i))...)
	}
	return list
}

// stale reports whether a feeder's load is neither measured now nor found as the
// difference of others.
func (e *Estimator) stale(v *view, s sums, leaf int) bool {
	for _, g := range v.gaps {
		if g.leaf == leaf {
			return s.sigma[leaf] > 0.1*cmplx.Abs(s.flow[leaf])+0.05
		}
	}
	return false
}

// part shares a feeder's load out. A resident whose meter is silent is taken with what
// it drew last or is expected to draw; if the known parts are more than the whole they
// are cut in proportion.
func (e *Estimator) part(v *view, leaf int, whole complex128, stale bool) []study.Load {
	l := e.grid.leaves[leaf]
	var parts []study.Load
	sum := 0.0
	for _, n := range e.grid.nodesBelow(l.node) {
		for _, p := range e.grid.pointsAt(n, metering.RoleResident) {
			mw, old := e.drawn(v, p)
			if mw <= 0 {
				continue
			}
			sum += mw
			parts = append(parts, study.Load{Node: n, MW: mw, Resident: p.Resident, Category: e.categoryOf(p.Resident, n, v.now), Stale: stale || old})
		}
	}
	if real(whole) <= 0 { // it feeds back, or draws nothing
		parts = nil
	}
	if scale := real(whole) / sum; len(parts) > 0 && scale < 1 {
		for i := range parts {
			parts[i].MW *= scale
		}
	}
	left := whole
	for i := range parts {
		parts[i].Mvar = imag(whole) * parts[i].MW / real(whole)
		left -= complex(parts[i].MW, parts[i].Mvar)
	}
	return append(parts, study.Load{Node: l.node, MW: real(left), Mvar: imag(left), Stale: stale})
}

// drawn is what a resident draws at a point: now, else last, else as expected.
func (e *Estimator) drawn(v *view, p metering.Point) (mw float64, old bool) {
	if s, ok := e.grid.orCheck(v, p.ID); ok {
		return real(s.flow), false
	}
	if flow, _, ok := v.last(p.ID); ok {
		return real(flow), true
	}
	all, here := e.cfg.Site.Allowed(p.Resident, v.now), metering.Power(0)
	for _, c := range e.cfg.Site.Conditions {
		if c.Resident == p.Resident && c.Node == p.Node && c.At(v.now) {
			here += c.Power
		}
	}
	if all <= 0 {
		return 0, true
	}
	return e.expect[p.Resident] * float64(here) / float64(all), true
}

// categoryOf is the reliability category of a resident at a node: that of the technical
// conditions there, else the best of all; 0 if none is stated.
func (e *Estimator) categoryOf(r metering.ResidentID, n metering.NodeID, at time.Time) metering.Category {
	best := metering.Category(0)
	for _, c := range e.cfg.Site.Conditions {
		if c.Resident != r || !c.At(at) || c.Category == 0 {
			continue
		}
		if c.Node == n {
			return c.Category
		}
		if best == 0 || c.Category < best {
			best = c.Category
		}
	}
	return best
}

// assumed is what a state rests on beside the figures of the site file.
func (e *Estimator) assumed(v *view) []metering.Assumption {
	var list []metering.Assumption
	if a := e.cfg.Ambient; !a.Measured {
		source := a.Source
		if source == "" {
			source = "nobody states it: the setting network.ambient"
		}
		list = append(list, metering.Assumption{Element: "air", Field: "temperature", Value: fmt.Sprintf("%+.0f °C", a.celsius()), Source: source})
	}
	for _, f := range e.grid.feeds {
		if kv, ok := e.setting.FeedKV[f.Source]; ok && math.Abs(kv/f.KV-1) > kvMatters {
			list = append(list, metering.Assumption{Element: f.Source, Field: "voltage", Value: fmt.Sprintf("%.2f kV", kv), Source: "concluded from the voltage at the input"})
		}
	}
	for _, t := range e.grid.transformers {
		if at, ok := e.setting.Positions[t.Node]; ok {
			list = append(list, metering.Assumption{Element: string(t.Node), Field: "tap", Value: fmt.Sprintf("position %+d", at), Source: "concluded from the voltage of its sections"})
		}
	}
	for _, g := range v.gaps {
		one := metering.Assumption{Element: string(e.grid.leaves[g.leaf].node), Field: "load", Value: g.how, Source: "no meter of it says anything now: as far as the meters around it do not tell"}
		if !g.since.IsZero() {
			one.Date = g.since.UTC().Format(time.RFC3339)
		}
		list = append(list, one)
	}
	return list
}
