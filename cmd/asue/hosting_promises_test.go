package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim/hosting"
	"asue/metering"
)

// A limit that is promised names a quarter in its scenario, and gives nothing before:
// 4 MW at section 1 would come above its 11 MW, of which 22 are promised.
func TestPromisedLimitsNameAQuarter(t *testing.T) {
	process := zoneInUse(t)
	promise(t, process, `promises:
  - {scenario: optimistic, node: s-1, limit: 22 MW, from: 2027-01-01, document: Letter 7}
  - {scenario: optimistic, node: src, limit: 32 MW, from: 2027-04-01, document: Letter 8}
  - {scenario: late, node: s-1, limit: 22 MW, from: 2028-01-01, document: Letter 7}
  - {scenario: late, node: src, limit: 32 MW, from: 2029-10-01, document: Letter 8}
  - {scenario: vain, node: s-1, limit: 11.1 MW, from: 2027-01-01, document: Letter 9}
`)
	ask := []string{"--node", "s-1", "--mw", "6", "--profile", "continuous"}
	plain, promised := hosted(t, zoneInUse(t), ask...), hosted(t, process, ask...)
	for _, want := range []string{"NOT NOW; firmly from a date", "firm from, optimistic  2027-04-01", "firm from, late        2029-10-01", "firm from, vain        no date",
		"firm from              no date", "late: src 32 MW from 2029-10-01 (Letter 8)", "spare: not available, contract not stated\n"} {
		if !strings.Contains(promised, want) {
			t.Errorf("%q is not said:\n%s", want, promised)
		}
	}
	firm := func(text string) string {
		i := strings.Index(text, "firm now")
		return strings.Join(strings.Fields(text[i:i+strings.Index(text[i:], "\n")]), " ")
	}
	if firm(plain) != firm(promised) {
		t.Errorf("a promise permits something: %q, and without it %q", firm(promised), firm(plain))
	}
}

// promise adds promises to the site file of a zone.
func promise(t *testing.T, process, text string) {
	t.Helper()
	file := filepath.Join(filepath.Dir(process), "site.yaml")
	site, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(site, []byte(text)...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What a promise says stands in place of the node's own limit and of the contract; what
// else is stated of the node still holds. A day that has passed has kept nothing.
func TestScenariosOfPromises(t *testing.T) {
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	quarter := func(n int) time.Time { return time.Date(2027, time.Month(1+3*n), 1, 0, 0, 0, 0, time.UTC) }
	mw := func(n metering.Power) metering.Limit { return metering.LimitOf(n * metering.Megawatt) }
	site := &metering.Site{
		Location: time.UTC,
		Topology: metering.Topology{Nodes: []metering.Node{{ID: "src"}, {ID: "n", Limit: mw(5), MostVA: 8_000_000}}},
		Sources:  []metering.Source{{ID: "a", Node: "src", Contract: mw(9), Available: true}},
		Limits:   []metering.LimitBand{{Node: "n", Limit: mw(3), From: quarter(2), To: quarter(3)}},
		Promises: []metering.Promise{
			{Scenario: "base", Node: "src", Limit: mw(18), From: quarter(1)}, {Scenario: "base", Node: "n", Limit: mw(6), From: quarter(1)},
			{Scenario: "base", Node: "src", Limit: metering.Unlimited(), From: quarter(3)}, {Scenario: "late", Node: "src", Limit: mw(18), From: quarter(5)},
			{Scenario: "over", Node: "src", Limit: mw(18), From: at.AddDate(0, -1, 0)}, {Scenario: "wide", Node: "n", Limit: mw(20), From: quarter(0)},
		},
	}
	var got []string
	for _, s := range scenariosOf(site, at, 0.9) {
		for _, c := range s.Changes {
			got = append(got, s.Name+" "+string(c.Node)+": "+stepsText(c.Limits))
		}
	}
	want := []string{
		"base src: 9 MW, 18 MW from 2027-04-01, unlimited from 2027-10-01",
		"base n: 5 MW, 6 MW from 2027-04-01, 3 MW from 2027-07-01, 6 MW from 2027-10-01",
		"late src: 9 MW, 18 MW from 2028-04-01",
		"wide n: 5 MW, 7.2 MW from 2027-01-01, 3 MW from 2027-07-01, 7.2 MW from 2027-10-01",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if said := strings.Join(promises(site, at), "\n"); !strings.Contains(said, "over: src 18 MW from 2026-11-01, has not come true") {
		t.Errorf("of the promise that was not kept:\n%s", said)
	}
}

func stepsText(steps []hosting.Step) string {
	var list []string
	for i, s := range steps {
		text := s.Limit.String()
		if i > 0 {
			text += " from " + s.From.Format(time.DateOnly)
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}
