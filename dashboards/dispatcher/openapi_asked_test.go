package dispatcher_test

import (
	"asue/metering"
	"asue/metering/password"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// askedWith is what is put in the place of a path's parameters, and which query is asked,
// where an operation cannot be asked without.
var askedWith = map[string]string{
	"GET /api/v1/points/{id}":                                 "/api/v1/points/p-r-01",
	"GET /api/v1/intervals":                                   "/api/v1/intervals?resident=r-01&from=2026-11-20&to=2026-11-21&step=60m",
	"GET /api/v1/intervals.csv":                               "/api/v1/intervals.csv?point=p-r-01&from=2026-11-20&to=2026-11-21&step=60m",
	"GET /api/v1/intervals/{point}/{channel}/{start}/history": "/api/v1/intervals/p-r-01/A+/2026-11-20T07:00:00Z/history",
	"GET /api/v1/settlements/{id}/corrections":                "/api/v1/settlements/2026-10/corrections",
	"GET /api/v1/hosting":                                     "/api/v1/hosting?node=f1&mw=2.5",
	"GET /api/v1/network/whatif":                              "/api/v1/network/whatif?scale=1.2",
	"GET /api/v1/reports/{kind}":                              "/api/v1/reports/daily?from=2026-11-20&to=2026-11-21&format=csv&lang=en",
	"GET /api/v1/journal":                                     "/api/v1/journal?kind=order.",
	"GET /api/v1/demand":                                      "/api/v1/demand?resident=r-01&month=2026-11",
	"GET /api/v1/balance":                                     "/api/v1/balance?from=2026-11-20&to=2026-11-21",
	"GET /api/v1/trend":                                       "/api/v1/trend?hours=24&px=100",
	"GET /api/v1/own/intervals":                               "/api/v1/own/intervals?from=2026-11-20&to=2026-11-21&step=60m",
	"GET /api/v1/own/intervals.csv":                           "/api/v1/own/intervals.csv?from=2026-11-20&to=2026-11-21&step=60m",
	"GET /api/v1/own/month":                                   "/api/v1/own/month?month=2026-11",
	"GET /api/v1/system/configuration/difference":             "/api/v1/system/configuration/difference?from=" + strings.Repeat("0d", 32) + "&to=" + strings.Repeat("1a", 32),
	"GET /api/v1/season":                                      "/api/v1/season?lang=en",
}

// questions ask every operation of the document once: those that only look by the first
// person who may, those by which somebody does something in an order that makes sense.
func questions(t *testing.T, o *ownOffice, doc document) []question {
	t.Helper()
	crowd := map[string]*browser{}
	for _, name := range []string{"viewer", "dispatcher", "second", "engineer", "admin", "auditor"} {
		crowd[name] = o.as(t, name)
	}
	bear := func(r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/own/") {
			r.Header.Set("Authorization", "Bearer "+o.token)
		}
	}
	by := func(who *browser, pattern, path string, body any) question {
		q := question{pattern: pattern, path: path}
		method, _, _ := strings.Cut(pattern, " ")
		if body != nil {
			q.body = json.RawMessage(mustText(t, body))
		}
		q.ask = func() *httptest.ResponseRecorder { return who.do(method, path, body, bear) }
		return q
	}
	var list []question
	look := func(pattern, path string) {
		q := question{pattern: pattern, path: path}
		q.ask = func() (w *httptest.ResponseRecorder) {
			for _, name := range []string{"engineer", "auditor", "dispatcher", "admin"} {
				w = crowd[name].do("GET", path, nil, bear, func(r *http.Request) {
					if path == "/api/v1/live" { // it begins, and does not end by itself
						ctx, cancel := context.WithCancel(r.Context())
						cancel()
						*r = *r.WithContext(ctx)
					}
				})
				if w.Code != 401 && w.Code != 403 {
					break
				}
			}
			return w
		}
		list = append(list, q)
	}
	for pattern, path := range lookedAt(t, o, doc, crowd["engineer"]) {
		look(pattern, path)
	}
	return append(list, deeds(t, o, by, crowd)...)
}

