package dispatcher

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Route is one row of the table of routes.
type Route struct {
	Pattern string // as http.ServeMux takes it
	Access  Access
}

// table says who may use which route. It is the only place that does.
func table() []Route {
	return []Route{
		{"GET /{$}", Open}, // what is in the page is for those who may look: see serveIndex
		{"GET /app.js", Open},
		{"GET /chunk.js", Open},
		{"GET /stream.js", Open},
		{"GET /metering.js", Open},
		{"GET /control.js", Open},
		{"GET /network.js", Open},
		{"GET /capacity.js", Open},
		{"GET /alarms.js", Open},
		{"GET /log.js", Open},
		{"GET /reports.js", Open},
		{"GET /trend.js", Open},
		{"GET /help.js", Open},
		{"GET /system.js", Open},
		{"GET /door.js", Open},
		{"GET /i18n/{catalogue}", Open},
		{"GET /app.css", Open},
		{"GET /views.css", Open},
		{"GET /capacity.css", Open},
		{"GET /favicon.svg", Open},
		{"/", Open}, // everything else: 404
		{"GET /api/v1/me", Open},
		{"POST /api/v1/login", Open},
		{"POST /api/v1/logout", Open},
		{"POST /api/v1/wall", Open}, // the key of a wall screen
		{"POST /api/v1/me/confirm", SignedIn},
		{"POST /api/v1/me/password", SignedIn},
		{"GET /api/v1/orders", SignedIn},
		{"POST /api/v1/orders", Ordering},
		{"POST /api/v1/orders/{id}/approve", Ordering},
		{"POST /api/v1/orders/{id}/withdraw", Ordering},
		{"POST /api/v1/selections", Ordering},
		{"POST /api/v1/selections/{id}/cancel", Ordering},
		{"GET /api/v1/audit", Auditing},
		{"GET /api/v1/journal", Journal},
		{"GET /own", OwnDoor},
		{"GET /own.js", OwnDoor},
		{"GET /own.css", OwnDoor},
		{"POST /api/v1/own/session", OwnDoor},
		{"POST /api/v1/own/session/end", OwnDoor},
		{"GET /api/v1/own/now", Own},
		{"GET /api/v1/own/intervals", Own},
		{"GET /api/v1/own/intervals.csv", Own},
		{"GET /api/v1/own/month", Own},
		{"GET /api/v1/live", Viewer},
		{"GET /api/v1/snapshot", Viewer},
		{"GET /api/v1/overview", Viewer},
		{"GET /api/v1/residents", Viewer},
		{"GET /api/v1/points", Viewer},
		{"GET /api/v1/points/{id}", Viewer},
		{"GET /api/v1/intervals", Viewer},
		{"GET /api/v1/intervals.csv", Viewer},
		{"GET /api/v1/intervals/{point}/{channel}/{start}/history", Viewer},
		{"GET /api/v1/completeness", Viewer},
		{"GET /api/v1/findings", Viewer},
		{"GET /api/v1/balance", Viewer},
		{"GET /api/v1/demand", Viewer},
		{"GET /api/v1/media", Viewer},
		{"GET /api/v1/settlements", Viewer},
		{"GET /api/v1/settlements/{id}/corrections", Viewer},
		{"GET /api/v1/trend", Viewer},
		{"GET /api/v1/forecast", Viewer},
		{"GET /api/v1/network", Viewer},
		{"GET /api/v1/network/diagram", Viewer},
		{"GET /api/v1/network/whatif", Viewer},
		{"GET /api/v1/conditions", Viewer},
		{"GET /api/v1/conditions/{resident}/{node}", Viewer},
		{"GET /api/v1/season", Viewer},
		{"GET /api/v1/register", Viewer},
		{"GET /api/v1/pool", Viewer},
		{"GET /api/v1/hosting", Viewer},
		{"GET /api/v1/cases", Casework},
		{"GET /api/v1/cases/{id}", Casework},
		{"GET /api/v1/cases/{id}/papers/{paper}", Casework},
		{"GET /api/v1/drafts", Casework},
		{"POST /api/v1/actions", Caseworking},
		{"POST /api/v1/drafts/{id}/sign", Caseworking},
		{"POST /api/v1/drafts/{id}/drop", Caseworking},
		{"GET /api/v1/notices", Viewer},
		{"GET /api/v1/alarms", Viewer},
		{"GET /api/v1/alarms/kinds", Viewer},
		{"GET /api/v1/alarms/figures", Viewer},
		{"POST /api/v1/alarms/acts", Alarming},
		{"GET /api/v1/log", Journal},
		{"GET /api/v1/log.csv", Journal},
		{"POST /api/v1/log", Alarming},
		{"GET /api/v1/shift", Journal},
		{"POST /api/v1/shift/take", Alarming},
		{"POST /api/v1/shift/hand-over", Alarming},
		{"GET /api/v1/reports/{kind}", Viewer},
		{"GET /api/v1/residents/figures", Viewer},
		{"GET /api/v1/residents.csv", Viewer},
		{"GET /api/v1/system", Viewer},
		{"GET /api/v1/system/meters", Viewer},
		{"GET /api/v1/system/lines", Viewer},
		{"GET /api/v1/system/configuration", Keeping},
		{"GET /api/v1/system/configuration/difference", Keeping},
		{"GET /api/v1/system/backup", Keeping},
		{"GET /api/v1/system/users", Administering},
		{"POST /api/v1/system/users/{name}/{act}", Administering},
		{"GET /api/v1/scenarios", DemoOnly},
		{"POST /api/v1/scenarios", DemoOnly},
		{"GET /api/openapi.json", Viewer},
		{"GET /api/openapi.yaml", Viewer},
		{"GET /api/openapi-3.0.json", Viewer},
		{"GET /api/openapi-3.0.yaml", Viewer},
		{"GET /api/schemas/{schema}", Viewer},
	}
}

