package watch_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
	"asue/metering/alarm/watch"
	"asue/metering/wire"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func said(kind alarm.Kind, subject string) watch.Said {
	return watch.Said{Condition: alarm.Condition{Kind: kind, Subject: subject, Active: true}}
}

// ids are what changes are about: "+meter-silent/m-1" has begun, "-…" is over.
func ids(changes []alarm.Condition) []string {
	list := []string{}
	for _, c := range changes {
		mark := "-"
		if c.Active {
			mark = "+"
		}
		list = append(list, mark+string(alarm.IDOf(c.Kind, c.Subject)))
	}
	return list
}

func same(t *testing.T, what string, got []alarm.Condition, want ...string) {
	t.Helper()
	if !slices.Equal(ids(got), want) && len(got)+len(want) > 0 {
		t.Errorf("%s: %v, want %v", what, ids(got), want)
	}
}

// TestWhatBeginsAndWhatIsOver tells of two sources, which do not speak for each other.
func TestWhatBeginsAndWhatIsOver(t *testing.T) {
	w := watch.New()
	same(t, "first", w.Tell(watch.Meters, []watch.Said{said("meter-silent", "m-2"), said("meter-silent", "m-1")}), "+meter-silent/m-1", "+meter-silent/m-2")
	same(t, "the same again", w.Tell(watch.Meters, []watch.Said{said("meter-silent", "m-1"), said("meter-silent", "m-2")}))
	same(t, "another source", w.Tell(watch.Balancer, []watch.Said{said("limit-forecast", "zone")}), "+limit-forecast/zone")
	more := said("meter-silent", "m-2")
	more.Args = map[string]any{"since": "noon"}
	same(t, "one is over, one says something new", w.Tell(watch.Meters, []watch.Said{more}), "+meter-silent/m-2", "-meter-silent/m-1")
	same(t, "nothing any more", w.Tell(watch.Meters, nil), "-meter-silent/m-2")
}

