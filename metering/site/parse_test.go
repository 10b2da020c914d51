package site_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/site"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// good is the text of a site file without faults.
func good(t testing.TB) string {
	t.Helper()
	return caseText(t, "000-good-file")
}

// caseText is the site file of a case.
func caseText(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/faults/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	input, _, _ := strings.Cut(string(text), "----\n")
	return input
}

func TestParseGivesTheWordsOfTheGround(t *testing.T) {
	s, faults := site.Parse("site.yaml", []byte(good(t)), models)
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	zone, err := time.LoadLocation("Asia/Aqtobe")
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2024, 1, 1, 0, 0, 0, 0, zone).UTC()
	want := &metering.Site{
		ID: "zone", Name: "Zone", Location: zone,
		Topology: metering.Topology{Nodes: []metering.Node{
			{ID: "src", Name: "Sending end", Kind: metering.NodeSource, VoltageKV: 110},
			{ID: "in", Name: "Input", Kind: metering.NodeInput, Parent: "src", VoltageKV: 110},
			{ID: "t-1", Name: "T-1", Kind: metering.NodeTransformer, Parent: "in", VoltageKV: 110,
				Transformer: &metering.TransformerData{RatedVA: 63e6, NoLoadW: 56e3, LoadLossW: 290e3}},
			{ID: "s10", Name: "Section", Kind: metering.NodeSection, Parent: "t-1", VoltageKV: 10},
			{ID: "f1", Name: "Feeder 1", Kind: metering.NodeFeeder, Parent: "s10", VoltageKV: 10, Limit: metering.LimitOf(4 * metering.Megawatt)},
		}},
		Sources: []metering.Source{{ID: "main", Name: "Main line", Node: "src", Contract: metering.LimitOf(29_700 * metering.Kilowatt), Available: true}},
		Residents: []metering.Resident{{ID: "works", Name: "Works", Trade: metering.TradeCeramics, State: metering.Working,
			Simulation: &metering.Simulation{Peak: 1_400 * metering.Kilowatt, PowerFactor: 0.9}}},
		Conditions: []metering.Condition{{ID: "tu-1", Resident: "works", Node: "f1", Power: 2 * metering.Megawatt, Category: 2, Document: "No. 1", From: since}},
		Armours: []metering.Armour{{Resident: "works", Technological: 600 * metering.Kilowatt, TechnologicalFor: 40 * time.Minute,
			Emergency: 100 * metering.Kilowatt, Act: "No. 2"}},
		Lines: []metering.Line{{ID: "gw", Name: "gw"}},
		Points: []metering.Point{
			{ID: "p-in", Name: "Input", Node: "in", Role: metering.RoleInput},
			{ID: "p-works", Name: "Works", Node: "f1", Role: metering.RoleResident, Resident: "works"},
		},
		Meters: []metering.Meter{
			{ID: "m-in", Model: "alpha", Serial: "A-1", Line: "gw", Unit: 1, AccuracyClass: "0.2S"},
			{ID: "m-works", Model: "beta", Serial: "B-1", Line: "gw", Unit: 2, AccuracyClass: "0.5S"},
		},
		Installs: []metering.Install{
			{Meter: "m-in", Point: "p-in", CT: metering.Ratio{Primary: 300, Secondary: 5}, VT: metering.Ratio{Primary: 110000, Secondary: 100}},
			{Meter: "m-works", Point: "p-works", CT: metering.Ratio{Primary: 200, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100}},
		},
	}
	opts := cmp.Options{cmp.AllowUnexported(metering.Limit{}), cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })}
	if diff := cmp.Diff(want, s, opts...); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestWords checks how single values are read.