// router is a mux that opens no route without a row of the table, and keeps the
// table at the door.
type router struct {
	mux    *http.ServeMux
	demo   bool
	rows   []Route
	opened []string
	faults []error
}

func newRouter(demo bool, rows []Route) *router {
	return &router{mux: http.NewServeMux(), demo: demo, rows: rows}
}

// HandleFunc opens a route; huma and our own handlers both come this way. A
// pattern without a row is a fault and stays shut.
func (r *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	i := slices.IndexFunc(r.rows, func(row Route) bool { return row.Pattern == pattern })
	if i < 0 {
		r.faults = append(r.faults, fmt.Errorf("dispatcher: route %q has no row in the table of roles: add one to routes.go", pattern))
		return
	}
	r.opened = append(r.opened, pattern)
	r.mux.HandleFunc(pattern, r.guard(r.rows[i].Access, handler))
}

// ServeHTTP makes the router a huma mux.
func (r *router) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.mux.ServeHTTP(w, req) }

func (r *router) guard(access Access, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		v := visitorOf(req.Context())
		switch {
		case v.token != "" && access == Own && v.denial != nil:
			v.denial.tell(w)
		case v.token != "" && !access.allows(v):
			problem(w, http.StatusForbidden, "a resident's token opens /own and /api/v1/own alone: it may not do this")
		case access == Own && v.token == "" && v.Name == "":
			problem(w, http.StatusUnauthorized, needsToken)
		case v.wall && !wallMay(access, req.Method):
			problem(w, http.StatusForbidden, "a wall screen only looks, it may not do this")
		case access == DemoOnly && !r.demo:
			problem(w, http.StatusNotFound, "this exists in the demo only: start `asue demo`")
		case access.allows(v):
			next(w, req)
		case v.MustChange:
			problem(w, http.StatusForbidden, "choose another password first: POST /api/v1/me/password")
		case v.Name == "":
			problem(w, http.StatusUnauthorized, "sign in first: POST /api/v1/login")
		default:
			problem(w, http.StatusForbidden, fmt.Sprintf("the role %q may not do this; it is for %s", v.Role, access.words()))
		}
	}
}

// Mount opens a further route, for cmd: metrics and health. It must be called
// before the handler serves, and panics on a pattern that is taken, like
// http.ServeMux.
func (s *Server) Mount(pattern string, h http.Handler, access Access) {
	s.router.rows = append(s.router.rows, Route{pattern, access})
	s.router.HandleFunc(pattern, h.ServeHTTP)
	document(s.doc, pattern)
}

// Routes lists every open route with who may use it, for the tests and the docs.
func (s *Server) Routes() []Route {
	var open []Route
	for _, row := range s.router.rows {
		if slices.Contains(s.router.opened, row.Pattern) {
			open = append(open, row)
		}
	}
	return open
}

// Handler serves everything, behind the checks of security.go.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) routes() error {
	s.router = newRouter(s.cfg.Demo, table())
	s.openPage()
	s.openAPI()
	s.router.HandleFunc("GET /api/v1/live", s.serveLive)
	s.router.HandleFunc("/", s.serveNowhere)
	for _, row := range s.router.rows {
		if !slices.Contains(s.router.opened, row.Pattern) {
			s.router.faults = append(s.router.faults, fmt.Errorf("dispatcher: row %q of the table of roles has no handler: remove it", row.Pattern))
		}
	}
	if len(s.router.faults) > 0 {
		return errors.Join(s.router.faults...)
	}
	s.handler = s.protect(s.router)
	return nil
}

func (s *Server) serveNowhere(w http.ResponseWriter, r *http.Request) {
	problem(w, http.StatusNotFound, fmt.Sprintf("there is no %s %s here: see /api/openapi.json", r.Method, r.URL.Path))
}
