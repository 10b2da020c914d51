package dispatcher

import (
	"slices"
	"time"

	"asue/metering"
)

// DeclaredPower is a declared power from a moment on.
type DeclaredPower struct {
	From   time.Time `json:"from"`
	PowerW int64     `json:"power_w"`
}

// declared are the steps of the power that was declared for the asked point or
// resident: the technical conditions of the resident, or of an input the contract
// of the line that feeds it.
func (s *Server) declared(in *IntervalQuestion, sel selection, from, to time.Time) []DeclaredPower {
	if sel.channel != metering.ChannelActiveImport {
		return nil
	}
	site, resident := s.site(), metering.ResidentID(in.Resident)
	if p, ok := pointOf(site, metering.PointID(in.Point)); ok {
		if p.Role == metering.RoleInput {
			if w, stated := contractAt(site, p.Node).Power(); stated {
				return []DeclaredPower{{from, int64(w)}}
			}
			return nil
		}
		// The power is declared for the resident, not for one of several points.
		if p.Role == metering.RoleResident && len(pointsOf(site, p.Resident, sel.channel)) == 1 {
			resident = p.Resident
		}
	}
	if resident == "" {
		return nil
	}
	return conditionSteps(site, resident, from, to)
}

// contractAt is the contract of the source above a node; not stated if there is
// none.
func contractAt(site *metering.Site, node metering.NodeID) metering.Limit {
	for _, above := range site.Topology.Path(node) {
		for _, source := range site.Sources {
			if source.Node == above.ID {
				return source.Contract
			}
		}
	}
	return metering.Limit{}
}

// conditionSteps are the moments in [from, to) at which the sum of a resident's
// technical conditions changes, the first at from.
func conditionSteps(site *metering.Site, r metering.ResidentID, from, to time.Time) []DeclaredPower {
	moments := []time.Time{from}
	for _, c := range site.Conditions {
		for _, t := range []time.Time{c.From, c.To} {
			if c.Resident == r && t.After(from) && t.Before(to) {
				moments = append(moments, t.UTC())
			}
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	var steps []DeclaredPower
	for _, t := range moments {
		w := int64(site.Allowed(r, t))
		if n := len(steps); n == 0 || steps[n-1].PowerW != w {
			steps = append(steps, DeclaredPower{t, w})
		}
	}
	if len(steps) == 1 && steps[0].PowerW == 0 {
		return nil
	}
	return steps
}
