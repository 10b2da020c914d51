package regmap_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"asue/collector/regmap"
	"asue/metering"
)

// A gas meter gives a pulse for each 10 L: 12,345 pulses are 123.45 m³, and the
// three other inputs are not read.
func TestPulsesOfAGasMeter(t *testing.T) {
	model, _ := library(t).Model("asue-pulse-counter")
	gas := model.Counting(metering.Gas, 10_000)
	blocks := gas.Plan(regmap.EnergyGroup)
	if len(blocks) != 1 || blocks[0].String() != "fc 4 16..17 (2) energy: v_gas" {
		t.Fatalf("planned %v", blocks)
	}
	readings, err := regmap.Decode(blocks[0], []uint16{0, 12345}, metering.Direct, metering.Direct)
	want := []metering.Reading{{Quantity: metering.GasVolume, Value: 123_450, Count: metering.Count{Raw: 12345, Step: 10_000}}}
	if diff := cmp.Diff(want, readings); diff != "" || err != nil {
		t.Errorf("(-want +got)\n%s%v", diff, err)
	}
}

// A water meter of a tenth of a litre has counts that are no whole base units.
func TestPulsesFinerThanALitre(t *testing.T) {
	model, _ := library(t).Model("asue-pulse-counter")
	r, ok := model.Counting(metering.DrinkingWater, 100).Of(metering.DrinkingWaterVolume)
	if !ok || r.Step != 100 {
		t.Fatalf("%+v", r)
	}
	words := make([]uint16, 2)
	regmap.Encode(r, regmap.Value{MilliUnits: 1_234_567}, metering.Direct, metering.Direct, words) // 1234.567 L
	if diff := cmp.Diff([]uint16{0, 12345}, words); diff != "" {
		t.Error(diff)
	}
}

// What the pulse means changes nothing at a meter that knows it itself, and nothing
// in the library's own model.
func TestPulsesOfOthersAreAsTheyWere(t *testing.T) {
	lib := library(t)
	for _, id := range lib.IDs() {
		model, _ := lib.Model(id)
		at := model.Counting(metering.Gas, 10_000)
		if (at == model) != !model.Pulses() || at.Name() != model.Name() {
			t.Errorf("%s: another model %s at a point", id, at.Name())
		}
	}
	model, _ := lib.Model("asue-pulse-counter")
	if r, _ := model.Of(metering.GasVolume); r.Step != 1000 || len(model.Registers) != 7 {
		t.Errorf("the library has %d registers, of steps of %d", len(model.Registers), r.Step)
	}
	if diff := cmp.Diff(metering.AllChannels()[4:], model.Channels()); diff != "" {
		t.Error(diff)
	}
}
