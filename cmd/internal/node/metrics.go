package node

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	process "github.com/VictoriaMetrics/metrics"
)

// Metrics are the figures of a process: those that its parts count, and those of
// the process itself. Its methods may be called from any goroutine.
type Metrics struct {
	mu      sync.Mutex
	sources []Source
}

// Source turns a part's own counts into metrics each time somebody asks, so
// that no part needs to know how they travel.
type Source func(emit Emitter)

// Register adds the figures of a part. Parts may share a metric, if they say the
// same help and kind and other labels.
func (m *Metrics) Register(s Source) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sources = append(m.sources, s)
}

// ServeHTTP writes all figures in Prometheus' text format, 0.0.4.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Vary", "Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		m.write(w)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	packed, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	m.write(packed)
	_ = packed.Close() // the client has gone; nobody to tell
}

// write asks every source. A reader who goes away is nobody to tell of.
func (m *Metrics) write(w io.Writer) {
	m.mu.Lock()
	sources := slices.Clone(m.sources)
	m.mu.Unlock()
	p := page{}
	for _, ask := range sources {
		ask(Emitter{p})
	}
	p.write(w)
	process.WriteProcessMetrics(w)
}

// Truth is 1 or 0.
func Truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
