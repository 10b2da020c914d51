package balancing

import (
	"math"
	"slices"
	"time"

	"asue/metering"
)

// How the loss of a supply line is told from voltages: below a tenth of the
// nominal voltage for three seconds is dead, which is longer than any automatic
// reclosing takes to give the voltage back and much shorter than a block.
const (
	deadShare = 0.1
	deadFor   = 3 * time.Second
)

// leastLoad is the power from which on an input counts as carrying something: less
// than any transformer of a station draws without load.
const leastLoad = 10 * metering.Kilowatt

// othersWithin is how long the other circuits of a line that takes over are waited for:
// how many carry the site decides what is allowed.
const othersWithin = 15 * time.Second

// SupplyWatch tells from voltages and powers at the inputs which line feeds the site:
// one with voltage that carries load. A line under voltage that carries nothing stands
// ready, and feeds nobody. It is not safe for concurrent use.
type SupplyWatch struct {
	site    *metering.Site
	inputs  map[metering.PointID]*input
	feeding string   // id of the source that was told last; empty for none
	with    []string // further circuits of its line that were told
}

type input struct {
	nominalV float64 // phase to phase
	at       time.Time
	live     bool
	since    time.Time // of the present state

	powerAt     time.Time // zero: nobody has measured a power
	loaded      bool
	loadedSince time.Time // of the present state
}

// NewSupplyWatch begins with the line that the site file puts first.
func NewSupplyWatch(site *metering.Site) *SupplyWatch {
	w := &SupplyWatch{site: site, inputs: map[metering.PointID]*input{}}
	for _, p := range site.Inputs() {
		if node, ok := site.Topology.Node(p.Node); ok {
			w.inputs[p.ID] = &input{nominalV: node.VoltageKV * 1000}
		}
	}
	if src, ok := site.Feeding(); ok {
		w.feeding = src.ID
	}
	return w
}

// Take hears what the meter of a point said. Points that are no inputs, readings
// without a usable voltage and older readings are passed over: a silent meter
// says nothing about its line.
func (w *SupplyWatch) Take(point metering.PointID, s metering.Snapshot) {
	in, ok := w.inputs[point]
	if !ok || s.At.Before(in.at) {
		return
	}
	volts, ok := voltage(s)
	if !ok {
		return
	}
	live := volts >= deadShare*in.nominalV
	if in.at.IsZero() || live != in.live {
		in.live, in.since = live, s.At
	}
	in.at = s.At
	p, ok := s.Find(metering.ActivePower)
	if !ok || !p.Usable() {
		return
	}
	loaded := live && math.Abs(p.Value) >= float64(leastLoad)
	if in.powerAt.IsZero() || loaded != in.loaded {
		in.loaded, in.loadedSince = loaded, s.At
	}
	in.powerAt = s.At
}

// voltage is the phase-to-phase voltage of a snapshot.
func voltage(s metering.Snapshot) (volts float64, ok bool) {
	factors := map[metering.Quantity]float64{
		metering.VoltageLL: 1, metering.VoltageAB: 1, metering.VoltageLN: 1.7320508, metering.VoltageA: 1.7320508,
	}
	for _, q := range []metering.Quantity{metering.VoltageLL, metering.VoltageAB, metering.VoltageLN, metering.VoltageA} {
		if r, has := s.Find(q); has && r.Usable() {
			return r.Value * factors[q], true
		}
	}
	return 0, false
}

// Check returns the message that is due when another line, or none, has fed the
// site for long enough, or another number of circuits of the same one.
func (w *SupplyWatch) Check(now time.Time) (Supply, bool) {
	src, found := w.fedBy(now)
	if !found {
		if w.feeding == "" || !w.dead(w.feeding, now) {
			return Supply{}, false
		}
		w.feeding, w.with = "", nil
		return Supply{At: now}, true
	}
	with := w.withIt(src, src.ID == w.feeding, now)
	if src.ID == w.feeding && slices.Equal(with, w.with) {
		return Supply{}, false
	}
	w.feeding, w.with = src.ID, with
	return together(w.site, now, src, with), true
}

