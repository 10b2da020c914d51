package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim/hosting"
	"asue/metering"
)

// hosted runs `asue hosting` on a zone.
func hosted(t *testing.T, process string, args ...string) string {
	t.Helper()
	return asue(t, 0, append(append([]string{"hosting", "-c", process, "--years", "200"}, asOf...), args...)...)
}

// Questions to the zone of testdata/conditions, whose contract of 16 MW stands below
// its rights of 18.8 MW, and what comes out.
func TestHostingAnswers(t *testing.T) {
	process := zoneInUse(t)
	var said strings.Builder
	for _, args := range []string{
		"--node f-idle --mw 1 --profile two-shifts",
		"--node s-2 --mw 7 --profile flat --flexible=0.5",
		"--node s-1 --mw 4 --profile one-shift --annual 9000",
		"--node src-2 --mw 1 --profile nights",
	} {
		fmt.Fprintf(&said, "asue hosting %s\n\n%s\n", args, hosted(t, process, strings.Fields(args)...))
	}
	golden(t, "testdata/conditions/hosting.txt", said.String())
}

// The same question with the same seed has the same answer, and more is never better.
func TestHostingAsJSON(t *testing.T) {
	process := zoneInUse(t)
	ask := func(mw string, more ...string) hostingReport {
		return decoded[hostingReport](t, hosted(t, process, append([]string{"--node", "s-2", "--mw", mw, "--profile", "continuous", "--json"}, more...)...))
	}
	one, again, other := ask("1"), ask("1"), ask("1", "--seed", "2")
	if one.Digest != again.Digest || one.FirmNow != again.FirmNow || one.Digest == other.Digest || other.Seed != 2 {
		t.Errorf("%+v\n%+v\n%+v", one, again, other)
	}
	if one.Verdict != hosting.Firm || one.Weeks < 47 || !one.Sufficient || one.Asked != metering.Megawatt {
		t.Errorf("%+v", one)
	}
	much := ask("12")
	if much.Verdict == hosting.Firm || much.Binding == nil || len(much.Unlock) == 0 || much.FirmNow > one.FirmNow {
		t.Errorf("%+v", much)
	}
	if len(one.Promised) != 1 || !strings.Contains(one.Promised[0], "spare: not available, contract not stated, from when: not stated") {
		t.Errorf("promised %q", one.Promised)
	}
}

// With a month of history nothing is said about risk, and rights may come up to the
// limit at most.
func TestHostingWithTooLittleHistory(t *testing.T) {
	process := zoneInUse(t)
	text := asue(t, 0, "hosting", "-c", process, "--as-of", "2025-07-31", "--node", "f-idle", "--mw", "1", "--profile", "flat")
	for _, want := range []string{"f-idle", "too few to say anything about risk", "non-firm         not known", "by ratio"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said:\n%s", want, text)
		}
	}
}

