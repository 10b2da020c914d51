package dispatcher_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"asue/dashboards/dispatcher"
)

func ask(s *stage, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	s := newStage(t, nil)
	for _, path := range []string{"/", "/app.js", "/app.css", "/favicon.svg", "/api/v1/overview", "/api/openapi.json", "/nowhere"} {
		h := ask(s, http.MethodGet, path, "").Result().Header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") == "" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
}

// A browser that was led to 127.0.0.1 by a name of somebody else's sends that name.
func TestForeignNamesAreRefusedOnLoopback(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) { c.Hosts = []string{"asue.example"} })
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	port := web.URL[strings.LastIndex(web.URL, ":"):]
	f := func(host string, want int) {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, web.URL+"/api/v1/overview", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("host %q answers %d, want %d", host, resp.StatusCode, want)
		}
	}
	f("127.0.0.1"+port, 200)
	f("localhost"+port, 200)
	f("LOCALHOST", 200)
	f("[::1]"+port, 200)
	f("asue.example", 200)
	f("evil.example", 421)
	f("evil.example"+port, 421)
	f("127.0.0.1.evil.example", 421)
	f("10.0.0.1", 421)
}

func TestScenarioNeedsSameOriginJSONAndTheDemo(t *testing.T) {
	s := newStage(t, nil)
	const path, body, json = "/api/v1/scenarios", `{"id":"morning-peak"}`, "application/json"
	f := func(want int, body string, headers ...string) {
		t.Helper()
		w := ask(s, http.MethodPost, path, body, headers...)
		if w.Code != want {
			t.Errorf("%s with %v answers %d, want %d: %s", body, headers, w.Code, want, w.Body)
		}
		if kind := w.Header().Get("Content-Type"); want >= 400 && kind != "application/problem+json" {
			t.Errorf("the refusal is %q, not a problem", kind)
		}
	}
	f(403, body, "Content-Type", json, "Sec-Fetch-Site", "cross-site")
	f(403, body, "Content-Type", json, "Origin", "https://evil.example")
	f(415, body, "Content-Type", "text/plain", "Sec-Fetch-Site", "same-origin")
	f(415, body)
	f(422, `{"id":"no-such"}`, "Content-Type", json)
	f(422, `{"id":"calm","more":1}`, "Content-Type", json)
	f(413, `{"id":"`+strings.Repeat("x", 100<<10)+`"}`, "Content-Type", json)
	if list := s.zone.List(); list[1].Active {
		t.Fatal("a refused request started the scenario")
	}
	f(200, body, "Content-Type", json, "Sec-Fetch-Site", "same-origin")
	if list := s.zone.List(); !list[1].Active {
		t.Error("the scenario was not started")
	}

	real := newStage(t, func(c *dispatcher.Config) { c.Demo = false })
	if w := ask(real, http.MethodPost, path, body, "Content-Type", json); w.Code != 404 {
		t.Errorf("outside the demo the scenario answers %d", w.Code)
	}
	if w := ask(real, http.MethodGet, path, ""); w.Code != 404 {
		t.Errorf("outside the demo the list answers %d", w.Code)
	}
}

// Grafana asks Prometheus with forms; metrics go by themselves.
func TestMountedRoutes(t *testing.T) {
	s := newStage(t, nil)
	s.Mount("GET /metrics", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "m") }), dispatcher.Operator)
	if w := ask(s, http.MethodGet, "/metrics", ""); w.Body.String() != "m" || w.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("mounted route answers %d %q", w.Code, w.Body)
	}
	s.Mount("/prometheus/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "p") }), dispatcher.Viewer)
	if w := ask(s, http.MethodPost, "/prometheus/api/v1/query", "query=up", "Content-Type", "application/x-www-form-urlencoded"); w.Body.String() != "p" {
		t.Errorf("a form to a mounted route answers %d %s", w.Code, w.Body)
	}
}

func TestPageIsServedShortAndOnce(t *testing.T) {
	s := newStage(t, nil)
	w := ask(s, http.MethodGet, "/app.js", "", "Accept-Encoding", "gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("ETag") == "" {
		t.Errorf("headers %v", w.Header())
	}
	if w := ask(s, http.MethodGet, "/app.js", "", "If-None-Match", w.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("an unchanged script is sent again: %d", w.Code)
	}
	index := ask(s, http.MethodGet, "/", "", "Accept-Language", "kk-KZ,kk;q=0.9,ru;q=0.5").Body.String()
	if !strings.Contains(index, `<html lang="kk"`) || strings.Contains(index, "{{") {
		t.Errorf("index: %.300s", index)
	}
	if !strings.Contains(ask(s, http.MethodGet, "/", "", "Accept-Language", "de").Body.String(), `<html lang="ru"`) {
		t.Error("a reader of another language does not get Russian")
	}
	for _, load := range []string{"http://", "https://"} {
		if strings.Contains(strings.ReplaceAll(index, "http://www.w3.org", ""), load) {
			t.Errorf("the page refers to %s", load)
		}
	}
}

// A name from the site file cannot break out of the embedded snapshot.
func TestEmbeddedSnapshotIsOnlyData(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) {
		c.Site.Name = `</script><script>alert(1)</script>{{boot}}`
		c.Site.Residents[0].Name = `</script><img src=x>`
	})
	index := ask(s, http.MethodGet, "/", "").Body.String()
	if n := strings.Count(index, "</script>"); n != 2 {
		t.Errorf("the page has %d ends of scripts, want its own 2", n)
	}
}

func TestServerWithoutWhatItNeedsSaysAllFaults(t *testing.T) {
	_, err := dispatcher.New(dispatcher.Config{})
	if err == nil || !strings.Contains(err.Error(), "Site") || !strings.Contains(err.Error(), "Now") {
		t.Errorf("error %v does not name both faults", err)
	}
}

func TestHTTPServerHasTimeLimits(t *testing.T) {
	srv := dispatcher.NewHTTPServer(http.NotFoundHandler())
	if srv.ReadHeaderTimeout == 0 || srv.ReadTimeout == 0 || srv.IdleTimeout == 0 || srv.MaxHeaderBytes == 0 {
		t.Errorf("limits are missing: %+v", srv)
	}
	if srv.WriteTimeout != 0 {
		t.Error("a WriteTimeout would end the live streams")
	}
}
