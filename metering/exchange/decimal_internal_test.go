package exchange

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "12": "12", "12,5": "12.5", "12.50": "12.5", "1 234,5": "1234.5", "1\u00a0234\u00a0567,25": "1234567.25",
		"1\u2009234": "1234", "1\u202f234,5": "1234.5", "1'234.5": "1234.5", "1’234": "1234", "1,234.5": "1234.5", "1.234,5": "1234.5",
		"1.234.567": "1234567", "1,234,567": "1234567", "-3,5": "-3.5", "−3": "-3", "+4": "4", ".5": "0.5", ",25": "0.25", "5,": "5",
		"1.5E3": "1500", "1,5e-3": "0.0015", "2E+2": "200", "0,000": "0", "1,234": "1.234",
	} {
		d, err := parseDecimal(text)
		if got := decimalString(d); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", "abc", "1,2,3", "1 23", "12 3456", "1.2.3", "1,23,456", "1-2", "5e", "1e9999", "12kWh", "1,234.5.6", "١٢", "#REF!", "--1", "1 2,5", " 1 234 56"} {
		if d, err := parseDecimal(text); !errors.Is(err, errNoNumber) {
			t.Errorf("%q: %s, %v: is no number", text, decimalString(d), err)
		}
	}
	if _, err := parseDecimal("123456789012345678901"); !errors.Is(err, errTooLong) {
		t.Errorf("21 digits: %v", err)
	}
}

// TestStoredNumbers: what binary fractions leave behind 15 digits is no digit that
// anybody has written.
func TestStoredNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"0.10000000000000001": "0.1", "123.40000000000001": "123.4", "2.2999999999999998": "2.3", "4.0005000000000006": "4.0005", "250": "250", "1.0000000000000001E-3": "0.001",
	} {
		d, err := parseDecimal(text)
		if got := decimalString(d.asStored()); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
}

func decimalString(d decimal) string { return decimalText(d.digits, d.places, ".") }

// TestDecimalsAgreeWithBigOnes holds parsing and rounding against arithmetic
// without limits.
func TestDecimalsAgreeWithBigOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.Int64Range(-1e15, 1e15).Draw(t, "digits")
		places := rapid.IntRange(0, 9).Draw(t, "places")
		power := rapid.IntRange(-3, 3).Draw(t, "power")
		text := decimalText(digits, places, rapid.SampledFrom([]string{",", "."}).Draw(t, "sign"))
		d, err := parseDecimal(text)
		if err != nil {
			t.Fatal(text, err)
		}
		got, exact, ok := d.times(power)
		want := new(big.Rat).SetFrac(big.NewInt(digits), pow10(places))
		if power >= 0 {
			want.Mul(want, new(big.Rat).SetInt(pow10(power)))
		} else {
			want.Quo(want, new(big.Rat).SetInt(pow10(-power)))
		}
		if !ok || exact != want.IsInt() {
			t.Fatalf("%s times 10^%d: %d, exact %v, fits %v, want %v", text, power, got, exact, ok, want)
		}
		rounded := want.FloatString(0) // half away from zero
		if fmt.Sprint(got) != strings.Replace(rounded, "-0", "0", 1) && fmt.Sprint(got) != rounded {
			t.Fatalf("%s times 10^%d: %d, want %s", text, power, got, rounded)
		}
	})
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
