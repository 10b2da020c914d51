package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/site"
	"asue/simulator"
)

// foreignRead is how mbpoll reads one value: the register's table (3: input, 4:
// holding) and address are those that the vendor's document prints, and no code
// of asue has a part in it.
type foreignRead struct {
	meter    metering.MeterID
	quantity string // as asue calls it
	table    string
	address  int
	kind     string  // float, int, int-little, hex16, hex64, hex64f×2
	scale    float64 // base units in one
}

// foreignReads are of seven models: floats and integers, high and low word
// first, 64 bits, counts at the secondary side, two tariffs as doubles.
var foreignReads = []foreignRead{
	{"m-in-kar", "u_a", "4", 3027, "float", 1}, // Schneider PM5000
	{"m-in-kar", "p", "4", 3059, "float", 1e3},
	{"m-in-kar", "f", "4", 3109, "float", 1},
	{"m-in-kar", "ea_imp", "4", 3203, "hex64", 1},
	{"m-in-kar-check", "u_a", "4", 1, "float", 1}, // Siemens PAC4200
	{"m-in-kar-check", "p", "4", 65, "float", 1},
	{"m-in-kar-check", "f", "4", 55, "float", 1},
	{"m-in-kar-check", "ea_imp", "4", 801, "hex64f×2", 1},
	{"m-building-1", "u_a", "4", 0x5B00, "int", 0.1}, // ABB A44
	{"m-building-1", "p", "4", 0x5B14, "int", 0.01},
	{"m-building-1", "f", "4", 0x5B2C, "hex16", 0.01},
	{"m-building-1", "ea_imp", "4", 0x5000, "hex64", 10},
	{"m-water", "u_a", "3", 0x0000, "int-little", 0.1}, // Carlo Gavazzi EM330: low word first
	{"m-water", "p", "3", 0x0028, "int-little", 0.1},
	{"m-water", "f", "3", 0x0033, "hex16", 0.1},
	{"m-water", "ea_imp", "3", 0x0034, "int-little", 100},
	{"m-gas-3", "u_a", "3", 0, "float", 1}, // Eastron SDM630
	{"m-gas-3", "p", "3", 52, "float", 1},
	{"m-gas-3", "f", "3", 70, "float", 1},
	{"m-gas-3", "ea_imp", "3", 72, "float", 1e3},
	{"m-offices-1", "u_a", "4", 0xC558, "int", 0.01}, // Socomec Countis
	{"m-offices-1", "p", "4", 0xC568, "int", 10},
	{"m-offices-1", "f", "4", 0xC55E, "int", 0.01},
	{"m-offices-1", "ea_imp", "4", 0xC702, "int", 10},
	{"m-ceramics-2", "u_a", "4", 19000, "float", 1}, // Janitza UMG 96RM
	{"m-ceramics-2", "p", "4", 19026, "float", 1},
	{"m-ceramics-2", "f", "4", 19050, "float", 1},
	{"m-ceramics-2", "ea_imp", "4", 5800, "int", 300 / 5 * 10000 / 100}, // at the secondary side; see TestForeignClient
}

// ripple is how much a value may change between two looks at it.
var ripple = map[string]float64{"u_a": 0.02, "p": 0.02, "f": 0.005, "ea_imp": 0}

// served is `asue simulator` with the example's zone.
type served struct {
	zone  *metering.Site
	first int // port of the first line
}

func serve(t *testing.T) served {
	t.Helper()
	library := models(t)
	zone, faults := site.Parse("site.yaml", aktobe.Site(), library.IDs())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	lines := simulator.Lines(zone)
	s := served{zone: zone, first: quietPorts(t, len(lines))}
	p := start(t, "asue simulator", program, "simulator", "--listen", fmt.Sprintf("127.0.0.1:%d", s.first))
	p.await(string(lines[len(lines)-1]), 20*time.Second)
	return s
}

// place is where a meter answers.
func (s served) place(t *testing.T, id metering.MeterID) (port int, m metering.Meter) {
	t.Helper()
	m, ok := s.zone.Meter(id)
	if !ok {
		t.Fatalf("no meter %s in the example", id)
	}
	for i, line := range simulator.Lines(s.zone) {
		if line == m.Line {
			return s.first + i, m
		}
	}
	t.Fatalf("meter %s: no line %s", id, m.Line)
	return 0, m
}

