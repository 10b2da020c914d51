package dispatcher_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// roles are those who may come: nobody, a viewer without a name, and a person of
// each role. The letters of the matrix stand in this order.
var comers = append([]string{"nobody", "anyone"}, func() (names []string) {
	for _, r := range metering.Roles() {
		names = append(names, string(r))
	}
	return names
}()...)

// matrix is who may use which route: + may, - may not. In the order nobody,
// anyone (who has not signed in where looking is free), viewer, dispatcher,
// engineer, admin, auditor. It is written out by hand, so that a route that is
// opened must be considered here too.
const matrix = `
+++++++ /
+++++++ GET /{$}
+++++++ GET /app.js
+++++++ GET /chunk.js
+++++++ GET /stream.js
+++++++ GET /metering.js
+++++++ GET /control.js
+++++++ GET /network.js
+++++++ GET /capacity.js
+++++++ GET /alarms.js
+++++++ GET /log.js
+++++++ GET /reports.js
+++++++ GET /trend.js
+++++++ GET /help.js
+++++++ GET /system.js
+++++++ GET /door.js
+++++++ GET /views.css
+++++++ GET /capacity.css
+++++++ GET /i18n/{catalogue}
+++++++ GET /app.css
+++++++ GET /favicon.svg
+++++++ GET /metrics
+++++++ GET /api/v1/me
+++++++ POST /api/v1/login
+++++++ POST /api/v1/logout
+++++++ GET /own
+++++++ GET /own.js
+++++++ GET /own.css
+++++++ POST /api/v1/own/session
+++++++ POST /api/v1/own/session/end
------- GET /api/v1/own/now
------- GET /api/v1/own/intervals
------- GET /api/v1/own/intervals.csv
------- GET /api/v1/own/month
+++++++ POST /api/v1/wall
--+++++ POST /api/v1/me/confirm
--+++++ POST /api/v1/me/password
--+++++ GET /api/v1/orders
---+++- POST /api/v1/orders
---+++- POST /api/v1/orders/{id}/approve
---+++- POST /api/v1/orders/{id}/withdraw
---+++- POST /api/v1/selections
---+++- POST /api/v1/selections/{id}/cancel
-----++ GET /api/v1/audit
---++++ GET /api/v1/journal
-++++++ GET /api/v1/live
-++++++ GET /api/v1/snapshot
-++++++ GET /api/v1/overview
-++++++ GET /api/v1/residents
-++++++ GET /api/v1/points
-++++++ GET /api/v1/points/{id}
-++++++ GET /api/v1/intervals
-++++++ GET /api/v1/intervals.csv
-++++++ GET /api/v1/intervals/{point}/{channel}/{start}/history
-++++++ GET /api/v1/completeness
-++++++ GET /api/v1/findings
-++++++ GET /api/v1/forecast
-++++++ GET /api/v1/balance
-++++++ GET /api/v1/demand
-++++++ GET /api/v1/media
-++++++ GET /api/v1/settlements
-++++++ GET /api/v1/settlements/{id}/corrections
-++++++ GET /api/v1/trend
-++++++ GET /api/v1/network
-++++++ GET /api/v1/network/diagram
-++++++ GET /api/v1/network/whatif
-++++++ GET /api/v1/conditions
-++++++ GET /api/v1/conditions/{resident}/{node}
-++++++ GET /api/v1/season
-++++++ GET /api/v1/register
-++++++ GET /api/v1/pool
-++++++ GET /api/v1/hosting
----+++ GET /api/v1/cases
----+++ GET /api/v1/cases/{id}
----+++ GET /api/v1/cases/{id}/papers/{paper}
----+++ GET /api/v1/drafts
----++- POST /api/v1/actions
----++- POST /api/v1/drafts/{id}/sign
----++- POST /api/v1/drafts/{id}/drop
-++++++ GET /api/v1/notices
-++++++ GET /api/v1/alarms
-++++++ GET /api/v1/alarms/kinds
-++++++ GET /api/v1/alarms/figures
---++-- POST /api/v1/alarms/acts
---++++ GET /api/v1/log
---++++ GET /api/v1/log.csv
---++-- POST /api/v1/log
---++++ GET /api/v1/shift
---++-- POST /api/v1/shift/take
---++-- POST /api/v1/shift/hand-over
-++++++ GET /api/v1/reports/{kind}
-++++++ GET /api/v1/residents/figures
-++++++ GET /api/v1/residents.csv
-++++++ GET /api/v1/system
-++++++ GET /api/v1/system/meters
-++++++ GET /api/v1/system/lines
----++- GET /api/v1/system/configuration
----++- GET /api/v1/system/configuration/difference
----++- GET /api/v1/system/backup
-----+- GET /api/v1/system/users
-----+- POST /api/v1/system/users/{name}/{act}
-++++++ GET /api/v1/scenarios
-++++++ POST /api/v1/scenarios
-++++++ GET /api/openapi.json
-++++++ GET /api/openapi.yaml
-++++++ GET /api/openapi-3.0.json
-++++++ GET /api/openapi-3.0.yaml
-++++++ GET /api/schemas/{schema}
-++++++ /prometheus/
----++- PUT /api/v1/lines/{line}/trace
`

