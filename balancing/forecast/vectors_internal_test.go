package forecast

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the answers into testdata")

// Cases are a line and its answer; see testdata/vectors.txt.
func TestVectors(t *testing.T) {
	const file = "testdata/vectors.txt"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cases := strings.Split(string(text), "\n\n")
	asked := 0
	for i, c := range cases {
		head, want, ok := strings.Cut(c, "----\n")
		out.WriteString(head)
		if ok {
			lines := strings.Split(strings.TrimSpace(head), "\n")
			got := answer(t, strings.Fields(lines[len(lines)-1]))
			if got != strings.TrimSpace(want) {
				t.Errorf("%s\ngot %s, want %s", lines[len(lines)-1], got, want)
			}
			asked++
			out.WriteString("----\n" + got)
		}
		if i < len(cases)-1 {
			out.WriteString("\n\n")
		}
	}
	if asked < 15 {
		t.Errorf("only %d cases were read", asked)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func answer(t *testing.T, words []string) string {
	t.Helper()
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("%v: %v", words, err)
		}
		return v
	}
	named := map[string]float64{}
	var list []float64
	for _, w := range words[1:] {
		if name, value, ok := strings.Cut(w, "="); ok {
			named[name] = number(value)
		} else if v, err := strconv.ParseFloat(w, 64); err == nil {
			list = append(list, v)
		}
	}
	show := func(v ...float64) string {
		var parts []string
		for _, x := range v {
			if math.IsNaN(x) {
				return "not known"
			}
			parts = append(parts, strconv.FormatFloat(math.Round(x*1e6)/1e6, 'f', -1, 64))
		}
		return strings.Join(parts, " ")
	}
	switch words[0] {
	case "median":
		return show(likeMedian(list))
	case "correct":
		return show(named["says"] + newCorrection(named["phi"], 4).after(int(named["h"]))*(named["y"]-named["was"]))
	case "ranks":
		low, high := ranks(int(named["n"]), named["miss"])
		return fmt.Sprint(low, high)
	case "band":
		b := aim{named["miss"], missUpper}.band(list)
		return show(b.low, b.high)
	case "pinball":
		return show(pinball(named["q"], named["y"], named["says"]))
	case "winkler":
		return show(winkler(named["miss"], named["y"], named["low"], named["high"]))
	case "aim":
		a := newAim()
		a.seen(words[1] == "miss", false)
		return show(a.outside)
	case "choose":
		var losses [methods]float64
		for m := range losses {
			losses[m] = named[string(methodNames[m])]
		}
		present := slices.Index(methodNames[:], Method(words[1]))
		return string(methodNames[choose(present, losses, []int{naive, profile, seasonal, mean})])
	}
	t.Fatalf("unknown case %v", words)
	return ""
}
