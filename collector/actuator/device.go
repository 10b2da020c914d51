package actuator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"asue/collector/actuator/actmap"
	"asue/collector/agent"
	"asue/metering"
)

// Device is one Modbus unit of a bus, and all its channels. One goroutine at a time
// uses it.
type Device struct {
	bus    *Bus
	unit   byte
	model  *actmap.Model
	blocks []block
	seen   content   // of the last look
	looked time.Time // of the wall clock; zero: the next read looks again
}

// NewDevice is a unit of a bus.
func NewDevice(b *Bus, unit uint8, m *actmap.Model) *Device {
	return &Device{bus: b, unit: unit, model: m, blocks: planOf(m)}
}

// Model is the device's map.
func (d *Device) Model() *actmap.Model { return d.model }

// shared is how long the channels of one device may share a look.
const shared = 200 * time.Millisecond

// Read looks at one channel, from 1: what is commanded, what is in force and what the
// load draws. The error names the device.
func (d *Device) Read(ctx context.Context, channel int) (agent.Reading, error) {
	if err := d.look(ctx); err != nil {
		return agent.Reading{}, d.named("read", err)
	}
	return d.decode(channel), nil
}

func (d *Device) look(ctx context.Context) error {
	if !d.looked.IsZero() && time.Since(d.looked) < shared && d.model.Channels > 1 {
		return nil
	}
	d.looked = time.Time{}
	seen := content{bits: map[place]bool{}, words: map[place]uint16{}}
	for _, b := range d.blocks {
		if err := b.read(ctx, d, seen); err != nil {
			return err
		}
	}
	d.seen, d.looked = seen, time.Now()
	return nil
}

// decode turns registers into a reading.
func (d *Device) decode(channel int) agent.Reading {
	m := d.model
	r := agent.Reading{Local: d.bit(m.Local, channel)}
	if d.bit(m.Fault, channel) {
		r.Fault = "the device reports a fault"
	}
	if m.Power != nil {
		r.Power, r.Metered = d.number(m.Power, channel), true
	}
	if m.Kind == metering.ActuatorSetpoint {
		r.Echo, r.HasEcho = metering.Desired{Limit: d.number(m.Command, channel)}, true
		r.Now = r.Echo
		if m.InForce != nil {
			r.Now.Limit = d.number(m.InForce, channel)
		}
		r.FellBack = m.Fallback != nil && d.bit(m.Fallback.FellBack, channel)
		return r
	}
	if m.Command != nil {
		r.Echo, r.HasEcho = position(d.bit(m.Command, channel)), true
	}
	isClosed := d.bit(m.Aux, channel)
	if m.AuxOpen == nil {
		r.Now = position(isClosed)
		return r
	}
	switch isOpen := d.bit(m.AuxOpen, channel); {
	case isClosed && isOpen:
		r.Fault = "its auxiliary contacts say closed and open at once"
	case isClosed != isOpen:
		r.Now = position(isClosed)
	}
	return r
}

func position(closed bool) metering.Desired {
	if closed {
		return metering.Desired{Position: metering.PositionClosed}
	}
	return metering.Desired{Position: metering.PositionOpen}
}

// Write brings a channel into a state, once. It is not begun after until. The error
// is an *UnsentError, a *RefusedError or an *UnknownError in the chain; only the
// last leaves open what the device has done.
func (d *Device) Write(ctx context.Context, channel int, want metering.Desired, until time.Time) error {
	// A look just before tells a connection that the device has closed while idle
	// from one that it closes upon the write.
	if err := d.touch(ctx, channel); err != nil {
		return d.named("write", &UnsentError{err})
	}
	d.looked = time.Time{}
	m := d.model
	switch {
	case m.Kind == metering.ActuatorSetpoint:
		return d.named("write", d.writeNumber(ctx, m.Command, channel, want.Limit, until))
	case m.Command != nil:
		on := (want.Position == metering.PositionClosed) != m.Command.Inverted
		return d.named("write", d.bus.writeCoil(ctx, d.unit, m.Command.At(channel), on, m.Command.Many, until))
	}
	sel, operate := m.SelectOpen, m.OperateOpen
	if want.Position == metering.PositionClosed {
		sel, operate = m.SelectClose, m.OperateClose
	}
	if err := d.bus.writeCoil(ctx, d.unit, sel.At(channel), true, sel.Many, until); err != nil {
		return d.named("select", err) // a select alone moves nothing
	}
	return d.named("operate", d.bus.writeCoil(ctx, d.unit, operate.At(channel), true, operate.Many, until))
}

// touch reads one register of a channel.
func (d *Device) touch(ctx context.Context, channel int) error {
	p := d.model.Command
	if p == nil {
		p = d.model.Aux
	}
	if p.Table.Bits() {
		_, err := d.bus.readBits(ctx, d.unit, p.Table, p.At(channel), 1)
		return err
	}
	_, err := d.bus.readWords(ctx, d.unit, p.Table, p.At(channel), uint16(p.Type.Words()))
	return err
}