// mbpoll reads one value with the foreign client, in base units.
func (s served) mbpoll(t *testing.T, r foreignRead) float64 {
	t.Helper()
	port, m := s.place(t, r.meter)
	out := runTool(t, 10*time.Second, "/usr/bin/mbpoll", append(append([]string{"-m", "tcp", "-p", strconv.Itoa(port)}, r.mbpollArgs(m.Unit)...), "127.0.0.1")...)
	return r.scale * r.number(t, out)
}

// mbpollArgs say what to read, whatever the transport.
func (r foreignRead) mbpollArgs(unit uint8) []string {
	format := map[string][]string{
		"float": {r.table + ":float", "1", "-B"}, "int": {r.table + ":int", "1", "-B"}, "int-little": {r.table + ":int", "1"},
		"hex16": {r.table + ":hex", "1"}, "hex64": {r.table + ":hex", "4"}, "hex64f×2": {r.table + ":hex", "8"},
	}[r.kind]
	return append([]string{"-a", strconv.Itoa(int(unit)), "-0", "-r", strconv.Itoa(r.address), "-t", format[0], "-c", format[1], "-1"}, format[2:]...)
}

// number reads the values that mbpoll printed: lines like "[52]: 	8250".
func (r foreignRead) number(t *testing.T, out string) float64 {
	t.Helper()
	var fields []string
	for line := range strings.Lines(out) {
		if name, value, ok := strings.Cut(line, "]:"); ok && strings.HasPrefix(name, "[") {
			fields = append(fields, strings.Fields(value)[0])
		}
	}
	if len(fields) == 0 {
		t.Fatalf("mbpoll printed no value:\n%s", out)
	}
	if !strings.HasPrefix(r.kind, "hex") {
		v, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	var words []uint64
	for _, f := range fields {
		w, err := strconv.ParseUint(f, 0, 16)
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, w)
	}
	if r.kind == "hex64f×2" {
		return math.Float64frombits(joined(words[:4])) + math.Float64frombits(joined(words[4:]))
	}
	return float64(joined(words))
}

func joined(words []uint64) (v uint64) {
	for _, w := range words {
		v = v<<16 | w
	}
	return v
}

// probed is what `asue probe --json` prints.
type probed struct {
	Model    string
	Guessed  bool
	MeterCT  string `json:"meter_ct"`
	MeterVT  string `json:"meter_vt"`
	Readings []struct {
		Quantity, Quality string
		Value             *float64
		Raw               *int64
	}
	Settings []struct{ Name, Value string }
	Faults   []string
	Warnings []string
}

func probeMeter(t *testing.T, args ...string) probed {
	t.Helper()
	out, errs, code := run(t, append([]string{"probe", "--json"}, args...)...)
	if code != 0 {
		t.Fatalf("asue probe %v: exit code %d: %s", args, code, errs)
	}
	var p probed
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p probed) value(t *testing.T, quantity string) float64 {
	t.Helper()
	for _, r := range p.Readings {
		if r.Quantity == quantity && r.Value != nil {
			return *r.Value
		}
	}
	t.Fatalf("%s: no value of %s: %+v, faults %q", p.Model, quantity, p.Readings, p.Faults)
	return 0
}

func (s served) probe(t *testing.T, id metering.MeterID) probed {
	t.Helper()
	port, m := s.place(t, id)
	args := []string{fmt.Sprintf("tcp://127.0.0.1:%d", port), "--unit", strconv.Itoa(int(m.Unit)), "--model", m.Model}
	if install, ok := s.zone.InstallOf(id, time.Now()); ok {
		args = append(args, "--ct", install.CT.String(), "--vt", install.VT.String())
	}
	return probeMeter(t, args...)
}

// between checks a value against one seen before and one seen after it.
func between(t *testing.T, what string, before, value, after, ripple float64) {
	t.Helper()
	const printed = 1e-5 // mbpoll prints six digits
	low, high := math.Min(before, after), math.Max(before, after)
	slack := func(bound float64) float64 { return math.Abs(bound) * (ripple + printed) }
	if math.IsNaN(value) || value < low-slack(low) || value > high+slack(high) {
		t.Errorf("%s: mbpoll reads %v, asue %v before and %v after", what, value, before, after)
	}
}

