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
	LoadMW    float64          `json:"load_mw"`
	Before    studyStage       `json:"before"`
	After     studyStage       `json:"after"`
	Later     studyStage       `json:"later"`
	Timeline  []metering.Move  `json:"timeline"`
	Dark      []metering.Dark  `json:"dark"` // after transfers
	Overloads []study.Overload `json:"overloads,omitempty"`
}

// studyStage is a moment of an outage; the whole state comes with --outages alone.
type studyStage struct {
	Ending      metering.Ending        `json:"ending"`
	Problem     string                 `json:"problem,omitempty"`
	GreatestPct float64                `json:"greatest_pct"` // loading of lines and transformers
	UnservedMW  float64                `json:"unserved_mw"`
	Violations  []metering.Violation   `json:"violations"`
	Diverged    *study.Divergence      `json:"diverged,omitempty"`
	State       *metering.NetworkState `json:"state,omitempty"`

	whole study.Stage // for the text
}

func (r *studyReport) stage(s study.Stage) studyStage {
	r.assume(&s.State)
	n := s.State
	stage := studyStage{s.Ending, n.Problem, greatestLoading(n), n.UnservedMW, n.Violations, s.Diverged, nil, s}
	if r.courses {
		stage.State = &n
	}
	return stage
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

// shows says that a table is asked for.
func (r *studyReport) shows(table string) bool {
	return len(r.tables) == 0 || slices.Contains(r.tables, table)
}

// states calculates every scenario at every load, and every outage of it. What cannot
// be calculated has a state that says why.
func (s *inquiry) states(ctx context.Context, r *studyReport) error {
	outages := r.courses || r.shows(tableOutages) || r.shows(tableAssumptions)
	for i, sc := range s.scenarios {
		one := studyScenario{ID: sc.ID, Name: sc.Name, Note: sc.Note, Parallel: sc.Parallel, Restored: s.model.Restored(sc.ID)}
		if outages {
			for _, o := range s.model.Outages(s.setting(sc.ID)) {
				one.Outages = append(one.Outages, studyOutage{Outage: o})
			}
		}
		for k, mw := range s.loads {
			if !outages && !r.shows(tableStates) {
				break
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			s.state(r, &one, mw, outages)
			s.bar.show("states and outages", k+1, "loads of scenario "+string(sc.ID), float64(i*len(s.loads)+k+1)/float64(len(s.scenarios)*len(s.loads)))
		}
		r.Scenarios = append(r.Scenarios, one)
	}
	return nil
}

// state calculates a scenario at one load, and its outages if they are asked for.
func (s *inquiry) state(r *studyReport, one *studyScenario, mw float64, outages bool) {
	setting, loads := s.setting(one.ID), s.model.Loads(mw)
	state, _ := s.model.Solve(setting, loads) // an error is told by its Problem
	r.assume(&state)
	one.States = append(one.States, studyState{mw, state})
	if !outages {
		return
	}
	for j, c := range s.model.N1(setting, loads) {
		one.Outages[j].Ends = append(one.Outages[j].Ends, studyEnd{mw, r.stage(c.Before), r.stage(c.After), r.stage(c.Later),
			c.Timeline, c.Dark, s.model.Overloads(setting, state, c)})
	}
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
func hunting(a metering.Assumption) bool {
	return a.Field == "tap" && strings.Contains(a.Value, "hunts")
}

// capabilities finds the greatest load of every case at every temperature.
func (s *inquiry) capabilities(ctx context.Context, r *studyReport) error {
	if !r.shows(tableLoad) {
		return nil
	}
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
		c, err := s.telling(ctx, sc.ID)
		if err != nil {
			return err
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
func (s *inquiry) telling(ctx context.Context, id metering.ElementID) (study.Case, error) {
	firm, found := s.model.FirmCase(id)
	if !found {
		return s.model.Cases(id)[0], nil
	}
	answer, err := s.model.Capability(ctx, s.setting(id), s.model.Along(), firm.Checks)
	if err != nil || answer.MW > 0 {
		return firm, err
	}
	return s.model.Cases(id)[0], nil
}
