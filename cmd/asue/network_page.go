package main

import (
	"context"
	"maps"

	"asue/balancing/study"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

// suppose calculates what somebody asks: from the picture of now, or by the load plan
// of the site file where that is not known. It changes nothing of the picture.
func (w *networker) suppose(_ context.Context, q dispatcher.Supposition) (metering.NetworkState, error) {
	w.mu.Lock()
	last, model := w.last, w.asked
	w.mu.Unlock()
	var loads []study.Load
	s := study.Setting{Scenario: q.Scenario, Emergency: q.Emergency}
	if last != nil {
		loads = last.Loads
		s.AmbientC, s.FeedKV = last.Setting.AmbientC, last.Setting.FeedKV
		if q.Scenario == "" {
			s.Sources, s.Out, s.Closed = last.Setting.Sources, last.Setting.Out, maps.Clone(last.Setting.Closed)
		}
	}
	drawn := 0.0
	for _, l := range loads {
		drawn += l.MW
	}
	factor := q.Scale
	switch {
	case q.LoadMW != nil && drawn > 0:
		factor *= *q.LoadMW / drawn
	case q.LoadMW != nil:
		loads = model.Loads(*q.LoadMW)
	case last == nil:
		return metering.NetworkState{}, dispatcher.ErrNotReady
	}
	loads = multiplied(loads, factor)
	if s.Closed == nil {
		s.Closed = map[metering.ElementID]bool{}
	}
	for _, id := range q.Open {
		s.Closed[id] = false
	}
	for _, id := range q.Close {
		s.Closed[id] = true
	}
	s.Out = append(append([]string(nil), s.Out...), q.Out...)
	if q.AmbientC != nil {
		s.AmbientC = q.AmbientC
	}
	state, _ := model.Solve(s, loads) // what is wrong stands in the state's Problem
	state.At = w.Clock.Now()
	return state, nil
}

func multiplied(loads []study.Load, factor float64) []study.Load {
	list := make([]study.Load, len(loads))
	for i, l := range loads {
		l.MW, l.Mvar = l.MW*factor, l.Mvar*factor
		list[i] = l
	}
	return list
}
