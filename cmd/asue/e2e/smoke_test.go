package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// What a newcomer is promised.
const (
	liveWithin    = 5 * time.Second
	historyWithin = 15 * time.Second
	yearWithin    = historyWithin + 20*time.Second
	stopWithin    = 10 * time.Second
	historyDays   = 30
	yearDays      = 556
)

// TestSmoke starts the demo as a newcomer does, and looks at it as a dispatcher,
// an engineer with a foreign MQTT client, and an administrator do.
func TestSmoke(t *testing.T) {
	http, broker := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	base, data := "http://"+http, t.TempDir()
	began := time.Now()
	demo := start(t, "asue demo", program, "demo", "--http", http, "--broker", broker, "--data", data)

	var now overview
	eventually(t, "live numbers on the page", liveWithin, func() bool {
		return tryJSON(base+"/api/v1/overview", &now) == nil && now.PowerW != nil && now.Meters.Fresh >= 60
	})
	live := time.Since(began)
	eventually(t, "history on the page", historyWithin-time.Since(began), func() bool { return hasHistory(t, base, began) })
	history := time.Since(began)
	eventually(t, "a year of the residents in the ledger", yearWithin-time.Since(began), func() bool { return hasYear(base, began) })
	year := time.Since(began)

	if *now.PowerW < 5_000_000 || *now.PowerW > 60_000_000 {
		t.Errorf("the zone draws %d W", *now.PowerW)
	}
	if page, err := fetch(base + "/"); err != nil || !strings.Contains(page, "<html") {
		t.Errorf("the page: %v\n%s", err, tail(page, 5))
	}
	listen(t, broker)
	everyClassAppears(t, data)

	store := children(t, demo.cmd.Process.Pid)
	if len(store) == 0 {
		t.Error("the demo has no series store")
	}
	stopping := time.Now()
	if code := demo.stop(stopWithin); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
	t.Logf("stopped after %v", time.Since(stopping).Round(time.Millisecond))
	for _, pid := range store {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the series store (process %d) is left behind: %v", pid, err)
		}
	}
	fmt.Printf("BENCH start_live %d ms\nBENCH start_history %d ms\nBENCH start_year %d ms\n", live.Milliseconds(), history.Milliseconds(), year.Milliseconds())
}

// hasHistory asks ledger and series for every quarter of an hour of the past
// days at the zone's input.
func hasHistory(t *testing.T, base string, began time.Time) bool {
	t.Helper()
	const quarter = 15 * time.Minute
	to := began.UTC().Truncate(quarter)
	from := to.Add(-historyDays * 24 * time.Hour)
	var ledger struct{ Intervals []struct{ Known int } }
	err := tryJSON(base+"/api/v1/intervals?limit=5000&"+url.Values{
		"point": {"p-in-kar"}, "channel": {"A+"}, "from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)},
	}.Encode(), &ledger)
	known := 0
	for _, i := range ledger.Intervals {
		known += i.Known
	}
	if want := int(to.Sub(from) / quarter); err != nil || known < want {
		return false
	}
	var series struct {
		Data struct {
			Result []struct{ Value [2]json.RawMessage }
		}
	}
	err = tryJSON(base+"/prometheus/api/v1/query?"+url.Values{
		"query": {fmt.Sprintf(`count_over_time(asue_interval_wh{point="p-in-kar",channel="A+"}[%dd]) >= %d`, historyDays, known-1)},
		"time":  {to.Format(time.RFC3339)}, "nocache": {"1"}, // asked while the past is being written
	}.Encode(), &series)
	return err == nil && len(series.Data.Result) == 1
}

// listen reads live values with a foreign MQTT client, as the README shows it.
func listen(t *testing.T, broker string) {
	t.Helper()
	host, port, _ := strings.Cut(broker, ":")
	out := runTool(t, 15*time.Second, "/usr/bin/mosquitto_sub", "-h", host, "-p", port, "-t", "asue/v1/aktobe/live/#", "-C", "5", "-W", "10", "-v")
	n := 0
	for line := range strings.Lines(out) {
		topic, payload, _ := strings.Cut(strings.TrimSpace(line), " ")
		var value struct {
			T       time.Time
			PowerW  *float64 `json:"power_w"`
			Quality string
		}
		if err := json.Unmarshal([]byte(payload), &value); err != nil || !strings.HasPrefix(topic, "asue/v1/aktobe/live/") {
			t.Errorf("not a live value: %q: %v", line, err)
			continue
		}
		if value.PowerW == nil || value.Quality == "" || time.Since(value.T).Abs() > time.Minute {
			t.Errorf("a live value without power, quality or a fresh time: %q", line)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d live values, want 5:\n%s", n, out)
	}
}
