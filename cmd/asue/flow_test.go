package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/balancing/powerflow"
	"asue/cmd/internal/cli"

	"github.com/google/go-cmp/cmp"
)

func networkFile(name string) string {
	return filepath.Join("..", "..", "balancing", "powerflow", "testdata", name)
}

// flown runs `asue flow --json`.
func flown(t *testing.T, stdin string, args ...string) (flowReport, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newFlow()
	cmd.SetArgs(append(args, "--json"))
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	failed := cmd.Execute()
	if out.Len() == 0 {
		return flowReport{}, failed
	}
	var r flowReport
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r, failed
}

// twoBuses is a line of 50 MW in JSON.
const twoBuses = `{"base_mva": 100, "input": {
  "bus": [{"id": 1, "type": "SLACK"}, {"id": "far", "type": "PQ", "pd_mw": 50, "qd_mvar": 20}, {"id": 3, "type": "PQ", "pd_mw": 7}],
  "gen": [{"bus": 1, "vg_pu": 1.02}],
  "branch": [{"from_bus": 1, "to_bus": "far", "r_pu": 0.01, "x_pu": 0.05, "b_pu": 0.02, "rate_a_mva": 100}]}}`

// twoBusesM is the same for MATPOWER.
const twoBusesM = `function mpc = two
% a line of 50 MW
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [ % id type Pd Qd Gs Bs area Vm Va baseKV zone Vmax Vmin
	1	3	0	0	0	0	1	1	0	110	1	1.1	0.9;
	2, 1, 50, 20, 0, 0, 1, 1, 0, 110, ...
	   1, 1.1, 0.9
	3	1	7	0	0	0	1	1	0	110	1	1.1	0.9];
mpc.gen = [1 0 0 Inf -Inf 1.02 100 1 250 10];
mpc.branch = [
	1 2 .01 5e-2 0.02 100 0 0 0 0 1 -360 360;
];
mpc.gencost = [ 2 0 0 3 0.1 5 150 ];
mpc.bus_name = { 'one'; 'it; is 100 % }'; 'three' };
end
`

// TestFlowOfBothForms: JSON and a case file of MATPOWER give the same, and say which
// bus is dead.
func TestFlowOfBothForms(t *testing.T) {
	fromJSON, err := flown(t, twoBuses, "-")
	if err != nil {
		t.Fatal(err)
	}
	fromM, err := flown(t, twoBusesM, "-")
	if err != nil {
		t.Fatal(err)
	}
	if !fromJSON.Converged || fromJSON.UnservedMW != 7 || fromJSON.Bus[2].PU != nil || fromJSON.Bus[1].ID != "far" || fromJSON.Bus[0].ID != json.Number("1") {
		t.Errorf("%+v", fromJSON)
	}
	if *fromJSON.Bus[1].PU != *fromM.Bus[1].PU || *fromJSON.Slack != *fromM.Slack || *fromJSON.Branch[0].Loading != *fromM.Branch[0].Loading {
		t.Errorf("JSON %+v\nMATPOWER %+v", fromJSON, fromM)
	}
	if p := fromJSON.Slack.MW - 50 - fromJSON.Losses.MW; math.Abs(p) > 1e-9 {
		t.Errorf("the source gives %g MW that nobody draws", p)
	}
}

