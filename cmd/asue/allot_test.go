package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/cmd/internal/cli"

	"github.com/google/go-cmp/cmp"
)

// vectorsOf are cases that the solver's tests have too.
func vectorsOf(name string) string {
	return filepath.Join("..", "..", "balancing", "waterfill", "testdata", name)
}

// allotted runs `asue allot --json`.
func allotted(t *testing.T, stdin string, args ...string) (allotReport, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newAllot()
	cmd.SetArgs(append(args, "--json"))
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.Execute(); err != nil {
		return allotReport{}, err
	}
	var r allotReport
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r, nil
}

// TestAllotGivesEveryVector runs all cases of one tier and of several through the
// program, by their names.
func TestAllotGivesEveryVector(t *testing.T) {
	for _, file := range []string{"allocation.json", "tiers.json"} {
		src, err := os.ReadFile(vectorsOf(file))
		if err != nil {
			t.Fatal(err)
		}
		var all struct {
			Vectors []struct {
				Name         string `json:"name"`
				KW, Proposal []int64
				Cap          int64                                  `json:"cap_kw"`
				Violations   []struct{ Need, Limit, Deficit int64 } `json:"violations"`
			}
		}
		if err := json.Unmarshal(src, &all); err != nil {
			t.Fatal(err)
		}
		for _, v := range all.Vectors {
			short, _, _ := strings.Cut(v.Name, " ")
			r, err := allotted(t, "", vectorsOf(file), "--case", short)
			if err != nil {
				t.Errorf("%s: %v", v.Name, err)
				continue
			}
			want := v.KW
			if v.Proposal != nil {
				want = v.Proposal
			}
			var got []int64
			for _, s := range r.Allot {
				got = append(got, s.KW)
				if s.Why == "" || s.Leaf == "" {
					t.Errorf("%s: %+v", v.Name, s)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" || r.CapKW != v.Cap || r.Feasible != (v.Violations == nil) || len(r.Violations) != len(v.Violations) {
				t.Errorf("%s: %+v (-want +got):\n%s", v.Name, r, diff)
			}
		}
	}
}

func TestAllotForPeople(t *testing.T) {
	var out bytes.Buffer
	cmd := newAllot()
	cmd.SetArgs([]string{vectorsOf("allocation.json"), "--case", "A7 infeasible feeder"})
	cmd.SetOut(&out)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"A         1714   F1 cannot carry", "C         9000   gets all it asks for", "together  12000",
		"F1: what must not be cut needs 3500 kW, 3000 kW are allowed: 500 kW too much", "feasible: false"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, out.String())
		}
	}
}

