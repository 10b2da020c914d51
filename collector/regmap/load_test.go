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
  - {name: v_gas, addr: 0x58, type: u32, unit: m3, pulse: true}
  - {name: er_imp, addr: 0x52, type: i16, unit: kvarh, kind: partial}
  - {name: pf, addr: 0x54, type: f32, unit: "1", coding: 4q-pf}
  - {name: name, addr: 0x60, function: 3, type: ascii, length: 8}
  - {name: ident, addr: 0x62, function: 3, type: u16, read_alone: true, not_available: [0xFFFF], expect: [1, 2], marker: true}
  - {name: q, addr: 0x70, type: i32, unit: var, unsure: seen once}
  - {name: mode, addr: 0x72, type: u16, guard: {equals: [1, 3], why: w, affects: [p, ea_imp]}}
  - {name: date, addr: 0x74, type: i16, clock: ymdhms}
  - {name: index, addr: 0x7A, type: u16, group: profile}
archive:
  period: 30m
  records: 48
  addr: 0x200
  words: 14
  function: 3
  newest: index
  time: {offset: 0, type: u32, order: big, clock: unix}
  registers:
    - {name: import, quantity: ea_imp, offset: 2, type: f64, order: big, unit: kWh, quantum: 0.1, parts: 2, modulus: 100000000, ratio: primary, note: n, not_available: [0]}
    - {name: ea_exp, offset: 10, type: u32+u16, scale: 0.1, unit: Wh, radix: 10000}
`

// sunSpecEverything uses what goes together with offsets only.
const sunSpecEverything = `
id: everything
revision: 1
vendor: V
devices: [A]
sources: [S]
sunspec: 203
registers:
  - {name: p, addr: 2, type: i16, unit: W, scale_factor: sf}
  - {name: ea_imp, addr: 4, type: u32, unit: Wh, scale_factor: sf}
  - {name: sf, addr: 3, type: i16}
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
			{Name: "v_gas", Quantity: metering.GasVolume, Function: 4, Address: 0x58, Type: regmap.U32, Order: little, Scale: 1000, Unit: "m3", Step: 1_000_000, Modulus: 1 << 32, Pulse: true, Group: regmap.EnergyGroup},
			{Name: "q", Quantity: metering.ReactivePower, Function: 4, Address: 0x70, Type: regmap.I32, Order: little, Scale: 1, Unit: "var", Group: regmap.Fast, NotAvailable: codes, Unsure: "seen once"},
			{Name: "mode", Function: 4, Address: 0x72, Type: regmap.U16, Order: little, Scale: 1, Group: regmap.Ident, Guard: &regmap.Guard{Equals: []int64{1, 3}, Why: "w", Affects: []metering.Quantity{metering.ActivePower, metering.ActiveImport}}},
			{Name: "date", Function: 4, Address: 0x74, Type: regmap.I16, Order: little, Scale: 1, Group: regmap.Ident, Clock: regmap.FieldsClock},
			{Name: "index", Function: 4, Address: 0x7A, Type: regmap.U16, Order: little, Scale: 1, Group: regmap.Profile},
		},
	}
	want.Archive = &regmap.Archive{
		Period: 30 * time.Minute, Records: 48, Address: 0x200, Words: 14, Function: 3, Newest: "index",
		Time: regmap.Register{Name: "time", Function: 3, Type: regmap.U32, Order: regmap.BigWords, Scale: 1, Clock: regmap.UnixClock, Group: regmap.Profile},
		Registers: []regmap.Register{
			{Name: "import", Quantity: metering.ActiveImport, Function: 3, Address: 2, Type: regmap.F64, Order: regmap.BigWords, Scale: 1000, Unit: "kWh", Step: 100_000, Parts: 2, Modulus: 1e8, Group: regmap.Profile, NotAvailable: []uint64{0}, Note: "n"},
			{Name: "ea_exp", Quantity: metering.ActiveExport, Function: 3, Address: 10, Type: regmap.U32U16, Order: little, Scale: 0.1, Unit: "Wh", Step: 100, Radix: 10000, Modulus: 10000 << 32, Group: regmap.Profile},
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

func TestEveryFieldOfSunSpec(t *testing.T) {
	m, faults := regmap.Parse("everything.yaml", []byte(sunSpecEverything))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	sf := &regmap.Exponent{Name: "sf", Address: 3, Type: regmap.I16}
	want := &regmap.Model{
		ID: "everything", Revision: 1, Vendor: "V", Devices: []string{"A"}, Sources: []string{"S"}, MaxRegisters: 125, MaxHole: 60, SunSpec: 203,
		Registers: []regmap.Register{
			{Name: "p", Quantity: metering.ActivePower, Function: 3, Address: 2, Type: regmap.I16, Order: regmap.BigWords, Scale: 1, Unit: "W", Group: regmap.Fast, Exponent: sf},
			{Name: "sf", Function: 3, Address: 3, Type: regmap.I16, Order: regmap.BigWords, Scale: 1, Group: regmap.Ident, ScalesOthers: true},
			{Name: "ea_imp", Quantity: metering.ActiveImport, Function: 3, Address: 4, Type: regmap.U32, Order: regmap.BigWords, Scale: 1, Unit: "Wh", Step: 1000, Modulus: 1 << 32, Group: regmap.EnergyGroup, Exponent: sf},
		},
	}
	if diff := cmp.Diff(want, m, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	var plan []string
	for _, b := range m.Plan(regmap.Groups()...) {
		plan = append(plan, b.String())
	}
	if diff := cmp.Diff([]string{"fc 3 2..3 (2) fast: p … sf, 2 values", "fc 3 3..5 (3) energy: sf … ea_imp, 2 values"}, plan); diff != "" {
		t.Error(diff)
	}
}