// TestForeignClient: mbpoll, which shares no code with asue, reads from the
// simulator what `asue probe` reads; and what the page shows, once `asue run`
// polls the same meters.
func TestForeignClient(t *testing.T) {
	s := serve(t)
	if install, _ := s.zone.InstallOf("m-ceramics-2", time.Now()); install.CT.String() != "300/5" || install.VT.String() != "10000/100" {
		t.Fatalf("foreignReads counts on 300/5 and 10000/100 at m-ceramics-2, the example has %v and %v", install.CT, install.VT)
	}
	before := map[metering.MeterID]probed{}
	for _, r := range foreignReads {
		if _, done := before[r.meter]; !done {
			before[r.meter] = s.probe(t, r.meter)
		}
	}
	read := map[foreignRead]float64{}
	for _, r := range foreignReads {
		read[r] = s.mbpoll(t, r)
	}
	for id, first := range before {
		second := s.probe(t, id)
		for _, r := range foreignReads {
			if r.meter == id {
				between(t, fmt.Sprintf("%s %s", id, r.quantity), first.value(t, r.quantity), read[r], second.value(t, r.quantity), ripple[r.quantity])
			}
		}
		if len(second.Faults)+len(second.Warnings) > 0 {
			t.Errorf("%s: faults %q, warnings %q", id, second.Faults, second.Warnings)
		}
	}
	s.page(t)
}

// page compares mbpoll with what the page's API says about the same meters.
func (s served) page(t *testing.T) {
	t.Helper()
	var lines strings.Builder
	for i, line := range simulator.Lines(s.zone) {
		fmt.Fprintf(&lines, "    %s: tcp://127.0.0.1:%d\n", line, s.first+i)
	}
	dir := t.TempDir()
	write(t, dir, "site.yaml", string(aktobe.Site()))
	base := runSite(t, dir, "  lines:\n"+lines.String())

	eventually(t, "all meters are fresh", 30*time.Second, func() bool {
		var now overview
		return tryJSON(base+"/api/v1/overview", &now) == nil && now.Meters.Fresh == now.Meters.Total && now.Meters.Total >= 60
	})
	for _, r := range foreignReads {
		point := points(t, base)[string(r.meter)].ID
		first, ok := shown(t, base, point, r.quantity)
		eventually(t, string(r.meter)+" "+r.quantity+" on the page", 90*time.Second, func() bool {
			if !ok {
				first, ok = shown(t, base, point, r.quantity)
			}
			return ok
		})
		value := s.mbpoll(t, r)
		if r.quantity == "ea_imp" { // the page's count may be a minute old, and never ahead
			if value < first || value > 1.01*first {
				t.Errorf("%s: mbpoll reads %v Wh, the page shows %v", r.meter, value, first)
			}
			continue
		}
		second, _ := shown(t, base, point, r.quantity)
		between(t, fmt.Sprintf("page: %s %s", r.meter, r.quantity), first, value, second, ripple[r.quantity])
	}
	for _, p := range points(t, base) {
		if p.PowerW == nil || p.Quality != "good" || p.Freshness != "fresh" {
			t.Errorf("page: %s is %s, %s: %s", p.ID, p.Freshness, p.Quality, p.Reason)
		}
	}
}

// runSite runs all roles on the folder's site.yaml and returns the page's
// address. Further keys of the collector are lines of YAML.
func runSite(t *testing.T, dir, collector string, args ...string) (base string) {
	t.Helper()
	first := quietPorts(t, 2)
	http := fmt.Sprintf("127.0.0.1:%d", first)
	file := write(t, dir, "asue.yaml", fmt.Sprintf("site: site.yaml\ndata: data\nhttp: %s\nlog_level: info\nbroker:\n  listen: 127.0.0.1:%d\ncollector:\n  name: c1\n%s",
		http, first+1, collector))
	p := start(t, "asue run", program, append([]string{"run", "-c", file}, args...)...)
	p.await("http listens", 20*time.Second)
	return "http://" + http
}

// shown is a reading as the page's API shows it.
func shown(t *testing.T, base, point, quantity string) (float64, bool) {
	t.Helper()
	var detail struct {
		Readings []struct {
			Quantity string
			Value    *float64
		}
	}
	getJSON(t, base+"/api/v1/points/"+point, &detail)
	for _, r := range detail.Readings {
		if r.Quantity == quantity && r.Value != nil {
			return *r.Value, true
		}
	}
	return 0, false
}

// pymodbus serves a register image with Debian's Modbus server.
func pymodbus(t *testing.T, image string) (port int) {
	t.Helper()
	tool(t, "/usr/lib/python3/dist-packages/pymodbus/__init__.py")
	port = quietPorts(t, 1)
	start(t, "pymodbus", tool(t, "/usr/bin/python3"), "testdata/pymodbus_server.py", strconv.Itoa(port), "testdata/"+image)
	eventually(t, "pymodbus listens", 20*time.Second, accepts(fmt.Sprintf("127.0.0.1:%d", port)))
	return port
}

