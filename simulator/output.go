package simulator

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// output is one actuator of the site as it is played: what was written to it, what it
// does, and what it says that it does. See setpoint.go and contact.go.
type output struct {
	metering.Actuator
	node  int
	loads []int   // that hang behind it
	share float64 // relay: of the power of its loads that goes over the step
	ways  ways    // in which it fails now
	since int64   // when the one that drifts began

	// A set-point.
	limit, fallback metering.Power
	timeout         time.Duration
	written         int64 // when the limit was, Unix nanoseconds
	timedOut        bool
	force           metering.Power // limit in force, as the device says
	goal            metering.Power // limit that the load is on its way to
	due             int64          // when its dead time ends
	cap             float64        // W that the load keeps below now
	dead, lag       time.Duration  // until it begins to follow, and its time constant

	// A relay or a breaker.
	coil     bool           // relay: what was written, true for closed
	want     bool           // where the contacts are going
	closed   bool           // where the load's contacts are
	shown    shownPosition  // what the aux contacts say
	arrives  int64          // when the contacts are there
	moving   bool           // they are on their way
	travel   time.Duration  // how long they take
	selected breakerCommand // breaker: for what it was reserved
	selectAt int64          // since when
	charged  int64          // breaker: when its spring is
}

// shownPosition are two aux contacts: both false while something moves.
type shownPosition struct{ closed, open bool }

// breakerCommand is what a breaker was selected for.
type breakerCommand uint8

const (
	selectNone breakerCommand = iota
	selectOpen
	selectClose
)

// ways are the ways in which an output fails.
type ways uint8

const (
	wayStuck ways = 1 << iota
	waySlow
	wayLies
	wayOffline
	wayLocal
	wayDrifts
)

func (o *output) is(way ways) bool { return o.ways&way != 0 }

// sameDevice reports whether two outputs are of one device.
func (o *output) sameDevice(other *output) bool {
	return o.Address == other.Address && o.Unit == other.Unit
}

// Delays of devices, by seed. A set-point has followed a new limit to 95 % within 7
// to 20 seconds (a dead time and three time constants); contacts travel 1 to 2
// seconds.
const (
	leastDead, deadSpread     = time.Second, 4 * time.Second
	leastLag, lagSpread       = 2 * time.Second, 3300 * time.Millisecond
	leastTravel, travelSpread = time.Second, 2 * time.Second
	slowness                  = 8 // how many times longer a slow device takes
)

// addOutputs makes the outputs of the site's actuators as nobody has written to them
// yet: set-points at the greatest value, contacts closed.
func (n *network) addOutputs(site *metering.Site, seed uint64, index map[metering.NodeID]int) (outputs []output, faults []error) {
	for _, a := range site.Actuators {
		i, ok := index[a.Node]
		if !ok {
			faults = append(faults, fmt.Errorf("actuator %s: its node %q is not in the topology", a.ID, a.Node))
			continue
		}
		dice := sourceFor(seed, "actuator "+string(a.ID))
		between := func(draw int64, least, spread time.Duration) time.Duration {
			return least + time.Duration(dice.at(draw)*float64(spread))
		}
		o := output{
			Actuator: a, node: i, limit: a.Power, fallback: a.FailSafe, force: a.Power, goal: a.Power, cap: float64(a.Power),
			coil: true, want: true, closed: true, shown: shownPosition{closed: true},
			dead:   between(-1, leastDead, deadSpread).Truncate(time.Second),
			lag:    between(-2, leastLag, lagSpread),
			travel: between(-3, leastTravel, travelSpread).Truncate(time.Second),
		}
		peak := 0.0
		for k := range n.loads {
			l := &n.loads[k]
			if l.resident != "" && (l.resident == a.Resident || a.Kind == metering.ActuatorBreaker) && n.below(l.node, i) {
				o.loads = append(o.loads, k)
				peak += l.peak
			}
		}
		if a.Kind == metering.ActuatorRelay && peak > 0 {
			o.share = float64(a.Power) / peak
		}
		outputs = append(outputs, o)
	}
	normalise(outputs, len(n.loads))
	return outputs, faults
}

// normalise shrinks the steps of a load that are more than the load together.
func normalise(outputs []output, loads int) {
	sum := make([]float64, loads)
	for i := range outputs {
		for _, k := range outputs[i].loads {
			sum[k] += outputs[i].share
		}
	}
	for i := range outputs {
		most := 1.0
		for _, k := range outputs[i].loads {
			most = max(most, sum[k])
		}
		outputs[i].share /= most
	}
}

// below reports whether a node is another one or is fed by it in the normal state.
func (n *network) below(node, above int) bool {
	for range n.nodes { // so often and no more, in a circle too
		if node == above {
			return true
		}
		if node = n.nodes[node].normal; node < 0 {
			return false
		}
	}
	return false
}

// output finds an actuator.
func (w *World) output(id metering.ActuatorID) (*output, bool) {
	i := slices.IndexFunc(w.outputs, func(o output) bool { return o.ID == id })
	if i < 0 {
		return nil, false
	}
	return &w.outputs[i], true
}

// busy reports whether something of devices or loads changes by the second.
func (w *World) busy() bool {
	for i := range w.outputs {
		if w.outputs[i].busy() {
			return true
		}
	}
	return w.madeUpFor()
}

func (o *output) busy() bool {
	if o.Kind == metering.ActuatorSetpoint {
		return o.settingBusy()
	}
	return o.moving || o.selected != selectNone || o.charged > 0
}

// move brings devices and loads to a whole second at which the world has arrived.
func (w *World) move() {
	switched := false
	for i := range w.outputs {
		o := &w.outputs[i]
		if o.Kind == metering.ActuatorSetpoint {
			o.follow(w.now, w.drawn(o))
			continue
		}
		switched = o.travelOn(w.now) && o.Kind == metering.ActuatorBreaker || switched
	}
	if switched {
		w.supply()
	}
	w.makeUp()
	w.serve()
}

// drawn is the power in W that the loads behind an output draw.
func (w *World) drawn(o *output) float64 {
	sum := int64(0)
	for _, k := range o.loads {
		sum += w.net.loads[k].p
	}
	return float64(sum) / 1000
}
