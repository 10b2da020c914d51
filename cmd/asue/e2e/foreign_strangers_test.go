package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/metering/clock"
)

// TestForeignStrangers: of four foreign meters of one kind only the first is the one
// that testdata/strangers.yaml names, and set as it says. What the others tell is
// shown with its mark and the reason, and nothing of it is billed, though all four
// count on.
func TestForeignStrangers(t *testing.T) {
	image := strangersImage(t, []stranger{
		{unit: 1, serial: "KZ00004711", ct: 600, counting: 0},
		{unit: 2, serial: "KZ00009999", ct: 600, counting: 0},
		{unit: 3, serial: "KZ00004713", ct: 600, counting: 0},
		{unit: 4, serial: "KZ00004714", ct: 600, counting: 1},
	})
	at := pymodbus(t, image, "tcp", "127.0.0.1:0")
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/strangers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "site.yaml", string(text))
	const speed = 300 // a quarter of an hour in three seconds
	c := clock.Warped(time.Now(), time.Date(2026, 1, 15, 6, 2, 0, 0, time.UTC), speed)
	base := runSite(t, dir, "  fast: 1m\n  energy: 1m\n  slow: 5m\n  lines:\n    gw-1: tcp://"+at+"\n", "--clock", c.String())

	energies := []string{"ea_imp", "ea_exp", "er_imp", "er_exp"}
	untransformed := []string{"f", "pf", "thd_u_a", "thd_u_b", "thd_u_c", "thd_i_a", "thd_i_b", "thd_i_c"}
	for _, mark := range []struct {
		point, quality string
		reason         []string
		marks          func(quantity string) bool
	}{
		{"p-right", "good", nil, func(string) bool { return false }},
		{"p-serial", "wrong_meter", []string{"KZ00009999", "KZ 0000-4712"}, func(string) bool { return true }},
		{"p-ct", "ratio_mismatch", []string{"600/5", "300/5"}, func(q string) bool { return !slices.Contains(untransformed, q) }},
		{"p-set", "misconfigured", []string{"counting is 1, not 0", "add up"}, func(q string) bool { return slices.Contains(energies, q) }},
	} {
		for _, quantity := range append([]string{"p", "u_a", "i_a"}, append(energies, untransformed...)...) {
			want := "good"
			if mark.marks(quantity) {
				want = mark.quality
			}
			var got pageReading
			eventually(t, fmt.Sprintf("%s %s on the page", mark.point, quantity), 30*time.Second, func() bool {
				got = readings(t, base, mark.point)[quantity]
				return got.Value != nil && got.Quality != "stale"
			})
			if got.Quality != want {
				t.Errorf("%s: %s is %s, want %s: %s", mark.point, quantity, got.Quality, want, got.Reason)
			}
			for _, words := range mark.reason {
				if want != "good" && !strings.Contains(got.Reason, words) {
					t.Errorf("%s: %s: the reason %q does not say %q", mark.point, quantity, got.Reason, words)
				}
			}
		}
	}

	eventually(t, "an interval of the right meter", 30*time.Second, func() bool {
		_, known := ledger(t, base, "p-right", c.Now())
		return known > 0
	})
	// All four count on, by less than their transformers carry in a minute.
	const more = 200_000
	port := at[strings.LastIndexByte(at, ':')+1:]
	for unit := 1; unit <= 4; unit++ {
		countOn(t, port, unit, 0x50, strangersEnergy+more)
	}
	eventually(t, "the energy of the right meter in the ledger", 30*time.Second, func() bool {
		energy, known := ledger(t, base, "p-right", c.Now())
		return energy == more && known >= 2
	})
	for _, point := range []string{"p-serial", "p-ct", "p-set"} {
		eventually(t, point+" shows what its meter counts", 30*time.Second, func() bool {
			r := readings(t, base, point)["ea_imp"]
			return r.Value != nil && *r.Value == strangersEnergy+more
		})
		if energy, known := ledger(t, base, point, c.Now()); energy != 0 || known != 0 {
			t.Errorf("%s: %d Wh of %d intervals are in the ledger", point, energy, known)
		}
	}
	if n, _ := metric(t, base, "asue_ingest_quarantined_total"); n != 0 {
		t.Errorf("%v payloads in quarantine", n)
	}
}

// strangersEnergy is what every one of the meters has counted, in Wh.
const strangersEnergy = 123_456_789

// stranger is how one of the meters introduces itself.
type stranger struct {
	unit         int
	serial       string
	ct, counting uint16
}

// strangersImage lays reference meters that differ in what they say of themselves.
// Their other registers are those that the foreign encoder has laid for the model.
func strangersImage(t *testing.T, all []stranger) string {
	t.Helper()
	file, meters := modelImages(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Image map[string]map[string]map[string][]uint16
	}
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(meters, func(m foreignMeter) bool { return m.Model == "asue-reference-meter" && !m.Extreme })
	if at < 0 {
		t.Fatal("no image of the reference meter")
	}
	image := map[string]map[string]map[string][]uint16{}
	for _, s := range all {
		holding := map[string][]uint16{}
		for address, words := range made.Image[strconv.Itoa(meters[at].Unit)]["holding"] {
			holding[address] = words
		}
		serial := []byte(s.serial + strings.Repeat("\x00", 16-len(s.serial)))
		for i := range 8 {
			holding[strconv.Itoa(2+i)] = []uint16{uint16(serial[2*i])<<8 | uint16(serial[2*i+1])}
		}
		holding["10"], holding["11"] = []uint16{s.counting}, []uint16{s.ct}
		for i, word := range words64(strangersEnergy) {
			holding[strconv.Itoa(0x50+i)] = []uint16{word}
		}
		image[strconv.Itoa(s.unit)] = map[string]map[string][]uint16{"holding": holding}
	}
	text, err = json.Marshal(image)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, t.TempDir(), "strangers.json", string(text))
}