func TestWords(t *testing.T) {
	parse := func(old, now string) *metering.Site {
		t.Helper()
		text := strings.Replace(good(t), old, now, 1)
		if text == good(t) {
			t.Fatalf("%q is not in the file", old)
		}
		s, faults := site.Parse("site.yaml", []byte(text), models)
		if faults.Err() != nil {
			t.Fatal(faults.String())
		}
		return s
	}
	limit := func(text string, want metering.Limit) {
		t.Helper()
		s := parse("limit: 4 MW", text)
		if n, _ := s.Topology.Node("f1"); n.Limit != want {
			t.Errorf("%q gives %v, want %v", text, n.Limit, want)
		}
	}
	limit("limit: 0 W", metering.LimitOf(0))
	limit("limit: unlimited", metering.Unlimited())
	limit("line: {length: 300 m, resistance: 0.3 ohm/km}", metering.Limit{}) // not stated
	limit("limit: 570 W", metering.LimitOf(570))
	limit("limit: '450kW'", metering.LimitOf(450*metering.Kilowatt))
	limit("limit: 0.000001 MW", metering.LimitOf(1))

	since := func(text string, want time.Time) {
		t.Helper()
		if got := parse("from: 2024-01-01", text).Conditions[0].From; !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q gives %v, want %v", text, got, want)
		}
	}
	since("from: 2026-01-15", time.Date(2026, 1, 14, 19, 0, 0, 0, time.UTC)) // UTC+5
	since("from: 2026-01-15T12:30:00+06:00", time.Date(2026, 1, 15, 6, 30, 0, 0, time.UTC))
	since("from: 2026-01-15T12:30:00Z", time.Date(2026, 1, 15, 12, 30, 0, 0, time.UTC))
	since("from: 2020-01-15", time.Date(2020, 1, 14, 19, 0, 0, 0, time.UTC))

	readings := parse("vt: 10000/100}", "vt: 10000/100, start_readings: {A+: 812345.678 kWh, R-: 90 kvarh}}").Installs[1].StartReadings
	want := map[metering.Channel]metering.Energy{metering.ChannelActiveImport: 812_345_678, metering.ChannelReactiveExport: 90_000}
	if diff := cmp.Diff(want, readings); diff != "" {
		t.Errorf("start readings (-want +got)\n%s", diff)
	}
}

// TestZoneMayStandLast shows that a date is read in the site's zone wherever the
// file names it.
func TestZoneMayStandLast(t *testing.T) {
	head := "site: {id: zone, name: Zone, time_zone: Asia/Aqtobe}\n"
	moved := strings.Replace(good(t), head, "", 1) + head
	a, _ := site.Parse("site.yaml", []byte(good(t)), models)
	b, faults := site.Parse("site.yaml", []byte(moved), models)
	if b == nil {
		t.Fatal(faults.String())
	}
	if !a.Conditions[0].From.Equal(b.Conditions[0].From) {
		t.Errorf("in force from %v, and with the zone last from %v", a.Conditions[0].From, b.Conditions[0].From)
	}
}

// TestBytes holds files against Parse that are no text, or text of another kind.
func TestBytes(t *testing.T) {
	text := good(t)
	taken := func(name, text string) {
		t.Helper()
		if s, faults := site.Parse("site.yaml", []byte(text), models); s == nil || len(faults) > 0 {
			t.Errorf("%s: %s", name, faults.String())
		}
	}
	taken("byte order mark", "\ufeff"+text)
	taken("lines of Windows", strings.ReplaceAll(text, "\n", "\r\n"))
	taken("lines of old Macs", strings.ReplaceAll(text, "\n", "\r"))
	taken("no newline at the end", strings.TrimSuffix(text, "\n"))
	taken("document header", "---\n"+text)

	refused := func(name string, src []byte, code, place string) {
		t.Helper()
		s, faults := site.Parse("site.yaml", src, models)
		if s != nil || len(faults) != 1 || faults[0].Code != code || !strings.HasPrefix(faults[0].String(), place) {
			t.Errorf("%s: want one fault %s at %s, got\n%s", name, code, place, faults.String())
		}
	}
	refused("nothing", nil, "empty-file", "site.yaml: ")
	refused("spaces", []byte(" \n\n"), "empty-file", "site.yaml: ")
	refused("a null", []byte("~\n"), "wrong-shape", "site.yaml:1:1: ")
	refused("Windows-1251", []byte("version: 1\nsite: {id: zone, name: \xc7\xee\xed\xe0}\n"), "not-utf-8", "site.yaml:2:24: ")
	refused("UTF-16", []byte("\xff\xfev\x00e\x00"), "not-utf-8", "site.yaml:1:1: ")
	refused("a tab", []byte(strings.Replace(text, "    model: beta", "\tmodel: beta", 1)), "tab", "site.yaml:39:1: ")
	refused("a zero byte", []byte("version: 1\nsite: z\x00ne\n"), "control-character", "site.yaml:2:8: ")
	refused("a picture", []byte("\x89PNG\r\n\x1a\n\x00\x00"), "not-utf-8", "site.yaml:1:1: ")
	refused("too much", bytes.Repeat([]byte("#\n"), 1<<19+1), "file-too-large", "site.yaml: ")
}

