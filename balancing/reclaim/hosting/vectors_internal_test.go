package hosting

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s %.6f, want %.6f", what, got, want)
	}
}

// The figures by which the method was agreed, as text: a line asks, the lines after "----"
// answer.
func TestVectors(t *testing.T) {
	const file = "testdata/vectors.txt"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		ask, answer, ok := strings.Cut(line, " → ")
		if !ok {
			t.Fatalf("no answer to %q", line)
		}
		want = append(want, ask+" → "+answer)
		got = append(got, ask+" → "+vector(t, strings.Fields(ask)))
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 6 {
		t.Errorf("%d vectors (-want +got):\n%s", len(want), diff)
	}
}

func vector(t *testing.T, words []string) string {
	t.Helper()
	number := func(i int) float64 {
		v, err := strconv.ParseFloat(words[i], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	switch words[0] {
	case "tail": // peaks, days, threshold, scale, shape, limit
		day := dayAbove(number(1)/number(2), number(6)-number(3), number(4), number(5))
		return fmt.Sprintf("day %.6f, %.3f days a year, year %.3f", day, 365*day, yearOf(day))
	case "days": // limit, existing days, new days: each with each, two blocks of half an hour
		existing, added, _ := strings.Cut(strings.Join(words[2:], " "), " with ")
		days, blocks, n, energy := 0, 0, 0, 0.0
		for _, a := range pairs(t, existing) {
			for _, b := range pairs(t, added) {
				v := tallyOf([]float32{a[0] + b[0], a[1] + b[1]}, float32(number(1)), 0.5)
				n++
				blocks += v.blocks
				energy += v.energy
				if v.blocks > 0 {
					days++
				}
			}
		}
		return fmt.Sprintf("day %.3f, block %.3f, %.3f a day", float64(days)/float64(n), float64(blocks)/float64(2*n), energy/float64(n))
	case "loads": // how many, mean, deviation, correlation, limit
		var c crude
		for range int(number(1)) {
			c.add(spread{number(2), number(3)})
		}
		return fmt.Sprintf("deviation %.3f, the limit is %.2f of them above the mean, block %.4f", c.sd(number(4)), (number(5)-c.mean)/c.sd(number(4)), c.above(number(5), number(4)))
	}
	t.Fatalf("unknown vector %v", words)
	return ""
}

// pairs are "20,26 24,28".
func pairs(t *testing.T, text string) (list [][2]float32) {
	t.Helper()
	for _, word := range strings.Fields(text) {
		var a, b float32
		if _, err := fmt.Sscanf(word, "%g,%g", &a, &b); err != nil {
			t.Fatal(err)
		}
		list = append(list, [2]float32{a, b})
	}
	return list
}

func TestBeyondTheEndOfATail(t *testing.T) {
	if dayAbove(0.1, 10, 0.9, -0.15) != 0 {
		t.Error("a day beyond the end of a bounded tail")
	}
}

// Peaks of a known distribution give its shape and scale back, and a refit is a fit of
// what was drawn.
func TestFitOfATail(t *testing.T) {
	for _, shape := range []float64{-0.2, 0.0001, 0.2} {
		var over []float64
		const n = 20_000
		for i := range n {
			p := 1 - (float64(i)+0.5)/n
			over = append(over, 3*(math.Pow(p, -shape)-1)/shape)
		}
		got, scale := fit(over, nil)
		near(t, "shape", got, shape, 0.01)
		near(t, "scale", scale, 3, 0.03)
	}
	rapid.Check(t, func(t *rapid.T) {
		over := rapid.SliceOfN(rapid.Float64Range(0.01, 5), 5, 40).Draw(t, "over")
		slices.Sort(over)
		e := peaks{over: over}
		seed := rapid.Uint64().Draw(t, "seed")
		shape, scale := e.refit(rand.New(rand.NewPCG(seed, 0)))
		dice := rand.New(rand.NewPCG(seed, 0))
		var drawn []float64
		for range over {
			drawn = append(drawn, over[dice.IntN(len(over))])
		}
		slices.Sort(drawn)
		wantShape, wantScale := fit(drawn, nil)
		if math.Abs(shape-wantShape) > 1e-9*max(1, math.Abs(wantShape)) || math.Abs(scale-wantScale) > 1e-9*max(1, math.Abs(wantScale)) {
			t.Fatalf("%v %v, want %v %v", shape, scale, wantShape, wantScale)
		}
	})
}

// Days in a row are one event.
func TestRunsOfDays(t *testing.T) {
	got := runs([]float64{1, 5, 6, 5, 1, 7, 1, 1, 4.5}, 4)
	if !slices.Equal(got, []float64{0.5, 2, 3}) {
		t.Errorf("excesses %v", got)
	}
	daily := make([]float64, 365)
	dice := rand.New(rand.NewPCG(3, 3))
	for i := range daily {
		daily[i] = 20 + 4*dice.Float64()
	}
	e := peaksOf(daily)
	if e == nil || len(e.over) < leastPeaks {
		t.Fatalf("peaks %+v", e)
	}
	above := 1.1
	for x := 20.0; x < 26; x += 0.1 { // more demanding limits are less likely to be kept
		p := e.day(x, e.scale, e.shape)
		if p > above {
			t.Fatalf("above %v: %v, above a lower one %v", x, p, above)
		}
		above = p
	}
	if peaksOf(slices.Repeat([]float64{5}, 365)) != nil {
		t.Error("a flat load has peaks")
	}
}
