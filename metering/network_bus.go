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
