package dispatcher

import (
	"context"
	"errors"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// Supposition is what somebody asks the model of the network. Its zero value is the
// state that is measured now.
type Supposition struct {
	Scenario metering.ElementID // empty: as the switches stand now
	// Out are lines, transformers (by node), sources and tower groups out of service.
	Out []string
	// Open and Close are switches that stand otherwise than in the scenario.
	Open, Close []metering.ElementID
	// Scale multiplies the loads of now; LoadMW, if it is set, spreads that load as the
	// loads of now are spread, and by the plan of the site file where they are not known.
	Scale    float64
	LoadMW   *float64
	AmbientC *float64 // nil: the temperature of now
	// Emergency takes emergency ratings in place of continuous ones.
	Emergency bool
}

// Supposing calculates suppositions. It must be safe for concurrent use. The state
// that it returns has Supposed set; one that cannot be calculated says why in Problem
// and is no error. ErrNotReady says that loads of now are wanted and not known.
type Supposing func(ctx context.Context, s Supposition) (metering.NetworkState, error)

// ErrNotReady says that nothing has been measured yet from which to suppose.
var ErrNotReady = errors.New("no state of the network has been calculated yet")

// mostSupposed bounds how many suppositions are calculated at once; others wait.
const mostSupposed = 2

type whatIfQuestion struct {
	Strict    strict
	Scenario  string    `query:"scenario" maxLength:"64" doc:"supply scenario of the site file; as the switches stand now if left out" example:"C"`
	Out       []string  `query:"out" maxItems:"16" doc:"what is out of service: lines, transformers (by node), sources, tower groups" example:"l-akz-2,t-2"`
	Open      []string  `query:"open" maxItems:"32" doc:"switches that are open in spite of the scenario"`
	Close     []string  `query:"close" maxItems:"32" doc:"switches that are closed in spite of the scenario"`
	Scale     float64   `query:"scale" default:"1" minimum:"0" maximum:"20" doc:"factor to the loads of now"`
	LoadMW    float64   `query:"load_mw" minimum:"0" maximum:"2000" doc:"load of the site in place of that of now, spread as it is now; 0 or left out: that of now"`
	Ambient   []float64 `query:"ambient" maxItems:"1" doc:"temperature of the air, °C, -60 to 60; that of now if left out"`
	Emergency bool      `query:"emergency" doc:"judge by emergency ratings"`
}

// Resolve is called by huma.
func (in *whatIfQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	net := &j.site.Network
	known := func(place, id, what string, ok bool) {
		if !ok && id != "" {
			j.fault(place, id, "there is no such %s: /api/v1/network/diagram lists them", what)
		}
	}
	known("query.scenario", in.Scenario, "scenario", slices.ContainsFunc(net.Scenarios, func(sc metering.SupplyScenario) bool { return string(sc.ID) == in.Scenario }))
	for _, id := range in.Out {
		known("query.out", id, "line, transformer, source or tower group", canBeOut(net, id))
	}
	for place, list := range map[string][]string{"query.open": in.Open, "query.close": in.Close} {
		for _, id := range list {
			known(place, id, "switch", slices.ContainsFunc(net.Switches, func(w metering.Switch) bool { return string(w.ID) == id }))
		}
	}
	for _, id := range in.Open {
		if slices.Contains(in.Close, id) {
			j.fault("query.open", id, "the switch cannot be open and closed")
		}
	}
	for _, c := range in.Ambient {
		if !(c >= -60 && c <= 60) {
			j.fault("query.ambient", "", "want -60 to 60 °C")
		}
	}
	return j.faults
}

func canBeOut(net *metering.Network, id string) bool {
	return slices.ContainsFunc(net.Lines, func(l metering.NetworkLine) bool { return string(l.ID) == id || l.Towers == id }) ||
		slices.ContainsFunc(net.Transformers, func(t metering.ThreeWinding) bool { return string(t.Node) == id }) ||
		slices.ContainsFunc(net.Feeds, func(f metering.Feed) bool { return f.Source == id })
}

// getWhatIf calculates a supposition. It changes nothing and is told to nobody else.
func (s *Server) getWhatIf(ctx context.Context, in *whatIfQuestion) (*answer[metering.NetworkState], error) {
	if err := s.noNetwork(); err != nil {
		return nil, err
	}
	if s.cfg.Supposing == nil {
		return nil, huma.Error503ServiceUnavailable("suppositions are calculated in the process that has the role metering")
	}
	q := Supposition{Scenario: metering.ElementID(in.Scenario), Out: in.Out, Open: elements(in.Open), Close: elements(in.Close), Scale: in.Scale, Emergency: in.Emergency}
	if in.LoadMW > 0 {
		q.LoadMW = &in.LoadMW
	}
	if len(in.Ambient) > 0 {
		q.AmbientC = &in.Ambient[0]
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	select {
	case s.supposed <- struct{}{}:
		defer func() { <-s.supposed }()
	case <-ctx.Done():
		return nil, huma.Error503ServiceUnavailable("too many suppositions are asked at once: try again in some seconds")
	}
	state, err := s.cfg.Supposing(ctx, q)
	switch {
	case errors.Is(err, ErrNotReady):
		return nil, huma.Error503ServiceUnavailable(ErrNotReady.Error() + ": try again in some seconds, or give load_mw")
	case err != nil:
		s.log.Error("a supposition could not be calculated", "error", err)
		return nil, huma.Error500InternalServerError("the supposition could not be calculated: the log says why")
	}
	return &answer[metering.NetworkState]{state.Listed()}, nil
}

func elements(ids []string) []metering.ElementID {
	var list []metering.ElementID
	for _, id := range ids {
		list = append(list, metering.ElementID(id))
	}
	return list
}
