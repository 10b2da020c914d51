package metering_test

import (
	"fmt"
	"testing"

	"asue/metering"

	"pgregory.net/rapid"
)

// TestVolumesAsPeopleWriteThem: gas and water are whole litres, exactly.
func TestVolumesAsPeopleWriteThem(t *testing.T) {
	f := func(text string, want metering.Energy, fault string) {
		t.Helper()
		got, err := metering.ParseVolume(text)
		if told := fmt.Sprint(err); got != want || (err != nil || fault != "") && told != fault {
			t.Errorf("%q gives %d, %s; want %d, %s", text, got, told, want, fault)
		}
	}
	f("300 L", 300, "")
	f("12.5 m3", 12_500, "")
	f("12.345m3", 12_345, "")
	f("20000 m3", 20_000_000, "")
	f("0.001 m3", 1, "")
	f("-2 m3", -2_000, "")
	f("0.0001 m3", 0, `volume "0.0001 m3" is finer than 1 L`)
	f("0.5 L", 0, `volume "0.5 L" is finer than 1 L`)
	f("12", 0, `volume "12" has no unit: write "12 m3" or "12 L"`)
	f("12 kWh", 0, `volume "12 kWh": unknown unit "kWh": use m3 or L`)
	f("99999999999999999999 m3", 0, `volume "99999999999999999999 m3": "99999999999999999999" is not a decimal number in range`)
}

// TestPulses: what one count of an input stands for, in thousandths.
func TestPulses(t *testing.T) {
	f := func(text string, want int64, unit string) {
		t.Helper()
		got, base, err := metering.ParsePulse(text)
		if got != want || base != unit || err != nil {
			t.Errorf("%q gives %d thousandths of %s, %v; want %d of %s", text, got, base, err, want, unit)
		}
	}
	f("10 L", 10_000, "L")
	f("0.01 m3", 10_000, "L")
	f("1 m3", 1_000_000, "L")
	f("0.1 L", 100, "L")
	f("1 Wh", 1_000, "Wh")
	f("0.25 kWh", 250_000, "Wh")
	for _, text := range []string{"10", "10 kW", "0.0001 L", "1e3 L", ""} {
		if milli, _, err := metering.ParsePulse(text); err == nil {
			t.Errorf("%q was taken as %d thousandths", text, milli)
		}
	}
}

// TestVolumesComeBack: every whole number of litres that is written in either unit
// is read as itself.
func TestVolumesComeBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		litres := rapid.Int64Range(0, 1<<50).Draw(r, "litres")
		for _, text := range []string{fmt.Sprintf("%d L", litres), fmt.Sprintf("%d.%03d m3", litres/1000, litres%1000)} {
			if got, err := metering.ParseVolume(text); err != nil || int64(got) != litres {
				r.Fatalf("%q gives %d, %v", text, got, err)
			}
		}
	})
}

// TestPowersAsTheyWere: the words of electricity are read as ever.
func TestPowersAsTheyWere(t *testing.T) {
	if p, err := metering.ParsePower("29.7 MW"); p != 29_700*metering.Kilowatt || err != nil {
		t.Error(p, err)
	}
	_, err := metering.ParsePower("63 MVA")
	if want := `power "63 MVA": unknown unit "MVA": use kW, MW or W`; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
