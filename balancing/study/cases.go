package study

import (
	"slices"

	"asue/metering"
)

// Case is a question about the greatest load in a supply scenario.
type Case struct {
	Name     string // for people
	Scenario metering.ElementID
	Checks   Checks
	// Firm: a single fault of a circuit or transformer is stood.
	Firm bool
}

// Cases are the questions that a planner asks of a scenario, the weakest demand first:
// with nothing lost, what the wires alone would carry, and then what is lost for
// nobody when a circuit, or also a transformer, or whatever stands on one tower goes.
func (m *Model) Cases(scenario metering.ElementID) []Case {
	s := Setting{Scenario: scenario}
	outages := m.Outages(s)
	circuits := lost(outages, LostLine)
	single := lost(outages, LostLine, LostTransformer)
	all := []Case{{Name: "normal"}}
	if m.contracted(scenario) {
		all = append(all, Case{Name: "normal, contract aside", Checks: Checks{Without: []string{"contract"}}})
	}
	if len(circuits) > 0 {
		all = append(all, Case{Name: "a circuit out", Checks: Checks{Outages: circuits}})
	}
	if len(single) > len(circuits) {
		all = append(all,
			Case{Name: "a circuit or transformer out", Checks: Checks{Outages: single}, Firm: true},
			Case{Name: "a circuit or transformer out, emergency rating", Checks: Checks{Outages: single, Emergency: true}})
	}
	if towers := lost(outages, LostTowers, LostSource, LostStation); len(towers) > 0 {
		all = append(all, Case{Name: "a circuit, transformer, tower or source out", Checks: Checks{Outages: append(slices.Clone(single), towers...)}})
	}
	for i := range all {
		all[i].Scenario = scenario
	}
	return all
}

// FirmCase is the case whose answer is called firm: any one circuit or transformer may
// be lost. It is false for a network in which nothing can be.
func (m *Model) FirmCase(scenario metering.ElementID) (Case, bool) {
	cases := m.Cases(scenario)
	if i := slices.IndexFunc(cases, func(c Case) bool { return c.Firm }); i >= 0 {
		return cases[i], true
	}
	return Case{}, false
}

// lost are outages of some kinds, without those for information.
func lost(outages []Outage, kinds ...OutageKind) (list []Outage) {
	for _, o := range outages {
		if !o.Information && slices.Contains(kinds, o.Kind) {
			list = append(list, o)
		}
	}
	return list
}

// contracted reports whether a source of a scenario has a contract.
func (m *Model) contracted(scenario metering.ElementID) bool {
	i := slices.IndexFunc(m.site.Network.Scenarios, func(s metering.SupplyScenario) bool { return s.ID == scenario })
	return slices.ContainsFunc(m.site.Sources, func(s metering.Source) bool {
		_, limited := s.Contract.Power()
		return limited && (i < 0 || slices.Contains(m.site.Network.Scenarios[i].Sources, s.ID))
	})
}

// Restored reports whether a scenario rests on a source that is not available.
func (m *Model) Restored(scenario metering.ElementID) bool {
	i := slices.IndexFunc(m.site.Network.Scenarios, func(s metering.SupplyScenario) bool { return s.ID == scenario })
	if i < 0 {
		return false
	}
	return slices.ContainsFunc(m.site.Sources, func(s metering.Source) bool {
		return !s.Available && slices.Contains(m.site.Network.Scenarios[i].Sources, s.ID)
	})
}
