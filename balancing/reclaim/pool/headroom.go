package pool

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// Room is what may still be committed at a node, and what binds.
type Room struct {
	Power metering.Power `json:"power_w"` // 0 or more
	// Node is the one on the path whose headroom is the least, and From when it is so
	// first; none if no node on the path has a ceiling.
	Node metering.NodeID `json:"node,omitempty"`
	From time.Time       `json:"from"`
	// Unlimited is set if no node on the path has a ceiling.
	Unlimited bool `json:"unlimited,omitempty"`
}

// Headroom is the least that may still be committed at a node over a time, on its path
// to the source; a zero to is until further notice. It fails for an unknown node.
func (l *Ledger) Headroom(node metering.NodeID, from, to time.Time) (Room, error) {
	n, ok := l.index[node]
	if !ok {
		return Room{}, fmt.Errorf("headroom at node %q: it is not known", node)
	}
	room := Room{Power: noCeiling, Unlimited: true}
	begins, ends := begin(from), end(to)
	for _, v := range l.paths[n] {
		instants := merge(l.used[v], begins)
		for _, s := range l.ceiling[v] {
			instants = append(instants, s.at)
		}
		slices.Sort(instants)
		for _, t := range instants {
			limit := l.ceiling[v].at(t)
			if t < begins || t >= ends || limit == noCeiling {
				continue
			}
			if left := max(0, limit-l.used[v].at(t)); room.Unlimited || left < room.Power {
				room = Room{Power: left, Node: l.nodes[v].ID, From: t.time()}
			}
		}
	}
	return room, nil
}

// Usable is how much of all that is in the pool, anywhere, can be committed at a node
// over a time: no more than there is, and no more than the path lets through.
func (l *Ledger) Usable(node metering.NodeID, from, to time.Time) (metering.Power, Room, error) {
	room, err := l.Headroom(node, from, to)
	if err != nil {
		return 0, room, err
	}
	var free metering.Power
	for _, a := range l.pools(node) {
		p, _ := l.balance[a].least(begin(from), end(to))
		free += p
	}
	if room.Unlimited {
		return free, room, nil
	}
	return min(free, room.Power/metering.Kilowatt*metering.Kilowatt), room, nil
}

// pools are the pools from which a node draws, in this order: its own, those of its
// ancestors from below, those of all other nodes in their order.
func (l *Ledger) pools(node metering.NodeID) []Account {
	var list []Account
	path := l.paths[l.index[node]]
	for _, n := range path {
		list = append(list, Free(l.nodes[n].ID))
	}
	for i, n := range l.nodes {
		if !slices.Contains(path, i) {
			list = append(list, Free(n.ID))
		}
	}
	return list
}

// Draw makes the entries that move power out of the pool to an account for a time, from
// the nearest pools first. It fails if there is not as much. Headroom is checked when
// they are posted.
func (l *Ledger) Draw(to Account, power metering.Power, valid metering.Period) ([]Entry, error) {
	if _, ok := l.index[to.Node]; !ok {
		return nil, fmt.Errorf("draw for %v: its node is not known", to)
	}
	var list []Entry
	left := power
	for _, a := range l.pools(to.Node) {
		there, _ := l.balance[a].least(begin(valid.From), end(valid.To))
		if take := min(left, there); take > 0 {
			list = append(list, Entry{From: a, To: to, Power: take, Valid: valid})
			left -= take
		}
	}
	if left > 0 {
		return nil, fmt.Errorf("draw %v for %v from %s to %s: the pool is %v short", power, to, stamp(valid.From), stamp(valid.To), left)
	}
	return list, nil
}

// Excess lists the nodes at which more is committed at a time than their ceiling
// allows, and by how much.
func (l *Ledger) Excess(at time.Time) map[metering.NodeID]metering.Power {
	list := map[metering.NodeID]metering.Power{}
	t := instant(at.Unix())
	for n := range l.nodes {
		if over := l.used[n].at(t) - l.ceiling[n].at(t); over > 0 {
			list[l.nodes[n].ID] = over
		}
	}
	return list
}