// fedBy is the source in service: the present one unless it is dead, or carries
// nothing while another one does; else the first available one that carries the site,
// or that has voltage where nobody measures power; else one that is not available and
// is seen to carry the site.
func (w *SupplyWatch) fedBy(now time.Time) (metering.Source, bool) {
	present, has := w.source(w.feeding)
	if has && !w.dead(w.feeding, now) && !w.idle(present, now) {
		return present, true
	}
	for _, src := range w.site.Sources {
		if src.Available && src.ID != w.feeding && w.alive(src, now) && w.takes(src, now) {
			return src, true
		}
	}
	for _, src := range w.site.Sources { // what nobody may count on can be put into service all the same
		if !src.Available && src.ID != w.feeding && w.alive(src, now) && w.carries(src) && w.takes(src, now) {
			return src, true
		}
	}
	return present, has && !w.dead(w.feeding, now)
}

func (w *SupplyWatch) source(id string) (metering.Source, bool) {
	for _, src := range w.site.Sources {
		if src.ID == id && id != "" {
			return src, true
		}
	}
	return metering.Source{}, false
}

// takes reports whether a line carries load for long enough, and the other circuits of
// it have been heard since it does.
func (w *SupplyWatch) takes(src metering.Source, now time.Time) bool {
	return slices.ContainsFunc(w.of(src), func(in *input) bool {
		if in.powerAt.IsZero() {
			return true // nobody measures it: its voltage says all that is known
		}
		if !in.loaded || now.Sub(in.loadedSince) < deadFor {
			return false
		}
		heard := func(other *input) bool { return other.powerAt.IsZero() || !other.powerAt.Before(in.loadedSince) }
		for _, other := range circuits(w.site, src) {
			if !slices.ContainsFunc(w.of(other), heard) && now.Sub(in.loadedSince) < othersWithin {
				return false
			}
		}
		return true
	})
}

// carries reports whether a line is known to carry load.
func (w *SupplyWatch) carries(src metering.Source) bool {
	return slices.ContainsFunc(w.of(src), func(in *input) bool { return in.loaded })
}

// idle reports whether a line is known to carry nothing, for long enough.
func (w *SupplyWatch) idle(src metering.Source, now time.Time) bool {
	inputs := w.of(src)
	return len(inputs) > 0 && !slices.ContainsFunc(inputs, func(in *input) bool {
		return in.powerAt.IsZero() || in.loaded || now.Sub(in.loadedSince) < deadFor
	})
}

// withIt lists the other circuits of a line that carry load beside it: at once when the
// line takes over, else when they have begun to, or ended, for twice as long as a line
// that ends. If the line itself carries nothing any more it is about to give the site
// away, and its circuits are no news.
func (w *SupplyWatch) withIt(src metering.Source, same bool, now time.Time) (with []string) {
	if same && !slices.ContainsFunc(w.of(src), func(in *input) bool { return in.loaded || in.powerAt.IsZero() }) {
		return w.with
	}
	for _, other := range circuits(w.site, src) {
		told := same && slices.Contains(w.with, other.ID)
		if slices.ContainsFunc(w.of(other), func(in *input) bool {
			settled := now.Sub(in.loadedSince) >= 2*deadFor
			return !in.powerAt.IsZero() && (in.loaded && (!same || told || settled) || !in.loaded && told && !settled)
		}) {
			with = append(with, other.ID)
		}
	}
	return with
}

// of are the inputs of a source.
func (w *SupplyWatch) of(src metering.Source) (list []*input) {
	for _, id := range SupplyOf(w.site, time.Time{}, src).InService {
		if in := w.inputs[id]; in != nil {
			list = append(list, in)
		}
	}
	return list
}

func (w *SupplyWatch) dead(id string, now time.Time) bool {
	src, ok := w.source(id)
	inputs := w.of(src)
	return ok && len(inputs) > 0 && !slices.ContainsFunc(inputs, func(in *input) bool {
		return in.at.IsZero() || in.live || now.Sub(in.since) < deadFor
	})
}

func (w *SupplyWatch) alive(src metering.Source, now time.Time) bool {
	return slices.ContainsFunc(w.of(src), func(in *input) bool {
		return in.live && now.Sub(in.since) >= deadFor
	})
}
