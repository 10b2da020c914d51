package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// grafanaBoard is the part of a board that this test reads, as Grafana does.
type grafanaBoard struct {
	UID    string
	Panels []struct {
		Title       string
		FieldConfig struct{ Defaults struct{ NoValue string } }
		Targets     []struct {
			Expr       string
			Instant    bool
			Datasource struct{ UID string }
		}
	}
}

// aDayAhead is what a demo of two days cannot show in its first minutes: what was said a
// day ahead is drawn when its day has come.
const aDayAhead = "asue_forecast_day_w"

// TestGrafanaReadsTheDemo puts every question of the boards of samples to the demo's own
// query API, as a Grafana with our data source does, and finds every figure that the
// others ask for under /metrics.
func TestGrafanaReadsTheDemo(t *testing.T) {
	http, broker := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	base := "http://" + http
	start(t, "asue demo", program, "demo", "--http", http, "--broker", broker, "--data", t.TempDir(), "--days", "2", "--year=false")
	var now overview
	eventually(t, "live numbers on the page", time.Minute, func() bool {
		return tryJSON(base+"/api/v1/overview", &now) == nil && now.PowerW != nil && now.Meters.Fresh >= 60
	})

	var stuck string
	open := samplesQuestions(t)
	if len(open) < 50 {
		t.Errorf("only %d questions are asked", len(open))
	}
	eventually(t, "an answer to every question of the boards", 2*time.Minute, func() bool {
		for len(open) > 0 && answered(t, base, open[0].expr, open[0].instant) {
			open = open[1:]
		}
		if len(open) > 0 && stuck != open[0].panel {
			stuck = open[0].panel
			t.Logf("waiting for %s: %s", stuck, open[0].expr)
		}
		return len(open) == 0
	})
	checkLiveFigures(t, base)
}

// boardQuestion is one that a panel of samples asks; one with no answer would be a fault.
type boardQuestion struct {
	panel, expr string
	instant     bool
}

// samplesQuestions are those of all boards that ask for samples, but for panels that say
// themselves why they may be empty.
func samplesQuestions(t *testing.T) (list []boardQuestion) {
	t.Helper()
	files, err := filepath.Glob("../../../deploy/grafana/boards/prometheus/*.json")
	if err != nil || len(files) != 4 {
		t.Fatalf("boards %v, %v", files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var b grafanaBoard
		if err := json.Unmarshal(text, &b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, p := range b.Panels {
			if p.FieldConfig.Defaults.NoValue != "" || len(p.Targets) > 8 { // a question for each quality: no demo has all
				continue
			}
			for _, target := range p.Targets {
				if target.Datasource.UID == "${datasource}" && !strings.Contains(target.Expr, aDayAhead) {
					list = append(list, boardQuestion{b.UID + ", " + p.Title, target.Expr, target.Instant})
				}
			}
		}
	}
	return list
}

// answered asks as Grafana does, about now or about the last three hours and the next
// half: a forecast is stamped with the block that it is about.
func answered(t *testing.T, base, expr string, instant bool) bool {
	t.Helper()
	expr = strings.NewReplacer("$resident", "ceramics-1", "$__rate_interval", "1m").Replace(expr)
	ask := url.Values{"query": {expr}}
	path := "/prometheus/api/v1/query?"
	if !instant {
		end := time.Now()
		ask.Set("start", fmt.Sprint(end.Add(-3*time.Hour).Unix()/900*900))
		ask.Set("end", fmt.Sprint(end.Add(30*time.Minute).Unix()))
		ask.Set("step", "15")
		path = "/prometheus/api/v1/query_range?"
	}
	var answer struct {
		Status string
		Data   struct{ Result []json.RawMessage }
	}
	if err := tryJSON(base+path+ask.Encode(), &answer); err != nil {
		t.Fatal(err)
	}
	return len(answer.Data.Result) > 0
}

// checkLiveFigures holds the figures that boards and rules are tested with against those
// of a running process: the same names with the same labels. A figure that is said only
// when something has happened stands with "-" for the calm.
func checkLiveFigures(t *testing.T, base string) {
	t.Helper()
	text, err := os.ReadFile("../../../dashboards/grafana/testdata/figures.txt")
	if err != nil {
		t.Fatal(err)
	}
	said, err := fetch(base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	live := map[string][]string{} // labels by metric
	for line := range strings.Lines(said) {
		if name, labels, ok := figure(line); ok {
			live[name] = labels
		}
	}
	for line := range strings.Lines(string(text)) {
		name, labels, ok := figure(line)
		if !ok || strings.Fields(line)[1] == "-" || name == "asue_meter_clock_offset_seconds" {
			continue // no meter of the demo tells its clock
		}
		if got, is := live[name]; !is || !slices.Equal(got, labels) {
			t.Errorf("%s is tested with the labels %v, a running process says it with %v (said at all: %v)", name, labels, got, is)
		}
	}
}

var figurePattern = regexp.MustCompile(`^([a-z][a-z0-9_]*)(?:\{(.*)\})? `)

// figure takes a line of /metrics apart: the metric's name and those of its labels, sorted.
func figure(line string) (name string, labels []string, ok bool) {
	m := figurePattern.FindStringSubmatch(line)
	if m == nil {
		return "", nil, false
	}
	for _, label := range strings.Split(m[2], ",") {
		if key, _, found := strings.Cut(label, "="); found {
			labels = append(labels, key)
		}
	}
	slices.Sort(labels)
	return m[1], labels, true
}
