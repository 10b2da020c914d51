package node

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"asue/collector"
)

// Two parts count. What they share stands together, names are in order, and what
// the format escapes is escaped.
func TestMetricsAreWritten(t *testing.T) {
	var m Metrics
	m.Register(func(e Emitter) {
		e.Gauge("outbox_batches", "Batches on the disk.", 12, "class", "billing")
		e.Counter("asked_total", "Questions.\nA \\ in the help.", 3, "line", `a "b"`+"\n", "path", `c:\d`)
	})
	m.Register(func(e Emitter) {
		e.Gauge("outbox_batches", "Batches on the disk.", 0.25, "class", "telemetry")
		e.Gauge("online", "1 while there is a connection.", Truth(true))
		h := collector.Histogram{Sum: 5250 * time.Millisecond}
		h.Counts[0], h.Counts[5], h.Counts[len(h.Counts)-1] = 2, 1, 1
		e.Histogram("lag_seconds", "How late reads began.", h, "line", "l1")
	})
	const want = `# HELP asked_total Questions.\nA \\ in the help.
# TYPE asked_total counter
asked_total{line="a \"b\"\n",path="c:\\d"} 3
# HELP lag_seconds How late reads began.
# TYPE lag_seconds histogram
lag_seconds_bucket{line="l1",le="0.001"} 2
lag_seconds_bucket{line="l1",le="0.005"} 2
lag_seconds_bucket{line="l1",le="0.01"} 2
lag_seconds_bucket{line="l1",le="0.05"} 2
lag_seconds_bucket{line="l1",le="0.1"} 2
lag_seconds_bucket{line="l1",le="0.25"} 3
lag_seconds_bucket{line="l1",le="0.5"} 3
lag_seconds_bucket{line="l1",le="1"} 3
lag_seconds_bucket{line="l1",le="2.5"} 3
lag_seconds_bucket{line="l1",le="5"} 3
lag_seconds_bucket{line="l1",le="+Inf"} 4
lag_seconds_sum{line="l1"} 5.25
lag_seconds_count{line="l1"} 4
# HELP online 1 while there is a connection.
# TYPE online gauge
online 1
# HELP outbox_batches Batches on the disk.
# TYPE outbox_batches gauge
outbox_batches{class="billing"} 12
outbox_batches{class="telemetry"} 0.25
`
	r := httptest.NewRequest("GET", "/metrics", nil)
	plain := httptest.NewRecorder()
	m.ServeHTTP(plain, r)
	if got := plain.Header().Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	ours, process := plain.Body.String()[:min(len(want), plain.Body.Len())], plain.Body.String()[min(len(want), plain.Body.Len()):]
	if ours != want {
		t.Errorf("got\n%s\nwant\n%s", ours, want)
	}
	for _, name := range []string{"process_resident_memory_bytes ", "process_cpu_seconds_total ", "go_goroutines "} {
		if !strings.Contains(process, "\n"+name) {
			t.Errorf("nothing of the process itself by the name %s", name)
		}
	}

	r.Header.Set("Accept-Encoding", "br, gzip")
	packed := httptest.NewRecorder()
	m.ServeHTTP(packed, r)
	if got := packed.Header().Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("encoding %q", got)
	}
	unpacked, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), want) {
		t.Errorf("packed it says\n%s", text)
	}
}
