package balancing

import (
	"slices"
	"time"

	"asue/metering"
)

// circuits are the other lines from the station from which a line comes, as available as
// it is.
func circuits(site *metering.Site, src metering.Source) (others []metering.Source) {
	own := stationOf(site, src.ID)
	for _, other := range site.Sources {
		if own != "" && other.ID != src.ID && (other.Available || !src.Available) && stationOf(site, other.ID) == own {
			others = append(others, other)
		}
	}
	return others
}

// stationOf names the busbars that a source comes from; empty if nothing else does.
func stationOf(site *metering.Site, source string) string {
	for _, f := range site.Network.Feeds {
		if f.Source == source {
			return f.Station
		}
	}
	return ""
}

// together is the message that a line feeds with further circuits of it: what their
// contracts state together is allowed.
func together(site *metering.Site, now time.Time, src metering.Source, with []string) Supply {
	all := SupplyOf(site, now, src)
	for _, other := range circuits(site, src) {
		if !slices.Contains(with, other.ID) {
			continue
		}
		one := SupplyOf(site, now, other)
		all.With = append(all.With, one.Feeding)
		all.Limit = sumOf(all.Limit, one.Limit)
		all.InService = append(all.InService, one.InService...)
	}
	return all
}

// sumOf are two limits together; what one does not state is not stated together.
func sumOf(a, b metering.Limit) metering.Limit {
	pa, oka := a.Power()
	pb, okb := b.Power()
	switch {
	case !a.IsStated() || !b.IsStated():
		return metering.Limit{}
	case oka && okb:
		return metering.LimitOf(pa + pb)
	}
	return metering.Unlimited()
}
