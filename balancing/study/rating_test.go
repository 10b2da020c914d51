package study

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRatingsByAmbient holds wire and transformer to the table, every digit of it.
func TestRatingsByAmbient(t *testing.T) {
	onaf := cooling(t, "ONAF")
	for _, row := range table(t, "ambient.txt") {
		c := number(t, row[0])
		check := func(what, want string, got float64) {
			if text := strconv.FormatFloat(got, 'f', 2, 64); want != "-" && text != want {
				t.Errorf("%s at %v °C: %s, want %s", what, c, text, want)
			}
		}
		check("wire", row[1], BareWire.At(c))
		check("transformer, normal ageing", row[2], onaf.Factor(c, Continuous))
		check("transformer, emergency", row[3], onaf.Factor(c, LongEmergency))
	}
}

// TestWireFollowsHeatBalance: a wire gives off heat by the difference to the air, so the
// table lies on a square root. It is printed in two digits, and not rounded everywhere
// alike: 0.008 is what both are apart.
func TestWireFollowsHeatBalance(t *testing.T) {
	for _, p := range BareWire.Points {
		if law := math.Sqrt((70 - p.C) / 45); math.Abs(p.K-law) > 0.008 {
			t.Errorf("at %v °C: table %v, heat balance %.4f", p.C, p.K, law)
		}
	}
}

func TestWire(t *testing.T) {
	at := func(c, want float64) {
		t.Helper()
		if got := BareWire.At(c); math.Abs(got-want) > 1e-12 {
			t.Errorf("at %v °C: %v, want %v", c, got, want)
		}
	}
	at(27.5, 0.97) // between two rows
	at(-40, 1.29)  // the table ends at −5 °C
	at(65, 0.67/2) // above it the law goes on
	at(70, 0)      // the air is as hot as the wire may be
	at(80, 0)      //
	if k := (Derating{}).At(40); k != 1 {
		t.Errorf("without a table: %v, want 1", k)
	}
	rapid.Check(t, func(t *rapid.T) {
		cold := rapid.Float64Range(-60, 80).Draw(t, "°C")
		hot := cold + rapid.Float64Range(0, 40).Draw(t, "warmer by")
		if BareWire.At(hot) > BareWire.At(cold) {
			t.Fatalf("%v °C permits more than %v °C", hot, cold)
		}
	})
}

func cooling(t testing.TB, name string) Cooling {
	t.Helper()
	c, err := CoolingOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// table reads the columns of a text table; what stands behind # is for people.
func table(t testing.TB, file string) (rows [][]string) {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if columns := strings.Fields(text); len(columns) > 0 {
			rows = append(rows, columns)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s: no rows", file)
	}
	return rows
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
