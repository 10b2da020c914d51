package regmap_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"asue/collector/device"
	"asue/collector/regmap"
	"asue/metering"
)

// told gathers what a meter says by the words of its registers; other words of the
// blocks are 0.
func told(t *testing.T, id string, contents map[string][]uint16) device.Identity {
	t.Helper()
	m, _ := library(t).Model(id)
	gathered := m.Identification()
	for _, b := range m.Plan(regmap.Ident) {
		words := make([]uint16, b.Count)
		for _, r := range b.Registers {
			copy(words[b.Offset(r):], contents[r.Name])
		}
		if err := gathered.Add(b, words); err != nil {
			t.Fatal(err)
		}
	}
	return gathered.Identity()
}

// A meter tells who it is in four blocks, the halves of its ratios among them.
func TestIdentityOfTheReferenceMeter(t *testing.T) {
	got := told(t, "asue-reference-meter", map[string][]uint16{
		"product_id": {15000}, "firmware": {123}, "serial": {0x524D, 0x2D37, 0x2000}, // "RM-7 "
		"ct_prim": {600}, "ct_sec": {5}, "vt_prim": {1, 0xADB0}, "vt_sec": {100}, "clock": {0x6967, 0xE3F0},
	})
	want := device.Identity{
		Serial: "RM-7", CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 110000, Secondary: 100},
		Clock: time.Date(2026, 1, 14, 18, 44, 0, 0, time.UTC),
		Said:  "clock=2026-01-14T18:44:00Z counting=0 ct_prim=600 ct_sec=5 firmware=1.23 product_id=15000 serial=RM-7 vt_prim=110000 vt_sec=100",
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// What differs from the map is told apart: another device, and a setting that
// changes what some registers mean.
func TestStrangeAndUnset(t *testing.T) {
	got := told(t, "carlo-gavazzi-em330-em340", map[string][]uint16{
		"identification": {340}, "measurement_mode": {0}, "ct_ratio": {1200, 0}, "vt_ratio": {10, 0},
	})
	if len(got.Strange) != 1 || got.Strange[0].String() != "identification is 340, not 332, 341 or 346" || len(got.Strange[0].Quantities) != 0 {
		t.Errorf("strange: %v", got.Strange)
	}
	if len(got.Unset) != 1 || got.Unset[0].String() != "measurement_mode is 0, not 1: in mode A power is never negative and export counts as import" {
		t.Errorf("unset: %v", got.Unset)
	}
	affected := []metering.Quantity{metering.ActivePower, metering.ActivePowerA, metering.ActivePowerB, metering.ActivePowerC, metering.ActiveImport, metering.ActiveExport}
	if diff := cmp.Diff(affected, got.Unset[0].Quantities); diff != "" {
		t.Error(diff)
	}
	if got.CT != (metering.Ratio{Primary: 120, Secondary: 1}) || got.VT != (metering.Ratio{Primary: 1, Secondary: 1}) {
		t.Errorf("ratios %+v and %+v", got.CT, got.VT)
	}

	fine := told(t, "carlo-gavazzi-em330-em340", map[string][]uint16{"identification": {341}, "measurement_mode": {1}})
	if len(fine.Strange)+len(fine.Unset) > 0 || fine.CT != (metering.Ratio{}) {
		t.Errorf("%+v", fine)
	}
}

// A content that the meter calls missing says nothing of the device, but of a
// setting nobody knows then what it is.
func TestMissingIsSaid(t *testing.T) {
	got := told(t, "asue-reference-meter", map[string][]uint16{"product_id": {0xFFFF}, "counting": {0xFFFF}, "clock": {0xFFFF, 0xFFFF}})
	if len(got.Strange) != 0 || !strings.Contains(got.Said, "product_id=n/a") || !got.Clock.IsZero() {
		t.Errorf("%+v", got)
	}
	if len(got.Unset) != 1 || got.Unset[0].Got != "n/a" {
		t.Errorf("unset: %v", got.Unset)
	}
	if got.Serial != "" {
		t.Errorf("an empty text became the serial number %q", got.Serial)
	}
}

// The PAC3200 keeps its transformer ratio while it measures without transformers.
func TestTransformersNotUsed(t *testing.T) {
	settings := map[string][]uint16{"vt_used": {0, 0}, "vt_prim": {1, 0xADB0}, "vt_sec": {0, 100}, "ct_prim": {0, 600}, "ct_sec": {0, 5}}
	if got := told(t, "siemens-pac3200", settings); got.VT != metering.Direct || got.CT != (metering.Ratio{Primary: 600, Secondary: 5}) {
		t.Errorf("VT %+v, CT %+v", got.VT, got.CT)
	}
	settings["vt_used"] = []uint16{0, 1}
	if got := told(t, "siemens-pac3200", settings); got.VT != (metering.Ratio{Primary: 110000, Secondary: 100}) {
		t.Errorf("VT %+v", got.VT)
	}
}

// Nothing was read: nothing is known, and nothing wrong.
func TestIdentityOfNothing(t *testing.T) {
	m, _ := library(t).Model("carlo-gavazzi-em330-em340")
	if diff := cmp.Diff(device.Identity{}, m.Identify(nil)); diff != "" {
		t.Error(diff)
	}
	if err := m.Identification().Add(m.Plan(regmap.Ident)[0], nil); err == nil {
		t.Error("no words were taken")
	}
}

// Clocks of both forms, and what is none.
func TestClocks(t *testing.T) {
	f := func(r regmap.Register, words []uint16, want string) {
		t.Helper()
		r.Name, r.Function, r.Order, r.Scale, r.Group = "clock", 3, regmap.BigWords, 1, regmap.Ident
		values, err := regmap.Raw(alone(&r), words)
		if err != nil || values["clock"].String() != want || values["clock"].Missing != (want == "n/a") {
			t.Errorf("%v: %+v, %v, want %s", words, values["clock"], err, want)
		}
	}
	unix := regmap.Register{Type: regmap.I32, Clock: regmap.UnixClock}
	f(unix, []uint16{0x6967, 0xE3F0}, "2026-01-14T18:44:00Z")
	f(unix, []uint16{0, 0}, "1970-01-01T00:00:00Z")
	f(unix, []uint16{0xFFFF, 0xFFFF}, "n/a") // before 1970
	f(regmap.Register{Type: regmap.U64, Clock: regmap.UnixClock}, []uint16{0, 0x00FF, 0, 0}, "n/a")
	fields := regmap.Register{Type: regmap.U16, Clock: regmap.FieldsClock}
	f(fields, []uint16{26, 2, 28, 23, 59, 59}, "2026-02-28T23:59:59Z")
	f(fields, []uint16{2028, 2, 29, 0, 0, 0}, "2028-02-29T00:00:00Z")
	f(fields, []uint16{26, 2, 29, 0, 0, 0}, "n/a")
	f(fields, []uint16{26, 0, 1, 0, 0, 0}, "n/a")
	f(fields, []uint16{26, 1, 1, 24, 0, 0}, "n/a")
	f(fields, []uint16{26, 1, 1, 0, 60, 0}, "n/a")
	f(fields, []uint16{26, 1, 1, 0, 0, 60}, "n/a")
	f(fields, []uint16{1969, 1, 1, 0, 0, 0}, "n/a")
	f(fields, []uint16{0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, "n/a")

	words := make([]uint16, 6)
	regmap.EncodeClock(&fields, time.Date(2026, 2, 28, 23, 59, 59, 7, time.UTC), words)
	if diff := cmp.Diff([]uint16{2026, 2, 28, 23, 59, 59}, words); diff != "" {
		t.Error(diff)
	}
}
