package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"asue/collector/regmap"
	"asue/metering"
)

// fakeMeter answers reads from an image of words, as a meter does that has no
// other registers.
type fakeMeter struct {
	unit  uint8
	words map[uint8]map[uint16]uint16 // by function and address
	asked []string
	fail  error // answers everything, if set
}

// refusal is a Modbus exception.
type refusal byte

func (r refusal) Error() string         { return fmt.Sprintf("modbus exception %d", byte(r)) }
func (r refusal) ModbusException() byte { return byte(r) }

// unreachable is a line that leads nowhere.
type unreachable struct{}

func (unreachable) Error() string     { return "no connection: refused" }
func (unreachable) Unreachable() bool { return true }

func (f *fakeMeter) Read(_ context.Context, unit, function uint8, address, count uint16) ([]uint16, error) {
	f.asked = append(f.asked, fmt.Sprintf("fc%d %d+%d", function, address, count))
	if f.fail != nil {
		return nil, f.fail
	}
	if unit != f.unit {
		return nil, refusal(11)
	}
	var words []uint16
	for a := int(address); a < int(address)+int(count); a++ {
		w, ok := f.words[function][uint16(a)]
		if !ok {
			return nil, refusal(2)
		}
		words = append(words, w)
	}
	return words, nil
}

// works is a live load of 2.4 MVA at 10 kV.
func works() map[string]float64 {
	v := map[string]float64{
		"f": 49.98, "pf": 0.95, "i_n": 0.4, "u_ln_avg": 5780, "u_ll_avg": 10011, "i_avg": 138,
		"thd_u_a": 1.2, "thd_u_b": 1.3, "thd_u_c": 1.1, "thd_i_a": 4, "thd_i_b": 4.2, "thd_i_c": 3.9,
		"u_ab": 10001, "u_bc": 10021, "u_ca": 10011,
	}
	for i, phase := range []string{"_a", "_b", "_c"} {
		u, c := 5770+10*float64(i), 137+float64(i)
		s := u * c
		v["u"+phase], v["i"+phase], v["s"+phase] = u, c, s
		v["p"+phase], v["q"+phase], v["pf"+phase] = 0.95*s, math.Sqrt(1-0.95*0.95)*s, 0.95
		v["s"], v["p"], v["q"] = v["s"]+s, v["p"]+v["p"+phase], v["q"]+v["q"+phase]
	}
	return v
}

// meterOf is a meter of the model, under load, that says what it is.
func meterOf(t *testing.T, m *regmap.Model, ct, vt metering.Ratio, settings map[string]float64) *fakeMeter {
	t.Helper()
	f := &fakeMeter{unit: 7, words: map[uint8]map[uint16]uint16{}}
	load := works()
	base := f.chain(m)
	for i := range m.Registers {
		r := &m.Registers[i]
		value := regmap.Value{Float: load[r.Name], MilliUnits: 12_345_678_000}
		if r.Quantity == 0 && r.Counter() {
			continue
		}
		if r.Exponent != nil { // one with which the load fits
			value.Exponent = map[string]int{"W": 2, "var": 2, "VA": 2, "Hz": -2, "1": -2}[r.Quantity.Unit()]
			f.put(r.Function, base+r.Exponent.Address, uint16(int16(value.Exponent)))
		}
		if r.ScalesOthers {
			continue
		}
		if len(r.Expect) > 0 {
			value.Float = float64(r.Expect[0])
		}
		if s, ok := settings[r.Name]; ok {
			value.Float = s
		}
		words := make([]uint16, r.Words())
		switch {
		case r.Clock != regmap.NoClock:
			regmap.EncodeClock(r, tapTime, words)
		case r.Type != regmap.ASCII:
			regmap.Encode(r, value, ct, vt, words)
		}
		f.put(r.Function, base+r.Address, words...)
	}
	for _, b := range m.Plan(regmap.Groups()...) { // a meter reads over its own holes
		b, err := b.At(base)
		if err != nil {
			t.Fatal(err)
		}
		for a := int(b.Address); a < int(b.Address)+int(b.Count); a++ {
			if _, ok := f.words[b.Function][uint16(a)]; !ok {
				f.put(b.Function, uint16(a), 0)
			}
		}
	}
	return f
}

