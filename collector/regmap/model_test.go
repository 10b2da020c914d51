package regmap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"asue/collector/regmap"
	"asue/metering"
)

// The plans of real models, as a person would check them beside the document.
func TestPlansOfModels(t *testing.T) {
	lib := library(t)
	f := func(id string, maxHole int, want string, groups ...regmap.Group) {
		t.Helper()
		m, _ := lib.Model(id)
		var lines []string
		for _, b := range m.PlanHole(maxHole, groups...) {
			lines = append(lines, b.String())
		}
		if diff := cmp.Diff(strings.TrimSpace(want), strings.Join(lines, "\n")); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	f("eastron-sdm630", 60, `
fc 4 0..57 (58) fast: u_a … s, 19 values
fc 4 60..61 (2) fast: q
fc 4 72..79 (8) energy: ea_imp … er_exp, 4 values`, regmap.EnergyGroup, regmap.Fast)
	f("carlo-gavazzi-em330-em340", 60, `
fc 4 11..11 (1) ident: identification
fc 4 4098..4102 (5) ident: system … vt_ratio, 3 values
fc 4 4355..4355 (1) ident: measurement_mode`, regmap.Ident)
	f("siemens-pac3200", 60, "fc 3 801..832 (32) energy: ea_imp … er_exp, 4 values", regmap.EnergyGroup)
	f("schneider-pm5100-pm5300-pm5500", 60, "fc 3 2999..3110 (112) fast: i_a … f, 26 values", regmap.Fast)
	f("schneider-pm5100-pm5300-pm5500", 16, `
fc 3 2999..3076 (78) fast: i_a … s, 25 values
fc 3 3109..3110 (2) fast: f`, regmap.Fast)
	f("schneider-pm5100-pm5300-pm5500", 15, `
fc 3 2999..3036 (38) fast: i_a … u_ln_avg, 13 values
fc 3 3053..3076 (24) fast: p_a … s, 12 values
fc 3 3109..3110 (2) fast: f`, regmap.Fast)
	f("eastron-sdm630", 60, "")
}

// What a model tells about itself.
func TestModel(t *testing.T) {
	lib := library(t)
	if _, ok := lib.Model("no-such-meter"); ok {
		t.Error("a model that does not exist was found")
	}
	for _, id := range lib.IDs() {
		m, ok := lib.Model(id)
		if !ok || m.Name() != fmt.Sprintf("%s@%d", id, m.Revision) {
			t.Errorf("%s: %q", id, m.Name())
		}
		if _, ok := m.Of(metering.ActivePower); !ok && id != "circutor-cvm-c10" && !m.Pulses() {
			t.Errorf("%s measures no active power", id)
		}
		if len(m.Sources) == 0 || m.Verified {
			t.Errorf("%s: sources %v, verified %v", id, m.Sources, m.Verified)
		}
	}
	// A marker is short, never changes, and where nothing else is left it is a setting.
	markers := map[string]string{}
	for _, id := range lib.IDs() {
		m, _ := lib.Model(id)
		if b, ok := m.Marker(); ok {
			markers[id] = b.Registers[0].Name
		}
	}
	want := map[string]string{
		"asue-pulse-counter": "product_id", "asue-reference-meter": "product_id", "carlo-gavazzi-em330-em340": "identification", "circutor-cvm-c10": "ct_prim",
		"eastron-sdm630": "system_type", "janitza-umg96rm": "firmware", "schneider-pm3200": "serial",
		"schneider-pm5100-pm5300-pm5500": "model_id", "siemens-pac3200": "ct_prim", "socomec-countis-e23": "product_order",
		"socomec-countis-e34-e44": "product_order", "socomec-diris-a10": "product_order", "socomec-diris-b30": "product_order",
		"sunspec-203": "sunspec_id", "sunspec-213": "sunspec_id",
	}
	if diff := cmp.Diff(want, markers); diff != "" {
		t.Errorf("markers: %s", diff)
	}
	m, _ := lib.Model("carlo-gavazzi-em330-em340")
	b, ok := m.Marker()
	if !ok || b.String() != "fc 4 11..11 (1) ident: identification" {
		t.Fatalf("marker %v", b)
	}
	values, err := regmap.Raw(b, []uint16{330})
	if err != nil || b.Registers[0].Expected(values["identification"]) {
		t.Errorf("an engineering sample was taken for an EM330: %v, %v", values, err)
	}
}
