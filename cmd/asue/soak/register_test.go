package soak

import (
	"fmt"
	"slices"
	"time"

	"asue/collector/device"
	"asue/collector/regmap"
	"asue/metering"
)

// A register is an unsigned integer of 64 bits, high word first, of which the
// lower 53 are used, as many as a float64 keeps:
//
//	52      function: 0 holding registers, 1 input registers
//	40..51  address / 4
//	32..39  unit
//	 0..31  milliseconds since the run began
type content struct {
	unit, function uint8
	address        uint16
	at             time.Duration // since the run began, whole milliseconds
}

func (c content) bits() uint64 {
	return uint64(c.function-3)<<52 | uint64(c.address/4)<<40 | uint64(c.unit)<<32 | uint64(uint32(c.at.Milliseconds()))
}

func contentOf(bits uint64) content {
	return content{
		unit: uint8(bits >> 32), function: 3 + uint8(bits>>52), address: 4 * uint16(bits>>40&0xFFF),
		at: time.Duration(uint32(bits)) * time.Millisecond,
	}
}

// nameplate is from where on registers hold no time: they stay as they are.
const nameplate = 1600

// word is what one register address holds.
func (c content) word() uint16 {
	if c.address >= nameplate {
		c.at = 0
	}
	at := c.address % 4
	c.address -= at
	return uint16(c.bits() >> (16 * (3 - at)))
}

func (c content) String() string {
	return fmt.Sprintf("unit %d function %d address %d at %v", c.unit, c.function, c.address, c.at)
}

// model is a meter with blocks of equal and of different lengths, next to each
// other and far apart, in both tables.
var model = makeModel([]block{
	{3, 0, device.Fast, []metering.Quantity{metering.VoltageA, metering.VoltageB, metering.VoltageC}},
	{3, 400, device.Fast, []metering.Quantity{metering.CurrentA, metering.CurrentB, metering.CurrentC}}, // as long as the first
	{4, 0, device.Fast, []metering.Quantity{metering.ActivePower, metering.ReactivePower, metering.Frequency}},
	{4, 400, device.Slow, []metering.Quantity{metering.PowerFactor}},
	{3, 800, device.Energy, []metering.Quantity{metering.ActiveImport, metering.ActiveExport, metering.ReactiveImport}},
	{3, 1200, device.Slow, []metering.Quantity{metering.VoltageAB, metering.VoltageBC, metering.VoltageCA, metering.VoltageLL, metering.VoltageLN}},
})

type block struct {
	function   uint8
	address    uint16
	group      device.Group
	quantities []metering.Quantity
}

func makeModel(blocks []block) *regmap.Model {
	m := &regmap.Model{ID: "soak", Revision: 1, MaxRegisters: 60}
	for _, b := range blocks {
		for i, q := range b.quantities {
			r := regmap.Register{
				Name: q.String(), Quantity: q, Function: b.function, Address: b.address + uint16(4*i),
				Type: regmap.U64, Order: regmap.BigWords, Scale: 1, Group: b.group,
			}
			if q.Counter() {
				r.Step = 1000
			}
			m.Registers = append(m.Registers, r)
		}
	}
	m.Registers = append(m.Registers, regmap.Register{
		Name: "serial", Function: 3, Address: nameplate, Type: regmap.U64, Order: regmap.BigWords, Scale: 1, Group: device.Ident, Marker: true,
	})
	slices.SortFunc(m.Registers, func(a, b regmap.Register) int {
		return int(a.Function)<<16 + int(a.Address) - int(b.Function)<<16 - int(b.Address)
	})
	return m
}

// placeOf is where a quantity is kept; 0 stands for the nameplate.
var placeOf = func() map[metering.Quantity]*regmap.Register {
	at := map[metering.Quantity]*regmap.Register{}
	for i := range model.Registers {
		at[model.Registers[i].Quantity] = &model.Registers[i]
	}
	return at
}()
