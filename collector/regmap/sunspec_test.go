package regmap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/collector/regmap"
)

// walk plays a chain of models, each a number and a length, behind a marker at
// base, and tells what the walk came to.
func walk(m *regmap.Model, base uint16, chain ...[2]uint16) string {
	w := m.SunSpecWalk(base)
	var said []string
	for _, link := range chain {
		at := w.Header()
		found, err := w.Take(link[0], link[1])
		switch {
		case err != nil:
			return strings.Join(append(said, err.Error()), ", ")
		case found:
			s := fmt.Sprintf("found at %d", at)
			if common, ok := w.Common(); ok {
				s += fmt.Sprintf(", common at %d", common)
			}
			return strings.Join(append(said, s), ", ")
		}
		said = append(said, fmt.Sprint(at))
	}
	return strings.Join(append(said, "goes on"), ", ")
}

func TestSunSpecWalk(t *testing.T) {
	m, _ := library(t).Model("sunspec-203")
	f := func(want string, base uint16, chain ...[2]uint16) {
		t.Helper()
		if got := walk(m, base, chain...); got != want {
			t.Errorf("%v: %s\nwant %s", chain, got, want)
		}
	}
	common := [2]uint16{1, 66}
	f("40002, found at 40070, common at 40002", 40000, common, [2]uint16{203, 105})
	f("2, 69, 171, found at 182, common at 2", 0, [2]uint16{1, 65}, [2]uint16{103, 100}, [2]uint16{64001, 9}, [2]uint16{203, 105})
	f("50002, sunspec: the device has no model 203: its chain ends at 50070 after 1 models", 50000, common, [2]uint16{0xFFFF, 0})
	f("sunspec: no model has number 0, which stands at 40002: not a chain of models", 40000, [2]uint16{0, 0})
	f("sunspec: model 203 at 40002 has 60 registers, the map reads 105", 40000, [2]uint16{203, 60})
	f("sunspec: model 11 at 40002, of 25531 registers, leaves no room for an end", 40000, [2]uint16{11, 25531})
	f("40002, sunspec: model 203 at 65430 ends beyond address 65535", 40000, [2]uint16{11, 25426}, [2]uint16{203, 105})

	long := make([][2]uint16, 200)
	for i := range long {
		long[i] = [2]uint16{7, 0}
	}
	if got := walk(m, 40000, long...); !strings.HasSuffix(got, "sunspec: the chain has more than 100 models") {
		t.Error(got)
	}
	if got := fmt.Sprint(regmap.SunSpecBases(), regmap.SunSpecMarker()); got != "[40000 50000 0] [21365 28243]" {
		t.Error(got)
	}
}

// Whatever stands in a device, a walk ends, never goes back, and what it finds lies
// within the addresses.
func TestSunSpecWalkEnds(t *testing.T) {
	m, _ := library(t).Model("sunspec-213")
	rapid.Check(t, func(t *rapid.T) {
		w := m.SunSpecWalk(rapid.Uint16().Draw(t, "base"))
		at := int(w.Header())
		for range 1000 {
			number := rapid.SampledFrom([]uint16{1, 7, 64001, 213, 0xFFFF, 0}).Draw(t, "number")
			length := rapid.OneOf(rapid.Uint16Range(0, 200), rapid.Uint16()).Draw(t, "length")
			found, err := w.Take(number, length)
			if err != nil {
				return
			}
			if found {
				for _, b := range m.Plan(regmap.Groups()...) {
					if moved, err := b.At(w.Header()); err != nil || moved.Address != b.Address+w.Header() {
						t.Fatalf("found at %d, but %v: %v", w.Header(), b, err)
					}
				}
				return
			}
			if int(w.Header()) < at+2 {
				t.Fatalf("from %d to %d", at, w.Header())
			}
			at = int(w.Header())
		}
		t.Fatal("the walk does not end")
	})
}

// A moved block reads elsewhere and means the same.
func TestBlockAtBase(t *testing.T) {
	m, _ := library(t).Model("sunspec-203")
	b := m.Plan(regmap.EnergyGroup)[0]
	words := make([]uint16, b.Count)
	for _, r := range b.Registers {
		words[b.Offset(r)] = uint16(r.Address) // any that differ
	}
	words[54-38], words[71-38] = 2, 3
	want, err := regmap.Decode(b, words, ratioOf(""), ratioOf(""))
	if err != nil {
		t.Fatal(err)
	}
	moved, err := b.At(40070)
	if err != nil || moved.String() != "fc 3 40108..40141 (34) energy: ea_exp … TotVAh_SF, 5 values" {
		t.Fatalf("%v, %v", moved, err)
	}
	got, err := regmap.Decode(moved, words, ratioOf(""), ratioOf(""))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var parts []string
	for _, p := range moved.Split() {
		parts = append(parts, p.String())
	}
	if diff := cmp.Diff([]string{"fc 3 40108..40124 (17) energy: ea_exp … TotWh_SF, 3 values", "fc 3 40133..40141 (9) energy: es_imp … TotVAh_SF, 2 values"}, parts); diff != "" {
		t.Error(diff)
	}
	if _, err := b.At(65536 - 60); err == nil || !strings.Contains(err.Error(), "beyond address 65535") {
		t.Errorf("beyond the end: %v", err)
	}
	if _, err := b.At(65536 - 72); err != nil {
		t.Errorf("at the very end: %v", err)
	}
}

// Who the device is stands in the common model.
func TestSunSpecCommon(t *testing.T) {
	m, _ := library(t).Model("sunspec-213")
	b, err := regmap.SunSpecCommon().At(40002)
	if err != nil || b.Address != 40004 || b.Count != 64 {
		t.Fatalf("%v, %v", b, err)
	}
	words := make([]uint16, b.Count)
	for name, text := range map[string]string{"manufacturer": "asue", "type": "meter", "serial": "S-1"} {
		for _, r := range b.Registers {
			if r.Name == name {
				at := b.Offset(r)
				regmap.EncodeText(r, text, words[at:at+r.Words()])
			}
		}
	}
	gathered := m.Identification()
	if err := gathered.Add(b, words); err != nil {
		t.Fatal(err)
	}
	if id := gathered.Identity(); id.Serial != "S-1" || id.Said != "manufacturer=asue serial=S-1 type=meter version=n/a" {
		t.Errorf("%+v", id)
	}
}
