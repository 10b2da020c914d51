package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/examples/aktobe"
)

// hasYear asks the ledger for the first and the last day of the demo's older past, which
// is written from its beginning on: at the zone's input, all quarters of an hour.
func hasYear(base string, began time.Time) bool {
	origin := began.UTC().Truncate(24*time.Hour).AddDate(0, 0, -historyDays)
	first := origin.AddDate(0, 0, -(yearDays - historyDays))
	return knownAtInput(base, first) == 96 && knownAtInput(base, origin.AddDate(0, 0, -1)) == 96
}

// knownAtInput is how many quarters of an hour of a day (UTC) are known at the input.
func knownAtInput(base string, day time.Time) (known int) {
	var ledger struct{ Intervals []struct{ Known int } }
	err := tryJSON(base+"/api/v1/intervals?"+url.Values{
		"point": {"p-in-kar"}, "channel": {"A+"}, "from": {day.Format(time.RFC3339)}, "to": {day.AddDate(0, 0, 1).Format(time.RFC3339)},
	}.Encode(), &ledger)
	if err != nil {
		return 0
	}
	for _, i := range ledger.Intervals {
		known += i.Known
	}
	return known
}

// everyClassAppears judges the demo's technical conditions beside the running program:
// whoever looks at them finds each class of the rules.
func everyClassAppears(t *testing.T, data string) {
	t.Helper()
	dir := t.TempDir()
	process := fmt.Sprintf("site: site.yaml\ndata: %q\nroles: [metering]\nbroker: {url: mqtt://127.0.0.1:1}\n", data)
	for name, text := range map[string][]byte{"site.yaml": aktobe.Site(), "asue.yaml": []byte(process)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, errs, code := run(t, "conditions", "-c", filepath.Join(dir, "asue.yaml"), "--json")
	var report struct {
		Residents []struct {
			Resident string
			Class    reclaim.Class
			Coverage float64
		}
	}
	if err := json.Unmarshal([]byte(out), &report); code != 0 || err != nil {
		t.Fatalf("asue conditions: exit code %d, %v\n%s", code, err, errs)
	}
	classes := map[reclaim.Class]int{}
	of := map[string]reclaim.Class{}
	for _, r := range report.Residents {
		classes[r.Class]++
		of[r.Resident] = r.Class
		if r.Coverage < 0.99 && r.Resident != "logistics-2" {
			t.Errorf("%s: coverage %v", r.Resident, r.Coverage)
		}
	}
	if got := slices.Sorted(maps.Keys(classes)); !slices.Equal(got, slices.Sorted(slices.Values(reclaim.Classes()))) {
		t.Errorf("classes %v", classes)
	}
	// One day of use saves nothing, a day in each month is a need, and who was held back
	// is not found wanting.
	for resident, want := range map[string]reclaim.Class{"plastics-3": reclaim.Underused, "plastics-2": reclaim.Normal, "metal-2": reclaim.Insufficient,
		"logistics-2": reclaim.Insufficient, "offices-2": reclaim.Exceeding, "plastics-4": reclaim.Idle} {
		if of[resident] != want {
			t.Errorf("%s: %s, want %s", resident, of[resident], want)
		}
	}
}