// What came in and nobody is known to have drawn is a load of its own at the input.
func TestTheRestIsDrawnAtTheInput(t *testing.T) {
	process := zoneInUse(t)
	_, site, _, err := readZone(process)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := readConfig(process)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := openLedger(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	u, err := newUses(t.Context(), site, ledger, usedTo, hostingBlock)
	if err != nil {
		t.Fatal(err)
	}
	list, err := u.judge(t.Context(), &bar{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zoneOf(t.Context(), u, list, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	if len(z.loads) != 13 { // each resident, and the rest
		t.Fatalf("%d loads", len(z.loads))
	}
	if rest := z.loads[12]; rest.Node != "in" {
		t.Errorf("the rest is drawn at %s", rest.Node)
	}
	// In the third week, on its first day at noon, all residents together came to this,
	// with two per cent and 20 kW more; "young" was not there yet and counts beside it.
	came, young := 20.0, 100.0
	for id := range draws {
		if kW, _ := draws[id](14, 12); id != "young" {
			came += float64(kW)
		}
	}
	came *= 1.02
	sum := 0.0
	for _, l := range z.loads {
		sum += float64(l.Weeks[2].Power[24])
	}
	if math.Abs(sum-came-young) > 0.1 {
		t.Errorf("together %v kW, want %v", sum, came+young)
	}
	if len(z.committed) != 1 || z.committed[0].Power != 760*metering.Kilowatt {
		t.Errorf("committed %+v", z.committed)
	}
	if len(z.candidates) != 4 {
		t.Errorf("candidates %+v", z.candidates)
	}
}

// Limits of a node: its own, by current, by apparent power, its bands, the contract; the
// lowest of those that hold.
func TestLimitsOfANode(t *testing.T) {
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	later := at.AddDate(0, 6, 0)
	site := &metering.Site{
		Sources: []metering.Source{{ID: "a", Node: "src", Contract: metering.LimitOf(9 * metering.Megawatt), Available: true}, {ID: "b", Node: "src-2"}},
		Limits: []metering.LimitBand{{Node: "n", Limit: metering.LimitOf(3 * metering.Megawatt), From: later, To: later.AddDate(0, 1, 0)},
			{Node: "free", Limit: metering.LimitOf(metering.Megawatt), To: later}},
	}
	for _, c := range []struct {
		node metering.Node
		want string
	}{
		{metering.Node{ID: "n", Limit: metering.LimitOf(5 * metering.Megawatt)}, "5 MW, 3 MW from 2027-01-01, 5 MW from 2027-02-01"},
		{metering.Node{ID: "n", Limit: metering.LimitOf(5 * metering.Megawatt), MostVA: 4_000_000}, "3.6 MW, 3 MW from 2027-01-01, 3.6 MW from 2027-02-01"},
		{metering.Node{ID: "m", Limit: metering.Unlimited(), VoltageKV: 10, MostA: 100}, "1.558845 MW"},
		{metering.Node{ID: "m"}, ""},
		{metering.Node{ID: "free"}, "1 MW, unlimited from 2027-01-01"},
		{metering.Node{ID: "src"}, "9 MW"},
		{metering.Node{ID: "src-2", Limit: metering.LimitOf(metering.Megawatt)}, "0 W"},
	} {
		if text := stepsText(limitsOf(site, c.node, at, 0.9)); text != c.want {
			t.Errorf("%+v: %s, want %s", c.node, text, c.want)
		}
	}
}

// A week from a file: Monday first, in hours, half hours or quarters.
func TestAWeekFromAFile(t *testing.T) {
	lines := func(n int, line func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i) + "\n")
		}
		return b.String()
	}
	busyMonday := func(perDay int) func(int) string {
		return func(i int) string {
			if i < perDay {
				return "Mon;12,5"
			}
			return "x;0"
		}
	}
	for _, text := range []string{"\ufeffday;kW\n" + lines(168, busyMonday(24)), lines(336, busyMonday(48)), lines(672, busyMonday(96))} {
		got, err := weekOf(text)
		if err != nil || len(got) != 336 || got[0] != 12.5 || got[47] != 12.5 || got[48] != 0 {
			t.Errorf("%v of %d: %v", got[:min(len(got), 50)], len(got), err)
		}
	}
	for text, want := range map[string]string{"": "0 powers", "kW\n1\n": "1 powers", "1\n-2\n": "line 2", "1\nNaN\n": "line 2", "kW\nkW\n": "line 2"} {
		if _, err := weekOf(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	// The weeks of a year that begins on a Wednesday begin on one, too: Monday is their
	// sixth day, whether the profile is a template or a file.
	file := filepath.Join(t.TempDir(), "week.csv")
	if err := os.WriteFile(file, []byte(lines(168, busyMonday(24))), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := profileFile(file, time.Wednesday)
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]float32, 336)
	for i := 5 * 48; i < 6*48; i++ {
		parts[i] = 1
	}
	if want, err := hosting.Template("week.csv", parts); err != nil || fmt.Sprint(p) != fmt.Sprint(want) {
		t.Errorf("%v, %v", p, err)
	}
}

func FuzzAWeekFromAFile(f *testing.F) {
	f.Add("kW\n1\n2\n")
	f.Add(strings.Repeat("0,5\n", 168))
	f.Add(strings.Repeat("Mon;12.5\n", 672))
	f.Fuzz(func(t *testing.T, text string) {
		list, err := weekOf(text)
		if err != nil {
			return
		}
		if len(list) != 336 {
			t.Fatalf("%d blocks", len(list))
		}
		if _, err := hosting.Given("week", list); err == nil && slices.Max(list) <= 0 {
			t.Error("a week without power is a profile")
		}
	})
}

// Wrong use says what to write instead.
func TestHostingWrongUse(t *testing.T) {
	process := zoneInUse(t)
	for args, want := range map[string]string{
		"--mw 1 --profile flat":                                       "--node is missing",
		"--node f-idle --profile flat":                                "--mw 0",
		"--node f-idle --mw NaN --profile flat":                       "--mw NaN",
		"--node f-idle --mw 1":                                        "--profile is missing",
		"--node f-idle --mw 1 --profile siesta":                       "neither a file nor a template (one-shift",
		"--node nowhere --mw 1 --profile flat":                        "no node \"nowhere\"",
		"--node f-idle --mw 1 --profile flat --annual 10":             "it has to reach its full power, and not always",
		"--node f-idle --mw 1 --profile one-shift --annual 9000":      "less than 1 MW all the time",
		"--node f-idle --mw 1 --profile flat --flexible=2":            "a part, 0 to 1",
		"--node f-idle --mw 1 --profile flat --years 1":               "100 to 100000",
		"--node f-idle --mw 1 --profile flat --power-factor 0":        "cos φ",
		"--node f-idle --mw 1 --profile flat --as-of 2999-01-01":      "has not passed yet",
		"--node f-idle --mw 1 --profile " + conditionsSite:            "is no power in kW",
		"--node f-idle --mw 1 --profile one-shift --annual -1 --json": "--annual -1",
	} {
		if said := complaint(t, append([]string{"hosting", "-c", process}, strings.Fields(args)...)...); !strings.Contains(said, want) {
			t.Errorf("%s: %s", args, said)
		}
	}
}
