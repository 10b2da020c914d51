package site_test

import (
	"os"
	"slices"
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
	"eastron-sdm630", "abb-b23-b24-a43-a44", "carlo-gavazzi-em330-em340", "socomec-countis-e34-e44", "asue-pulse-counter",
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
	count(t, "meters", len(s.Meters), 80, 90)
	count(t, "lines", len(s.Lines), 13, 13)
	models, perLine := map[string]int{}, map[metering.LineID]int{}
	for _, m := range s.Meters {
		models[m.Model]++
		perLine[m.Line]++
	}
	count(t, "lines with meters", len(perLine), 10, 10)
	count(t, "models", len(models), 6, len(exampleModels))
	for line, n := range perLine {
		count(t, "meters on "+string(line), n, 7, 11)
	}
	checkExampleResidents(t, s)
	checkExampleMetering(t, s)
	checkExampleActuators(t, s)
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

// checkExampleMetering: the zone shows everything that metering for bills has, and
// holds the limits of the zone's development strategy 2026–2028.
func checkExampleMetering(t *testing.T, s *metering.Site) {
	t.Helper()
	for _, medium := range metering.Media() {
		if len(s.InputsOf(medium)) == 0 {
			t.Errorf("no input of %s", medium)
		}
	}
	limits := []metering.MediumLimit{
		{Medium: metering.Gas, Litres: 20_000_000, Per: time.Hour}, {Medium: metering.DrinkingWater, Litres: 200_000, Per: time.Hour},
		{Medium: metering.ProcessWater, Litres: 4_500_000, Per: 24 * time.Hour}, {Medium: metering.Sewage, Litres: 200_000, Per: time.Hour},
	}
	if !slices.Equal(s.Media, limits) {
		t.Errorf("limits %v", s.Media)
	}
	chain := s.InstallsOf("p-plastics-1")
	if len(chain) != 2 || !chain[0].To.Equal(chain[1].From) || len(chain[0].EndReadings) != 4 || len(chain[1].StartReadings) != 4 || chain[0].Act == "" || chain[0].Act != chain[1].Act {
		t.Errorf("the exchanged meter: %+v", chain)
	}
	for _, p := range s.Points {
		checked, ok := s.Point(p.Checks)
		if p.Role == metering.RoleCheck && (!ok || checked.Node != p.Node || checked.MediumOf() != p.MediumOf()) {
			t.Errorf("the check point %s stands beside %q", p.ID, p.Checks)
		}
	}
	all := map[metering.PointID]bool{}
	sum, _ := s.VirtualPoint("v-residents")
	for _, term := range sum.Terms {
		all[term.Of] = true
	}
	for _, p := range s.Points {
		if billed := p.Role == metering.RoleResident && p.MediumOf() == metering.Electricity; billed != all[p.ID] {
			t.Errorf("%s in the sum of all residents: %v", p.ID, all[p.ID])
		}
	}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	own, _ := s.RuleSetAt(s.ClassOf("p-metal-2"), at)
	other, _ := s.RuleSetAt(s.ClassOf("p-plastics-1"), at)
	if own.Class != "arc-furnace" || !slices.Contains(own.Off, "jump") || other.Class != "" || other.Name == "" {
		t.Errorf("rule sets %+v, %+v", own, other)
	}
	checkExampleDays(t, s)
}

// checkExampleDays: public holidays fall where the law puts them, a day off follows
// one that fell on a weekend, and the tariff has three zones.
func checkExampleDays(t *testing.T, s *metering.Site) {
	t.Helper()
	f := func(at string, kind metering.DayKind, zone string) {
		t.Helper()
		local, err := time.ParseInLocation("2006-01-02 15:04", at, s.Location)
		if err != nil {
			t.Fatal(err)
		}
		z, ok := s.Tariffs[0].ZoneAt(local, s.Calendar, s.Location)
		if got := s.Calendar.KindOf(local, s.Location); got != kind || z.Name != zone || !ok {
			t.Errorf("%s is a %s in %q", at, got, z.Name)
		}
	}
	f("2026-03-20 12:00", metering.Workday, "день")
	f("2026-03-20 20:00", metering.Workday, "пик")
	f("2026-03-24 12:00", metering.Holiday, "ночь") // for Saturday 21 March
	f("2026-03-26 06:45", metering.Workday, "ночь")
	f("2026-12-12 12:00", metering.Saturday, "день")
	f("2026-12-13 12:00", metering.Sunday, "ночь")
	f("2026-12-16 12:00", metering.Holiday, "ночь")
	f("2027-05-10 12:00", metering.Holiday, "ночь") // for Sunday 9 May
	f("2027-12-17 12:00", metering.Workday, "день")
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

// checkExampleActuators: every large resident that works can be moved without a
// breaker, by a set-point or by two to six steps at each node; every feeder of one
// resident has a breaker, and none of them is automatic.
func checkExampleActuators(t *testing.T, s *metering.Site) {
	t.Helper()
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	setpoints, breakers := map[metering.ResidentID]int{}, map[metering.NodeID]bool{}
	steps := map[metering.ResidentID]map[metering.NodeID]int{}
	for _, a := range s.Actuators {
		if point, ok := s.Point(a.Point); !ok || point.Node != a.Node {
			t.Errorf("the effect of %s is seen at %q", a.ID, a.Point)
		}
		switch a.Kind {
		case metering.ActuatorSetpoint:
			setpoints[a.Resident]++
		case metering.ActuatorRelay:
			if steps[a.Resident] == nil {
				steps[a.Resident] = map[metering.NodeID]int{}
			}
			steps[a.Resident][a.Node]++
		case metering.ActuatorBreaker:
			breakers[a.Node] = true
		}
		if want := metering.ModeAuto; a.Mode != want && (a.Kind != metering.ActuatorBreaker || a.Mode != metering.ModeConfirm) {
			t.Errorf("%s in the mode %v", a.ID, a.Mode)
		}
	}
	for _, r := range s.Residents {
		if r.State != metering.Working || s.Allowed(r.ID, at) < metering.Megawatt {
			continue
		}
		if setpoints[r.ID] == 0 && len(steps[r.ID]) == 0 {
			t.Errorf("nothing moves the load of %s", r.ID)
		}
		for node, n := range steps[r.ID] {
			count(t, "steps at "+string(node), n, 2, 6)
		}
	}
	for _, n := range s.Topology.Nodes {
		if own := n.VoltageKV >= 10 && n.Kind == metering.NodeFeeder && len(s.Topology.Children(n.ID)) == 0; own != breakers[n.ID] {
			t.Errorf("a breaker at %s: %v", n.ID, breakers[n.ID])
		}
	}
	if len(s.Limits) != 1 || s.Limits[0].Node != "akz-1" || s.Limits[0].Limit != metering.LimitOf(12*metering.Megawatt) {
		t.Errorf("limits %+v", s.Limits)
	}
}

// BenchmarkParse reads the example: 28 residents and 81 meters.
func BenchmarkParse(b *testing.B) {
	src := []byte(example(b))
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if s, faults := site.Parse(examplePath, src, exampleModels); s == nil {
			b.Fatal(faults.Error())
		}
	}
}