// f32 is a value as a meter's 32-bit float holds it.
func f32(v float32) float64 { return float64(v) }

// eastronImage is what the words of testdata/eastron-sdm630*.json stand for
// (testdata/images.py); energies are cut to the model's counts of 0.1 kWh.
var eastronImage = map[string]float64{
	"u_a": 230.5, "u_b": 231.25, "u_c": 229.75, "i_a": 12.5, "i_b": 11.75, "i_c": 13.125,
	"p_a": 2750, "p_b": 2600, "p_c": 2900, "s_a": 2881.25, "s_b": 2717.1875, "s_c": 3015.46875,
	"q_a": 860, "q_b": 789, "q_c": 827, "pf_a": f32(0.954), "pf_b": f32(0.957), "pf_c": f32(0.962),
	"u_ln_avg": 230.5, "i_avg": f32(12.458333), "p": 8250, "s": 8613.90625, "q": 2476, "pf": f32(0.958), "f": f32(50.02),
	"ea_imp": 123_456_700, "ea_exp": 300, "er_imp": 7_654_200, "er_exp": 0,
	"u_ab": f32(399.3), "u_bc": f32(398.9), "u_ca": f32(398.7), "u_ll_avg": f32(398.97), "i_n": 1.25,
	"thd_u_a": 1.5, "thd_u_b": f32(1.6), "thd_u_c": f32(1.4), "thd_i_a": 5.5, "thd_i_b": 5.25, "thd_i_c": 5.75,
}

// schneiderImage is testdata/schneider-pm5340.json: powers in kW there, energies
// as 64-bit counts of 1 Wh. er_exp has the meter's code for no value.
var schneiderImage = map[string]float64{
	"i_a": 101.5, "i_b": 102.5, "i_c": 99, "i_n": 2.25, "i_avg": 101,
	"u_ab": 10050, "u_bc": 10025, "u_ca": 10075, "u_ll_avg": 10050, "u_a": 5800, "u_b": 5790, "u_c": 5810, "u_ln_avg": 5800,
	"p_a": 560_500, "p_b": 565_250, "p_c": 549_500, "p": 1_675_250,
	"q_a": 184_000, "q_b": 186_000, "q_c": 180_500, "q": 550_500,
	"s_a": 590_000, "s_b": 595_000, "s_c": 578_500, "s": 1_763_500,
	"pf": f32(0.95), "f": 49.9375,
	"ea_imp": 0x0123456789AB, "ea_exp": 42, "er_imp": 0x200000001, "es_imp": 1 << 40,
}

func (p probed) compare(t *testing.T, image string, want map[string]float64) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range p.Readings {
		w, ok := want[r.Quantity]
		switch {
		case !ok && r.Value != nil:
			t.Errorf("%s: %s reads %v, the image has no value", image, r.Quantity, *r.Value)
		case ok && (r.Value == nil || math.Abs(*r.Value-w) > 1e-9*math.Abs(w) || r.Quality != "good"):
			t.Errorf("%s: %s reads %v (%s), want %v", image, r.Quantity, deref(r.Value), r.Quality, w)
		}
		seen[r.Quantity] = true
	}
	for q := range want {
		if !seen[q] {
			t.Errorf("%s: %s was not read", image, q)
		}
	}
	if len(p.Faults) > 0 {
		t.Errorf("%s: faults %q", image, p.Faults)
	}
}

func deref(v *float64) any {
	if v == nil {
		return "nothing"
	}
	return *v
}

// TestForeignServer: `asue probe` reads images of two models from a foreign
// server exactly, over holes that the server refuses to serve too, and knows
// without being told which model it is.
func TestForeignServer(t *testing.T) {
	cases := []struct {
		image, unit, model, ct, vt string
		want                       map[string]float64
	}{
		{"eastron-sdm630.json", "5", "eastron-sdm630", "", "", eastronImage},
		{"eastron-sdm630-sparse.json", "5", "eastron-sdm630", "", "", eastronImage},
		{"schneider-pm5340.json", "9", "schneider-pm5100-pm5300-pm5500", "600/5", "10000/100", schneiderImage},
	}
	for _, c := range cases {
		at := fmt.Sprintf("tcp://127.0.0.1:%d", pymodbus(t, c.image))
		p := probeMeter(t, at, "--unit", c.unit, "--model", c.model, "--ct", c.ct, "--vt", c.vt)
		p.compare(t, c.image, c.want)
		if len(p.Warnings) > 0 || p.MeterCT != c.ct || p.MeterVT != c.vt {
			t.Errorf("%s: set to %q and %q, warnings %q", c.image, p.MeterCT, p.MeterVT, p.Warnings)
		}
		if guess := probeMeter(t, at, "--unit", c.unit); guess.Model != p.Model || !guess.Guessed {
			t.Errorf("%s is taken for %s (guessed: %v)", c.image, guess.Model, guess.Guessed)
		}
	}
}