// TestHostile gives Parse what would make a YAML reader slow or deep: the guard
// must refuse it before the parser, whose time grows with the square of such
// input, or whose stack with its depth.
func TestHostile(t *testing.T) {
	const n = 1 << 17
	refused := func(name, text string, code string) {
		t.Helper()
		s, faults := site.Parse("site.yaml", []byte(text), models)
		if s != nil || faults.Err() == nil || faults[0].Code != code {
			t.Errorf("%s: want %s, got %v", name, code, faults.Err())
		}
		if said := len(faults.String()); said > 1<<20 {
			t.Errorf("%s: said %d bytes", name, said)
		}
	}
	keys := strings.Builder{}
	for i := 0; keys.Len() < n-20; i++ {
		fmt.Fprintf(&keys, "k%d: v\n", i)
	}
	flow := "a: {" + strings.ReplaceAll(keys.String()[:n/2], "\n", ", ")
	refused("many keys", keys.String(), "too-many-entries")
	refused("many keys in braces", flow, "too-many-entries")
	refused("many empty entries", strings.Repeat("-\n", n/2), "too-many-entries")
	refused("many empty keys", strings.Repeat("- a:\n", n/5), "too-many-entries")
	refused("many entries", "a: ["+strings.Repeat("1,", n/2)+"]", "too-many-entries")
	refused("deep lists on a line", strings.Repeat("- ", 20_000), "too-deep")
	refused("deep brackets", strings.Repeat("[", n/2), "too-deep")
	refused("deep braces", strings.Repeat("{a: ", n/5), "too-deep")
	refused("deep indentation", func() string {
		var b strings.Builder
		for i := range 1000 {
			b.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return b.String()
	}(), "too-deep")
	refused("aliases of aliases", "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "anchor")
	refused("many faults", "version: 1\nmeters:\n"+strings.Repeat("  - {id: ?, unit: 0}\n", 2_000), "missing-key")
	refused("one long line", strings.Repeat("x", n), "wrong-shape")
	refused("colons", strings.Repeat(":", n), "missing-key")
}

// TestFaultsAreBounded shows that a file of nothing but faults does not answer
// with more than a person reads.
func TestFaultsAreBounded(t *testing.T) {
	_, faults := site.Parse("site.yaml", []byte("version: 1\nmeters:\n"+strings.Repeat("  - {id: m, unit: 0}\n", 2_000)), models)
	if len(faults) != 501 || faults[500].Code != "too-many-faults" {
		t.Fatalf("%d faults, the last %s", len(faults), faults[len(faults)-1].String())
	}
}

// TestDamagedFiles cuts, doubles and exchanges lines and characters of the
// example: Parse must answer, and a nil site must come with an error.
func TestDamagedFiles(t *testing.T) {
	lines := strings.SplitAfter(example(t), "\n")
	rapid.Check(t, func(r *rapid.T) {
		damaged := append([]string(nil), lines...)
		for range rapid.IntRange(1, 4).Draw(r, "cuts") {
			i := rapid.IntRange(0, len(damaged)-1).Draw(r, "line")
			line := []rune(damaged[i])
			at := rapid.IntRange(0, max(0, len(line)-1)).Draw(r, "column")
			switch rapid.IntRange(0, 4).Draw(r, "damage") {
			case 0:
				damaged[i] = ""
			case 1:
				damaged[i] += damaged[i]
			case 2:
				damaged[i] = string(line[:at]) + "\n"
			case 3:
				damaged[i] = string(line[:at]) + rapid.StringMatching(`[-:{}\[\]"',#&*!|> a0]{1,3}`).Draw(r, "insert") + string(line[at:])
			case 4:
				j := rapid.IntRange(0, len(damaged)-1).Draw(r, "other")
				damaged[i], damaged[j] = damaged[j], damaged[i]
			}
		}
		wellFormed(r, []byte(strings.Join(damaged, "")))
	})
}
