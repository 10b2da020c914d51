package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// foreignMeter is one unit of the images that testdata/model_images.py makes:
// what a foreign encoder has put into its registers.
type foreignMeter struct {
	Model, Vendor string
	Unit          int
	Extreme       bool // values from end to end of the types, and no holes
	Readings      []foreignReading
	Settings      []struct{ Name, Value string }
}

// foreignReading is what a register holds.
type foreignReading struct {
	Quantity   string
	Value      float64 // base unit, primary side
	Resolution float64 // one count, or one unit in the last place of the register's float
	Count      *int64  // of counters
	Cut        int     // floats in it of which whole counts are read, so that it reads up to so many lower
}

// The ratios of every foreign meter's transformers, set in those that have settings.
const foreignCT, foreignVT = "600/5", "10000/100"

// modelImages makes the images of all models and returns the file to serve.
func modelImages(t *testing.T) (file string, meters []foreignMeter) {
	t.Helper()
	tool(t, "/usr/lib/python3/dist-packages/yaml/__init__.py")
	out := runTool(t, 20*time.Second, "/usr/bin/python3", "testdata/model_images.py", "../../../collector/regmap/models")
	var made struct{ Meters []foreignMeter }
	if err := json.Unmarshal([]byte(out), &made); err != nil {
		t.Fatal(err)
	}
	vendors, known := map[string]bool{}, models(t).IDs()
	for _, m := range made.Meters {
		vendors[m.Vendor] = true
		known = slices.DeleteFunc(known, func(id string) bool { return id == m.Model })
	}
	if len(known) > 0 || len(vendors) < 8 {
		t.Fatalf("no image of %v; %d vendors, want at least 8", known, len(vendors))
	}
	return write(t, t.TempDir(), "images.json", out), made.Meters
}

// agreement is how well what was read agrees with an image.
type agreement struct {
	compared int
	worst    float64  // deviation in counts
	faults   []string // what does not agree
}

func (a *agreement) fault(format string, args ...any) {
	a.faults = append(a.faults, fmt.Sprintf(format, args...))
}

// compare holds one reading against the register. The value may be off by what
// float64 rounds away, and that of a cut counter by the counts that are not complete.
func (a *agreement) compare(want foreignReading, got float64) {
	const rounding = 0x1p-50 // a scale that is no binary fraction, a product, a ratio
	off := (math.Abs(got-want.Value) - rounding*math.Abs(want.Value)) / want.Resolution
	if !(off < max(1e-3, float64(want.Cut))) {
		a.fault("%s reads %v, the register holds %v: off by %.4g counts of %v", want.Quantity, got, want.Value, off, want.Resolution)
	}
	a.compared++
	a.worst = max(a.worst, off)
}

// compare holds everything that a probe has read against the image.
func (m foreignMeter) compare(p probed) (a agreement) {
	left := map[string]foreignReading{}
	for _, r := range m.Readings {
		left[r.Quantity] = r
	}
	for _, r := range p.Readings {
		want, ok := left[r.Quantity]
		delete(left, r.Quantity)
		switch {
		case !ok:
			a.fault("%s is read, but not in the image, or is read twice", r.Quantity)
		case r.Value == nil || r.Quality != "good":
			a.fault("%s reads %v, %s: want %v", r.Quantity, deref(r.Value), r.Quality, want.Value)
		case (r.Raw == nil) != (want.Count == nil) || r.Raw != nil && *r.Raw != *want.Count:
			a.fault("%s counts %v, want %v", r.Quantity, show(r.Raw), show(want.Count))
		default:
			a.compare(want, *r.Value)
		}
	}
	for q := range left {
		a.fault("%s was not read", q)
	}
	set := map[string]string{}
	for _, s := range p.Settings {
		set[s.Name] = s.Value
	}
	for _, s := range m.Settings {
		if !sameSetting(set[s.Name], s.Value) {
			a.fault("setting %s reads %q, want %q", s.Name, set[s.Name], s.Value)
		}
	}
	if len(p.Faults)+len(p.Warnings) > 0 {
		a.fault("faults %q, warnings %q", p.Faults, p.Warnings)
	}
	return a
}

