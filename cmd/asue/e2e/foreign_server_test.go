package e2e

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/metering/clock"
)

// pymodbusTCP serves an image of testdata by TCP.
func pymodbusTCP(t *testing.T, image string) (port int) {
	t.Helper()
	_, text, _ := strings.Cut(pymodbus(t, "testdata/"+image, "tcp", "127.0.0.1:0"), ":")
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
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
		at := fmt.Sprintf("tcp://127.0.0.1:%d", pymodbusTCP(t, c.image))
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
	schneider, eastron := pymodbusTCP(t, "schneider-pm5340.json"), pymodbusTCP(t, "eastron-sdm630-sparse.json")
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
	// 0x0123456789AB and 200,000 Wh more, as the meter itself would count on: √3 · 10 kV ·
	// 600 A give as much in 70 s.
	const more = 200_000
	countOn(t, strconv.Itoa(schneider), 9, 3203, 0x0123456789AB+more)
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

// countOn writes with mbpoll where a meter's counter stands, in four registers.
func countOn(t *testing.T, port string, unit, address int, count uint64) {
	t.Helper()
	args := []string{"-m", "tcp", "-p", port, "-a", strconv.Itoa(unit), "-0", "-r", strconv.Itoa(address), "-t", "4:hex", "127.0.0.1"}
	for _, word := range words64(count) {
		args = append(args, fmt.Sprintf("0x%04X", word))
	}
	runTool(t, 10*time.Second, "/usr/bin/mbpoll", args...)
}

// words64 are the registers of a 64-bit count, the high one first.
func words64(count uint64) [4]uint16 {
	return [4]uint16{uint16(count >> 48), uint16(count >> 32), uint16(count >> 16), uint16(count)}
}

// ledger is the sum of a point's known active energy, and of how many intervals.
func ledger(t *testing.T, base, point string, now time.Time) (energy int64, known int) {
	t.Helper()
	var list struct {
		Intervals []struct {
			EnergyWh *int64 `json:"energy_wh"`
			Grade    string
			Known    int
		}
	}
	getJSON(t, base+"/api/v1/intervals?limit=5000&"+url.Values{
		"point": {point}, "channel": {"A+"},
		"from": {now.Add(-24 * time.Hour).Format(time.RFC3339)}, "to": {now.Add(time.Hour).Format(time.RFC3339)},
	}.Encode(), &list)
	for _, i := range list.Intervals {
		// A register that stands still while its meter shows power is estimated by rule
		// after some intervals: what the meter counted is asked for here.
		if i.EnergyWh != nil && i.Grade == "A" {
			energy, known = energy+*i.EnergyWh, known+i.Known
		}
	}
	return energy, known
}