// Every route that is open is tried by everybody who may come, from another
// machine.
func TestEveryRouteForEveryRole(t *testing.T) {
	shut, free := matrixOffice(t, ""), matrixOffice(t, metering.RoleViewer)
	rows := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(matrix), "\n") {
		letters, pattern, _ := strings.Cut(line, " ")
		if len(letters) != len(comers) || rows[pattern] != "" {
			t.Fatalf("row %q", line)
		}
		rows[pattern] = letters
	}
	for _, pattern := range rowless(shut.Routes(), rows) {
		t.Errorf("route %q is open and has no row in the matrix", pattern)
	}
	tried := 0
	for pattern, letters := range rows {
		if !slices.ContainsFunc(shut.Routes(), func(r dispatcher.Route) bool { return r.Pattern == pattern }) {
			t.Errorf("row %q has no route", pattern)
			continue
		}
		for i, who := range comers {
			o := shut
			if who == "anyone" {
				o = free
			}
			b := o.browser(t)
			if i > 1 {
				b.login(who)
			}
			b.remote = "192.168.1.9:5" // the desk of the lines is open to this machine
			if may := b.passes(pattern); may != (letters[i] == '+') {
				t.Errorf("%s: %s may pass: %v", pattern, who, may)
			}
			tried++
		}
	}
	t.Logf("%d routes × %d who come = %d", len(rows), len(comers), tried)
}

// rowless are the open routes that a matrix says nothing of.
func rowless(routes []dispatcher.Route, rows map[string]string) []string {
	var list []string
	for _, route := range routes {
		if rows[route.Pattern] == "" {
			list = append(list, route.Pattern)
		}
	}
	return list
}

// The matrix cannot be passed by: a route that is opened without a row in it is found.
func TestARouteWithoutARowInTheMatrixIsFound(t *testing.T) {
	o := matrixOffice(t, "")
	rows := map[string]string{}
	for _, route := range o.Routes() {
		rows[route.Pattern] = "-------"
	}
	if list := rowless(o.Routes(), rows); len(list) != 0 {
		t.Fatalf("%v", list)
	}
	o.Mount("GET /api/v1/unlisted", http.NotFoundHandler(), dispatcher.Viewer)
	if list := rowless(o.Routes(), rows); !slices.Equal(list, []string{"GET /api/v1/unlisted"}) {
		t.Errorf("found %v", list)
	}
}

