package dispatcher

import (
	"slices"
	"strconv"

	"asue/metering"
)

// feedersOf lists what hangs directly below a bus and is neither a bus itself nor a
// transformer of the network.
func feedersOf(site *metering.Site) []DiagramFeeder {
	buses := site.Network.BusSet()
	inside := map[metering.NodeID]bool{}
	for _, t := range site.Network.Transformers {
		inside[t.Node] = true
	}
	list := []DiagramFeeder{}
	for _, n := range site.Topology.Nodes {
		if !buses[n.Parent] || buses[n.ID] || inside[n.ID] {
			continue
		}
		f := DiagramFeeder{Node: string(n.ID), Name: n.Name, Kind: n.Kind, Bus: string(n.Parent), KV: n.VoltageKV}
		below := below(site, n.ID)
		f.Residents, f.Points = residentsAt(site, below), pointsAt(site, below)
		list = append(list, f)
	}
	return list
}

// below lists a node and all nodes under it, level by level.
func below(site *metering.Site, id metering.NodeID) []metering.NodeID {
	list := []metering.NodeID{id}
	for i := 0; i < len(list); i++ {
		for _, child := range site.Topology.Children(list[i]) {
			if !slices.Contains(list, child.ID) {
				list = append(list, child.ID)
			}
		}
	}
	return list
}

// residentsAt lists the residents that are metered or have technical conditions at
// some nodes, in the order of the site file.
func residentsAt(site *metering.Site, nodes []metering.NodeID) []string {
	fed := map[metering.ResidentID]bool{}
	for _, p := range site.Points {
		if p.Role == metering.RoleResident && slices.Contains(nodes, p.Node) {
			fed[p.Resident] = true
		}
	}
	for _, c := range site.Conditions {
		if slices.Contains(nodes, c.Node) {
			fed[c.Resident] = true
		}
	}
	list := []string{}
	for _, r := range site.Residents {
		if fed[r.ID] {
			list = append(list, string(r.ID))
		}
	}
	return list
}

// pointsAt lists the electricity points of the first of some nodes that has any.
func pointsAt(site *metering.Site, nodes []metering.NodeID) []string {
	for _, node := range nodes {
		var list []string
		for _, p := range site.Points {
			if p.Node == node && p.MediumOf() == metering.Electricity {
				list = append(list, string(p.ID))
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return []string{}
}

// names are identifiers as the API carries them: a list, never null.
func names[T ~string](ids []T) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}

// shortKV prints a nominal voltage without needless digits: "110", "0.4".
func shortKV(kv float64) string { return strconv.FormatFloat(kv, 'g', -1, 64) }
