package balancing

import (
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

// SupplyWatch tells from the voltages at the inputs which line feeds the site.
// It is not safe for concurrent use.
type SupplyWatch struct {
	site    *metering.Site
	inputs  map[metering.PointID]*inputVoltage
	feeding string // id of the source that was told last; empty for none
}

type inputVoltage struct {
	nominalV float64 // phase to phase
	at       time.Time
	live     bool
	since    time.Time // of the present state
}

// NewSupplyWatch begins with the line that the site file puts first.
func NewSupplyWatch(site *metering.Site) *SupplyWatch {
	w := &SupplyWatch{site: site, inputs: map[metering.PointID]*inputVoltage{}}
	for _, p := range site.Inputs() {
		if node, ok := site.Topology.Node(p.Node); ok {
			w.inputs[p.ID] = &inputVoltage{nominalV: node.VoltageKV * 1000}
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
// site for long enough.
func (w *SupplyWatch) Check(now time.Time) (Supply, bool) {
	src, found := w.fedBy(now)
	if !found {
		if w.feeding == "" || !w.dead(w.feeding, now) {
			return Supply{}, false
		}
		w.feeding = ""
		return Supply{At: now}, true
	}
	if src.ID == w.feeding {
		return Supply{}, false
	}
	w.feeding = src.ID
	return SupplyOf(w.site, now, src), true
}

// fedBy is the source in service: the present one unless it is dead, else the
// first available one that has voltage.
func (w *SupplyWatch) fedBy(now time.Time) (metering.Source, bool) {
	if w.feeding != "" && !w.dead(w.feeding, now) {
		i := slices.IndexFunc(w.site.Sources, func(s metering.Source) bool { return s.ID == w.feeding })
		return w.site.Sources[i], true
	}
	for _, src := range w.site.Sources {
		if src.Available && src.ID != w.feeding && w.alive(src, now) {
			return src, true
		}
	}
	return metering.Source{}, false
}

func (w *SupplyWatch) dead(id string, now time.Time) bool {
	for _, src := range w.site.Sources {
		if src.ID != id {
			continue
		}
		inputs := SupplyOf(w.site, now, src).InService
		return len(inputs) > 0 && !slices.ContainsFunc(inputs, func(p metering.PointID) bool {
			in := w.inputs[p]
			return in == nil || in.at.IsZero() || in.live || now.Sub(in.since) < deadFor
		})
	}
	return false
}

func (w *SupplyWatch) alive(src metering.Source, now time.Time) bool {
	return slices.ContainsFunc(SupplyOf(w.site, now, src).InService, func(p metering.PointID) bool {
		in := w.inputs[p]
		return in != nil && in.live && now.Sub(in.since) >= deadFor
	})
}
