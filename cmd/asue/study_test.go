package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/balancing/study"
	"asue/cmd/internal/cli"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// studied runs `asue study` on the example as it stood on a day.
func studied(t testing.TB, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newStudy()
	cmd.SetArgs(append(args, "--at", "2026-11-30"))
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// TestStudyPrintsItsTables holds what is printed of the example to text files, which an
// engineer can check against a study of his own.
func TestStudyPrintsItsTables(t *testing.T) {
	cases := map[string][]string{
		"tables":  nil,
		"outages": {"--scenario", "B,D", "--load", "29.7,60,80", "--ambient", "40", "--tables", "outages", "--outages"},
		"hosting": {"--scenario", "A", "--load", "20", "--tables", "load", "--hosting", "f10-202", "--present", "21.5", "--power-factor", "0.95"},
	}
	for name, args := range cases {
		got, err := studied(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "study", name+".txt")
		got = "asue study " + strings.Join(args, " ") + "\n\n" + got
		if *rewrite {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s differs (-want +got); is it right? then renew it with -rewrite:\n%s", file, diff)
		}
	}
}

// TestStudyAsJSON: the same, for programs.
func TestStudyAsJSON(t *testing.T) {
	out, err := studied(t, "--json", "--scenario", "C", "--load", "60,80", "--ambient", "25", "--hosting", "s10-1", "--present", "20")
	if err != nil {
		t.Fatal(err)
	}
	var r studyReport
	dec := json.NewDecoder(strings.NewReader(out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if len(r.Scenarios) != 1 || r.Scenarios[0].ID != "C" || !r.Scenarios[0].Restored || len(r.Scenarios[0].States) != 2 {
		t.Fatalf("scenarios: %s", out)
	}
	sc := r.Scenarios[0]
	if a := sc.States[0].State.Lines[1].Amperes; a < 177.5 || a > 178.5 {
		t.Errorf("60 MW: %v A in a circuit, want 178", a)
	}
	for _, o := range sc.Outages {
		if len(o.Ends) != 2 {
			t.Fatalf("%s: %d endings of 2 loads", o.ID, len(o.Ends))
		}
		if o.ID == "t-2" && (o.Ends[1].Later.Ending != metering.Violated || len(o.Ends[1].Overloads) != 1) {
			t.Errorf("t-2 lost at 80 MW: %s, overloads %+v", o.Ends[1].Later.Ending, o.Ends[1].Overloads)
		}
	}
	firm := false
	for _, g := range sc.Greatest {
		firm = firm || g.Firm && g.By[0].MW > 50 && g.By[0].MW < 50.2
	}
	if !firm {
		t.Errorf("no firm load of 50.1 MW: %+v", sc.Greatest)
	}
	if len(r.Assumed) == 0 || r.Hosting == nil || len(r.Hosting.Answers) != 5 {
		t.Errorf("%d assumptions, hosting %+v", len(r.Assumed), r.Hosting)
	}
}

// TestStudyRefuses what makes no sense, and says what to write.
func TestStudyRefuses(t *testing.T) {
	bare := filepath.Join("testdata", "zone.yaml")
	cases := []struct {
		args []string
		says string
	}{
		{[]string{"--load", "ten"}, "--load"},
		{[]string{"--load", "-5"}, "--load"},
		{[]string{"--ambient", "NaN"}, "--ambient"},
		{[]string{"--ambient", "90"}, "--ambient"},
		{[]string{"--ambient", ""}, "--ambient"},
		{[]string{"--scenario", "Z"}, "A, B, C, D, E"},
		{[]string{"--hosting", "moon"}, "--hosting moon"},
		{[]string{"--power-factor", "0"}, "--power-factor"},
		{[]string{"--power-factor", "NaN"}, "--power-factor"},
		{[]string{"--present", "-1"}, "--present"},
		{[]string{"--tables", "chairs"}, "states, outages, load, assumptions"},
		{[]string{"testdata/none.yaml"}, "none.yaml"},
		{[]string{bare}, "section \"network\""},
	}
	for _, c := range cases {
		out, err := studied(t, c.args...)
		var usage *cli.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want a usage error with %q", c.args, err, c.says)
		}
		if out != "" {
			t.Errorf("%v: printed %q", c.args, out)
		}
	}
	cmd := newStudy()
	cmd.SetArgs([]string{"--at", "yesterday"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), "2027-06-30") {
		t.Errorf("--at yesterday: %v", err)
	}
}

// TestStudyEndsAtCtrlC: nothing is printed of a study that was broken off.
func TestStudyEndsAtCtrlC(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	cmd := newStudy()
	cmd.SetArgs([]string{"--sensitivity"})
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(ctx); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("%v, printed %q", err, out.String())
	}
}

// TestBoundTexts: every kind of limit has words.
func TestBoundTexts(t *testing.T) {
	f := func(b study.Bound, want string) {
		t.Helper()
		if got := boundText(b); got != want {
			t.Errorf("%+v: %q, want %q", b, got, want)
		}
	}
	f(study.Bound{Kind: study.LimitDark, Outage: "l-kar"}, "l-kar lost: there is no other source")
	f(study.Bound{Kind: study.LimitDiverged}, "no power flow beyond")
	f(study.Bound{Kind: study.LimitSearch}, "nothing, as far as was looked")
	f(study.Bound{Kind: study.LimitVoltageLow, Element: "s10-1", Limit: 9.5, Unit: "kV"}, "voltage of s10-1 below 9.50 kV")
	f(study.Bound{Kind: study.LimitLine, Element: "l-1", Also: []string{"l-2"}, Limit: 605, Unit: "A"}, "l-1 and l-2 at 605 A")
	f(study.Bound{Kind: study.LimitLine, Element: "l-1", Also: []string{"l-2"}, Outage: "l-2", Limit: 605, Unit: "A"}, "l-2 lost: l-1 at 605 A, and the other way round")
}
