package node

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"
)

// Health is what /readyz says: every part that must work, and why it does not.
type Health struct {
	mu     sync.Mutex
	checks map[string]func() error
	notes  map[string]func() error
}

func newHealth() *Health {
	return &Health{checks: map[string]func() error{}, notes: map[string]func() error{}}
}

// Require adds a check to readiness. It must be quick and safe for concurrent use.
func (h *Health) Require(name string, check func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks[name] = check
}

// Note adds what people should know of and what does not end readiness: something is done
// without. It must be quick and safe for concurrent use.
func (h *Health) Note(name string, check func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes[name] = check
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"`          // "ok", or what is wrong
	Notes  map[string]string `json:"notes,omitempty"` // what is wrong, and is done without
}

func (h *Health) state() readiness {
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
	for name, check := range h.notes {
		if err := check(); err != nil {
			if r.Notes == nil {
				r.Notes = map[string]string{}
			}
			r.Notes[name] = err.Error()
		}
	}
	return r
}

// Parts are what each check says ("ok", or what is wrong), and the notes of what is done
// without.
func (h *Health) Parts() (checks, notes map[string]string) {
	s := h.state()
	return s.Checks, s.Notes
}

// Wrong are the parts that do not work, with why.
func (h *Health) Wrong() map[string]string {
	wrong := map[string]string{}
	for name, what := range h.state().Checks {
		if what != "ok" {
			wrong[name] = what
		}
	}
	return wrong
}

// ServeReady answers 200 when everything works and 503 otherwise, with the
// reasons in both cases.
func (h *Health) ServeReady(w http.ResponseWriter, _ *http.Request) {
	state := h.state()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(state) // the client has gone; nobody to tell
}

// ServeAlive says that the process is alive; it asks nobody.
func ServeAlive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // the client has gone; nobody to tell
}
