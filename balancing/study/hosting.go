package study

import (
	"context"
	"slices"

	"asue/metering"
)

// Hosting is how much more can be connected at a node.
type Hosting struct {
	Node    metering.NodeID `json:"node"`
	Bus     metering.NodeID `json:"bus"` // at which it draws
	LoadMW  float64         `json:"load_mw"`
	Answers []HostingAnswer `json:"scenarios"`
}

// HostingAnswer is what a supply scenario lets be connected, MW beside the load that
// there is.
type HostingAnswer struct {
	Scenario metering.ElementID `json:"scenario"`
	// Restored: it rests on a source that is not available yet.
	Restored bool `json:"after_restoration"`
	// Parallel: it rests on feeds in parallel.
	Parallel bool `json:"parallel"`
	// NonFirm is with nothing lost: it has to go when something is.
	NonFirm Capability `json:"non_firm"`
	// Firm is with any one circuit or transformer lost, Full with common towers and
	// whole sources too.
	Firm Capability `json:"firm"`
	Full Capability `json:"full"`
}

// Hosting says for every scenario of the site, or for its normal state if it has none, how many MW with a power factor can be
// added at a node beside loads. It fails if the node is not in the network, or the
// context ends.
func (m *Model) Hosting(ctx context.Context, s Setting, loads []Load, node metering.NodeID, powerFactor float64) (Hosting, error) {
	bus, known := m.BusOf(node)
	if !known {
		return Hosting{}, &UnknownError{"node", string(node)}
	}
	ray := Growing(loads, node, powerFactor)
	answer := Hosting{Node: node, Bus: bus, LoadMW: ray.TotalMW()}
	scenarios := m.site.Network.Scenarios
	if len(scenarios) == 0 {
		scenarios = []metering.SupplyScenario{{}} // the normal state
	}
	for _, sc := range scenarios {
		s.Scenario = sc.ID
		one, err := m.host(ctx, s, ray)
		if err != nil {
			return Hosting{}, err
		}
		one.Restored, one.Parallel = m.Restored(sc.ID), sc.Parallel
		answer.Answers = append(answer.Answers, one)
	}
	return answer, nil
}

// host answers for one scenario. What was seen of a load serves all three questions.
func (m *Model) host(ctx context.Context, s Setting, ray Ray) (a HostingAnswer, err error) {
	outages := m.Outages(s)
	e := m.Explore(s, ray)
	ambient := s.ambient()
	firm := lost(outages, LostLine, LostTransformer)
	full := append(slices.Clone(firm), lost(outages, LostTowers, LostSource, LostStation)...)
	a.Scenario = s.Scenario
	if a.NonFirm, err = e.Capability(ctx, ambient, Checks{}); err != nil {
		return a, err
	}
	if a.Firm, err = e.Capability(ctx, ambient, Checks{Outages: firm}); err != nil {
		return a, err
	}
	a.Full, err = e.Capability(ctx, ambient, Checks{Outages: full})
	return a, err
}

// HostingBest is the most that any scenario lets be connected, with the scenario's id.
type HostingBest struct {
	NonFirm, Firm, Full HostingChoice
}

// HostingChoice is a scenario's answer to one of the questions.
type HostingChoice struct {
	Scenario metering.ElementID
	Capability
}

// Best is the most with the sources that are available, or also with those that are to
// be restored. Scenarios with feeds in parallel do not count while nobody knows the
// angle between them. It is false if no scenario counts.
func (h Hosting) Best(restored bool) (best HostingBest, found bool) {
	better := func(than *HostingChoice, s metering.ElementID, c Capability) {
		if than.Scenario == "" || c.MW > than.MW {
			*than = HostingChoice{s, c}
		}
	}
	for _, a := range h.Answers {
		if a.Parallel || a.Restored && !restored {
			continue
		}
		found = true
		better(&best.NonFirm, a.Scenario, a.NonFirm)
		better(&best.Firm, a.Scenario, a.Firm)
		better(&best.Full, a.Scenario, a.Full)
	}
	return best, found
}