// TestFlowOfTestNetworks: what the command prints is what the files expect, and what
// the files have for people is passed over without a word.
func TestFlowOfTestNetworks(t *testing.T) {
	type expected struct {
		Bus []struct {
			ID json.Number
			PU float64 `json:"vm_pu"`
		}
		Slack, Losses struct {
			P float64 `json:"p_mw"`
		}
	}
	check := func(file string, want expected, args ...string) {
		t.Helper()
		r, err := flown(t, "", append(args, file)...)
		if err != nil {
			t.Fatal(err)
		}
		if len(want.Bus) == 0 || len(want.Bus) != len(r.Bus) {
			t.Fatalf("%s: %d buses are told, want %d", file, len(r.Bus), len(want.Bus))
		}
		for i, b := range want.Bus {
			if r.Bus[i].ID != b.ID || math.Abs(*r.Bus[i].PU-b.PU) > 1e-8 {
				t.Errorf("%s: bus %v: %v, want %v", file, b.ID, *r.Bus[i].PU, b.PU)
			}
		}
		if math.Abs(r.Slack.MW-want.Slack.P) > 1e-6 || math.Abs(r.Losses.MW-want.Losses.P) > 1e-6 {
			t.Errorf("%s: %+v", file, r)
		}
	}
	files := []string{networkFile("ring9.json"), networkFile("mesh14.json"), networkFile("mesh30.json")}
	// The published networks, where they are at hand, are not part of the project.
	if folder := os.Getenv("ASUE_FLOW_CASES"); folder != "" {
		for _, name := range []string{"case9", "case14", "case30", "case14_qlimits"} {
			files = append(files, filepath.Join(folder, name+".json"))
		}
	}
	for _, file := range files {
		var want struct {
			Expected   expected
			WithLimits *expected `json:"expected_q_limits"`
		}
		src, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(src, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		if faults := parseFlow(file, src).faults; faults != nil {
			t.Errorf("%s: %v", file, faults)
		}
		if strings.HasSuffix(file, "qlimits.json") {
			check(file, want.Expected, "--q-limits")
			continue
		}
		check(file, want.Expected)
		if want.WithLimits != nil {
			check(file, *want.WithLimits, "--q-limits")
		}
	}
}

// TestFlowThatDoesNotConverge names the worst bus, in JSON too, and fails.
func TestFlowThatDoesNotConverge(t *testing.T) {
	r, err := flown(t, strings.Replace(twoBuses, `"pd_mw": 50`, `"pd_mw": 5000`, 1), "-")
	if err == nil || !strings.Contains(err.Error(), "worst at bus far") {
		t.Errorf("%v", err)
	}
	if r.Converged || r.WorstBus != "far" || r.Slack != nil || len(r.Bus) != 0 || r.Error == "" || r.Mismatch <= 0 {
		t.Errorf("%+v", r)
	}
	r, err = flown(t, strings.Replace(twoBuses, `"vg_pu": 1.02`, `"vg_pu": 1.02, "status": 0`, 1), "-")
	if err == nil || r.Converged || !strings.Contains(r.Error, "no source") {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestFlowForPeople(t *testing.T) {
	var out bytes.Buffer
	cmd := newFlow()
	cmd.SetArgs([]string{"-", "--q-limits"})
	cmd.SetIn(strings.NewReader(twoBusesM))
	cmd.SetOut(&out)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3     dead", "unserved: 7.0000 MW at dead buses", "load 50.0000 MW", "differ by"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, out.String())
		}
	}
}

// TestFlowTellsEveryFault: each with its place and a remedy, all at once.
func TestFlowTellsEveryFault(t *testing.T) {
	told := func(file, src string, want ...string) {
		t.Helper()
		var got []string
		for _, f := range parseFlow(file, []byte(src)).faults {
			got = append(got, f.Headline())
			if f.Remedy == "" || f.Line == 0 {
				t.Errorf("%+v", f)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n(-want +got):\n%s", src, diff)
		}
	}
	told("f.json", `{"input": {
  "bus": [{"id": 1.5, "type": "SWING"}, {"id": 2, "type": "PQ", "pd": 4}, 7],
  "gen": [{"bus": 1}],
  "branch": {}}}`,
		`f.json:1:1: error: base_mva: the base power is missing`,
		`f.json:2:18: error: input.bus[0].id: 1.5 names no bus`,
		`f.json:2:31: error: input.bus[0].type: type "SWING" is none`,
		`f.json:2:65: warning: input.bus[1].pd: "pd" is not read`,
		`f.json:2:75: error: input.bus[2]: 7 stands where an object is expected`,
		`f.json:3:11: error: input.gen[0].vg_pu: vg_pu is missing`,
		`f.json:4:13: error: input.branch: a object stands where a list is expected`)
	told("f.json", `{"base_mva": 100, "input": {"bus": [{"id": 1, "type": "SLACK"}, {"id": 1, "type": "PQ"}], "gen": [{"bus": 1, "vg_pu": 1}],
  "branch": [{"from_bus": 1, "to_bus": 9, "r_pu": 0, "x_pu": 0}]}}`,
		`f.json:1:72: error: input.bus[1].id: id "1" is that of buses[0] too`,
		`f.json:2:40: error: input.branch[0].to_bus: bus "9" is not in the list of buses`,
		`f.json:2:62: error: input.branch[0].x_pu: it has no impedance`)
	told("f.json", ``, `f.json:1:1: error: it ends before the document does`)
	told("f.m", "mpc.version = '1';\nmpc.baseMVA = 100;\nmpc.bus = [1 3 0];\nmpc.gen = [\n1 0 0 1/3 0 1 100 1 0 0];\nmpc.branch = [];\nmpc.branch(:, 3) = mpc.branch(:, 3) / 2;\nx = 5;",
		`f.m:1:15: error: mpc.version: version "1" of the format is not known`,
		`f.m:3:12: error: mpc.bus[0]: the row has 3 columns`,
		`f.m:5:7: error: "1/3" is not a plain number`,
		`f.m:7:1: error: "mpc.branch(:, 3) = mpc.branch(:, 3) / 2;" is code`,
		`f.m:8:1: error: "x = 5;" is code`)
	told("f.m", "mpc.bus = [1 2", `f.m:1:1: error: base_mva: the base power is missing`, `f.m:1:11: error: mpc.bus: the table does not end`)
}

func TestExitCodesOfFlow(t *testing.T) {
	f := func(want int, args ...string) {
		t.Helper()
		if got := execute(context.Background(), append([]string{"flow"}, args...)); got != want {
			t.Errorf("asue flow %q exits with %d, want %d", args, got, want)
		}
	}
	dir := inFolder(t, "good.m", twoBusesM, "heavy.json", strings.Replace(twoBuses, `"pd_mw": 50`, `"pd_mw": 5000`, 1), "bad.json", `{"input": {}}`)
	f(0, filepath.Join(dir, "good.m"))
	f(cli.ExitFailed, filepath.Join(dir, "heavy.json"))
	f(cli.ExitFailed, filepath.Join(dir, "heavy.json"), "--json")
	f(cli.ExitUsage, filepath.Join(dir, "bad.json"))
	f(cli.ExitUsage, filepath.Join(dir, "none.json"))
	f(cli.ExitUsage)
	f(cli.ExitUsage, "--nonsense")
}

// FuzzFlow: whatever a file holds, there are faults with places, an error of the
// solver, or figures that balance.
func FuzzFlow(f *testing.F) {
	f.Add("f.json", []byte(twoBuses))
	f.Add("f.m", []byte(twoBusesM))
	f.Add("f.m", []byte("mpc.bus = [1 2 ..."))
	f.Add("f.m", []byte("mpc.a = {'"))
	f.Fuzz(func(t *testing.T, name string, src []byte) {
		if len(src) > 1<<14 {
			return
		}
		c := parseFlow(name, src)
		if c.faults.Err() != nil {
			for _, fault := range c.faults {
				if fault.Line == 0 || fault.What == "" {
					t.Errorf("%+v", fault)
				}
			}
			return
		}
		r, err := c.solve(powerflow.Options{QLimits: true})
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		most := 1.0 // what figures of 1e9 MW leave of a float's digits
		for _, b := range r.Branches {
			most = max(most, math.Abs(b.FromMW), math.Abs(b.FromMvar), math.Abs(b.ToMW), math.Abs(b.ToMvar))
		}
		most += math.Abs(r.GenerationMW) + math.Abs(r.GenerationMvar) + math.Abs(r.ShuntMW) + math.Abs(r.ShuntMvar) + c.network.BaseMVA
		if !(r.ImbalanceMVA <= 1e-6*most) {
			t.Errorf("%g MVA are left over of %g", r.ImbalanceMVA, most)
		}
		if _, err := json.Marshal(c.report(r, nil)); err != nil {
			t.Error(err)
		}
	})
}
