package regmap

import (
	"slices"

	"asue/metering"
)

// Pulses reports whether the model counts pulses of which only the install says
// what they stand for.
func (m *Model) Pulses() bool {
	return slices.ContainsFunc(m.Registers, func(r Register) bool { return r.Pulse })
}

// Counting is a model of pulse counters as it stands at a point: of its inputs the
// one that counts the point's medium, each count standing for milli thousandths of
// the base unit; 0 keeps what the map says. Inputs of other media are left out:
// nothing hangs on them, and what they show is the energy of nobody.
//
// A model without pulses is the same at every point, and comes back as it is.
func (m *Model) Counting(medium metering.Medium, milli int64) *Model {
	if !m.Pulses() {
		return m
	}
	at := *m
	at.Registers = nil
	for _, r := range m.Registers {
		if !r.Pulse {
			at.Registers = append(at.Registers, r)
			continue
		}
		if c, feeds := metering.ChannelOf(r.Quantity); feeds && c.Medium() == medium {
			at.Registers = append(at.Registers, r.Counting(milli))
		}
	}
	return &at
}

// Counting is a register of pulses with another size of its counts, in thousandths
// of the base unit; any other one, and 0, give the register as it is.
func (r Register) Counting(milli int64) Register {
	if r.Pulse && milli > 0 {
		r.Step, r.Scale = milli, float64(milli)/1000
	}
	return r
}

// Channels lists the channels that the model's registers feed, ascending.
func (m *Model) Channels() []metering.Channel {
	var list []metering.Channel
	for _, c := range metering.AllChannels() {
		if _, has := m.Of(c.Quantity()); has {
			list = append(list, c)
		}
	}
	return list
}