func matrixOffice(t *testing.T, anonymous metering.Role) *office {
	o := newOffice(t, func(c *dispatcher.Config) { c.Anonymous = anonymous })
	nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	o.Mount("GET /metrics", nothing, dispatcher.Operator)
	o.Mount("/prometheus/", nothing, dispatcher.Viewer)
	o.Mount("PUT /api/v1/lines/{line}/trace", nothing, dispatcher.Desk)
	return o
}

// passes tries a route and reports whether the door let the browser through,
// whatever is behind it.
func (b *browser) passes(pattern string) bool {
	b.t.Helper()
	method, path, spaced := strings.Cut(pattern, " ")
	if !spaced {
		method, path = http.MethodGet, pattern
	}
	path = strings.NewReplacer("{$}", "", "{id}", "x", "{point}", "p-r-01", "{channel}", "A+", "{start}", "2026-11-01T00:00:00Z", "{schema}", "Me.json", "{line}", "gw-1",
		"{resident}", "r-01", "{node}", "f-1", "{paper}", "act", "{kind}", "daily", "{name}", "nobody", "{act}", "lock").Replace(path)
	if path == "/" && !spaced {
		path = "/nowhere"
	}
	var body any
	if method != http.MethodGet {
		body = nobody
	}
	if path == "/api/v1/live" {
		return b.streams(path)
	}
	cookie := b.cookie
	w := b.do(method, path, body)
	b.cookie = cookie
	text := w.Body.String()
	door := w.Code == 401 && strings.Contains(text, "sign in first") || w.Code == 403 && strings.Contains(text, "may not do this")
	return !door
}

// streams is passes for the stream, which does not end by itself.
func (b *browser) streams(path string) bool {
	b.t.Helper()
	ctx, cancel := contextWithCancel(b.t)
	cancel() // the door is asked before the stream begins
	w := b.do(http.MethodGet, path, nil, func(r *http.Request) { *r = *r.WithContext(ctx) })
	return w.Code != 401 && w.Code != 403
}

// orderMatrix is who may give which order, in the order of metering.Roles.
const orderMatrix = `
-+-+- arm
-+++- disarm
-+++- mode
-+++- kill
-+-+- unkill
-++-- confirm
-++-- reject
-++-- pin
-++-- exclude
-++-- limit
-++-- inhibit
-++-- release
-++-- restore
--+-- commission
`

func TestEveryOrderForEveryRole(t *testing.T) {
	o := newOffice(t, nil)
	rows := strings.Split(strings.TrimSpace(orderMatrix), "\n")
	kinds := []metering.OrderKind{metering.OrderArm, metering.OrderDisarm, metering.OrderMode, metering.OrderKill, metering.OrderUnkill, metering.OrderConfirm,
		metering.OrderReject, metering.OrderPin, metering.OrderExclude, metering.OrderLimit, metering.OrderInhibit, metering.OrderRelease, metering.OrderRestore, metering.OrderBand}
	if len(rows) != len(kinds) {
		t.Fatalf("%d rows for %d kinds of orders", len(rows), len(kinds))
	}
	for i, row := range rows {
		letters, kind, _ := strings.Cut(row, " ")
		if kind != string(kinds[i]) {
			t.Fatalf("row %q, want %s", row, kinds[i])
		}
		for k, role := range metering.Roles() {
			b := o.as(t, string(role))
			w := b.order(orderOf(o, kind))
			if (w.Code == 200) != (letters[k] == '+') || w.Code != 200 && w.Code != 403 {
				t.Errorf("%s by %s answers %d %s", kind, role, w.Code, w.Body)
			}
			if me := b.ask("GET", "/api/v1/me", nil, 200); strings.Contains(mustText(t, me["orders"]), `"`+kind+`"`) != (letters[k] == '+') {
				t.Errorf("%s by %s: /me says %v", kind, role, me["orders"])
			}
			if w.Code == 200 && strings.Contains(w.Body.String(), `"pending"`) { // make room
				b.ask("POST", "/api/v1/orders/"+idOf(t, w.Body.Bytes())+"/withdraw", nobody, 200)
			}
		}
	}
}
