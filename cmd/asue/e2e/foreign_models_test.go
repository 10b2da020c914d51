package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// foreignMeter is one unit of the images that testdata/model_images.py makes:
// what a foreign encoder has put into its registers.
type foreignMeter struct {
	Model, Vendor string
	Unit          int
	Extreme       bool   // values from end to end of the types, and no holes
	Serial        string // what it says of itself; empty if nothing
	Readings      []foreignReading
	Settings      []struct{ Name, Value string }
	Archive       []foreignRecord // its last records, the newest first
}

// foreignRecord is what an archive holds of the end of an interval.
type foreignRecord struct {
	End    time.Time
	Counts map[string]int64 // by quantity
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
	if len(known) > 0 || len(vendors) < 10 {
		t.Fatalf("no image of %v; %d vendors, want at least 10", known, len(vendors))
	}
	return write(t, t.TempDir(), "images.json", out), made.Meters
}

// TestForeignTransports: `asue probe` reads every quantity of every model from a
// foreign server, by TCP, TLS and RTU, as a foreign encoder has laid it: over holes
// that the server refuses to serve, and without holes to the ends of the types.
func TestForeignTransports(t *testing.T) {
	image, meters := modelImages(t)
	table := newAgreementTable()
	for _, line := range pymodbusLines(t, image) {
		for _, m := range meters {
			p := probeMeter(t, line.url, "--unit", strconv.Itoa(m.Unit), "--model", m.Model, "--ct", foreignCT, "--vt", foreignVT, "--timeout", "5s")
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

func (m foreignMeter) measures(quantity string) bool {
	return slices.ContainsFunc(m.Readings, func(r foreignReading) bool { return r.Quantity == quantity })
}

// resolutions names the smallest step of each quantity, in its base unit.
func (m foreignMeter) resolutions() string {
	var all []string
	for _, r := range m.Readings {
		all = append(all, fmt.Sprintf("%s %.3g", r.Quantity, r.Resolution))
	}
	return strings.Join(all, ", ")
}
