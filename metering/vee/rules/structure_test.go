package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee/rules"
)

// V02 and V03 on a batch of half hours.
func TestStructure(t *testing.T) {
	at := func(clock string) time.Time {
		tm, err := time.Parse("15:04:05", clock)
		if err != nil {
			t.Fatal(err)
		}
		return time.Date(2026, 3, 4, tm.Hour(), tm.Minute(), tm.Second(), 0, time.UTC)
	}
	row := func(from, to string, e metering.Energy) rules.Record {
		return rules.Record{Point: "p", Channel: metering.ChannelActiveImport, Start: at(from), End: at(to), Energy: e}
	}
	batch := []rules.Record{
		row("10:00:00", "10:30:00", 100),
		row("10:30:00", "11:00:00", 110),
		row("10:00:00", "10:30:00", 100), // says the same: silent
		row("10:30:00", "11:00:00", 111), // says something else
		row("11:00:00", "11:15:00", 50),  // too short
		row("11:10:00", "11:40:00", 50),  // not aligned
		row("12:00:01", "12:30:01", 50),
	}
	batch = append(batch, rules.Record{Point: "q", Channel: metering.ChannelActiveImport, Start: at("10:00:00"), End: at("10:30:00"), Energy: 7})
	var got strings.Builder
	for _, d := range rules.Structure(batch, 30*time.Minute) {
		fmt.Fprintf(&got, "%d %d %s %v: %s\n", d.Record, d.Other, d.Finding.Rule, d.Finding.Severity, d.Finding.Text)
	}
	want := `3 1 duplicate failure: the same interval comes twice: 110 Wh and 111 Wh
4 -1 alignment termination: the interval lasts 15m0s instead of 30m0s
5 -1 alignment termination: the interval begins at 2026-03-04T11:10:00Z, which is not a multiple of 30m0s
6 -1 alignment termination: the interval begins at 2026-03-04T12:00:01Z, which is not a multiple of 30m0s
`
	if got.String() != want {
		t.Errorf("got:\n%swant:\n%s", got.String(), want)
	}
}

// Like days of four weeks want 29 days of history, those of twelve more.
func TestHistory(t *testing.T) {
	const day = 24 * time.Hour
	if got := rules.History(nil); got != 29*day {
		t.Errorf("%v", got)
	}
	sets := []metering.RuleSet{{Values: map[string]float64{"like_back": 10}}, {Values: map[string]float64{"like_weeks": 12}}}
	if got := rules.History(sets); got != 85*day {
		t.Errorf("%v", got)
	}
}

// The tables agree with each other, so that a site file can name everything in
// them and nothing else.
func TestTables(t *testing.T) {
	known := map[string]bool{"estimation": true}
	for _, r := range rules.Rules() {
		if known[r.Name] || r.Source == "" || r.Meaning == "" || r.Severity == 0 {
			t.Errorf("rule %+v", r)
		}
		known[r.Name] = true
	}
	if n := len(rules.Names()); n != len(known)-1 {
		t.Errorf("%d names for %d rules", n, len(known)-1)
	}
	for i := 1; i <= 27; i++ {
		if i == 24 {
			continue // balances are drawn by package balance, which finds at nodes
		}
		number := fmt.Sprintf("V%02d", i)
		found := false
		for _, r := range rules.Rules() {
			found = found || r.Number == number
		}
		if !found {
			t.Errorf("no rule %s", number)
		}
	}
	names := map[string]bool{}
	for _, p := range rules.Parameters() {
		if names[p.Name] || !known[p.Rule] || p.Unit == "" || p.Meaning == "" || p.Default < p.Min || p.Default > p.Max || p.Min >= p.Max {
			t.Errorf("parameter %+v", p)
		}
		names[p.Name] = true
	}
}
