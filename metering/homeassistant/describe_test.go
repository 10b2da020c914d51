package homeassistant_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/homeassistant"
	"asue/metering/wire"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/sensors.txt anew")

var now = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// options are those of a small zone: an input, a resident with one point and one with
// two, a point without a meter and one of gas.
func options() homeassistant.Options {
	site := &metering.Site{ID: "aktobe", Name: "Актобе", Location: time.UTC,
		Residents: []metering.Resident{{ID: "ceramics-1", Name: "Керамика-1"}, {ID: "plastic-2", Name: "Пластик-2"}},
		Points: []metering.Point{{ID: "in-1.T", Name: "Ввод 1", Role: metering.RoleInput}, {ID: "F-1", Name: "яч. 12", Role: metering.RoleResident, Resident: "ceramics-1"},
			{ID: "F-2", Name: "яч. 14", Role: metering.RoleResident, Resident: "plastic-2"}, {ID: "F-3", Role: metering.RoleResident, Resident: "plastic-2"},
			{ID: "F-4", Role: metering.RoleFeeder}, {ID: "G-1", Role: metering.RoleInput, Medium: metering.Gas}},
	}
	for _, p := range []metering.PointID{"in-1.T", "F-1", "F-2", "F-3", "G-1"} {
		site.Installs = append(site.Installs, metering.Install{Meter: metering.MeterID("M-" + p), Point: p})
	}
	return homeassistant.Options{Site: site, Now: now, Prefix: "homeassistant", Lang: "ru", Fresh: time.Minute, Version: "1.2"}
}

func readOf(t testing.TB, payload []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(payload, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSensors holds the sensors of a small zone to a file.
func TestSensors(t *testing.T) {
	var b strings.Builder
	for _, d := range homeassistant.Describe(options()) {
		fmt.Fprintf(&b, "%s\n  %s\n", d.Topic, d.Payload)
	}
	const file = "testdata/sensors.txt"
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got); renew with -rewrite:\n%s", diff)
	}
}

// TestIDs: topics and ids are of the letters that Home Assistant takes, each once; a
// resident's points hang on the resident, and that on the zone.
func TestIDs(t *testing.T) {
	o := options()
	o.Site.Points = append(o.Site.Points, metering.Point{ID: "in-1_T"}) // its twin without a dot
	o.Site.Installs = append(o.Site.Installs, metering.Install{Meter: "M-9", Point: "in-1_T"})
	good := regexp.MustCompile(`^homeassistant/sensor/asue_aktobe/[A-Za-z0-9_-]+/config$`)
	topics, ids := map[string]bool{}, map[string]bool{}
	list := homeassistant.Describe(o)
	for _, d := range list {
		m := readOf(t, d.Payload)
		id := m["unique_id"].(string)
		if !good.MatchString(d.Topic) || topics[d.Topic] || ids[id] {
			t.Errorf("%s with %s", d.Topic, id)
		}
		topics[d.Topic], ids[id] = true, true
	}
	if want := 5 + 4*5; len(list) != want {
		t.Errorf("%d sensors, want %d: five of the zone, four of each of five points", len(list), want)
	}
	o.Points = []metering.PointID{"F-1"}
	if n := len(homeassistant.Describe(o)); n != 5+4 {
		t.Errorf("of one point: %d sensors", n)
	}
	if f := homeassistant.Filter("homeassistant", "aktobe"); f != "homeassistant/sensor/asue_aktobe/+/config" {
		t.Errorf("filter %s", f)
	}
}

// render evaluates the part of Jinja that the templates use: a key of value_json, and none
// in its place. It is what Home Assistant makes of a message; "None" there is unknown.
func render(t testing.TB, template string, message []byte) string {
	t.Helper()
	m := regexp.MustCompile(`^\{\{ value_json\.([a-z_]+) \| default\(none\) \}\}$`).FindStringSubmatch(template)
	if m == nil {
		t.Fatalf("the template %q is more than this test knows", template)
	}
	d := json.NewDecoder(strings.NewReader(string(message)))
	d.UseNumber()
	values := map[string]any{}
	if err := d.Decode(&values); err != nil {
		t.Fatal(err)
	}
	v, known := values[m[1]]
	if !known {
		return "None"
	}
	return fmt.Sprint(v)
}

// TestTemplates: what the templates make of our messages is the number that was meant, in
// the unit that is said; what is not known is unknown.
func TestTemplates(t *testing.T) {
	p, q, u, e := 1_250_400.5, -12_000.0, 10_312.0, metering.Energy(81_234_500)
	point, err := wire.EncodeLivePoint(wire.LivePoint{At: now, Power: &p, Reactive: &q, Voltage: &u, EnergyImport: &e, Meter: "M-F-1", Resident: "ceramics-1"})
	if err != nil {
		t.Fatal(err)
	}
	silent, err := wire.EncodeLivePoint(wire.LivePoint{At: now, Quality: metering.CommFail, Reason: "no answer"})
	if err != nil {
		t.Fatal(err)
	}
	w := func(v metering.Power) *metering.Power { return &v }
	zone, err := wire.EncodeControl(wire.Control{At: now, State: "normal", Power: w(21_000_000), Limit: w(29_700_000), BlockMean: w(20_500_000), Projection: w(21_400_000), Headroom: w(8_300_000)})
	if err != nil {
		t.Fatal(err)
	}
	dark, err := wire.EncodeControl(wire.Control{At: now, State: "failsafe", Reason: "no data"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]string{ // known, not known
		"F-1_power": {"1250400.5 W power measurement", "None"}, "F-1_energy": {"81234500 Wh energy total_increasing", "None"},
		"F-1_reactive": {"-12000 var reactive_power measurement", "None"}, "F-1_voltage": {"10312 V voltage measurement", "None"},
		"zone_power": {"21000000 W power measurement", "None"}, "zone_limit": {"29700000 W power measurement", "None"}, "zone_block_mean": {"20500000 W power measurement", "None"},
		"zone_projection": {"21400000 W power measurement", "None"}, "zone_headroom": {"8300000 W power measurement", "None"},
	}
	o := options()
	o.Points = []metering.PointID{"F-1"}
	for _, d := range homeassistant.Describe(o) {
		m := readOf(t, d.Payload)
		known, unknown := point, silent
		if m["state_topic"] == "asue/v1/aktobe/control" {
			known, unknown = zone, dark
		} else if m["state_topic"] != "asue/v1/aktobe/live/F-1" {
			t.Errorf("%s reads %v", d.Topic, m["state_topic"])
		}
		id := strings.Split(d.Topic, "/")[3]
		template := m["value_template"].(string)
		got := [2]string{fmt.Sprintf("%s %v %v %v", render(t, template, known), m["unit_of_measurement"], m["device_class"], m["state_class"]), render(t, template, unknown)}
		if got != want[id] {
			t.Errorf("%s: %q, want %q", id, got, want[id])
		}
		delete(want, id)
	}
	if len(want) > 0 {
		t.Errorf("not described: %v", want)
	}
}

// TestLanguages: every name has its words in each language.
func TestLanguages(t *testing.T) {
	seen := map[string]string{}
	for _, lang := range []string{"ru", "kk", "en"} {
		o := options()
		o.Lang = lang
		for _, d := range homeassistant.Describe(o) {
			name := readOf(t, d.Payload)["name"].(string)
			if name == "" || strings.HasSuffix(name, " ") {
				t.Errorf("%s in %s: name %q", d.Topic, lang, name)
			}
			if strings.HasSuffix(d.Topic, "zone_headroom/config") {
				seen[name] = lang
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("names by language: %v", seen)
	}
}
