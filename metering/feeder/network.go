package feeder

import "asue/metering"

// NetworkSamples are a network state's samples for Feeder.Extra: by node asue_network_kv
// of live buses, asue_network_loading_pct of lines and transformers, and for the zone
// (point="zone") asue_network_loss_w, asue_network_shed_w, asue_network_backup_w and
// asue_network_ready: 2 green, 1 amber, 0 red. A supposed state has none, and one that
// could not be calculated has no flows.
func NetworkSamples(s metering.NetworkState) []metering.Sample {
	if s.Supposed != "" {
		return nil
	}
	var list []metering.Sample
	at := func(node metering.NodeID, field string, v float64) {
		list = append(list, metering.Sample{Node: node, Field: field, At: s.At, Value: v})
	}
	zone := func(field string, v float64) {
		list = append(list, metering.Sample{Point: ZonePoint, Field: field, At: s.At, Value: v})
	}
	for _, b := range s.Buses {
		if b.Live {
			at(b.Node, "network_kv", b.KV)
		}
	}
	for _, l := range s.Lines {
		if l.Live {
			at(metering.NodeID(l.ID), "network_loading_pct", l.LoadingPct)
		}
	}
	for _, t := range s.Transformers {
		if t.Live {
			at(t.Node, "network_loading_pct", t.LoadingPct)
		}
	}
	if s.Problem == "" {
		zone("network_loss_w", s.LossMW*1e6)
	}
	if r := s.Readiness; r != nil {
		zone("network_shed_w", r.ShedMW*1e6)
		zone("network_backup_w", r.LimitMW*1e6)
		zone("network_ready", map[metering.Light]float64{metering.LightAmber: 1, metering.LightGreen: 2}[r.Light])
	}
	return list
}