func show(count *int64) string {
	if count == nil {
		return "nothing"
	}
	return strconv.FormatInt(*count, 10)
}

func sameSetting(got, want string) bool {
	g, err1 := strconv.ParseFloat(got, 64)
	w, err2 := strconv.ParseFloat(want, 64)
	if err1 != nil || err2 != nil {
		return got == want
	}
	return math.Abs(g-w) <= 1e-9*math.Abs(w)
}

// TestForeignTransports: `asue probe` reads every quantity of every model from a
// foreign server, by TCP, TLS and RTU, as a foreign encoder has laid it: over holes
// that the server refuses to serve, and without holes to the ends of the types.
func TestForeignTransports(t *testing.T) {
	image, meters := modelImages(t)
	table := newAgreementTable()
	for _, line := range pymodbusLines(t, image) {
		for _, m := range meters {
			p := probeMeter(t, line.url, "--unit", strconv.Itoa(m.Unit), "--model", m.Model, "--ct", foreignCT, "--vt", foreignVT)
			a := m.compare(p)
			for _, fault := range a.faults {
				t.Errorf("%s, unit %d, %s: %s", line.transport, m.Unit, m.Model, fault)
			}
			table.add(m.Model, line.transport, a)
		}
	}
	for _, m := range meters {
		if !m.Extreme {
			t.Logf("%s: resolution %s", m.Model, m.resolutions())
		}
	}
	t.Logf("quantities compared, and the worst deviation in counts:\n%s", table)
}

// resolutions names the smallest step of each quantity, in its base unit.
func (m foreignMeter) resolutions() string {
	var all []string
	for _, r := range m.Readings {
		all = append(all, fmt.Sprintf("%s %.3g", r.Quantity, r.Resolution))
	}
	return strings.Join(all, ", ")
}

// TestForeignTransportsCollected: `asue run` polls every model on a line of each
// transport; the page's API shows what the foreign encoder has laid, and the live
// topic the same power.
func TestForeignTransportsCollected(t *testing.T) {
	image, meters := modelImages(t)
	meters = slices.DeleteFunc(meters, func(m foreignMeter) bool { return m.Extreme })
	lines := pymodbusLines(t, image)
	dir := t.TempDir()
	write(t, dir, "site.yaml", foreignSite(lines, meters))
	settings := "  fast: 2s\n  energy: 4s\n  slow: 4s\n  lines:\n"
	for _, line := range lines {
		settings += fmt.Sprintf("    gw-%s: %q\n", line.transport, line.url)
	}
	base := runSite(t, dir, settings)

	table := newAgreementTable()
	for _, line := range lines {
		for _, m := range meters {
			point := fmt.Sprintf("p-%s-%d", line.transport, m.Unit)
			var a agreement
			for _, want := range m.Readings {
				var got float64
				eventually(t, fmt.Sprintf("%s of %s on the page", want.Quantity, point), 30*time.Second, func() (ok bool) {
					got, ok = shown(t, base, point, want.Quantity)
					return ok
				})
				a.compare(want, got)
			}
			for _, fault := range a.faults {
				t.Errorf("%s, %s: %s", point, m.Model, fault)
			}
			table.add(m.Model, line.transport, a)
		}
	}
	powers := hearPowers(t, base, len(lines)*len(meters))
	for _, line := range lines {
		for _, m := range meters {
			var a agreement
			for _, want := range m.Readings {
				if want.Quantity == "p" {
					a.compare(want, powers[fmt.Sprintf("p-%s-%d", line.transport, m.Unit)])
				}
			}
			if len(a.faults) > 0 || a.compared == 0 {
				t.Errorf("live topic, %s, %s: %d compared: %q", line.transport, m.Model, a.compared, a.faults)
			}
		}
	}
	if n, _ := metric(t, base, "asue_ingest_quarantined_total"); n != 0 {
		t.Errorf("%v payloads in quarantine", n)
	}
	t.Logf("quantities compared, and the worst deviation in counts:\n%s", table)
}