// Arm sees to the device's own fallback: the limit that it takes when nobody writes
// for a while. It writes only what differs, and does nothing for a device that has
// none.
func (d *Device) Arm(ctx context.Context, channel int, limit metering.Power) error {
	f := d.model.Fallback
	if f == nil {
		return nil
	}
	if err := d.look(ctx); err != nil {
		return d.named("read its fallback", err)
	}
	if d.number(f.Limit, channel) != limit {
		if err := d.writeNumber(ctx, f.Limit, channel, limit, time.Time{}); err != nil {
			return d.named("set its fallback limit", err)
		}
	}
	if after := metering.Power(f.After / time.Second); d.number(f.Time, channel) != after {
		if err := d.writeNumber(ctx, f.Time, channel, after, time.Time{}); err != nil {
			return d.named("set its fallback time", err)
		}
	}
	d.looked = time.Time{}
	return nil
}

// writeNumber writes a number that the register can hold exactly, or nothing.
func (d *Device) writeNumber(ctx context.Context, p *actmap.Place, channel int, value metering.Power, until time.Time) error {
	words, err := encode(p, value)
	if err != nil {
		return &UnsentError{err}
	}
	return d.bus.writeWords(ctx, d.unit, p.At(channel), words, p.Many, until)
}

func (d *Device) named(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: unit %d: %s: %w", d.bus.url, d.unit, doing, err)
}

func encode(p *actmap.Place, value metering.Power) ([]uint16, error) {
	n := int64(value / p.Count)
	if value%p.Count != 0 {
		return nil, fmt.Errorf("%v is no whole number of %v, in which the register counts", value, p.Count)
	}
	least, most := int64(0), int64(0)
	switch p.Type {
	case actmap.U16:
		most = 1<<16 - 1
	case actmap.I16:
		least, most = -1<<15, 1<<15-1
	case actmap.U32:
		most = 1<<32 - 1
	case actmap.I32:
		least, most = -1<<31, 1<<31-1
	}
	if n < least || n > most {
		return nil, fmt.Errorf("%d is beyond a register of type %s", n, p.Type)
	}
	if p.Type.Words() == 1 {
		return []uint16{uint16(n)}, nil
	}
	return []uint16{uint16(uint32(n) >> 16), uint16(n)}, nil
}

// place is one bit or word of a device.
type place struct {
	table   actmap.Table
	address uint16
}

// content is what a look has shown.
type content struct {
	bits  map[place]bool
	words map[place]uint16
}

func (d *Device) bit(p *actmap.Place, channel int) bool {
	return p != nil && d.seen.bits[place{p.Table, p.At(channel)}] != p.Inverted
}

func (d *Device) number(p *actmap.Place, channel int) metering.Power {
	word := func(i uint16) uint16 { return d.seen.words[place{p.Table, p.At(channel) + i}] }
	var n int64
	switch p.Type {
	case actmap.U16:
		n = int64(word(0))
	case actmap.I16:
		n = int64(int16(word(0)))
	case actmap.U32:
		n = int64(uint32(word(0))<<16 | uint32(word(1)))
	case actmap.I32:
		n = int64(int32(uint32(word(0))<<16 | uint32(word(1))))
	}
	return metering.Power(n) * p.Count
}

// block is one read of neighbouring places.
type block struct {
	table       actmap.Table
	first, last uint16
}

// Limits of a block: what lies between two places is read along up to a gap, and a
// request holds so much.
const (
	mostGap   = 8
	mostWords = 60
	mostBits  = 256
)

// planOf are the blocks that show all channels of a device.
func planOf(m *actmap.Model) []block {
	var all []place
	for channel := 1; channel <= m.Channels; channel++ {
		for _, p := range m.Places() {
			for i := range p.Type.Words() {
				all = append(all, place{p.Table, p.At(channel) + uint16(i)})
			}
		}
	}
	slices.SortFunc(all, func(a, b place) int {
		if a.table != b.table {
			return int(a.table.Function()) - int(b.table.Function())
		}
		return int(a.address) - int(b.address)
	})
	var blocks []block
	for _, p := range all {
		most := uint16(mostWords)
		if p.table.Bits() {
			most = mostBits
		}
		if n := len(blocks); n > 0 && blocks[n-1].table == p.table && p.address-blocks[n-1].last <= mostGap && p.address-blocks[n-1].first < most {
			blocks[n-1].last = p.address
			continue
		}
		blocks = append(blocks, block{p.table, p.address, p.address})
	}
	return blocks
}

func (b block) read(ctx context.Context, d *Device, into content) error {
	count := b.last - b.first + 1
	if b.table.Bits() {
		bits, err := d.bus.readBits(ctx, d.unit, b.table, b.first, count)
		for i, bit := range bits {
			into.bits[place{b.table, b.first + uint16(i)}] = bit
		}
		return err
	}
	words, err := d.bus.readWords(ctx, d.unit, b.table, b.first, count)
	for i, w := range words {
		into.words[place{b.table, b.first + uint16(i)}] = w
	}
	return err
}