// chain puts a SunSpec model behind a common one and returns its place; 0 for
// other models.
func (f *fakeMeter) chain(m *regmap.Model) uint16 {
	if m.SunSpec == 0 {
		return 0
	}
	marker := regmap.SunSpecMarker()
	f.put(3, 50000, marker[:]...)
	f.put(3, 50002, 1, 65)
	f.put(3, 50004, make([]uint16, 65)...)
	f.put(3, 50002+50, 'A'<<8|'B', '4'<<8|'2') // its serial number
	return 50002 + 2 + 65
}

func (f *fakeMeter) put(function uint8, address uint16, words ...uint16) {
	if f.words[function] == nil {
		f.words[function] = map[uint16]uint16{}
	}
	for i, w := range words {
		f.words[function][address+uint16(i)] = w
	}
}

func loadLibrary(t *testing.T) *regmap.Library {
	t.Helper()
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// TestGuessFindsEveryModel: a live meter of any model is taken for what it is.
// Twins whose registers of interest lie alike may be taken for each other, and
// then both are named.
func TestGuessFindsEveryModel(t *testing.T) {
	library := loadLibrary(t)
	for _, id := range library.IDs() {
		m, _ := library.Model(id)
		p := probe{line: meterOf(t, m, metering.Direct, metering.Direct, nil), library: library, unit: 7}
		report, err := p.run(t.Context(), "")
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		if report.Model != m.Name() {
			t.Errorf("%s is taken for %s; also possible: %v", m.Name(), report.Model, report.Others)
		}
		if !report.Guessed {
			t.Errorf("%s: the report does not say that it is a guess", id)
		}
	}
}

// TestProbeOfSunSpec: the model is looked for where the device's chain has it, and
// where it has not, that is what is said.
func TestProbeOfSunSpec(t *testing.T) {
	library := loadLibrary(t)
	integers, _ := library.Model("sunspec-203")
	meter := meterOf(t, integers, metering.Direct, metering.Direct, nil)
	report, err := probe{line: meter, library: library, unit: 7}.run(t.Context(), integers.ID)
	if err != nil || len(report.Faults) > 0 || len(report.Readings) < 30 {
		t.Errorf("%d readings, faults %v, %v", len(report.Readings), report.Faults, err)
	}
	if !slices.Contains(report.Settings, probeSetting{Name: "serial", Value: "AB42"}) {
		t.Errorf("settings %v do not tell the serial number", report.Settings)
	}
	meter.put(3, 50002+2+65+2+105, 0xFFFF, 0)
	_, err = probe{line: meter, library: library, unit: 7}.run(t.Context(), "sunspec-213")
	wantError(t, err, "no model 213: its chain ends at 50176 after 2 models")
	sdm, _ := library.Model("eastron-sdm630")
	_, err = probe{line: meterOf(t, sdm, metering.Direct, metering.Direct, nil), library: library, unit: 7}.run(t.Context(), "sunspec-213")
	wantError(t, err, "no SunSpec device")
}

// TestGuessTrustsIdentification: a PM5100 also answers as an iEM3000, whose
// registers lie at the same addresses; its model id decides.
func TestGuessTrustsIdentification(t *testing.T) {
	library := loadLibrary(t)
	m, _ := library.Model("schneider-pm5100-pm5300-pm5500")
	meter := meterOf(t, m, metering.Direct, metering.Direct, nil)
	report, err := probe{line: meter, library: library, unit: 7}.run(t.Context(), "")
	if err != nil || report.Model != m.Name() {
		t.Fatalf("guess = %s, %v", report.Model, err)
	}
	if len(report.Others) != 0 {
		t.Errorf("the meter said what it is, and others are offered: %v", report.Others)
	}
	if n := len(meter.asked); n > 15 {
		t.Errorf("%d reads for a meter that says what it is: %v", n, meter.asked)
	}
	// A sister with an id that no source lists is still likelier than the iEM3000.
	meter.put(3, 89, 15299)
	report, err = probe{line: meter, library: library, unit: 7}.run(t.Context(), "")
	if err != nil || report.Model != m.Name() {
		t.Errorf("guess of an unlisted sister = %s, %v", report.Model, err)
	}
	if !slices.ContainsFunc(report.Others, func(o probeLikeness) bool { return o.Model == "schneider-iem3000" }) {
		t.Errorf("the other possibility is not named: %v", report.Others)
	}
}

// TestGuessOfNonsense: registers that hold no meter's values fit no model.
func TestGuessOfNonsense(t *testing.T) {
	library := loadLibrary(t)
	f := &fakeMeter{unit: 7, words: map[uint8]map[uint16]uint16{}}
	for a := range 1 << 16 {
		f.put(3, uint16(a), uint16(a*40503))
		f.put(4, uint16(a), uint16(a*40503))
	}
	_, err := probe{line: f, library: library, unit: 7}.run(t.Context(), "")
	wantError(t, err, "no known model fits", "--model", "--models")
}

func TestProbeSplitsOverHoles(t *testing.T) {
	library := loadLibrary(t)
	m, _ := library.Model("eastron-sdm630")
	sparse := &fakeMeter{unit: 7, words: map[uint8]map[uint16]uint16{}}
	full := meterOf(t, m, metering.Direct, metering.Direct, nil)
	for i := range m.Registers {
		r := &m.Registers[i]
		for a := r.Address; a < r.Address+uint16(r.Words()); a++ {
			sparse.put(r.Function, a, full.words[r.Function][a])
		}
	}
	whole, err := probe{line: full, library: library, unit: 7}.run(t.Context(), m.ID)
	if err != nil || len(whole.Faults) > 0 {
		t.Fatal(err, whole.Faults)
	}
	split, err := probe{line: sparse, library: library, unit: 7}.run(t.Context(), m.ID)
	if err != nil || len(split.Faults) > 0 {
		t.Fatal(err, split.Faults)
	}
	if len(sparse.asked) <= len(full.asked) {
		t.Errorf("no block was split: %v", sparse.asked)
	}
	if len(split.Readings) != len(whole.Readings) {
		t.Errorf("%d readings over holes, %d without", len(split.Readings), len(whole.Readings))
	}
}

// TestProbeTellsTransformers shows the meter's own transformers and holds them
// against the user's.
func TestProbeTellsTransformers(t *testing.T) {
	library := loadLibrary(t)
	set := map[string]float64{"ct_prim": 600, "ct_sec": 5, "vt_prim": 10000, "vt_sec": 100}
	pm, _ := library.Model("schneider-pm5100-pm5300-pm5500") // all at the primary side
	umg, _ := library.Model("janitza-umg96rm")               // energies at the secondary side
	cases := []struct {
		model  *regmap.Model
		ct, vt string
		want   []string // parts of the warnings, in order
	}{
		{pm, "", "", nil},
		{pm, "600/5", "10000/100", nil},
		{pm, "120/1", "100/1", nil}, // transforms alike
		{pm, "400/5", "10000/100", []string{"set to 600/5, --ct says 400/5"}},
		{pm, "400/5", "direct", []string{"--ct says 400/5", "set to 10000/100, --vt says direct"}},
		{umg, "", "", []string{"set to 600/5, and this model", "set to 10000/100, and this model"}},
		{umg, "600/5", "10000/100", nil},
	}
	for _, c := range cases {
		ct, err := parseRatio("--ct", c.ct)
		if err != nil {
			t.Fatal(err)
		}
		vt, err := parseRatio("--vt", c.vt)
		if err != nil {
			t.Fatal(err)
		}
		report, err := probe{line: meterOf(t, c.model, ct, vt, set), library: library, unit: 7, ct: ct, vt: vt}.run(t.Context(), c.model.ID)
		if err != nil {
			t.Fatal(err)
		}
		if report.MeterCT != "600/5" || report.MeterVT != "10000/100" {
			t.Errorf("%s: transformers of the meter: %q, %q", c.model.ID, report.MeterCT, report.MeterVT)
		}
		ok := len(report.Warnings) == len(c.want)
		for i := 0; ok && i < len(c.want); i++ {
			ok = strings.Contains(report.Warnings[i], c.want[i])
		}
		if !ok {
			t.Errorf("%s --ct %q --vt %q: warnings %q, want %q", c.model.ID, c.ct, c.vt, report.Warnings, c.want)
		}
		var text strings.Builder
		if err := report.print(&text); err != nil || !strings.Contains(text.String(), "CT set in the meter") {
			t.Errorf("printed: %v\n%s", err, text.String())
		}
	}
}

func TestProbeSaysWhatToDo(t *testing.T) {
	library := loadLibrary(t)
	m, _ := library.Model("eastron-sdm630")
	meter := func() *fakeMeter { return meterOf(t, m, metering.Direct, metering.Direct, nil) }
	cases := []struct {
		name  string
		meter *fakeMeter
		unit  int
		model string
		words []string
	}{
		{"nobody listens", &fakeMeter{fail: unreachable{}}, 7, m.ID, []string{"no connection", "nobody listens", "address", "port"}},
		{"nobody listens, guessing", &fakeMeter{fail: unreachable{}}, 7, "", []string{"nobody listens"}},
		{"no answer", &fakeMeter{fail: errors.New("no answer within 1s")}, 7, m.ID, []string{"no answer within 1s", "unit 7", "--timeout"}},
		{"no answer, guessing", &fakeMeter{fail: errors.New("no answer within 1s")}, 7, "", []string{"no answer within 1s", "--timeout"}},
		{"wrong unit", meter(), 8, m.ID, []string{"exception 11", "unit 8", "--unit", "display"}},
		{"wrong unit, guessing", meter(), 8, "", []string{"exception 11", "unit 8"}},
		{"wrong model", meter(), 7, "siemens-pac3200", []string{"unit 7 answers", "no register of siemens-pac3200", "without --model"}},
		{"broadcast", meter(), 0, m.ID, []string{"unit 0", "broadcast", "1 to 247"}},
		{"beyond", meter(), 248, m.ID, []string{"unit 248", "1 to 247"}},
		{"negative", meter(), -1, m.ID, []string{"unit -1", "1 to 247"}},
		{"slip of the pen", meter(), 7, "eastron-sdm360", []string{`"eastron-sdm360"`, "did you mean eastron-sdm630?", "--models"}},
		{"name on the plate", meter(), 7, "PM5340", []string{"did you mean schneider-pm5100-pm5300-pm5500?"}},
		{"nothing like it", meter(), 7, "mercury-236", []string{`unknown model "mercury-236"; asue probe --models`}},
	}
	for _, c := range cases {
		_, err := probe{line: c.meter, library: library, unit: c.unit}.run(t.Context(), c.model)
		t.Run(c.name, func(t *testing.T) { wantError(t, err, c.words...) })
		if n := len(c.meter.asked); n > 40 {
			t.Errorf("%s: asked %d times", c.name, n)
		}
	}
}

// TestGuessGivesUpOnSilence: where nothing answers, every question costs its
// timeout.
func TestGuessGivesUpOnSilence(t *testing.T) {
	f := &fakeMeter{fail: errors.New("no answer")}
	if _, err := (probe{line: f, library: loadLibrary(t), unit: 7}).run(t.Context(), ""); err == nil {
		t.Fatal("silence was taken for a meter")
	}
	if len(f.asked) > patience+1 {
		t.Errorf("asked %d times: %v", len(f.asked), f.asked)
	}
	for _, function := range []string{"fc3 ", "fc4 "} {
		if !slices.ContainsFunc(f.asked, func(s string) bool { return strings.HasPrefix(s, function) }) {
			t.Errorf("%sis not among the questions: %v", function, f.asked)
		}
	}
}

func TestProbeShowsProgress(t *testing.T) {
	library := loadLibrary(t)
	m, _ := library.Model("janitza-umg604")
	var shown []string
	p := probe{line: meterOf(t, m, metering.Direct, metering.Direct, nil), library: library, unit: 7,
		progress: func(text string) { shown = append(shown, text) }}
	if _, err := p.run(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if len(shown) < 10 || shown[len(shown)-1] != "" {
		t.Errorf("shown: %q; want a line for each model and an empty one at the end", shown)
	}
}

func TestParseRatio(t *testing.T) {
	good := map[string]metering.Ratio{"": {}, "600/5": {Primary: 600, Secondary: 5}, " 10000 / 100 ": {Primary: 10000, Secondary: 100}, "direct": metering.Direct}
	for s, want := range good {
		if got, err := parseRatio("--ct", s); err != nil || got != want {
			t.Errorf("parseRatio(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"600", "600/", "/5", "0/5", "600/0", "-600/5", "600/5/1", "6e2/5", "600:5"} {
		_, err := parseRatio("--ct", s)
		wantError(t, err, "--ct", fmt.Sprintf("%q", s), "like 600/5")
	}
}

// wantError checks that an error says all of the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error; want one with %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}
