package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"asue/balancing/study"
	"asue/metering"
)

// studyReport is what `asue study --json` prints. Loads and powers are MW.
type studyReport struct {
	Site        metering.SiteID       `json:"site"`
	Name        string                `json:"name"`
	At          time.Time             `json:"at"`
	AmbientC    float64               `json:"ambient_c"` // of states and outages
	Ambients    []float64             `json:"ambients_c"`
	Loads       []float64             `json:"loads_mw"`
	Scenarios   []studyScenario       `json:"scenarios"`
	Assumed     []metering.Assumption `json:"assumed"` // of all of them
	Hosting     *studyHosting         `json:"hosting,omitempty"`
	Sensitivity []studySensitivity    `json:"sensitivity,omitempty"`

	courses bool     // the text tells every outage in full
	tables  []string // that the text has; all if empty
}

type studyScenario struct {
	ID       metering.ElementID `json:"id"`
	Name     string             `json:"name"`
	Note     string             `json:"note,omitempty"`
	Restored bool               `json:"after_restoration"` // rests on a source that is not available yet
	Parallel bool               `json:"parallel"`
	States   []studyState       `json:"states"`
	Outages  []studyOutage      `json:"outages"`
	Greatest []studyGreatest    `json:"greatest"`
}

// studyState is a scenario at a load. Its assumptions stand in the report's list.
type studyState struct {
	LoadMW float64               `json:"load_mw"`
	State  metering.NetworkState `json:"state"`
}

// studyOutage is an outage at every load of the report.
type studyOutage struct {
	study.Outage
	Ends []studyEnd `json:"ends"`
}

// studyEnd is an outage at one load, and how long transformers stand what it does.
type studyEnd struct {
	study.Contingency
	Overloads []study.Overload `json:"overloads,omitempty"`
}

// studyGreatest is the greatest load of a case, by temperature as in the report.
type studyGreatest struct {
	Case string             `json:"case"`
	Firm bool               `json:"firm"`
	By   []study.Capability `json:"by_ambient"`
}

type studyHosting struct {
	PowerFactor float64 `json:"power_factor"`
	study.Hosting
}

type studySensitivity struct {
	Scenario   metering.ElementID `json:"scenario"`
	Case       string             `json:"case"`
	BaseMW     float64            `json:"base_mw"`
	Binds      study.Bound        `json:"binds"`
	Influences []study.Influence  `json:"influences"`
}

// states calculates every scenario at every load, and every outage of it. What cannot
// be calculated has a state that says why.
func (s *inquiry) states(ctx context.Context, r *studyReport) error {
	for i, sc := range s.scenarios {
		setting := s.setting(sc.ID)
		one := studyScenario{ID: sc.ID, Name: sc.Name, Note: sc.Note, Parallel: sc.Parallel, Restored: s.model.Restored(sc.ID)}
		for _, o := range s.model.Outages(setting) {
			one.Outages = append(one.Outages, studyOutage{Outage: o})
		}
		for k, mw := range s.loads {
			if err := ctx.Err(); err != nil {
				return err
			}
			loads := s.model.Loads(mw)
			state, _ := s.model.Solve(setting, loads) // an error is told by its Problem
			r.assume(&state)
			one.States = append(one.States, studyState{mw, state})
			for j, c := range s.model.N1(setting, loads) {
				for _, stage := range []*study.Stage{&c.Before, &c.After, &c.Later} {
					r.assume(&stage.State)
				}
				one.Outages[j].Ends = append(one.Outages[j].Ends, studyEnd{c, s.model.Overloads(setting, state, c)})
			}
			s.bar.show("states and outages", k+1, "loads of scenario "+string(sc.ID), float64(i*len(s.loads)+k+1)/float64(len(s.scenarios)*len(s.loads)))
		}
		r.Scenarios = append(r.Scenarios, one)
	}
	return nil
}

// assume moves the assumptions of a state into the report, each of them once. That a
// tap changer hunts is of this state alone and stays with it.
func (r *studyReport) assume(state *metering.NetworkState) {
	var own []metering.Assumption
	for _, a := range state.Assumed {
		switch {
		case hunting(a):
			own = append(own, a)
		case !slices.Contains(r.Assumed, a):
			r.Assumed = append(r.Assumed, a)
		}
	}
	state.Assumed = own
}

// hunting says that an assumption is about a tap changer that finds no rest.
func hunting(a metering.Assumption) bool { return a.Field == "tap" && strings.Contains(a.Value, "hunts") }

// capabilities finds the greatest load of every case at every temperature.
func (s *inquiry) capabilities(ctx context.Context, r *studyReport) error {
	for i := range r.Scenarios {
		sc := &r.Scenarios[i]
		explorer := s.model.Explore(s.setting(sc.ID), s.model.Along())
		cases := s.model.Cases(sc.ID)
		for k, c := range cases {
			g := studyGreatest{Case: c.Name, Firm: c.Firm}
			for _, ambient := range s.ambients {
				found, err := explorer.Capability(ctx, ambient, c.Checks)
				if err != nil {
					return err
				}
				g.By = append(g.By, found)
			}
			sc.Greatest = append(sc.Greatest, g)
			s.bar.show("greatest load", k+1, "cases of scenario "+string(sc.ID), float64(i)/float64(len(r.Scenarios)))
		}
	}
	return nil
}

// host answers --hosting.
func (s *inquiry) host(ctx context.Context, r *studyReport) error {
	if s.flags.hosting == "" {
		return nil
	}
	h, err := s.model.Hosting(ctx, s.setting(""), s.model.Loads(s.flags.present), metering.NodeID(s.flags.hosting), s.flags.powerFactor)
	if err != nil {
		return err
	}
	r.Hosting = &studyHosting{s.flags.powerFactor, h}
	return nil
}

// vary answers --sensitivity.
func (s *inquiry) vary(ctx context.Context, r *studyReport) error {
	if !s.flags.sensitivity {
		return nil
	}
	for i, sc := range s.scenarios {
		c, found := s.telling(r.Scenarios[i])
		if !found {
			continue
		}
		base, list, err := study.Sensitivity(ctx, s.site, s.at, s.setting(sc.ID), c.Checks, func(done, all int) {
			s.bar.show("sensitivity", done, "variations of scenario "+string(sc.ID), float64(i*all+done)/float64(len(s.scenarios)*all))
		})
		if err != nil {
			return err
		}
		r.Sensitivity = append(r.Sensitivity, studySensitivity{sc.ID, c.Name, base.MW, base.Binds, list})
	}
	return nil
}

// telling is the case whose answer depends on something: the firm one, or the normal
// one where nothing is firm.
func (s *inquiry) telling(sc studyScenario) (study.Case, bool) {
	cases := s.model.Cases(sc.ID)
	for i, g := range sc.Greatest {
		if g.Firm && g.By[0].MW > 0 {
			return cases[i], true
		}
	}
	return cases[0], len(cases) > 0
}
