package study

import (
	"fmt"
	"slices"
	"time"

	"asue/balancing/internal/disjoint"
	"asue/metering"
)

// transfers is what automatic transfers (АВР) make of a position after a fault, and
// the moves in their order. before says which buses had voltage before the fault: a
// bus that had none then is watched by nobody.
//
// A transfer starts when its bus has lost the voltage, acts After its delay if its
// reserve has one, and acts once. A lower one waits while an upper one, whose bus lies
// above its own in the forest, could still act; of several for one bus the earlier in
// the file goes first. Opening comes before closing. Voltage that comes back resets it.
func (m *Model) transfers(p position, before []bool) (position, []metering.Move) {
	r := m.relay(p, before)
	return r.at, r.moves
}

// relay lets the transfers act until none does any more.
func (m *Model) relay(p position, before []bool) *relays {
	r := &relays{m: m, at: p.clone(), since: make([]time.Duration, len(m.transferList)), shot: make([]bool, len(m.transferList))}
	for i := range r.since {
		r.since[i] = resting
	}
	r.moves = []metering.Move{}
	had := before
	for {
		live := m.energised(r.at)
		r.start(had, live)
		i := r.next(live)
		if i < 0 {
			return r
		}
		r.now = max(r.now, r.due(i))
		r.act(i, live)
		had = live
	}
}

// resting is since when a transfer waits that does not wait.
const resting = time.Duration(-1)

// relays are the transfers of a model while they act.
type relays struct {
	m     *Model
	at    position
	now   time.Duration   // since the fault
	since []time.Duration // when each lost its voltage
	shot  []bool
	moves []metering.Move
	acted []int
}

// start begins the wait of those whose bus had voltage and has none, and ends it where
// it has come back.
func (r *relays) start(had, live []bool) {
	for i, t := range r.m.transferList {
		switch {
		case live[t.watch]:
			r.since[i] = resting
		case r.since[i] == resting && had[t.watch]:
			r.since[i] = r.now
		}
	}
}

// next is the transfer that acts next, −1 if none does.
func (r *relays) next(live []bool) int {
	next := -1
	for i := range r.m.transferList {
		if r.able(i, live) && !r.waits(i, live) && (next < 0 || r.due(i) < r.due(next)) {
			next = i
		}
	}
	return next
}

func (r *relays) due(i int) time.Duration { return r.since[i] + r.m.transferList[i].After }

// able says that a transfer will act if nothing changes.
func (r *relays) able(i int, live []bool) bool {
	t := r.m.transferList[i]
	return !t.Out && !r.shot[i] && r.since[i] != resting && live[t.reserve]
}

// waits says that another one goes first.
func (r *relays) waits(i int, live []bool) bool {
	list := r.m.transferList
	for k := range list {
		if k == i || !r.able(k, live) {
			continue
		}
		if list[k].watch == list[i].watch && k < i || r.m.above(list[k].watch, list[i].watch) {
			return true
		}
	}
	return false
}

func (r *relays) act(i int, live []bool) {
	t := r.m.transferList[i]
	r.shot[i] = true
	r.acted = append(r.acted, i)
	why := fmt.Sprintf("%s: %s is without voltage, %s has it", t.ID, t.Watch, t.Reserve)
	for _, k := range t.open {
		r.move(k, false, why)
	}
	r.disconnect(t.watch, live, why)
	for _, k := range t.closes {
		r.move(k, true, why)
	}
}

// disconnect takes out the dead transformers that a bus lies behind.
func (r *relays) disconnect(bus int, live []bool, why string) {
	fused := disjoint.New(len(r.m.buses))
	r.m.fuse(r.at, fused)
	for k := range r.m.transformers {
		t := &r.m.transformers[k]
		behind := fused.Find(t.bus[1]) == fused.Find(bus) || fused.Find(t.bus[2]) == fused.Find(bus)
		if !r.at.transformers[k] || !behind || live[t.bus[0]] {
			continue
		}
		r.at.transformers[k] = false
		r.moves = append(r.moves, metering.Move{AfterS: r.now.Seconds(), Switch: metering.ElementID(t.Node), Why: why})
	}
}

func (r *relays) move(i int, closes bool, why string) {
	if r.at.closed[i] == closes {
		return
	}
	r.at.closed[i] = closes
	r.moves = append(r.moves, metering.Move{AfterS: r.now.Seconds(), Switch: r.m.switches[i].ID, Close: closes, Why: why})
}

// above says that a bus lies above another in the forest.
func (m *Model) above(upper, lower int) bool {
	if upper == lower {
		return false
	}
	path := m.site.Topology.Path(m.buses[lower].node)
	return slices.ContainsFunc(path, func(n metering.Node) bool { return n.ID == m.buses[upper].node })
}
