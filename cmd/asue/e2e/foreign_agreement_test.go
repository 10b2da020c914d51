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
)

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

// TestForeignComparisonNotices: what these tests compare by sees every way in which
// a reading can be wrong.
func TestForeignComparisonNotices(t *testing.T) {
	count := int64(123_456)
	m := foreignMeter{
		Readings: []foreignReading{
			{Quantity: "u_a", Value: 230.7, Resolution: 0.1},
			{Quantity: "p", Value: -1536.5, Resolution: 0x1p-13},
			{Quantity: "ea_imp", Value: 1_234_567.5, Resolution: 10, Count: &count, Cut: 1},
		},
		Settings: []struct{ Name, Value string }{{"ct_prim", "600.0"}, {"serial", "AB12"}},
	}
	read := func() probed {
		var p probed
		err := json.Unmarshal([]byte(`{"readings": [
			{"quantity": "u_a", "value": 230.70000000000002, "quality": "good"}, {"quantity": "p", "value": -1536.5, "quality": "good"},
			{"quantity": "ea_imp", "value": 1234560, "raw": 123456, "quality": "good"}],
			"settings": [{"name": "ct_prim", "value": "600"}, {"name": "serial", "value": "AB12"}]}`), &p)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if a := m.compare(read()); len(a.faults) > 0 || a.compared != 3 || math.Abs(a.worst-0.75) > 1e-6 {
		t.Errorf("a right reading: %+v", a)
	}
	for what, spoil := range map[string]func(*probed){
		"one count more":       func(p *probed) { *p.Readings[0].Value += 0.1 },
		"a hundredth of one":   func(p *probed) { *p.Readings[0].Value += 0.001 },
		"the last bit":         func(p *probed) { *p.Readings[1].Value += 0x1p-13 },
		"the sign":             func(p *probed) { *p.Readings[1].Value *= -1 },
		"not a number":         func(p *probed) { *p.Readings[1].Value = math.NaN() },
		"a counter by one":     func(p *probed) { *p.Readings[2].Raw++ },
		"a counter's value":    func(p *probed) { *p.Readings[2].Value -= 10 },
		"a counter uncounted":  func(p *probed) { p.Readings[2].Raw = nil },
		"a value that counts":  func(p *probed) { p.Readings[0].Raw = &count },
		"no value":             func(p *probed) { p.Readings[0].Value = nil },
		"a value in doubt":     func(p *probed) { p.Readings[0].Quality = "suspect" },
		"a reading missing":    func(p *probed) { p.Readings = p.Readings[1:] },
		"a reading twice":      func(p *probed) { p.Readings = append(p.Readings, p.Readings[0]) },
		"a stranger":           func(p *probed) { p.Readings[0].Quantity = "u_b" },
		"another setting":      func(p *probed) { p.Settings[0].Value = "601" },
		"another text":         func(p *probed) { p.Settings[1].Value = "AB13" },
		"a setting missing":    func(p *probed) { p.Settings = p.Settings[:1] },
		"a fault of the probe": func(p *probed) { p.Faults = []string{"block refused"} },
	} {
		p := read()
		spoil(&p)
		if a := m.compare(p); len(a.faults) == 0 {
			t.Errorf("%s passes: %+v", what, p)
		}
	}
}