// TestWhatHappenedAlarmsOnce holds that an event is told once, however often its report
// comes, and after a restart not again.
func TestWhatHappenedAlarmsOnce(t *testing.T) {
	failed := said("command-failed", "a-1")
	failed.At = noon
	w := watch.New()
	same(t, "happened", w.Tell(watch.Balancer, []watch.Said{failed}), "+command-failed/a-1", "-command-failed/a-1")
	same(t, "still in the report", w.Tell(watch.Balancer, []watch.Said{failed}))
	again := failed
	again.At = noon.Add(time.Minute)
	same(t, "once more", w.Tell(watch.Balancer, []watch.Said{failed, again}), "+command-failed/a-1", "-command-failed/a-1")

	b, err := alarm.New(catalogue.BuiltIn(), alarm.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	silent := said("meter-silent", "m-1").Condition // waits for its delay
	for _, c := range []alarm.Condition{failed.Condition, {Kind: "command-failed", Subject: "a-1"}, said("limit-forecast", "zone").Condition, silent} {
		if _, err := b.Observe(c, noon); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Acknowledge("command-failed/a-1", "a", noon); err != nil {
		t.Fatal(err)
	}
	later := watch.New()
	later.Remember(b.Observed(), w.Told(), watch.Of)
	same(t, "after a restart", later.Tell(watch.Balancer, []watch.Said{failed, again}), "-limit-forecast/zone")
	same(t, "what had not become an alarm yet", later.Tell(watch.Meters, nil), "-meter-silent/m-1")
	again.At = again.At.Add(time.Second)
	same(t, "it happens again", later.Tell(watch.Balancer, []watch.Said{failed, again}), "+command-failed/a-1", "-command-failed/a-1")
}

// TestLostSupply holds that a line that was lost is one alarm as long as none feeds, and
// only happened if another has taken over.
func TestLostSupply(t *testing.T) {
	w := watch.New()
	lost := wire.ControlNotice{ID: "1", Kind: "source_lost", At: noon, Args: map[string]any{"source": "karatagai"}}
	same(t, "dark", w.Tell(watch.Balancer, watch.OfControl(wire.Control{State: "normal", Notices: []wire.ControlNotice{lost}})), "+source-lost/zone")
	taken := wire.ControlNotice{ID: "2", Kind: "source_changed", At: noon.Add(time.Minute), Args: map[string]any{"source": "akzhar"}}
	fed := wire.Control{State: "normal", Feeding: "Акжар", Notices: []wire.ControlNotice{lost, taken}}
	same(t, "fed again", w.Tell(watch.Balancer, watch.OfControl(fed)), "+source-changed/akzhar", "-source-changed/akzhar", "-source-lost/zone")
	same(t, "taken over at once", watch.New().Tell(watch.Balancer, watch.OfControl(fed)),
		"+source-lost/zone", "-source-lost/zone", "+source-changed/akzhar", "-source-changed/akzhar")
}

// TestControl holds which notices of the balancer alarm, and about what.
func TestControl(t *testing.T) {
	report := wire.Control{Notices: []wire.ControlNotice{
		{ID: "1", Kind: "projection_watch", Active: true},
		{ID: "2", Kind: "projection_over_limit", Active: true, Args: map[string]any{"limit_w": 1.0}},
		{ID: "3", Kind: "power_over_limit", Active: false},
		{ID: "4", Kind: "armour_not_held", Active: true, Args: map[string]any{"node": "s-1"}},
		{ID: "5", Kind: "source_lost", At: noon, Args: map[string]any{"source": "Каратагай"}},
		{ID: "6", Kind: "shed_advised", Active: true},
	}}
	same(t, "a report", watch.New().Tell(watch.Balancer, watch.OfControl(report)),
		"+source-lost/zone", "-source-lost/zone", "+armour-not-held/s-1", "+limit-forecast/zone")
	report.Notices[1].Args["unavoidable"] = true
	if list := watch.OfControl(report); list[0].Kind != "limit-exceeded" {
		t.Errorf("what cannot be avoided any more is %s", list[0].Kind)
	}
}

// TestEmergency holds that the balancer's emergency is an excess only while there is one.
func TestEmergency(t *testing.T) {
	limit, less, more := 20*metering.Megawatt, 12*metering.Megawatt, 24*metering.Megawatt
	report := wire.Control{State: "normal", Feeding: "Акжар", Limit: &limit, Power: &more, Notices: []wire.ControlNotice{{ID: "1", Kind: "emergency", Active: true, Args: map[string]any{"reason": "the limit has fallen"}}}}
	w := watch.New()
	same(t, "above the limit of the reserve", w.Tell(watch.Balancer, watch.OfControl(report)), "+limit-exceeded/zone")
	report.Power = &less
	same(t, "shed, and still an emergency", w.Tell(watch.Balancer, watch.OfControl(report)), "-limit-exceeded/zone")
	report.Feeding, report.Power, report.Limit = "", nil, nil
	same(t, "no line in service", w.Tell(watch.Balancer, watch.OfControl(report)), "+source-lost/zone")
}

// TestPlant holds what of network, meters, rights and findings alarms.
func TestPlant(t *testing.T) {
	site := &metering.Site{
		Meters:     []metering.Meter{{ID: "m-1", Line: "l-1"}, {ID: "m-2", Line: "l-1"}, {ID: "m-3"}, {ID: "spare", Line: "l-1"}},
		Installs:   []metering.Install{{Meter: "m-1", Point: "p-1"}, {Meter: "m-2", Point: "p-2"}, {Meter: "m-3", Point: "p-3"}},
		Residents:  []metering.Resident{{ID: "r-1", Name: "Керамика-1"}, {ID: "r-2"}},
		Conditions: []metering.Condition{{Resident: "r-1", Power: metering.Megawatt}, {Resident: "r-2", Power: metering.Megawatt}},
	}
	heard := []watch.Heard{{"m-1", noon.Add(-2 * time.Minute), "c-1"}, {"m-2", noon.Add(-time.Second), "c-1"}, {Meter: "m-3"}, {Meter: "spare"}}
	same(t, "meters", watch.New().Tell(watch.Meters, watch.OfMeters(site, heard, time.Minute, noon)), "+meter-silent/m-1", "+meter-silent/m-3")
	if g := watch.GroupsOf(site, noon); !maps.Equal(g, map[string]int{"line/l-1": 2}) {
		t.Errorf("groups %v", g)
	}
	var much, little metering.Power = 800_000, 100_000
	drawn := map[metering.ResidentID]watch.Drawn{"r-1": {metering.Megawatt + 1, &little}, "r-2": {metering.Megawatt, &much}, "stranger": {9 * metering.Megawatt, nil}}
	same(t, "residents", watch.New().Tell(watch.Meters, watch.OfResidents(site, drawn, 0.85, nil, noon)), "+conditions-exceeded/r-1", "+power-factor/r-2")
	drawn = map[metering.ResidentID]watch.Drawn{"r-1": {metering.Megawatt / 20, &much}, "r-2": {metering.Megawatt, nil}}
	same(t, "next to nothing drawn", watch.New().Tell(watch.Meters, watch.OfResidents(site, drawn, 0.85, nil, noon)))

	// Just below the bound it is over only for who was not above it.
	var near metering.Power = 610_000 // cos φ about 0.853 at 995 kW
	drawn = map[metering.ResidentID]watch.Drawn{"r-1": {metering.Megawatt * 995 / 1000, nil}, "r-2": {metering.Megawatt * 995 / 1000, &near}}
	same(t, "just below", watch.New().Tell(watch.Meters, watch.OfResidents(site, drawn, 0.85, nil, noon)))
	was := map[alarm.ID]bool{"conditions-exceeded/r-1": true, "power-factor/r-2": true}
	same(t, "just below, after it was above", watch.New().Tell(watch.Meters, watch.OfResidents(site, drawn, 0.85, was, noon)), "+conditions-exceeded/r-1", "+power-factor/r-2")
	same(t, "power factors are nobody's concern", watch.New().Tell(watch.Meters, watch.OfResidents(site, drawn, 0, was, noon)), "+conditions-exceeded/r-1")

	for _, id := range []metering.ElementID{"q-1", "q-3", "q-4"} { // q-2 is open in the normal state
		site.Network.Switches = append(site.Network.Switches, metering.Switch{ID: id, Closed: true})
	}
	state := metering.NetworkState{
		Violations: []metering.Violation{{Element: "t-1", Kind: "transformer"}, {Element: "s-10", Kind: "voltage-low"}, {Element: "karatagai", Kind: "contract"}},
		Switches:   []metering.SwitchState{{ID: "q-1", Known: true, Why: "no current"}, {ID: "q-2", Known: true}, {ID: "q-3"}, {ID: "q-4", Known: true, Closed: true}},
		Readiness:  &metering.Readiness{Light: metering.LightRed, Lost: "karatagai", Backup: []string{"akzhar"}},
	}
	same(t, "network", watch.New().Tell(watch.Network, watch.OfNetwork(site, state)), "+breaker-open/q-1", "+node-overload/t-1", "+reserve-overload/karatagai", "+voltage/s-10")
	state.Problem = "nothing is measured"
	same(t, "a state that is not known", watch.New().Tell(watch.Network, watch.OfNetwork(site, state)))

	found := []metering.Finding{
		{Rule: "balance_day", Severity: metering.Alarm, Node: "s-10", FoundAt: noon.Add(-time.Hour)},
		{Rule: "balance", Severity: metering.Warning, Node: "s-35", FoundAt: noon},
		{Rule: "clock", Severity: metering.Failure, Point: "p-1", FoundAt: noon},
		{Rule: "clock", Severity: metering.Failure, Point: "p-2", FoundAt: noon.Add(-72 * time.Hour)},
		{Rule: "balance", Severity: metering.Alarm, Node: "s-36", FoundAt: noon, ClearedAt: noon},
		{Rule: "spike", Severity: metering.Failure, Point: "p-3", FoundAt: noon},
	}
	same(t, "findings", watch.New().Tell(watch.Rules, watch.OfFindings(found, noon)), "+clock-drift/p-1", "+imbalance/s-10")
}

// TestEveryKindIsOfTheCatalogue holds that nothing is said that no dispatcher could look
// up.
func TestEveryKindIsOfTheCatalogue(t *testing.T) {
	known := map[alarm.Kind]bool{}
	for _, d := range catalogue.BuiltIn() {
		known[d.Kind] = true
	}
	for _, k := range watch.Kinds() {
		if !known[k] {
			t.Errorf("%s is said and not in the catalogue", k)
		}
		delete(known, k)
	}
	for k := range known {
		t.Logf("%s is said by the program itself, or of groups", k)
	}
}

// TestTellingIsEnough plays random lists, and holds that whoever follows the changes
// knows exactly what is so.
func TestTellingIsEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := watch.New()
		follows := map[alarm.ID]bool{}
		for range rapid.IntRange(1, 20).Draw(t, "times") {
			is := map[alarm.ID]bool{}
			var list []watch.Said
			for _, subject := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.ID).Draw(t, "subjects") {
				list = append(list, said("meter-silent", subject))
				is[alarm.IDOf("meter-silent", subject)] = true
			}
			for _, c := range w.Tell(watch.Meters, list) {
				if id := alarm.IDOf(c.Kind, c.Subject); c.Active {
					follows[id] = true
				} else {
					delete(follows, id)
				}
			}
			if !maps.Equal(follows, is) {
				t.Fatalf("who follows knows %v, it is %v", follows, is)
			}
		}
	})
}
