package main

import (
	"fmt"
	"time"

	"asue/balancing/reclaim/hosting"
	"asue/metering"
)

// scenariosOf are the promises of the site file as scenarios, in their order: the limits
// of each node that they name, as they would be. A promise whose day has passed has not
// come true, or its limit would stand in the site file: it moves nothing.
func scenariosOf(site *metering.Site, at time.Time, powerFactor float64) []hosting.Scenario {
	type series struct {
		scenario string
		node     metering.NodeID
	}
	of := map[series][]metering.Promise{}
	var order []series
	for _, p := range site.Promises {
		s := series{p.Scenario, p.Node}
		if !p.From.After(at) {
			continue
		}
		if of[s] == nil {
			order = append(order, s)
		}
		of[s] = append(of[s], p)
	}
	var list []hosting.Scenario
	for _, s := range order {
		n, ok := site.Topology.Node(s.node)
		if !ok {
			panic(fmt.Sprintf("BUG: the site file was read with a promise for the node %q, which it does not have", s.node))
		}
		if len(list) == 0 || list[len(list)-1].Name != s.scenario {
			list = append(list, hosting.Scenario{Name: s.scenario})
		}
		last := &list[len(list)-1]
		last.Changes = append(last.Changes, hosting.Change{Node: s.node, Limits: limitsOf(site, n, at, powerFactor, of[s]...)})
	}
	return list
}

// promises are the lines that are not available, and the limits that are promised, as
// people read them.
func promises(site *metering.Site, at time.Time) []string {
	var list []string
	since := ""
	if len(site.Promises) == 0 {
		since = ", from when: not stated"
	}
	for _, s := range site.Sources {
		switch {
		case s.Available:
		case s.Contract.IsStated():
			list = append(list, fmt.Sprintf("%s: not available, contract %v%s", s.ID, s.Contract, since))
		default:
			list = append(list, fmt.Sprintf("%s: not available, contract not stated%s", s.ID, since))
		}
	}
	for _, p := range site.Promises {
		text := fmt.Sprintf("%s: %s %v from %s", p.Scenario, p.Node, p.Limit, day(p.From, site.Location))
		if p.Document != "" {
			text += " (" + p.Document + ")"
		}
		if !p.From.After(at) {
			text += ", has not come true and is not counted on"
		}
		list = append(list, text)
	}
	return list
}