// TestForeignServerCollected: a collector polls two foreign meters; the page
// shows the image's values, and the ledger gets intervals of the very energy by
// which mbpoll moves a register on.
func TestForeignServerCollected(t *testing.T) {
	schneider, eastron := pymodbus(t, "schneider-pm5340.json"), pymodbus(t, "eastron-sdm630-sparse.json")
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "site.yaml", string(text))
	const speed = 300 // a quarter of an hour in three seconds
	c := clock.Warped(time.Now(), time.Date(2026, 1, 15, 6, 2, 0, 0, time.UTC), speed)
	base := runSite(t, dir, fmt.Sprintf("  fast: 1m\n  energy: 1m\n  slow: 5m\n  lines:\n    gw-1: tcp://127.0.0.1:%d\n    gw-2: tcp://127.0.0.1:%d\n", schneider, eastron),
		"--clock", c.String())

	for point, want := range map[string]map[string]float64{"p-input": schneiderImage, "p-own": eastronImage} {
		for quantity, w := range want {
			eventually(t, point+" "+quantity+" on the page", 20*time.Second, func() bool {
				v, ok := shown(t, base, point, quantity)
				return ok && math.Abs(v-w) <= 1e-9*math.Abs(w)
			})
		}
	}
	eventually(t, "an interval of each meter", 30*time.Second, func() bool {
		_, one := ledger(t, base, "p-input", c.Now())
		_, two := ledger(t, base, "p-own", c.Now())
		return one > 0 && two > 0
	})
	// 0x0123456789AB and 250,000 Wh more, as the meter itself would count on.
	const more = 250_000
	count := uint64(0x0123456789AB) + more
	args := []string{"-m", "tcp", "-p", strconv.Itoa(schneider), "-a", "9", "-0", "-r", "3203", "-t", "4:hex", "127.0.0.1"}
	for shift := 48; shift >= 0; shift -= 16 {
		args = append(args, fmt.Sprintf("0x%04X", count>>shift&0xFFFF))
	}
	runTool(t, 10*time.Second, "/usr/bin/mbpoll", args...)
	eventually(t, "the energy in the ledger", 30*time.Second, func() bool {
		energy, _ := ledger(t, base, "p-input", c.Now())
		return energy == more
	})
	_, before := ledger(t, base, "p-input", c.Now())
	eventually(t, "two more intervals", 30*time.Second, func() bool {
		_, known := ledger(t, base, "p-input", c.Now())
		return known >= before+2
	})
	if energy, known := ledger(t, base, "p-input", c.Now()); energy != more {
		t.Errorf("%d Wh in %d intervals, the register moved on by %d", energy, known, more)
	}
	if energy, _ := ledger(t, base, "p-own", c.Now()); energy != 0 {
		t.Errorf("%d Wh at a meter whose register stands still", energy)
	}
	if n, _ := metric(t, base, "asue_ingest_quarantined_total"); n != 0 {
		t.Errorf("%v payloads in quarantine", n)
	}
}

// ledger is the sum of a point's known active energy, and of how many intervals.
func ledger(t *testing.T, base, point string, now time.Time) (energy int64, known int) {
	t.Helper()
	var list struct {
		Intervals []struct {
			EnergyWh *int64 `json:"energy_wh"`
			Known    int
		}
	}
	getJSON(t, base+"/api/v1/intervals?limit=5000&"+url.Values{
		"point": {point}, "channel": {"A+"},
		"from": {now.Add(-24 * time.Hour).Format(time.RFC3339)}, "to": {now.Add(time.Hour).Format(time.RFC3339)},
	}.Encode(), &list)
	for _, i := range list.Intervals {
		if i.EnergyWh != nil {
			energy, known = energy+*i.EnergyWh, known+i.Known
		}
	}
	return energy, known
}
