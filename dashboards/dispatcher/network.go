package dispatcher

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// NetworkView is the state of the network as the page shows it: what was calculated
// last, and how old that is.
type NetworkView struct {
	metering.NetworkState
	Names     map[string]string `json:"names" doc:"of the sources, by id"`
	Freshness Freshness         `json:"freshness" enum:"fresh,stale,silent" doc:"of the whole state; a silent one is the last that was known, and no picture of now"`
}

// SetNetwork takes in the latest state of the network; an older one is dropped. The
// state must not be changed afterwards.
func (s *Server) SetNetwork(n metering.NetworkState) {
	n = n.Listed()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.network == nil || !n.At.Before(s.network.At) {
		s.network = &n
	}
}

// networkView is nil until a state was heard. The caller holds the lock.
func (s *Server) networkView(now time.Time) *NetworkView {
	if s.network == nil {
		return nil
	}
	return &NetworkView{NetworkState: *s.network, Names: s.sourceNames(), Freshness: s.freshness(now.Sub(s.network.At) - s.cfg.NetworkEvery)}
}

// sourceNames are what people call the sources: a state knows ids alone.
func (s *Server) sourceNames() map[string]string {
	names := map[string]string{}
	for _, src := range s.cfg.Site.Sources {
		names[src.ID] = src.Name
	}
	return names
}

// shownResiduals is how many differences of meters and model the page shows.
const shownResiduals = 12

// brief is a view for the page and its stream: of the residuals the greatest. The rest
// is for GET /api/v1/network.
func (v *NetworkView) brief() *NetworkView {
	if v != nil {
		v.Residuals = v.Residuals[:min(len(v.Residuals), shownResiduals)]
	}
	return v
}

// since is what has to be told to somebody who knows the old view; nil if nothing.
// Assumed figures are most of a view and hardly ever change: they are null where they
// are those of the old view.
func (v *NetworkView) since(old *NetworkView) *NetworkView {
	if v == nil || old != nil && v.Freshness == old.Freshness && v.At.Equal(old.At) && reflect.DeepEqual(v, old) {
		return nil
	}
	if old == nil || !slices.Equal(v.Assumed, old.Assumed) {
		return v
	}
	told := *v
	told.Assumed = nil
	return &told
}

func (s *Server) openNetwork(api huma.API) {
	get(api, "network", "What flows in the network and at what voltage, and what would happen if the line in service tripped now", s.getNetwork)
	get(api, "network/diagram", "What the single-line diagram shows: buses, lines, transformers, switches, feeders, sources, scenarios", s.getDiagram)
	get(api, "network/whatif", "The network as somebody supposes it: another scenario, outages, another load, another weather", s.getWhatIf)
}

// noNetwork says that a site has no network to show.
func (s *Server) noNetwork() error {
	if s.cfg.Site.Network.IsZero() {
		return huma.Error404NotFound("the site file describes no network: its section network: names lines, transformers and switches")
	}
	return nil
}

func (s *Server) getNetwork(context.Context, *nothing) (*answer[NetworkView], error) {
	if err := s.noNetwork(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.networkView(s.cfg.Now().UTC())
	if v == nil {
		return nil, huma.Error503ServiceUnavailable("no state of the network has been heard yet: it is calculated in the process that has the role metering")
	}
	return &answer[NetworkView]{*v}, nil
}
