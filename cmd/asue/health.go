package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// health is what /readyz says: every part that must work, and why it does not.
type health struct {
	mu     sync.Mutex
	checks map[string]func() error
}

func newHealth() *health { return &health{checks: map[string]func() error{}} }

// require adds a check to readiness. It must be quick and safe for concurrent use.
func (h *health) require(name string, check func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks[name] = check
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"` // "ok", or what is wrong
}

func (h *health) state() readiness {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := readiness{Ready: true, Checks: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(h.checks)) {
		r.Checks[name] = "ok"
		if err := h.checks[name](); err != nil {
			r.Ready = false
			r.Checks[name] = err.Error()
		}
	}
	return r
}

// serveReady answers 200 when everything works and 503 otherwise, with the
// reasons in both cases.
func (h *health) serveReady(w http.ResponseWriter, _ *http.Request) {
	state := h.state()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(state) // the client has gone; nobody to tell
}

// serveHealth says that the process is alive; it asks nobody.
func serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // the client has gone; nobody to tell
}

func buildInfo() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "asue_build_info",
		Help:        "Version of the program; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	}, func() float64 { return 1 })
}
