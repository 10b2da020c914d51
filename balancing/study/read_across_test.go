package study_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"asue/balancing/study"
	"asue/metering"
)

// TestReadAcross holds outages, with the transfers that follow, against the figures of
// the reference to every digit that it prints. "–" is not told.
func TestReadAcross(t *testing.T) {
	text, err := os.ReadFile("testdata/read_across.txt")
	if err != nil {
		t.Fatal(err)
	}
	m := model(t, zone(standing))
	rows := 0
	for row := range strings.Lines(string(text)) {
		f := strings.Fields(row)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		rows++
		mw, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		c := m.After(study.Setting{Scenario: metering.ElementID(f[0])}, m.Loads(mw), study.Outage{ID: f[1], Out: strings.Split(f[1], "+")})
		line, winding := 0.0, 0.0
		for _, l := range c.Later.State.Lines {
			line = max(line, l.LoadingPct)
		}
		for _, tr := range c.Later.State.Transformers {
			winding = max(winding, tr.LoadingPct)
		}
		told := func(v float64, want string) string {
			if want == "–" {
				return want
			}
			return fmt.Sprintf("%.1f", v)
		}
		got := []string{told(line, f[3]), told(winding, f[4]), string(c.Later.Ending)}
		if strings.Join(got, " ") != strings.Join(f[3:], " ") {
			t.Errorf("%s: %v", strings.TrimSpace(row), got)
		}
	}
	if rows < 20 {
		t.Errorf("%d rows", rows)
	}
}
