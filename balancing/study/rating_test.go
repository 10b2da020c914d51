package study_test

import (
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	"asue/balancing/study"

	"pgregory.net/rapid"
)

// TestRatingsByAmbient holds wire and transformer to the table, every digit of it.
func TestRatingsByAmbient(t *testing.T) {
	onaf := cooling(t, "ONAF")
	for _, row := range readTable(t, "ambient.txt") {
		c := number(t, row[0])
		check := func(what, want string, got float64) {
			if text := strconv.FormatFloat(got, 'f', 2, 64); want != "-" && text != want {
				t.Errorf("%s at %v °C: %s, want %s", what, c, text, want)
			}
		}
		check("wire", row[1], study.BareWire.At(c))
		check("transformer, normal ageing", row[2], onaf.Factor(c, study.Continuous))
		check("transformer, emergency", row[3], onaf.Factor(c, study.LongEmergency))
	}
}

func TestSixHoursAfterSeventyPercent(t *testing.T) {
	onaf := cooling(t, "ONAF")
	for _, row := range readTable(t, "six_hours.txt") {
		k := onaf.Permitted(number(t, row[0]), 0.7, 6*time.Hour, study.LongEmergency)
		if got := fmt.Sprintf("%.2f", k); got != row[1] {
			t.Errorf("at %s °C: %s, want %s", row[0], got, row[1])
		}
	}
}

// TestWireFollowsHeatBalance: a wire gives off heat by the difference to the air, so the
// table lies on a square root. It is printed in two digits, and not rounded everywhere
// alike: 0.008 is what both are apart.
func TestWireFollowsHeatBalance(t *testing.T) {
	for _, p := range study.BareWire.Points {
		if law := math.Sqrt((70 - p.C) / 45); math.Abs(p.K-law) > 0.008 {
			t.Errorf("at %v °C: table %v, heat balance %.4f", p.C, p.K, law)
		}
	}
}

func TestWire(t *testing.T) {
	at := func(c, want float64) {
		t.Helper()
		if got := study.BareWire.At(c); math.Abs(got-want) > 1e-12 {
			t.Errorf("at %v °C: %v, want %v", c, got, want)
		}
	}
	at(27.5, 0.97) // between two rows
	at(-40, 1.29)  // the table ends at −5 °C
	at(65, 0.67/2) // above it the law goes on
	at(70, 0)      // the air is as hot as the wire may be
	at(80, 0)      //
	if k := (study.Derating{}).At(40); k != 1 {
		t.Errorf("without a table: %v, want 1", k)
	}
	rapid.Check(t, func(t *rapid.T) {
		cold := rapid.Float64Range(-60, 80).Draw(t, "°C")
		hot := cold + rapid.Float64Range(0, 40).Draw(t, "warmer by")
		if study.BareWire.At(hot) > study.BareWire.At(cold) {
			t.Fatalf("%v °C permits more than %v °C", hot, cold)
		}
	})
}

func cooling(t testing.TB, name string) study.Cooling {
	t.Helper()
	c, err := study.CoolingOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
