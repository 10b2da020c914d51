package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/examples/aktobe"
	"asue/metering"
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
	_, base = startSite(t, dir, collector, args...)
	return base
}

// startSite is runSite for who ends the process itself.
func startSite(t *testing.T, dir, collector string, args ...string) (p *process, base string) {
	t.Helper()
	first := quietPorts(t, 2)
	http := fmt.Sprintf("127.0.0.1:%d", first)
	file := write(t, dir, "asue.yaml", fmt.Sprintf("site: site.yaml\ndata: data\nhttp: %s\nlog_level: info\nbroker:\n  listen: 127.0.0.1:%d\ncollector:\n  name: c1\n%s",
		http, first+1, collector))
	p = start(t, "asue run", program, append([]string{"run", "-c", file}, args...)...)
	p.await("http listens", 20*time.Second)
	return p, "http://" + http
}

// pageReading is a reading as the page's API shows it.
type pageReading struct {
	Quantity, Quality, Reason string
	Value                     *float64
}

// readings are those of a point, by quantity.
func readings(t *testing.T, base, point string) map[string]pageReading {
	t.Helper()
	var detail struct{ Readings []pageReading }
	getJSON(t, base+"/api/v1/points/"+point, &detail)
	byQuantity := map[string]pageReading{}
	for _, r := range detail.Readings {
		byQuantity[r.Quantity] = r
	}
	return byQuantity
}

// shown is the value of a reading as the page's API shows it.
func shown(t *testing.T, base, point, quantity string) (float64, bool) {
	t.Helper()
	r := readings(t, base, point)[quantity]
	if r.Value == nil {
		return 0, false
	}
	return *r.Value, true
}
