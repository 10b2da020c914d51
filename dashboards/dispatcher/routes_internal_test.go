package dispatcher

import (
	"net/http"
	"testing"
)

// This stands inside the package because nothing outside can open a route
// without a role: that is what it shows.
func TestRouteWithoutARowStaysShut(t *testing.T) {
	r := newRouter(true, []Route{{"GET /known", Viewer}})
	r.HandleFunc("GET /known", func(http.ResponseWriter, *http.Request) {})
	r.HandleFunc("GET /new", func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	if len(r.faults) != 1 || len(r.opened) != 1 {
		t.Errorf("faults %v, opened %v", r.faults, r.opened)
	}
	req, _ := http.NewRequest(http.MethodGet, "/new", nil)
	if _, pattern := r.mux.Handler(req); pattern != "" {
		t.Errorf("the route is open as %q", pattern)
	}
}
