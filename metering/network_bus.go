package metering

// BusSet are the buses of the network: the nodes that its elements name.
func (n *Network) BusSet() map[NodeID]bool {
	buses := map[NodeID]bool{}
	for _, l := range n.Lines {
		buses[l.From], buses[l.To] = true, true
	}
	for _, t := range n.Transformers {
		for _, b := range t.Bus {
			buses[b] = true
		}
	}
	for _, w := range n.Switches {
		buses[w.A], buses[w.B] = true, true
	}
	delete(buses, "")
	return buses
}

// BusOf is the bus at which a node draws: the node itself or its nearest ancestor
// that is a bus; false if there is none. A node behind a transformer of the network
// is one of its buses or lies below one.
func (s *Site) BusOf(id NodeID) (NodeID, bool) {
	buses := s.Network.BusSet()
	for _, n := range s.Topology.Path(id) {
		if buses[n.ID] {
			return n.ID, true
		}
	}
	return "", false
}
