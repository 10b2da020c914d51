package simulator

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"asue/metering"
)

// Slot is the time for which the simulated loads hold their power, apart from a
// ripple that cancels out within it. See the package comment.
const Slot = 30 * time.Second

// World is a simulated zone. It belongs to one goroutine; others look at the
// Snapshots that it hands out.
type World struct {
	site    *metering.Site
	seed    uint64
	start   time.Time
	now     int64 // Unix nanoseconds
	net     *network
	weather source
	grid    source // frequency and the voltage of the supply

	slot   int64  // number of the slot that now lies in
	moment moment // of its centre
	ripple int64  // Unix second whose ripple is set; only if the slot ripples
	truth  *TruthLog

	outputs []output // of the site's actuators, in its order
	inputs  []*flow  // of the site
	cut     bool     // a breaker keeps something dark
	wanted  int64    // mW of the inputs, if nothing was shed
	writes  []WriteRecord

	events []Event // those still to come, by time
	past   []Event
	active []Active
	shared *shared
}

// New makes a world that stands at start with all registers at zero. The site
// must not change afterwards. It fails on a site whose parts do not fit together
// and names all such faults.
func New(site *metering.Site, seed uint64, start time.Time) (*World, error) {
	return NewWith(site, seed, start, nil)
}

// NewWith is New for a site some of whose residents have habits.
func NewWith(site *metering.Site, seed uint64, start time.Time, habits Habits) (*World, error) {
	net, outputs, err := build(site, seed, start)
	if err != nil {
		return nil, err
	}
	for i := range net.loads {
		net.loads[i].habit = habits[net.loads[i].resident]
	}
	w := &World{
		site: site, seed: seed, start: start.UTC(), now: start.UnixNano(), net: net, outputs: outputs,
		weather: sourceFor(seed, "weather"), grid: sourceFor(seed, "grid"),
	}
	for _, p := range site.Inputs() {
		w.inputs = append(w.inputs, net.carry[p.ID])
	}
	w.shared = newShared(site, net, seed)
	w.supply()
	w.enterSlot()
	w.settle()
	return w, nil
}

// Now is the world's time, UTC.
func (w *World) Now() time.Time { return time.Unix(0, w.now).UTC() }

// Origin is the time at which all registers were zero, UTC.
func (w *World) Origin() time.Time { return w.start }

// Seed is the random seed of the world.
func (w *World) Seed() uint64 { return w.seed }

// Site is the site that is played.
func (w *World) Site() *metering.Site { return w.site }

// Step moves the world on by dt, which must not be negative.
func (w *World) Step(dt time.Duration) {
	if dt < 0 {
		panic(fmt.Sprintf("BUG: simulator: step of %v", dt))
	}
	w.advance(w.now + int64(dt))
}

// StepTo moves the world on to t; a t that has passed changes nothing.
func (w *World) StepTo(t time.Time) {
	if ns := t.UnixNano(); ns > w.now {
		w.advance(ns)
	}
}

// Record has the registers of all points written to log at every quarter of an
// hour from now on, exactly at the quarter however Step is called, and once at
// once if the world stands on one. A nil log ends it.
func (w *World) Record(log *TruthLog) {
	w.truth = log
	w.recordQuarter()
}

// Truth is the energy that has passed through a point since the world's start,
// exact, in thousandths of the channel's unit, rounded down. It is what a meter
// without error would show. An unknown point is a bug of the caller.
func (w *World) Truth(point metering.PointID, c metering.Channel) int64 {
	if p, ok := w.net.piped[point]; ok {
		return p.through(c)
	}
	f, ok := w.net.carry[point]
	if !ok {
		panic(fmt.Sprintf("BUG: simulator: no point %q", point))
	}
	return f.energy(c)
}

// energy of a channel. The simulated works neither generate nor overcompensate:
// the export registers stand at zero.
func (f *flow) energy(c metering.Channel) int64 {
	switch c {
	case metering.ChannelActiveImport:
		return f.active.milli
	case metering.ChannelReactiveImport:
		return f.reactive.milli
	}
	return 0
}

// advance goes from event to event: ends of slots, quarters of an hour, scenarios,
// and each second while a device moves; between them every power is known.
func (w *World) advance(end int64) {
	for w.now < end {
		until := min(end, w.slotEnd(), w.nextEvent())
		busy := w.busy()
		if busy {
			until = min(until, (floorDiv(w.now, int64(time.Second))+1)*int64(time.Second))
		}
		if w.truth != nil {
			until = min(until, (floorDiv(w.now, int64(metering.BasePeriod))+1)*int64(metering.BasePeriod))
		}
		w.integrate(until)
		w.now = until
		if busy && w.now%int64(time.Second) == 0 {
			w.move()
		}
		changed, over := w.happen(), w.now == w.slotEnd()
		if changed || over {
			w.enterSlot()
		}
		if over {
			w.tap()
		}
		w.recordQuarter()
	}
}

func (w *World) slotStart() int64 { return w.slot*int64(Slot) - int64(Slot)/2 }
func (w *World) slotEnd() int64   { return w.slot*int64(Slot) + int64(Slot)/2 }

// enterSlot finds the power of everything in the slot that begins or goes on now.
func (w *World) enterSlot() {
	w.slot = floorDiv(w.now+int64(Slot)/2, int64(Slot))
	w.ripple = -1
	w.moment = momentAt(w.slot*int64(Slot), w.site.Location, w.weather)
	w.draw(w.moment)
	w.flow(wanted)
	if extra := w.surge(); extra > 0 {
		w.add(extra)
		w.flow(wanted)
	}
	w.wanted = w.demand()
	w.serve()
}

// quiet reports whether the slot straddles a quarter of an hour and so does not
// ripple.
func (w *World) quiet() bool {
	return w.slot*int64(Slot)%int64(metering.BasePeriod) == 0
}

// integrate takes the energies from now to until, within one slot.
func (w *World) integrate(until int64) {
	if w.quiet() || w.now == w.slotStart() && until == w.slotEnd() {
		w.count(time.Duration(until - w.now))
		return
	}
	for at := w.now; at < until; {
		second := floorDiv(at, int64(time.Second))
		next := min(until, (second+1)*int64(time.Second))
		w.setRipple(second)
		w.countRippled(time.Duration(next - at))
		at = next
	}
}

func (w *World) count(d time.Duration) {
	w.eachMeasured(func(f *flow) {
		f.active.add(f.p, d)
		f.reactive.add(f.q, d)
		f.apparent.add(f.s, d)
	})
	w.countVolumes(d)
}

func (w *World) countRippled(d time.Duration) {
	w.eachMeasured(func(f *flow) {
		f.active.add(f.p+f.rp, d)
		f.reactive.add(f.q+f.rq, d)
		f.apparent.add(f.s, d)
	})
	w.countVolumes(d)
}

func (w *World) eachMeasured(do func(*flow)) {
	for i := range w.net.nodes {
		if f := &w.net.nodes[i].flow; f.measured {
			do(f)
		}
	}
	for i := range w.net.loads {
		if f := &w.net.loads[i].flow; f.measured {
			do(f)
		}
	}
}

// Points lists the points of the site in ascending order.
func (w *World) Points() []metering.PointID {
	points := slices.AppendSeq(slices.Collect(maps.Keys(w.net.carry)), maps.Keys(w.net.piped))
	slices.Sort(points)
	return points
}
