package regmap_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"asue/collector/regmap"
	"asue/metering"
)

// everything uses each field of the format once.
const everything = `
id: everything
revision: 7
vendor: V
devices: [A, B]
verified: true
sources: [manual p. 1]
notes: [odd]
function: 4
order: little
limits: {max_registers: 50, max_hole: 8, even: true, no_read: [33..48, 0x100..0x110], min_period: 200ms, response: 1s, gap: 50ms}
not_available: {i32: [0x7FFFFFFF, 0x80000000]}
registers:
  - {name: power, quantity: p, addr: 0x10, type: i32, scale: 0.1, unit: kW, ratio: secondary, group: slow, note: n}
  - {name: ea_imp, addr: 0x14, type: f64, order: swapped-halves, unit: kWh, quantum: 0.1, parts: 2, modulus: 100000000}
  - {name: ea_exp, addr: 0x1C, type: u32+u16, order: big, scale: 0.1, unit: Wh, radix: 10000}
  - {name: ea_t1, addr: 0x50, type: u32, scale: 0.01, unit: kWh, kind: tariff, group: energy}
  - {name: er_imp, addr: 0x52, type: i16, unit: kvarh, kind: partial}
  - {name: pf, addr: 0x54, type: f32, unit: "1", coding: 4q-pf}
  - {name: name, addr: 0x60, function: 3, type: ascii, length: 8}
  - {name: ident, addr: 0x62, function: 3, type: u16, read_alone: true, not_available: [0xFFFF], expect: [1, 2], marker: true}
  - {name: q, addr: 0x70, type: i32, unit: var, unsure: seen once}
`

func TestEveryField(t *testing.T) {
	m, faults := regmap.Parse("everything.yaml", []byte(everything))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	codes := []uint64{0x7FFFFFFF, 0x80000000}
	const little = regmap.LittleWords
	want := &regmap.Model{
		ID: "everything", Revision: 7, Vendor: "V", Devices: []string{"A", "B"}, Verified: true, Sources: []string{"manual p. 1"},
		Notes: []string{"odd"}, MaxRegisters: 50, MaxHole: 8, Even: true, NoRead: []regmap.Span{{First: 33, Last: 48}, {First: 0x100, Last: 0x110}},
		MinPeriod: 200 * time.Millisecond, ResponseTime: time.Second, MinGap: 50 * time.Millisecond,
		Registers: []regmap.Register{ // by function, then address
			{Name: "name", Function: 3, Address: 0x60, Type: regmap.ASCII, Length: 8, Order: little, Scale: 1, Group: regmap.Ident},
			{Name: "ident", Function: 3, Address: 0x62, Type: regmap.U16, Order: little, Scale: 1, Group: regmap.Ident, ReadAlone: true, NotAvailable: []uint64{0xFFFF}, Expect: []int64{1, 2}, Marker: true},
			{Name: "power", Quantity: metering.ActivePower, Function: 4, Address: 0x10, Type: regmap.I32, Order: little, Scale: 100, Unit: "kW", Secondary: true, Group: regmap.Slow, NotAvailable: codes, Note: "n"},
			{Name: "ea_imp", Quantity: metering.ActiveImport, Function: 4, Address: 0x14, Type: regmap.F64, Order: regmap.SwapHalves, Scale: 1000, Unit: "kWh", Step: 100_000, Parts: 2, Modulus: 1e8, Group: regmap.EnergyGroup},
			{Name: "ea_exp", Quantity: metering.ActiveExport, Function: 4, Address: 0x1C, Type: regmap.U32U16, Order: regmap.BigWords, Scale: 0.1, Unit: "Wh", Step: 100, Radix: 10000, Modulus: 10000 << 32, Group: regmap.EnergyGroup},
			{Name: "ea_t1", Function: 4, Address: 0x50, Type: regmap.U32, Order: little, Scale: 10, Unit: "kWh", Step: 10_000, Modulus: 1 << 32, Kind: regmap.Tariff, Group: regmap.EnergyGroup},
			{Name: "er_imp", Function: 4, Address: 0x52, Type: regmap.I16, Order: little, Scale: 1000, Unit: "kvarh", Step: 1_000_000, Modulus: 1 << 15, Kind: regmap.Partial, Group: regmap.Ident},
			{Name: "pf", Quantity: metering.PowerFactor, Function: 4, Address: 0x54, Type: regmap.F32, Order: little, Scale: 1, Unit: "1", Coding: regmap.FourQuadrantPF, Group: regmap.Slow},
			{Name: "q", Quantity: metering.ReactivePower, Function: 4, Address: 0x70, Type: regmap.I32, Order: little, Scale: 1, Unit: "var", Group: regmap.Fast, NotAvailable: codes, Unsure: "seen once"},
		},
	}
	if diff := cmp.Diff(want, m, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if _, ok := m.Of(metering.ReactivePower); ok {
		t.Error("a register in doubt stands for a quantity")
	}
	if r, ok := m.Of(metering.ActiveImport); !ok || r.Words() != 8 {
		t.Errorf("two tariffs of four words: %+v", r)
	}
}