// lookedAt are the operations that only look, with how they are asked.
func lookedAt(t *testing.T, o *ownOffice, doc document, engineer *browser) map[string]string {
	t.Helper()
	paths := map[string]string{}
	for path, ops := range doc.Paths {
		pattern := "GET " + path
		if _, there := ops["get"]; !there || strings.Contains(path, "v1/lines") {
			continue
		}
		paths[pattern] = path
		if with := askedWith[pattern]; with != "" {
			paths[pattern] = with
		}
	}
	for _, pattern := range mountedPatterns {
		delete(paths, pattern)
	}
	cases := engineer.ask("GET", "/api/v1/cases", nil, 200)["cases"].([]any)
	id := url.PathEscape(cases[0].(map[string]any)["id"].(string))
	paths["GET /api/v1/cases/{id}"] = "/api/v1/cases/" + id
	paths["GET /api/v1/cases/{id}/papers/{paper}"] = "/api/v1/cases/" + id + "/papers/act?lang=en"
	found := engineer.ask("GET", "/api/v1/conditions", nil, 200)["residents"].([]any)[0].(map[string]any)
	paths["GET /api/v1/conditions/{resident}/{node}"] = "/api/v1/conditions/" + found["resident"].(string) + "/" + found["node"].(string)
	return paths
}