// A very large case is answered soon, with shorter reasons.
func TestAllotOfALargeCase(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"nodes": [{"id": "S", "limit_kw": 10001}], "leaves": [{"id": "0", "node": "S", "weight": 1, "up_kw": 5}`)
	for i := range 10_000 {
		fmt.Fprintf(&b, `, {"id": "L%d", "node": "S", "weight": 1, "up_kw": 5}`, i)
	}
	r, err := allotted(t, b.String()+"]}", "-")
	if err != nil {
		t.Fatal(err)
	}
	if want := "S is full: 10,001 kW; everyone under it who asks for more gets 100 % of its weight"; r.Allot[0].KW != 1 || r.Allot[0].Why != want {
		t.Errorf("%+v", r.Allot[0])
	}
}

// One case alone, from standard input; a limit of zero, and none at all.
func TestAllotReadsOneCase(t *testing.T) {
	r, err := allotted(t, `{"nodes": [{"id": "SUP", "limit_kw": "unlimited", "parent": null}, {"id": "F1", "parent": "SUP", "limit_kw": 0}],
		"leaves": [{"id": "A", "node": "F1", "weight": 1, "lo_kw": 0, "up_kw": 5}, {"id": "B", "node": "SUP", "weight": 1, "up_kw": 7}]}`, "-")
	if err != nil {
		t.Fatal(err)
	}
	if r.Allot[0].KW != 0 || r.Allot[1].KW != 7 || !r.Feasible || r.CapKW != 7 {
		t.Errorf("%+v", r)
	}
}

// A case with tiers: losses, a pin, an emergency armour in force.
func TestAllotReadsTiers(t *testing.T) {
	r, err := allotted(t, `{"nodes": [{"id": "SUP", "limit_kw": 1000}], "leaves": [
		{"id": "LOSS", "node": "SUP", "weight": 1, "lo_kw": 50, "up_kw": 50},
		{"id": "STREET", "node": "SUP", "fixed": true, "demand_kw": 50},
		{"id": "A", "node": "SUP", "tu_kw": 400, "demand_kw": 900, "tech_kw": 300, "emerg_kw": 10, "emergency": true},
		{"id": "B", "node": "SUP", "tu_kw": 400, "demand_kw": 400, "class": 2},
		{"id": "C", "node": "SUP", "tu_kw": 400, "demand_kw": 400, "pin_kw": 200}]}`, "-")
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, s := range r.Allot {
		got = append(got, s.KW)
	}
	if diff := cmp.Diff([]int64{50, 50, 400, 300, 200}, got); diff != "" {
		t.Error(diff)
	}
}

// TestAllotTellsEveryFault: each with its place and a remedy, all at once.
func TestAllotTellsEveryFault(t *testing.T) {
	told := func(src string, want ...string) {
		t.Helper()
		c, err := parseCase("case.json", []byte(src), "")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range c.faults {
			got = append(got, f.Headline()+": "+f.Remedy)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n(-want +got):\n%s", src, diff)
		}
	}
	told(`{"nodes": [
  {"id": "SUP", "limit": 5},
  {"id": "F1", "parent": "SUB", "limit_kw": "none", "id": "F2"},
  {"id": "F1", "parent": "SUP", "limit_kw": 1.5},
  7
 ],
 "leaves": [
  {"id": 5, "node": "F9", "weight": 0, "lo_kw": 9, "up_kw": 8},
  {"node": "SUP", "demand_kw": 5, "up_kw": "6"}
 ], "extra": 1}`,
		`case.json:2:3: error: nodes[0].limit_kw: the limit is not stated: state its limit in kW, or that it is unlimited`,
		`case.json:2:17: error: nodes[0].limit: "limit" is not known: use one of: id, name, parent, limit_kw`,
		`case.json:3:26: error: nodes[1].parent: parent "SUB" is not a node: name one of the nodes, or none for a source`,
		`case.json:3:45: error: nodes[1].limit_kw: a limit is not "none": write a number, or "unlimited"`,
		`case.json:3:53: error: nodes[1].id: "id" stands here twice: leave one`,
		`case.json:4:10: error: nodes[2].id: the id is that of nodes[1] too: give each its own`,
		`case.json:4:45: error: nodes[2].limit_kw: 1.5 is not a whole number in range: write a whole number without quotes, point or exponent`,
		`case.json:5:3: error: nodes[3]: 7 stands where an object is expected: write { … }`,
		`case.json:8:10: error: leaves[0].id: 5 stands where a text is expected: write "5"`,
		`case.json:8:21: error: leaves[0].node: it hangs on "F9", which is not a node: name one of the nodes`,
		`case.json:8:37: error: leaves[0].weight: weight 0 would leave it nothing to share by: write 1 or more`,
		`case.json:8:49: error: leaves[0].lo_kw: lower bound 9 is above upper bound 8: lower the one or raise the other`,
		`case.json:9:3: error: leaves[1].weight: weight is missing: write "weight": and a whole number`,
		`case.json:9:3: error: leaves[1].id: the id is missing: give it a name`,
		`case.json:9:32: error: leaves[1].demand_kw: demand_kw says nothing in a case of one tier: give every resident its tu_kw, or leave this out`,
		`case.json:9:44: error: leaves[1].up_kw: "6" is not a whole number in range: write a whole number without quotes, point or exponent`,
		`case.json:10:5: error: extra: "extra" is not known: use one of: nodes, leaves, name, about, note, exact, kw, proposal, cap_kw, violations`)
	told(`{"nodes": [{"id": "S", "limit_kw": 5}], "leaves": [{"id": "A", "node": "S", "tu_kw": 4, "weight": 4, "lo_kw": 0}, {"id": "B", "node": "S", "demand_kw": 4, "weight": 4, "class": -1, "fixed": 1}]}`,
		`case.json:1:52: error: leaves[0].demand_kw: demand_kw is missing: write "demand_kw": and a whole number`,
		`case.json:1:99: warning: leaves[0].weight: weight is not read: leave it out`,
		`case.json:1:111: warning: leaves[0].lo_kw: lo_kw is not read: leave it out`,
		`case.json:1:115: error: leaves[1].tu_kw: tu_kw is missing: write "tu_kw": and a whole number`,
		`case.json:1:178: error: leaves[1].class: class -1 is negative: write 1 or more`,
		`case.json:1:191: error: leaves[1].fixed: 1 stands where true or false is expected: write true or false`)
	told(``, `case.json:1:1: error: it ends before the document does: correct the place`)
	told("{\n \"nodes\": [}\n", `case.json:2:11: error: it is not JSON: invalid character '}' looking for beginning of value: correct the place`)
	told("{}\n{}", `case.json:2:1: error: something follows after the end of the document: correct the place`)
	told("[]", `case.json:1:1: error: a list stands where an object is expected: write { … }`)
	told(`{"nodes": 5}`,
		`case.json:1:1: error: leaves: leaves are missing: write "leaves": [ … ]`,
		`case.json:1:11: error: nodes: 5 stands where a list is expected: write [ … ]`)
	told(strings.Repeat("[", 10_000), `case.json:1:18: error: it is nested deeper than 16 levels: correct the place`)
}

func TestAllotRefusesAWholeFileOfCases(t *testing.T) {
	for _, args := range [][]string{{vectorsOf("allocation.json")}, {vectorsOf("allocation.json"), "--case", "A99"}} {
		_, err := allotted(t, "", args...)
		var u *cli.UsageError
		if !errors.As(err, &u) || !strings.Contains(u.Error(), `"A1 no congestion", "A2 equal weights"`) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := allotted(t, `{"nodes": [], "leaves": []}`, "-", "--case", "A1"); err == nil || !strings.Contains(err.Error(), "leave out --case") {
		t.Error(err)
	}
}

func TestExitCodesOfAllot(t *testing.T) {
	f := func(want int, args ...string) {
		t.Helper()
		if got := execute(context.Background(), append([]string{"allot"}, args...)); got != want {
			t.Errorf("asue allot %q exits with %d, want %d", args, got, want)
		}
	}
	dir := inFolder(t, "good.json", `{"nodes": [], "leaves": []}`, "bad.json", `{"nodes": [{"id": "S", "limit_kw": -1}], "leaves": []}`)
	f(0, filepath.Join(dir, "good.json"))
	f(0, vectorsOf("allocation.json"), "--case", "A8", "--json") // infeasible is an answer
	f(cli.ExitUsage, filepath.Join(dir, "bad.json"))
	f(cli.ExitUsage, filepath.Join(dir, "none.json"))
	f(cli.ExitUsage, vectorsOf("allocation.json"))
	f(cli.ExitUsage)
	f(cli.ExitUsage, "--nonsense")
}

// FuzzAllot: whatever a file holds, there are faults with places, or shares that
// come to the total.
func FuzzAllot(f *testing.F) {
	for _, file := range []string{"allocation.json", "tiers.json"} {
		src, err := os.ReadFile(vectorsOf(file))
		if err != nil {
			f.Fatal(err)
		}
		var all struct{ Vectors []json.RawMessage }
		if err := json.Unmarshal(src, &all); err != nil {
			f.Fatal(err)
		}
		for _, v := range all.Vectors {
			f.Add([]byte(v), "")
		}
	}
	f.Add([]byte(`{"vectors": [{"name": "x y", "nodes": [{"id": "a", "parent": "a", "limit_kw": 1}], "leaves": null}]}`), "x")
	f.Fuzz(func(t *testing.T, src []byte, name string) {
		c, err := parseCase("case.json", src, name)
		if err != nil {
			var u *cli.UsageError
			if !errors.As(err, &u) {
				t.Fatal(err)
			}
			return
		}
		for _, fault := range c.faults {
			if fault.Line < 1 || fault.Column < 1 || fault.What == "" || fault.Remedy == "" {
				t.Fatalf("%+v", fault)
			}
		}
		if c.faults.Err() != nil {
			return
		}
		var sum int64
		for _, s := range c.answer.Shares {
			sum += s.KW
			if s.KW < 0 || s.Why() == "" {
				t.Fatalf("%+v", s)
			}
		}
		if sum != c.answer.Cap {
			t.Fatalf("%d kW are shared of %d", sum, c.answer.Cap)
		}
	})
}
