package watch

import (
	"math"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/alarm"
)

// OfNetwork are the conditions of the state of the network: what is overloaded, what
// voltage is out of its range, which switches are open that should be closed, and whether
// the loss of what feeds could be borne. A state that could not be calculated says nothing.
func OfNetwork(site *metering.Site, s metering.NetworkState) []Said {
	if s.Problem != "" || s.Supposed != "" {
		return nil
	}
	var list []Said
	for _, v := range s.Violations {
		kind := alarm.Kind("node-overload")
		switch v.Kind {
		case "voltage-low", "voltage-high":
			kind = "voltage"
		case "contract": // the balancer watches it, by blocks
			continue
		}
		args := map[string]any{"value": v.Value, "limit": v.Limit, "unit": v.Unit, "what": v.Kind}
		list = append(list, Said{Condition: alarm.Condition{Kind: kind, Subject: v.Element, Active: true, Args: args}})
	}
	for _, w := range s.Switches {
		normally := slices.ContainsFunc(site.Network.Switches, func(n metering.Switch) bool { return n.ID == w.ID && n.Closed })
		if w.Known && !w.Closed && normally {
			list = append(list, Said{Condition: alarm.Condition{Kind: "breaker-open", Subject: string(w.ID), Active: true, Within: []string{zone}, Args: map[string]any{"why": w.Why}}})
		}
	}
	if r := s.Readiness; r != nil && r.Light == metering.LightRed && len(r.Backup) > 0 {
		args := map[string]any{"lost": r.Lost, "limit_mw": r.LimitMW, "load_mw": r.LoadMW, "binds": r.Binds}
		list = append(list, Said{Condition: alarm.Condition{Kind: "reserve-overload", Subject: r.Lost, Active: true, Args: args}})
	}
	return list
}

// Heard is when a meter has spoken last.
type Heard struct {
	Meter metering.MeterID
	At    time.Time // zero: never
	// Collector is who asks it; empty if nothing of it was ever heard.
	Collector string
}

// OfMeters are the meters that are silent for longer than after, with the lines that
// they share. Those that stand nowhere are nobody's concern.
func OfMeters(site *metering.Site, heard []Heard, after time.Duration, now time.Time) []Said {
	silent := map[metering.MeterID]Heard{}
	for _, h := range heard {
		if now.Sub(h.At) > after {
			silent[h.Meter] = h
		}
	}
	if len(silent) == 0 {
		return nil
	}
	points := places(site, now)
	var list []Said
	for _, m := range site.Meters {
		h, is := silent[m.ID]
		point, stands := points[m.ID]
		if !is || !stands {
			continue
		}
		args := map[string]any{"meter": string(m.ID), "point": string(point)}
		if !h.At.IsZero() {
			args["since"] = h.At.UTC().Format(time.RFC3339)
		}
		within := []string{}
		if m.Line != "" {
			within = append(within, "line/"+string(m.Line))
		}
		if h.Collector != "" {
			within = append(within, "collector/"+h.Collector)
		}
		list = append(list, Said{Condition: alarm.Condition{Kind: "meter-silent", Subject: string(m.ID), Active: true, Within: within, Args: args}})
	}
	return list
}

// places is at which point each meter stands at a time; the first that the site file
// names, as Site.InstallOf has it.
func places(site *metering.Site, now time.Time) map[metering.MeterID]metering.PointID {
	points := make(map[metering.MeterID]metering.PointID, len(site.Installs))
	for _, i := range site.Installs {
		if _, twice := points[i.Meter]; !twice && i.At(now) {
			points[i.Meter] = i.Point
		}
	}
	return points
}

// GroupsOf is how many meters stand on each line at a time, for alarm.Settings.Groups.
func GroupsOf(site *metering.Site, now time.Time) map[string]int {
	groups := map[string]int{}
	points := places(site, now)
	for _, m := range site.Meters {
		if _, stands := points[m.ID]; stands && m.Line != "" {
			groups["line/"+string(m.Line)]++
		}
	}
	return groups
}

// Drawn is what a resident draws now.
type Drawn struct {
	Power    metering.Power
	Reactive *metering.Power // var; nil if it is not known
}

// Bands by which a resident has to come back before it is no longer above its right, as a
// share of it, and before its power factor is no longer too low: about the bound an alarm
// would come and go, or its delay never run out.
const (
	rightBand  = 0.02
	factorBand = 0.02
)

// OfResidents are the residents that draw more than their technical conditions permit,
// and those whose power factor is below the least one; was is what was so the last time.
// Who draws less than a tenth of what it may is not asked for its power factor: that of a
// transformer without load is poor by nature.
func OfResidents(site *metering.Site, drawn map[metering.ResidentID]Drawn, least float64, was map[alarm.ID]bool, now time.Time) []Said {
	var list []Said
	lowFactor := alarm.Deadband{Bound: least, Band: factorBand, Low: true}
	for _, r := range site.Residents {
		d, known := drawn[r.ID]
		allowed := site.Permitted(r.ID, now)
		if !known || allowed <= 0 {
			continue
		}
		right := alarm.Deadband{Bound: float64(allowed), Band: rightBand * float64(allowed)}
		if right.Over(was[alarm.IDOf("conditions-exceeded", string(r.ID))], float64(d.Power)) {
			list = append(list, Said{Condition: alarm.Condition{Kind: "conditions-exceeded", Subject: string(r.ID), Active: true,
				Args: map[string]any{"resident": r.Name, "power_w": int64(d.Power), "allowed_w": int64(allowed)}}})
		}
		if d.Reactive == nil || d.Power*10 < allowed {
			continue
		}
		p, q := float64(d.Power), float64(*d.Reactive)
		if factor := p / math.Hypot(p, q); least > 0 && lowFactor.Over(was[alarm.IDOf("power-factor", string(r.ID))], factor) {
			list = append(list, Said{Condition: alarm.Condition{Kind: "power-factor", Subject: string(r.ID), Active: true,
				Args: map[string]any{"resident": r.Name, "factor": math.Round(factor*100) / 100}}})
		}
	}
	return list
}

// findingKept is how long a finding of validation is an alarm: then it is a matter of the
// metrologist's list, not of a shift.
const findingKept = 48 * time.Hour

// findingKinds are the rules whose findings a dispatcher has to hear of: balances that
// do not close, clocks that are off.
var findingKinds = map[string]alarm.Kind{"balance": "imbalance", "balance_day": "imbalance", "clock": "clock-drift"}

// OfFindings are the conditions of findings of validation that are uncleared alarms.
func OfFindings(list []metering.Finding, now time.Time) []Said {
	var out []Said
	for _, f := range list {
		kind := findingKinds[f.Rule]
		if kind == "" || f.Severity < metering.Alarm || !f.ClearedAt.IsZero() || now.Sub(f.FoundAt) > findingKept {
			continue
		}
		subject := string(f.Point)
		if f.Node != "" {
			subject = string(f.Node)
		}
		out = append(out, Said{Condition: alarm.Condition{Kind: kind, Subject: subject, Active: true, Args: map[string]any{"text": f.Text}}})
	}
	return out
}
