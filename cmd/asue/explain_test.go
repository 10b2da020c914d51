package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering"
)

// TestBudgetOfRS485 computes by hand, in milliseconds: characters of 11 bits,
// a turnaround of 20 to 50 ms, two silences of 3.5 characters (1.75 ms above
// 19200 baud).
func TestBudgetOfRS485(t *testing.T) {
	f := func(baud, registers int, least, most float64) {
		t.Helper()
		a, b := atBaud(baud).transaction(registers)
		if math.Round(a.Seconds()*1000) != least || math.Round(b.Seconds()*1000) != most {
			t.Errorf("%d registers at %d baud: %v..%v, want %v..%v ms", registers, baud, a, b, least, most)
		}
	}
	f(9600, 6, 57, 87)
	f(9600, 100, 272, 302)
	f(19200, 6, 38, 68)
	f(19200, 100, 146, 176)
	f(115200, 6, 26, 56)
	f(115200, 100, 44, 74)

	// 32 meters, one block of 100 registers each, in seconds.
	round := func(baud int, least, most float64) {
		t.Helper()
		a, b := atBaud(baud).transaction(100)
		if math.Round(320*a.Seconds())/10 != least || math.Round(320*b.Seconds())/10 != most {
			t.Errorf("32 meters at %d baud: %v..%v, want %v..%v s", baud, 32*a, 32*b, least, most)
		}
	}
	round(9600, 8.7, 9.7)
	round(19200, 4.7, 5.6)
	round(115200, 1.4, 2.4)
}

func atBaud(baud int) lineSpeed { return lineSpeed{}.at(baud) }

func TestVerdicts(t *testing.T) {
	for load, want := range map[float64]string{0: "ok", 0.6: "ok", 0.601: "tight", 0.8: "tight", 0.801: "overloaded", 3: "overloaded"} {
		if got := verdict(load); got != want {
			t.Errorf("load %v: %q, want %q", load, got, want)
		}
	}
}

// TestExplainAddsUpALine adds up by itself what an hour of a line costs.
func TestExplainAddsUpALine(t *testing.T) {
	library := loadLibrary(t)
	model, _ := library.Model("eastron-sdm630")
	site := &metering.Site{ID: "works"}
	for i := range 8 {
		id := metering.MeterID(fmt.Sprintf("M%d", i+1))
		site.Meters = append(site.Meters, metering.Meter{ID: id, Line: "l", Unit: uint8(i + 1), Model: model.ID})
		site.Installs = append(site.Installs, metering.Install{Meter: id})
	}
	site.Installs[7].To = tapTime.Add(-time.Hour) // M8 has been taken away
	site.Meters = append(site.Meters, metering.Meter{ID: "other", Line: "m", Unit: 1, Model: model.ID})
	c := settings.Collector{Fast: 5 * time.Second, Energy: time.Minute, Slow: 10 * time.Minute}
	speed := atBaud(9600)
	got := explainOne(settings.Line{ID: "l"}, c, site, library, speed, tapTime)

	var requests, busy float64 // in an hour
	for _, b := range model.PlanFor(speed.cost(), regmap.Groups()...) {
		n := map[regmap.Group]float64{regmap.Fast: 720, regmap.EnergyGroup: 60 + 4, regmap.Slow: 6, regmap.Ident: 1}[b.Group]
		_, most := speed.transaction(int(b.Count))
		requests += 7 * n
		busy += 7 * n * most.Seconds()
	}
	if len(got.Meters) != 7 || math.Abs(got.Requests*3600-requests) > 1e-6 || math.Abs(got.Most-busy/36) > 1e-6 {
		t.Errorf("%d meters, %v requests an hour, %v %%; want 7, %v, %v", len(got.Meters), got.Requests*3600, got.Most, requests, busy/36)
	}
	if got.Least >= got.Most {
		t.Errorf("load %v..%v %%", got.Least, got.Most)
	}
}

func siteFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(file, aktobe.Site(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestExplainShowsEveryMeterAndRefusesTooMuch(t *testing.T) {
	o := explainOptions{site: siteFile(t), response: time.Millisecond}
	var out bytes.Buffer
	if err := o.run(&out, tapTime); err != nil {
		t.Fatalf("meters that answer in 1 ms: %v", err)
	}
	o.asJSON = true
	var asJSON bytes.Buffer
	if err := o.run(&asJSON, tapTime); err != nil {
		t.Fatal(err)
	}
	var report explainReport
	if err := json.Unmarshal(asJSON.Bytes(), &report); err != nil || len(report.Lines) == 0 {
		t.Fatalf("%v: %s", err, asJSON.String())
	}
	for _, l := range report.Lines {
		if l.Verdict != "ok" || len(l.Meters) == 0 {
			t.Errorf("line %s: %q with %d meters", l.ID, l.Verdict, len(l.Meters))
		}
		for _, m := range l.Meters {
			if len(m.Blocks) == 0 || !strings.Contains(out.String(), fmt.Sprintf("%d=%s", m.Unit, m.ID)) {
				t.Errorf("meter %s of %s is not shown", m.ID, l.ID)
			}
		}
	}

	o.asJSON, o.baud = false, []string{string(report.Lines[0].ID) + "=1200"}
	out.Reset()
	err := o.run(&out, tapTime)
	if err == nil || !strings.Contains(err.Error(), "line "+report.Lines[0].ID+" is planned for ") || !strings.Contains(err.Error(), "fast ") {
		t.Errorf("everything each second at 1200 baud: %v, want the sum", err)
	}
	if !strings.Contains(out.String(), "RS-485, 1200 baud") || !strings.Contains(out.String(), "error: above 80 %") {
		t.Errorf("the table does not show it:\n%s", out.String())
	}
}

func TestExplainExitCodes(t *testing.T) {
	site := siteFile(t)
	process := filepath.Join(filepath.Dir(site), "asue.yaml")
	if err := os.WriteFile(process, []byte("site: site.yaml\ncollector:\n  lines:\n    nowhere: tcp://127.0.0.1:502\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(want int, args ...string) {
		t.Helper()
		if got := execute(context.Background(), append([]string{"explain"}, args...)); got != want {
			t.Errorf("asue explain %v exits with %d, want %d", args, got, want)
		}
	}
	f(0, "--site", site, "--response", "1ms")
	f(cli.ExitUsage, "--site", site, "--baud", "1200")
	f(cli.ExitUsage)
	f(cli.ExitUsage, "--site", site, "-c", process)
	f(cli.ExitUsage, "-c", process)
	f(cli.ExitUsage, "--site", site, "--baud", "fast")
	f(cli.ExitUsage, "--site", site, "--baud", "nowhere=9600")
	f(cli.ExitUsage, "--site", site, "--response", "0s")
}