// hearPowers listens to the live topic with a foreign client until each of so many
// points has told its power, and returns the last ones by point.
func hearPowers(t *testing.T, base string, points int) map[string]float64 {
	t.Helper()
	page, err := strconv.Atoi(base[strings.LastIndexByte(base, ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	broker := strconv.Itoa(page + 1) // where runSite puts it
	p := start(t, "mosquitto_sub", tool(t, "/usr/bin/mosquitto_sub"), "-h", "127.0.0.1", "-p", broker, "-t", "asue/v1/tiny/live/#", "-v")
	powers := map[string]float64{}
	eventually(t, fmt.Sprintf("%d points tell their power", points), 30*time.Second, func() bool {
		for line := range strings.Lines(p.text()) {
			topic, payload, _ := strings.Cut(line, " ")
			var value struct {
				Power *float64 `json:"power_w"`
			}
			if err := json.Unmarshal([]byte(payload), &value); err != nil {
				t.Fatalf("live topic: %q: %v", line, err)
			}
			if value.Power != nil {
				powers[topic[strings.LastIndexByte(topic, '/')+1:]] = *value.Power
			}
		}
		return len(powers) == points
	})
	return powers
}

// foreignSite is a site with a metering point for every meter on every line.
func foreignSite(lines []foreignLine, meters []foreignMeter) string {
	var s, points, devices strings.Builder
	s.WriteString(`version: 1
site: {id: tiny, name: Проба, time_zone: Asia/Aqtobe}
sources:
  - {id: line, name: ВЛ-10, node: src, contract: 25 MW, available: true}
nodes:
  - {id: src, name: "ВЛ-10, начало", kind: source, voltage: 10 kV, line: {length: 2 km, resistance: 0.3 ohm/km}}
  - {id: in, name: Ввод 10 кВ, kind: input, parent: src, voltage: 10 kV}
  - {id: s1, name: 1 секция 10 кВ, kind: section, parent: in, voltage: 10 kV}
lines:
`)
	for _, line := range lines {
		fmt.Fprintf(&s, "  - {id: gw-%s}\n", line.transport)
		for _, m := range meters {
			id := fmt.Sprintf("%s-%d", line.transport, m.Unit)
			place := "s1, role: technical"
			if points.Len() == 0 {
				place = "in, role: input"
			}
			fmt.Fprintf(&points, "  - {id: p-%s, name: %s, node: %s}\n", id, id, place)
			fmt.Fprintf(&devices, "  - {id: m-%s, model: %s, serial: %s, line: gw-%s, unit: %d, accuracy: 0.5S, installs: [{point: p-%s, ct: %s, vt: %s}]}\n",
				id, m.Model, id, line.transport, m.Unit, id, foreignCT, foreignVT)
		}
	}
	return s.String() + "points:\n" + points.String() + "meters:\n" + devices.String()
}

// agreementTable is models × transports.
type agreementTable struct {
	models, transports []string
	cells              map[[2]string]agreement
}

func newAgreementTable() *agreementTable {
	return &agreementTable{cells: map[[2]string]agreement{}}
}

// add joins what was compared to what is known of the model and transport.
func (t *agreementTable) add(model, transport string, a agreement) {
	if !slices.Contains(t.models, model) {
		t.models = append(t.models, model)
	}
	if !slices.Contains(t.transports, transport) {
		t.transports = append(t.transports, transport)
	}
	cell := t.cells[[2]string{model, transport}]
	t.cells[[2]string{model, transport}] = agreement{compared: cell.compared + a.compared, worst: max(cell.worst, a.worst)}
}

func (t *agreementTable) String() string {
	var s strings.Builder
	w := tabwriter.NewWriter(&s, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "model\t%s\n", strings.Join(t.transports, "\t"))
	for _, model := range t.models {
		fmt.Fprint(w, model)
		for _, transport := range t.transports {
			cell := t.cells[[2]string{model, transport}]
			fmt.Fprintf(w, "\t%d, %.3g", cell.compared, cell.worst)
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // strings.Builder takes all
	return s.String()
}
