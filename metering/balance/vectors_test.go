package balance_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"asue/metering"
	"asue/metering/balance"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

// tell runs a text file of questions and answers: lines, "----", what answer says
// to them, an empty line. A line with '#' is a remark. Questions without "----"
// are kept for the next answer.
func tell(t *testing.T, file string, answer func(lines []string) string) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	var lines []string
	skipping := false
	for line := range strings.Lines(string(src)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "----":
			out.WriteString("----\n" + answer(lines) + "\n")
			lines, skipping = nil, true
		case skipping && line != "":
		default:
			skipping = false
			out.WriteString(line + "\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) > 0 {
		t.Errorf("%s ends without an answer to %q", file, lines)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(src), out.String()); diff != "" && !*rewrite {
		t.Errorf("%s: -want +got:\n%s", file, diff)
	}
}

func TestVectors(t *testing.T) {
	tell(t, "testdata/vectors.txt", func(lines []string) string {
		if len(lines) != 1 {
			t.Fatalf("one question at a time: %q", lines)
		}
		v := vector{t: t, words: strings.Fields(strings.ReplaceAll(lines[0], ",", " , "))}
		v.line = lines[0]
		return v.answer()
	})
}

type vector struct {
	t     *testing.T
	line  string
	words []string
}

// option finds "name=1.5"; 0 if it is not there.
func (v vector) option(name string) float64 {
	for _, w := range strings.Fields(v.line) {
		if s, ok := strings.CutPrefix(w, name+"="); ok {
			return v.number(s)
		}
	}
	return 0
}

func (v vector) number(s string) float64 {
	v.t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		v.t.Fatalf("%q: %v", v.line, err)
	}
	return f
}

func (v vector) numbers(words []string) []float64 {
	var list []float64
	for _, w := range words {
		list = append(list, v.number(w))
	}
	return list
}

func (v vector) answer() string {
	word, rest, _ := strings.Cut(v.line, " ")
	w := strings.Fields(rest)
	switch word {
	case "limit":
		f := balance.Formula{Factor: v.option("factor"), Lead: v.option("lead")}
		return fmt.Sprintf("%.3f %%", f.Limit(v.classes(strings.Join(w[:5], ""))))
	case "permitted":
		return v.permitted(strings.Split(rest, ", "))
	case "transformer", "windings", "reactive":
		return v.transformer(word, w)
	case "line":
		mw := balance.Flow{P: v.option("p") * 1e6, Q: v.option("q") * 1e6, SquareFactor: v.option("k2")}
		return fmt.Sprintf("%.1f kW", balance.LineLoss(v.number(w[0])*v.number(w[2]), v.number(w[4])*1000, mw)/1000)
	case "form":
		return fmt.Sprintf("%.3f", balance.SquareFactor(v.numbers(w)))
	case "ct":
		return v.ct(w[0], v.numbers(w[2:]))
	case "share":
		return v.share(v.number(w[0]), v.numbers(w[2:]))
	}
	v.t.Fatalf("unknown question %q", v.line)
	return ""
}

func (v vector) classes(s string) balance.Errors {
	var percents []float64
	for _, part := range strings.Split(s, "/") {
		if part == "-" {
			percents = append(percents, 0)
			continue
		}
		a, err := balance.ParseAccuracy(part)
		if err != nil {
			v.t.Fatal(err)
		}
		percents = append(percents, a.Percent)
	}
	return balance.Errors{Meter: percents[0], CT: percents[1], VT: percents[2]}
}

func (v vector) permitted(sides []string) string {
	side := func(s string) (parts []balance.Part) {
		w := strings.Fields(s)
		limit := balance.Formula{}.Limit(v.classes(w[2]))
		for i := range int(v.number(w[0])) {
			energy := 1.0
			if w[len(w)-1] == "unequally" {
				energy = math.Pow(float64(i+1), -0.7)
			}
			parts = append(parts, balance.Part{Energy: energy, Limit: limit})
		}
		return parts
	}
	return fmt.Sprintf("%.3f %%", balance.Permitted(side(sides[0]), side(sides[1])))
}

func (v vector) transformer(word string, w []string) string {
	tr := balance.Transformer{RatedVA: v.number(w[0]) * 1e6, Units: int(v.option("n"))}
	switch word {
	case "reactive":
		tr.NoLoadPercent, tr.ShortPercent = v.number(w[2]), v.number(w[3])
		return fmt.Sprintf("%.0f kvar", tr.Loss(1, balance.Flow{P: v.option("s") * 1e6}).Q/1000)
	case "windings":
		tr.NoLoadW = v.number(w[2]) * 1000
		for i := range tr.WindingW {
			tr.WindingW[i] = v.number(w[4+i]) * 1000
		}
		var flows []balance.Flow
		for _, mva := range strings.Split(strings.TrimPrefix(w[7], "s="), ",") {
			flows = append(flows, balance.Flow{P: v.number(mva) * 1e6})
		}
		return fmt.Sprintf("%.1f kW", tr.Loss(1, flows...).P/1000)
	}
	tr.NoLoadW, tr.LoadLossW = v.number(w[2])*1000, v.number(w[4])*1000
	va := v.option("s") * 1e6
	loss := tr.Loss(v.option("u"), balance.Flow{P: 0.93 * va, Q: math.Sqrt(1-0.93*0.93) * va})
	return fmt.Sprintf("%.1f kW, %.2f %% of input, %.1f kWh in 15 min", loss.P/1000, 100*loss.P/(0.93*va), loss.P/4000)
}

func (v vector) ct(class string, percents []float64) string {
	var out []string
	for _, p := range percents {
		limit, stated := balance.LimitAt(balance.CTLimits()[class], p)
		s := fmt.Sprintf("%.2f", limit)
		if !stated {
			s += " below the standard's range"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func (v vector) share(total float64, weights []float64) string {
	var list []metering.Energy
	for _, w := range weights {
		list = append(list, metering.Energy(w))
	}
	var sum metering.Energy
	var out strings.Builder
	for _, s := range balance.Share(metering.Energy(total), list) {
		fmt.Fprintf(&out, "%d ", s)
		sum += s
	}
	return fmt.Sprintf("%s= %d", out.String(), sum)
}
