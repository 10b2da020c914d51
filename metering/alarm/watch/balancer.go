package watch

import (
	"fmt"

	"asue/metering/alarm"
	"asue/metering/wire"
)

// standing are the balancer's notices that say how something is, by their kind; momentary
// those that say what happened. Others advise and alarm nobody.
var (
	standing = map[string]alarm.Kind{
		"projection_warn":       "limit-forecast",
		"projection_limit":      "limit-forecast",
		"projection_over_limit": "limit-forecast",
		"projection_next":       "limit-forecast",
		"limit_not_possible":    "limit-forecast",
		"power_over_limit":      "limit-exceeded",
		"emergency":             "limit-exceeded",
		"power_unknown":         "power-unknown",
		"degraded":              "data-degraded",
		"shortfall":             "nothing-left",
		"shares_selfcheck":      "nothing-left",
		"armour_not_held":       "armour-not-held",
	}
	momentary = map[string]alarm.Kind{
		"block_over_limit": "block-exceeded",
		"source_lost":      "source-lost",
		"source_changed":   "source-changed",
		"actuator_failed":  "command-failed",
		"off_too_long":     "command-failed",
		"lease_ended":      "actuator-fallback",
	}
)

// subjects are the arguments of a notice that say what it is about; others are about the
// zone.
var subjects = map[alarm.Kind]string{
	"source-changed": "source", "command-failed": "actuator", "actuator-fallback": "actuator", "armour-not-held": "node",
}

// zone is the subject of what is about all of it.
const zone = "zone"

// OfControl are the conditions of the balancer's report. A forecast that can no longer
// be avoided is an excess already. That the line in service was lost only happened if
// another one has taken over, and is so as long as none has.
func OfControl(c wire.Control) []Said {
	var list []Said
	dark := c.State != "" && c.Feeding == ""
	if dark {
		list = append(list, Said{Condition: conditionOf("source-lost", nil)})
	}
	for _, n := range c.Notices {
		kind, ok := standing[n.Kind]
		if n.Kind == "projection_over_limit" && n.Args["unavoidable"] == true {
			kind = "limit-exceeded"
		}
		if n.Kind == "emergency" && !above(c) { // what it was about, supply or armour, is said by itself
			continue
		}
		happened := momentary[n.Kind]
		switch {
		case ok && n.Active:
			list = append(list, Said{Condition: conditionOf(kind, n.Args)})
		case happened != "":
			list = append(list, Said{Condition: conditionOf(happened, n.Args), At: n.At})
		}
	}
	return list
}

// above reports whether the zone draws more than it may. The balancer's emergency outlasts
// its cause, so that it does not come and go.
func above(c wire.Control) bool { return c.Power != nil && c.Limit != nil && *c.Power > *c.Limit }

func conditionOf(kind alarm.Kind, args map[string]any) alarm.Condition {
	subject := zone
	if v, ok := args[subjects[kind]]; ok {
		subject = fmt.Sprint(v)
	}
	return alarm.Condition{Kind: kind, Subject: subject, Active: true, Args: args}
}
