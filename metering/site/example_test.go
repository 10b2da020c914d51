package site_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/site"
)

const examplePath = "../../examples/aktobe/site.yaml"

func example(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exampleModels are the register maps that the example uses.
var exampleModels = []string{
	"schneider-pm5100-pm5300-pm5500", "schneider-iem3000", "siemens-pac3200", "siemens-pac4200", "janitza-umg96rm",
	"eastron-sdm630", "abb-b23-b24-a43-a44", "carlo-gavazzi-em330-em340", "socomec-countis-e34-e44",
}

// TestExample holds the demo's plant against what is known of the zone.
func TestExample(t *testing.T) {
	s, faults := site.Parse(examplePath, []byte(example(t)), exampleModels)
	if s == nil {
		t.Fatal(faults.String())
	}
	// The zone's technical conditions exceed the contract: that is its problem, and
	// the only thing to be said about the file.
	if len(faults) != 1 || faults[0].Code != "oversubscribed" || faults[0].Severity != site.Info {
		t.Error(faults.String())
	}
	if feeding, _ := s.Feeding(); feeding.Name != "ВЛ-110 «Каратагай»" || feeding.Contract != metering.LimitOf(29_700*metering.Kilowatt) {
		t.Errorf("fed by %s, %v", feeding.Name, feeding.Contract)
	}
	for _, src := range s.Sources[1:] {
		if src.Available || src.Contract.IsStated() || !strings.Contains(src.Name, "Акжар") {
			t.Errorf("reserve source %+v", src)
		}
	}
	count(t, "sources", len(s.Sources), 3, 3)
	count(t, "inputs", len(s.Inputs()), 3, 3)
	count(t, "meters", len(s.Meters), 60, 80)
	count(t, "lines", len(s.Lines), 7, 9)
	models, perLine := map[string]int{}, map[metering.LineID]int{}
	for _, m := range s.Meters {
		models[m.Model]++
		perLine[m.Line]++
	}
	count(t, "models", len(models), 6, len(exampleModels))
	for line, n := range perLine {
		count(t, "meters on "+string(line), n, 7, 10)
	}
	checkExampleResidents(t, s)
	for _, p := range s.Points {
		if _, ok := s.MeterAt(p.ID, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)); !ok {
			t.Errorf("no meter at %s", p.ID)
		}
	}
}

func count(t *testing.T, what string, n, least, most int) {
	t.Helper()
	if n < least || n > most {
		t.Errorf("%d %s, want %d to %d", n, what, least, most)
	}
}

// checkExampleResidents: 19 work, 9 are in realisation of which 3 stand idle;
// together they may draw far more than the contract, and in the simulation the
// works draw less than it.
func checkExampleResidents(t *testing.T, s *metering.Site) {
	t.Helper()
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	states, armoured := map[metering.ResidentState]int{}, map[metering.Trade]bool{}
	var allowed, peaks metering.Power
	for _, r := range s.Residents {
		states[r.State]++
		allowed += s.Allowed(r.ID, at)
		if r.State == metering.Working {
			peaks += r.Simulation.Peak
			if own := s.Allowed(r.ID, at); r.Simulation.Peak >= own {
				t.Errorf("%s: peak %v of %v allowed", r.Name, r.Simulation.Peak, own)
			}
		}
		for _, a := range s.Armours {
			armoured[r.Trade] = armoured[r.Trade] || a.Resident == r.ID
		}
	}
	count(t, "working residents", states[metering.Working], 19, 19)
	count(t, "idle residents", states[metering.Idle], 3, 3)
	count(t, "residents in realisation", states[metering.InRealisation], 6, 6)
	if allowed < 55*metering.Megawatt {
		t.Errorf("technical conditions of %v only", allowed)
	}
	if peaks < 28*metering.Megawatt || peaks > 33*metering.Megawatt {
		t.Errorf("peaks of %v together", peaks)
	}
	for _, trade := range []metering.Trade{metering.TradeCeramics, metering.TradeChemistry, metering.TradeDataCentre} {
		if !armoured[trade] {
			t.Errorf("no armour in the trade %s", trade)
		}
	}
}

// BenchmarkParse reads the example: 28 residents and 66 meters.
func BenchmarkParse(b *testing.B) {
	src := []byte(example(b))
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if s, faults := site.Parse(examplePath, src, exampleModels); s == nil {
			b.Fatal(faults.Error())
		}
	}
}
