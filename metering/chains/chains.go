// Package chains says which registers have accounted for a channel of a point,
// and when: the site's installs joined with what the models of the meters say.
//
// It must not know readings, stores or the time of day.
package chains

import (
	"math"

	"asue/metering"
	"asue/metering/vee"
)

// Register is what the model of a meter says about one of its counters.
type Register struct {
	Quantity metering.Quantity
	Modulus  int64 // count at which it starts anew from 0; 0 if unknown
}

// Registry answers for one site. It is immutable: share it freely.
type Registry struct {
	site      *metering.Site
	registers map[metering.MeterID][]Register
}

// New makes a registry. registers lists the counters of a meter; it is asked once
// for each meter that stands or stood somewhere. If it is nil, a meter is taken to
// have every register, of unknown modulus.
func New(site *metering.Site, registers func(metering.MeterID) []Register) *Registry {
	r := &Registry{site: site, registers: map[metering.MeterID][]Register{}}
	for _, in := range site.Installs {
		if _, known := r.registers[in.Meter]; known {
			continue
		}
		if registers != nil {
			r.registers[in.Meter] = registers(in.Meter)
			continue
		}
		for _, ch := range metering.AllChannels() {
			r.registers[in.Meter] = append(r.registers[in.Meter], Register{Quantity: ch.Quantity()})
		}
	}
	return r
}

// Register finds a counter of a meter.
func (r *Registry) Register(meter metering.MeterID, q metering.Quantity) (Register, bool) {
	for _, reg := range r.registers[meter] {
		if reg.Quantity == q {
			return reg, true
		}
	}
	return Register{}, false
}

// Channels lists the channels of a point that a register of some meter there has
// fed at some time, ascending.
func (r *Registry) Channels(point metering.PointID) []metering.Channel {
	p, ok := r.site.Point(point)
	if !ok {
		return nil
	}
	var list []metering.Channel
	for _, ch := range p.Channels() {
		if len(r.Links(point, ch)) > 0 {
			list = append(list, ch)
		}
	}
	return list
}

// Links are the installs of a point whose meters have a register for the channel,
// in the order of time, without readings.
func (r *Registry) Links(point metering.PointID, ch metering.Channel) []vee.Link {
	var links []vee.Link
	for _, in := range r.site.InstallsOf(point) {
		if reg, ok := r.Register(in.Meter, ch.Quantity()); ok {
			links = append(links, vee.Link{Install: in, Modulus: reg.Modulus, MaxPower: r.Capacity(in)})
		}
	}
	return links
}

// directAmperes is the rated current of a meter without current transformers.
const directAmperes = 100

// Capacity is the greatest power that an install can measure: √3·U·I with 20 %
// over the current transformers' primary current; 0 if the voltage is unknown, and
// for other media than electricity.
func (r *Registry) Capacity(in metering.Install) metering.Power {
	p, _ := r.site.Point(in.Point)
	if p.MediumOf() != metering.Electricity {
		return 0
	}
	node, _ := r.site.Topology.Node(p.Node)
	volts := node.VoltageKV * 1000
	if volts <= 0 && in.VT.Primary > 1 {
		volts = float64(in.VT.Primary)
	}
	amperes := float64(directAmperes)
	if in.CT.Primary > 1 {
		amperes = float64(in.CT.Primary)
	}
	return metering.Power(math.Sqrt(3) * volts * amperes * 1.2)
}
