package powerflow_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/cmplx"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"asue/balancing/powerflow"
)

var rewrite = flag.Bool("rewrite", false, "write anew what the own networks expect, as the twin computes it")

// TestOwnNetworksExpectWhatTheTwinFinds: the figures in the files are those of the
// dumb method, digit by digit; -rewrite writes them.
func TestOwnNetworksExpectWhatTheTwinFinds(t *testing.T) {
	for _, one := range own(t) {
		file := filepath.Join("testdata", one.name+".json")
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		input, _, found := strings.Cut(string(src), "\n\"expected\":")
		if !found {
			t.Fatalf("%s: no line begins with \"expected\":", file)
		}
		now := input + expectedText(t, one)
		if *rewrite {
			if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if now != string(src) {
			t.Errorf("%s: the twin finds\n%s", file, strings.TrimPrefix(now, input))
		}
	}
}

func expectedText(t *testing.T, one testNetwork) string {
	w := newTwin(one.n)
	if !w.solve() {
		t.Fatalf("%s: the twin finds no solution", one.name)
	}
	text := "\n\"expected\": " + w.text(one.c)
	switch one.name {
	case "mesh14":
		if _, ok := w.solveLimited(); !ok || len(w.fixed) == 0 {
			t.Fatalf("%s: with limits the twin finds no solution, or none is reached", one.name)
		}
		text += ",\n\"expected_q_limits\": " + w.text(one.c)
	case "ring9":
		text += ",\n\"expected_nose\": " + noseText(t, one.n, one.c, 0.4)
	}
	return text + "\n}\n"
}

// text is the state of the twin in the form of the files.
func (w *twin) text(c caseFile) string {
	var b bytes.Buffer
	list := func(name, before string, n int, row func(i int) any) {
		fmt.Fprintf(&b, "%s\n  %q: [", before, name)
		for i := range n {
			b.WriteString(map[bool]string{true: "\n    ", false: ",\n    "}[i == 0])
			b.Write(jsonOf(row(i)))
		}
		b.WriteString("]")
	}
	type power struct {
		Bus int     `json:"bus"`
		P   float64 `json:"p_mw"`
		Q   float64 `json:"q_mvar"`
	}
	type flow struct {
		From int     `json:"from"`
		To   int     `json:"to"`
		PF   float64 `json:"pf_mw"`
		QF   float64 `json:"qf_mvar"`
		PT   float64 `json:"pt_mw"`
		QT   float64 `json:"qt_mvar"`
	}
	b.WriteString("{")
	list("bus", "", len(w.v), func(i int) any { return w.voltage(c, i) })
	var slack power
	var held []power
	var fixed []int
	for i, bus := range c.Input.Bus {
		p := power{bus.ID, round(w.mw(i), 7), round(w.mvar(i), 7)}
		switch w.kind[i] {
		case powerflow.Slack:
			slack = p
		case powerflow.PV:
			held = append(held, p)
		}
		if _, at := w.fixed[i]; at {
			fixed = append(fixed, bus.ID)
		}
	}
	fmt.Fprintf(&b, ",\n  \"slack\": %s", jsonOf(slack))
	list("pv_generation", ",", len(held), func(i int) any { return held[i] })
	var lost complex128
	list("branch_flow", ",", len(w.n.Branches), func(i int) any {
		from, to := w.flow(w.n.Branches[i])
		from, to = from*complex(w.n.BaseMVA, 0), to*complex(w.n.BaseMVA, 0)
		lost += from + to
		return flow{c.Input.Branch[i].From, c.Input.Branch[i].To, round(real(from), 7), round(imag(from), 7), round(real(to), 7), round(imag(to), 7)}
	})
	if fixed != nil {
		fmt.Fprintf(&b, ",\n  \"buses_converted_to_pq\": %s", jsonOf(fixed))
	}
	fmt.Fprintf(&b, ",\n  \"losses\": {\"p_mw\": %s, \"q_net_mvar\": %s}}", jsonOf(round(real(lost), 7)), jsonOf(round(imag(lost), 7)))
	return b.String()
}

func (w *twin) voltage(c caseFile, i int) voltage {
	return voltage{c.Input.Bus[i].ID, round(cmplx.Abs(w.v[i]), 10), round(cmplx.Phase(w.v[i])*180/math.Pi, 8)}
}

// noseText walks the twin along the loading ray, each step from the last.
func noseText(t *testing.T, n powerflow.Network, c caseFile, way float64) string {
	w := newTwin(n)
	w.n.Buses, w.n.Generators = slices.Clone(n.Buses), slices.Clone(n.Generators)
	at := func(lambda float64) bool {
		k := 1 + 1.5*lambda
		for i, b := range n.Buses {
			w.n.Buses[i].LoadMW, w.n.Buses[i].LoadMvar = b.LoadMW*k, b.LoadMvar*k
		}
		for i, g := range n.Generators {
			w.n.Generators[i].MW = g.MW * k
		}
		before := slices.Clone(w.v)
		ok := w.solve()
		for i := range w.v {
			ok = ok && cmplx.Abs(w.v[i]-before[i]) < 0.2 // more is a fall to the other root
		}
		if !ok {
			copy(w.v, before)
		}
		return ok
	}
	if !at(0) || !at(way/2) || !at(way) {
		t.Fatalf("the twin does not reach λ = %v", way)
	}
	all := nose{At: way}
	for i := range w.v {
		all.Bus = append(all.Bus, w.voltage(c, i))
	}
	all.Max = way
	for step := 0.05; step > 1e-9; {
		if at(all.Max + step) {
			all.Max += step
		} else {
			step /= 2
		}
	}
	all.Max = round(all.Max, 6)
	return strings.ReplaceAll(string(jsonOf(all)), `{"id"`, "\n    "+`{"id"`)
}

func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte(`":`), []byte(`": `)), []byte(`,"`), []byte(`, "`))
}

// round keeps so many decimals, and no −0.
func round(v float64, decimals int) float64 {
	p := math.Pow10(decimals)
	return math.Round(v*p)/p + 0
}
