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
	registers map[metering.PointID][]install // in the order of time
}

// install is one install of a point with the counters of its meter there.
type install struct {
	metering.Install
	registers []Register
}

// New makes a registry. registers lists the counters of a meter as it stands at
// the point of an install; it is asked once for each install.
func New(site *metering.Site, registers func(metering.Install) []Register) *Registry {
	r := &Registry{site: site, registers: map[metering.PointID][]install{}}
	for _, p := range site.Points {
		for _, in := range site.InstallsOf(p.ID) {
			r.registers[p.ID] = append(r.registers[p.ID], install{in, registers(in)})
		}
	}
	return r
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
	for _, in := range r.registers[point] {
		for _, reg := range in.registers {
			if reg.Quantity == ch.Quantity() {
				links = append(links, vee.Link{Install: in.Install, Modulus: reg.Modulus, MaxPower: r.Capacity(in.Install)})
			}
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
