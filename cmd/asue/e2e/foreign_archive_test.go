package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/metering/clock"
)

// TestForeignArchive: for two hours nobody asks a meter that keeps an archive. When
// asue runs again, the ledger gets every quarter of an hour between from the archive,
// to the watt-hour as the foreign encoder has laid it.
func TestForeignArchive(t *testing.T) {
	file, meters := modelImages(t)
	at := slices.IndexFunc(meters, func(m foreignMeter) bool { return len(m.Archive) > 0 && !m.Extreme })
	if at < 0 {
		t.Fatal("no image of a meter with an archive")
	}
	m := meters[at]
	const missed = 8 // boundaries
	newest, oldest := m.Archive[0], m.Archive[missed]

	dir := t.TempDir()
	text, err := os.ReadFile("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const meter = "model: schneider-pm5100-pm5300-pm5500, serial: 2026112201, line: gw-1, unit: 9,"
	if !strings.Contains(string(text), meter) {
		t.Fatalf("the site has no %q", meter)
	}
	write(t, dir, "site.yaml", strings.Replace(string(text), meter, fmt.Sprintf("model: %s, serial: %s, line: gw-1, unit: %d,", m.Model, m.Serial, m.Unit), 1))
	// run serves the meter and asks it, at one time by the clock of both.
	run := func(now time.Time, counts map[string]int64) (*process, string) {
		image := meterAt(t, file, m, now, counts)
		line := pymodbus(t, image, "tcp", "127.0.0.1:0")
		return startSite(t, dir, "  energy: 5s\n  lines:\n    gw-1: tcp://"+line+"\n    gw-2: elsewhere\n", "--clock", clock.Warped(time.Now(), now, 1).String())
	}

	first, base := run(oldest.End.Add(time.Minute), oldest.Counts)
	eventually(t, "the first counts in the ledger", 30*time.Second, func() bool {
		v, ok := shown(t, base, "p-input", "ea_imp")
		commits, _ := metric(t, base, "asue_ingest_commits_total")
		return ok && v == float64(oldest.Counts["ea_imp"]) && commits > 0
	})
	if code := first.stop(stopWithin + 10*time.Second); code != 0 {
		t.Fatalf("exit code %d", code)
	}

	_, base = run(newest.End.Add(time.Minute), newest.Counts)
	quarters := func(channel string) map[time.Time]int64 {
		return known(t, base, "p-input", channel, oldest.End, newest.End)
	}
	eventually(t, "the quarters of an hour between in the ledger", time.Minute, func() bool {
		return len(quarters("A+")) >= missed-1 && len(quarters("R-")) >= missed-1
	})
	for channel, quantity := range map[string]string{"A+": "ea_imp", "A-": "ea_exp", "R+": "er_imp", "R-": "er_exp"} {
		got := quarters(channel)
		for k := range missed - 1 {
			start := m.Archive[k+1]
			want := m.Archive[k].Counts[quantity] - start.Counts[quantity]
			if energy, ok := got[start.End]; !ok || energy != want {
				t.Errorf("%s from %s: %d (known: %v), the archive has %d", channel, start.End.Format(time.RFC3339), energy, ok, want)
			}
		}
	}
	if n, _ := metric(t, base, "asue_ingest_quarantined_total"); n != 0 {
		t.Errorf("%v payloads in quarantine", n)
	}
}

// meterAt is an image of one meter whose clock goes on from a time, and whose counters
// stand at other counts than in the image that it is taken from.
func meterAt(t *testing.T, file string, m foreignMeter, now time.Time, counts map[string]int64) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Image map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	unit := made.Image[strconv.Itoa(m.Unit)]
	var holding map[string][]uint16
	if err := json.Unmarshal(unit["holding"], &holding); err != nil {
		t.Fatal(err)
	}
	for i, quantity := range []string{"ea_imp", "ea_exp", "er_imp", "er_exp"} { // 64 bits each, from 0x50 on
		for j, word := range words64(uint64(counts[quantity])) {
			holding[strconv.Itoa(0x50+4*i+j)] = []uint16{word}
		}
	}
	const clockAt = "16"
	text, err = json.Marshal(map[string]any{strconv.Itoa(m.Unit): map[string]any{"holding": holding, "holding clock": map[string]int64{clockAt: now.Unix()}}})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, t.TempDir(), "meter.json", string(text))
}

// known are a point's intervals of a channel whose energy is known, by their starts.
func known(t *testing.T, base, point, channel string, from, to time.Time) map[time.Time]int64 {
	t.Helper()
	var list struct {
		Intervals []struct {
			Start    time.Time
			Active   *int64 `json:"energy_wh"`
			Reactive *int64 `json:"energy_varh"`
		}
	}
	getJSON(t, base+"/api/v1/intervals?limit=5000&"+url.Values{
		"point": {point}, "channel": {channel}, "from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)},
	}.Encode(), &list)
	byStart := map[time.Time]int64{}
	for _, i := range list.Intervals {
		for _, energy := range []*int64{i.Active, i.Reactive} {
			if energy != nil {
				byStart[i.Start.UTC()] = *energy
			}
		}
	}
	return byStart
}