// deeds are the operations by which somebody does something, in an order that makes sense.
func deeds(t *testing.T, o *ownOffice, by func(who *browser, pattern, path string, body any) question, crowd map[string]*browser) []question {
	t.Helper()
	first, second, engineer, admin, viewer := crowd["dispatcher"], crowd["second"], crowd["engineer"], crowd["admin"], crowd["viewer"]
	pending := func() string {
		return idOf(t, executed(t, first, orderOf(o.office, "arm")).Body.Bytes())
	}
	approved, withdrawn := pending(), pending()
	// A notice of a case is drafted, and a reserve for a newcomer.
	var drafts []string
	for _, row := range engineer.ask("GET", "/api/v1/conditions", nil, 200)["residents"].([]any) {
		found := row.(map[string]any)
		if back, _ := found["reclaim_w"].(float64); back <= 0 || found["case"] != nil || len(drafts) == 1 {
			continue
		}
		open := map[string]any{"kind": "case.open", "document": "№ 1", "evidence": found["evidence_sha256"]}
		notice := map[string]any{"kind": "case.step", "case": engineer.ask("POST", "/api/v1/actions", open, 200)["case"], "document": "№ 2", "legal_basis": "договор, п. 4.2", "event": map[string]any{"kind": "notice"}}
		drafts = append(drafts, engineer.ask("POST", "/api/v1/actions", notice, 200)["draft"].(string))
	}
	newcomer := map[string]any{"kind": "application.enter", "document": "№ 3", "newcomer": map[string]any{"name": "Логистика-9", "node": "f2", "power_w": 200_000, "jobs": 12}}
	reserve := map[string]any{"kind": "application.reserve", "document": "№ 4", "legal_basis": "п. 3.1 положения о пуле", "application": engineer.ask("POST", "/api/v1/actions", newcomer, 200)["application"]}
	drafts = append(drafts, engineer.ask("POST", "/api/v1/actions", reserve, 200)["draft"].(string))
	if len(drafts) < 2 {
		t.Fatalf("the invented office has only the drafts %v", drafts)
	}
	signed, dropped := drafts[0], drafts[1]
	list := []question{
		by(o.browser(t), "POST /api/v1/login", "/api/v1/login", map[string]string{"name": "auditor", "password": secret}),
		by(first, "POST /api/v1/me/confirm", "/api/v1/me/confirm", map[string]string{"password": secret}),
		by(first, "POST /api/v1/selections", "/api/v1/selections", selected(orderOf(o.office, "arm"))),
		instead(by(first, "POST /api/v1/selections/{id}/cancel", "/api/v1/selections/0f3a9c/cancel", nobody), func() *httptest.ResponseRecorder {
			id := idOf(t, first.do("POST", "/api/v1/selections", selected(orderOf(o.office, "inhibit"))).Body.Bytes())
			return first.do("POST", "/api/v1/selections/"+id+"/cancel", nobody)
		}),
		instead(by(first, "POST /api/v1/orders", "/api/v1/orders", withGround(orderOf(o.office, "pin"), "0f3a9c", "101")), func() *httptest.ResponseRecorder {
			return executed(t, first, orderOf(o.office, "pin"))
		}),
		by(second, "POST /api/v1/orders/{id}/approve", "/api/v1/orders/"+approved+"/approve", nobody),
		by(first, "POST /api/v1/orders/{id}/withdraw", "/api/v1/orders/"+withdrawn+"/withdraw", nobody),
		by(first, "POST /api/v1/alarms/acts", "/api/v1/alarms/acts", map[string]string{"act": "acknowledge", "alarm": "meter-silent/m-p-r-09"}),
		by(engineer, "POST /api/v1/actions", "/api/v1/actions", map[string]any{"kind": "application.enter", "document": "№ 5", "newcomer": map[string]any{"name": "Пластик-9", "node": "f1", "power_w": 250_000, "jobs": 40}}),
		by(admin, "POST /api/v1/drafts/{id}/sign", "/api/v1/drafts/"+signed+"/sign", nobody),
		by(admin, "POST /api/v1/drafts/{id}/drop", "/api/v1/drafts/"+dropped+"/drop", map[string]string{"why": "ошибка в номере"}),
		signing(by(first, "POST /api/v1/shift/take", "/api/v1/shift/take", map[string]string{"digest": strings.Repeat("0", 64)}), first, map[string]string{}),
		by(first, "POST /api/v1/log", "/api/v1/log", entry("note", "ключ от ячейки 7 у охраны", nil)),
	}
	over := by(first, "POST /api/v1/shift/hand-over", "/api/v1/shift/hand-over", map[string]string{"digest": strings.Repeat("0", 64), "name": "second", "password": secret})
	return append(list, signing(over, first, map[string]string{"name": "second", "password": secret}),
		by(admin, "POST /api/v1/system/users/{name}/{act}", "/api/v1/system/users/second/lock", map[string]string{"reason": "сменил работу"}),
		instead(by(o.browser(t), "POST /api/v1/wall", "/api/v1/wall", handed{"key": "wall-1.3qXn8vQmT0…"}), func() *httptest.ResponseRecorder {
			text, kept := password.NewKey()
			o.books.change("wall-1", func(a *metering.Account) {
				*a = metering.Account{Name: "wall-1", Role: metering.RoleViewer, Password: kept, Enabled: true}
			})
			return o.browser(t).do("POST", "/api/v1/wall", handed{"key": "wall-1." + text})
		}),
		by(viewer, "POST /api/v1/scenarios", "/api/v1/scenarios", map[string]string{"id": "morning-peak"}),
		by(viewer, "POST /api/v1/me/password", "/api/v1/me/password", map[string]string{"password": secret, "next": "четверо на лошади"}),
		by(o.browser(t), "POST /api/v1/own/session", "/api/v1/own/session", map[string]string{"token": o.token}),
		by(o.browser(t), "POST /api/v1/own/session/end", "/api/v1/own/session/end", nobody),
		by(viewer, "POST /api/v1/logout", "/api/v1/logout", nobody),
	)
}

// instead makes a question be asked in another way than its example shows: what it says
// comes about only then.
func instead(q question, ask func() *httptest.ResponseRecorder) question {
	q.ask = ask
	return q
}

// executed goes through both steps of an order.
func executed(t *testing.T, who *browser, order map[string]any) *httptest.ResponseRecorder {
	t.Helper()
	w := who.do("POST", "/api/v1/selections", selected(order))
	var sel struct{ ID, Code string }
	if err := json.Unmarshal(w.Body.Bytes(), &sel); err != nil || w.Code != 200 {
		t.Fatalf("%v is not selected: %d %s", order, w.Code, w.Body)
	}
	return who.do("POST", "/api/v1/orders", withGround(order, sel.ID, sel.Code))
}

func withGround(order map[string]any, selection, code string) map[string]any {
	order = maps.Clone(order)
	order["select"] = selection
	if code != "" {
		order["code"] = code
	}
	return order
}

// signing makes a question sign what is read at the moment in which it is asked.
func signing(q question, who *browser, body map[string]string) question {
	q.ask = func() *httptest.ResponseRecorder {
		body["digest"] = digest(who)
		return who.do("POST", q.path, body)
	}
	return q
}
