package site_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"asue/metering/site"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

const schemaPath = "site.schema.json"

// TestSchemaFile compares the committed schema, which the example names for
// editors, with the one that the program gives.
func TestSchemaFile(t *testing.T) {
	if *rewrite {
		if err := os.WriteFile(schemaPath, site.Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(file), string(site.Schema())); diff != "" {
		t.Errorf("%s is old: run go test -rewrite (-file +program)\n%s", schemaPath, diff)
	}
	first, _, _ := strings.Cut(example(t), "\n")
	if !strings.HasSuffix(first, "$schema=../../metering/site/"+schemaPath) {
		t.Errorf("the example names another schema: %s", first)
	}
}

// TestSchemaTakesTheExample runs the part of JSON Schema that Schema uses over
// good files, so that an editor does not mark what the program takes.
func TestSchemaTakesTheExample(t *testing.T) {
	for name, text := range map[string]string{"example": example(t), "good file": good(t), "all that is new": caseText(t, "117-all-that-is-new"),
		"all that controls": caseText(t, "152-all-that-controls"), "all of a network": caseText(t, "163-all-of-a-network"), "all of a condition": caseText(t, "199-all-of-a-condition")} {
		for _, complaint := range validate(t, text) {
			t.Errorf("%s: %s", name, complaint)
		}
	}
}

// TestSchemaRefuses shows that the editor sees what the decoder refuses.
func TestSchemaRefuses(t *testing.T) {
	refused := func(old, now, where string) {
		t.Helper()
		complaints := validate(t, strings.Replace(good(t), old, now, 1))
		if len(complaints) != 1 || !strings.HasPrefix(complaints[0], where+": ") {
			t.Errorf("%s → %s: want one complaint at %s, got %q", old, now, where, complaints)
		}
	}
	refused("kind: feeder", "kind: feder", "nodes[4].kind")
	refused("limit: 4 MW", "limit: 4 MVA", "nodes[4].limit")
	refused("limit: 4 MW", "limits: 4 MW", "nodes[4].limits")
	refused("unit: 2", "unit: 248", "meters[1].unit")
	refused("unit: 2", "unit: two", "meters[1].unit")
	refused("    serial: B-1\n", "", "meters[1].serial")
	refused("ct: 200/5", "ct: 40/", "meters[1].installs[0].ct")
	refused("available: true", "available: maybe", "sources[0].available")
	refused("id: m-works", "id: m works", "meters[1].id")
	refused("version: 1", "version: 2", "version")
	refused("power_factor: 0.9", "power_factor: 1.2", "residents[0].simulation.power_factor")
	refused("from: 2024-01-01", "from: 01.01.2024", "residents[0].conditions[0].from")
	refused("technological_for: 40m", "technological_for: forty", "residents[0].armour.technological_for")
	refused("lines:\n  - {id: gw}", "lines: gw", "lines")

	new := func(old, now, where string) {
		t.Helper()
		text := caseText(t, "117-all-that-is-new")
		complaints := validate(t, strings.Replace(text, old, now, 1))
		if len(complaints) != 1 || !strings.HasPrefix(complaints[0], where+": ") {
			t.Errorf("%s → %s: want one complaint at %s, got %q", old, now, where, complaints)
		}
	}
	new("medium: gas", "medium: steam", "points[3].medium")
	new("pulse: 10 L", "pulse: 10", "meters[3].installs[0].pulse")
	new("{gas: 12345.678 m3}", "{gas: 12345.678 kWh}", "meters[3].installs[0].start_readings.gas")
	new("factor: 1/3", "factor: 0.5", "virtual[1].terms[0].factor")
	new("spike: 180 %", "spike: much", "validation[0].values.spike")
	new("2026-03-23", "23.03.2026", "calendar.holidays[1]")
	new("07:00-19:00", "7-19", "tariffs[0].zones[0].spans[0]")
	new("4500 m3/day", "4500 m3", "media[1].limit")

	controls := func(old, now, where string) {
		t.Helper()
		complaints := validate(t, strings.Replace(caseText(t, "152-all-that-controls"), old, now, 1))
		if len(complaints) != 1 || !strings.HasPrefix(complaints[0], where+": ") {
			t.Errorf("%s → %s: want one complaint at %s, got %q", old, now, where, complaints)
		}
	}
	controls("kind: setpoint", "kind: set-point", "actuators[0].kind")
	controls("importance: 4", "importance: 11", "actuators[0].importance")
	controls("failsafe: 1.5 MW", "failsafe: 1.5", "actuators[0].failsafe")
	controls("min_off: 90s", "min_off: 90", "actuators[1].min_off")
	controls("channel: 1", "channel: 65", "actuators[1].channel")
	controls("address: act", "address: rtu:///dev/ttyS0", "actuators[0].address")
	controls("monday", "mon", "limits[0].days[0]")
	controls("limit_mva: 63 MVA", "limit_mva: 63 MW", "nodes[3].limit_mva")
	controls("limit_a: 1.25 kA", "limit_a: 1250", "nodes[4].limit_a")
	networks := func(old, now, where string) {
		t.Helper()
		complaints := validate(t, strings.Replace(caseText(t, "163-all-of-a-network"), old, now, 1))
		if len(complaints) != 1 || !strings.HasPrefix(complaints[0], where+": ") {
			t.Errorf("%s → %s: want one complaint at %s, got %q", old, now, where, complaints)
		}
	}
	networks("angle: -1.5 deg", "angle: -1.5", "network.feeds[0].angle")
	networks("short_circuit: 2500 MVA", "short_circuit: 2500 MW", "network.feeds[0].short_circuit")
	networks("susceptance: 2.81 uS/km", "susceptance: 2.81", "network.lines[2].susceptance")
	networks("buses: [h1, m1, l1]", "buses: [h1, l1]", "network.transformers[0].buses")
	networks("between: [l1, l2]", "between: [l1, l2, m1]", "network.switches[4].between")
	networks("holds: lv", "holds: hv", "network.transformers[0].tap.holds")
	networks("of: [length]", "of: [distance]", "network.lines[1].provenance[0].of[0]")
	networks("basis: measured", "basis: known", "network.lines[2].provenance[0].basis")
	networks("part: 30 %", "part: 0.3", "network.plan.shares[0].part")
	controls("rebound: 1.2", "rebound: 3", "residents[0].simulation.rebound")

	conditions := func(old, now, where string) {
		t.Helper()
		complaints := validate(t, strings.Replace(caseText(t, "199-all-of-a-condition"), old, now, 1))
		if len(complaints) != 1 || !strings.HasPrefix(complaints[0], where+": ") {
			t.Errorf("%s → %s: want one complaint at %s, got %q", old, now, where, complaints)
		}
	}
	conditions("non_firm: 500 kW", "non_firm: 500", "residents[0].conditions[0].non_firm")
	conditions("milestones: 3", "milestones: 0", "residents[0].conditions[0].stages[0].milestones")
	conditions("commissioned: 2024-03-01", "commissioned: 01.03.2024", "residents[0].commissioned")
	conditions("limit: unlimited", "limit: none", "promises[2].limit")
}

// TestEveryKeyIsDescribed: editors show the description of each key.
func TestEveryKeyIsDescribed(t *testing.T) {
	var walk func(path string, s map[string]any) int
	walk = func(path string, s map[string]any) int {
		n := 0
		properties, _ := s["properties"].(map[string]any)
		for key, sub := range properties {
			n++
			sub := sub.(map[string]any)
			if _, ok := sub["description"]; !ok && !strings.Contains(path, "_readings") {
				t.Errorf("%s.%s has no description", path, key)
			}
			n += walk(path+"."+key, sub)
		}
		if items, ok := s["items"].(map[string]any); ok {
			n += walk(path+"[]", items)
		}
		return n
	}
	if n := walk("", schema(t)); n < 120 {
		t.Errorf("%d keys only", n)
	}
}

func schema(t *testing.T) map[string]any {
	t.Helper()
	var s map[string]any
	if err := json.Unmarshal(site.Schema(), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// validate is a JSON Schema validator for the words that Schema uses. It fails
// the test on a word that it does not know.
func validate(t *testing.T, text string) []string {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	var complaints []string
	var check func(path string, v any, s map[string]any)
	complain := func(path, format string, args ...any) {
		complaints = append(complaints, path+": "+fmt.Sprintf(format, args...))
	}
	check = func(path string, v any, s map[string]any) {
		if !hasType(v, s["type"]) {
			complain(path, "%v (%T) is not %v", v, v, s["type"])
			return
		}
		for word, rule := range s {
			switch word {
			case "type", "description", "title", "$schema", "properties", "additionalProperties", "propertyNames", "items":
			case "required":
				for _, key := range rule.([]any) {
					if _, ok := v.(map[string]any)[key.(string)]; !ok {
						complain(strings.TrimPrefix(path+"."+key.(string), "."), "is missing")
					}
				}
			case "pattern":
				if text, ok := v.(string); ok && !regexp.MustCompile(rule.(string)).MatchString(text) {
					complain(path, "%q does not match %s", text, rule)
				}
			case "enum":
				if !slices.ContainsFunc(rule.([]any), func(w any) bool { return fmt.Sprint(w) == fmt.Sprint(v) }) {
					complain(path, "%v is none of %v", v, rule)
				}
			case "minLength":
				if text, ok := v.(string); ok && float64(len([]rune(text))) < rule.(float64) {
					complain(path, "%q is too short", text)
				}
			case "maxLength":
				if text, ok := v.(string); ok && float64(len([]rune(text))) > rule.(float64) {
					complain(path, "%q is too long", text)
				}
			case "minimum":
				if number(v) < rule.(float64) {
					complain(path, "%v is too small", v)
				}
			case "maximum":
				if number(v) > rule.(float64) {
					complain(path, "%v is too large", v)
				}
			case "minItems":
				if list, ok := v.([]any); ok && float64(len(list)) < rule.(float64) {
					complain(path, "%d entries are too few", len(list))
				}
			case "maxItems":
				if list, ok := v.([]any); ok && float64(len(list)) > rule.(float64) {
					complain(path, "%d entries are too many", len(list))
				}
			default:
				t.Fatalf("%s: the validator does not know %q", path, word)
			}
		}
		switch v := v.(type) {
		case map[string]any:
			properties, _ := s["properties"].(map[string]any)
			for key, value := range v {
				sub, ok := properties[key].(map[string]any)
				if names, free := s["propertyNames"].(map[string]any); free {
					check(path+"."+key, key, map[string]any{"type": "string", "pattern": names["pattern"]})
					sub, ok = s["additionalProperties"].(map[string]any)
				}
				where := strings.TrimPrefix(path+"."+key, ".")
				if !ok {
					complain(where, "is not allowed")
					continue
				}
				check(where, value, sub)
			}
		case []any:
			for i, value := range v {
				check(fmt.Sprintf("%s[%d]", path, i), value, s["items"].(map[string]any))
			}
		}
	}
	check("", v, schema(t))
	return complaints
}

func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	}
	return 0
}

func hasType(v, want any) bool {
	if list, ok := want.([]any); ok {
		return slices.ContainsFunc(list, func(w any) bool { return hasType(v, w) })
	}
	switch want {
	case "object":
		_, ok := v.(map[string]any)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "string":
		_, ok := v.(string)
		return ok
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "integer":
		_, ok1 := v.(uint64)
		_, ok2 := v.(int64)
		return ok1 || ok2
	case "number":
		_, ok := v.(float64)
		return ok || hasType(v, "integer")
	}
	return false
}
