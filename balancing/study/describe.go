package study

import (
	"fmt"
	"strings"
)

// describe says in words what is supposed.
func (m *Model) describe(s Setting, loads []drawn) string {
	var parts []string
	if s.Scenario != "" {
		parts = append(parts, "scenario "+string(s.Scenario))
	}
	if s.Sources != nil {
		parts = append(parts, "fed by "+list(s.Sources, "nothing"))
	}
	for _, id := range sortedKeys(s.Closed) {
		if s.Closed[id] {
			parts = append(parts, string(id)+" closed")
		} else {
			parts = append(parts, string(id)+" open")
		}
	}
	if len(s.Out) > 0 {
		parts = append(parts, list(s.Out, "")+" out")
	}
	mw := 0.0
	for _, l := range loads {
		mw += l.mw
	}
	parts = append(parts, fmt.Sprintf("%.4g MW at %+.4g °C", mw, s.ambient()))
	if s.Emergency {
		parts = append(parts, "emergency ratings")
	}
	return strings.Join(parts, ", ")
}

func list(ids []string, none string) string {
	if len(ids) == 0 {
		return none
	}
	return strings.Join(ids, ", ")
}
