package victoria_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/storetest"
	"asue/metering/victoria"
)

// visible makes what was written visible at once: a query that came too early
// keeps its empty answer in the engine for ten seconds.
type visible struct{ *victoria.Series }

func (v visible) Write(ctx context.Context, samples []metering.Sample) error {
	return errors.Join(v.Series.Write(ctx, samples), v.Flush(context.WithoutCancel(ctx)))
}

func TestSeriesLaw(t *testing.T) {
	child, _ := start(t)
	storetest.Series(t, func(t *testing.T) metering.Series { return visible{open(t, child)} }, storetest.SeriesOptions{
		Bad: []metering.Sample{
			{Point: "T-1", Field: "p w", At: time.Now().Add(-time.Hour), Value: 1},
			{Point: "T-1", Field: "p_w", At: time.Now().Add(72 * time.Hour), Value: 1},
			{Point: "T-1", Field: "p_w", At: time.Now().Add(-2 * testRetention), Value: 1},
			{Point: `T\1`, Field: "p_w", At: time.Now().Add(-time.Hour), Value: 1},
		},
	})
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:8428", "ftp://x", "http://"} {
		if _, err := victoria.New(victoria.Options{URL: address}); err == nil {
			t.Errorf("New(%q) succeeded", address)
		}
	}
}

func TestSeriesWithoutAStore(t *testing.T) {
	s, err := victoria.New(victoria.Options{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := s.Ready(ctx); err == nil || errors.Is(err, metering.ErrRefused) {
		t.Errorf("Ready = %v", err)
	}
	sample := metering.Sample{Point: "T-1", Field: "p_w", At: time.Now(), Value: 1}
	if err := s.Write(ctx, []metering.Sample{sample}); err == nil || errors.Is(err, metering.ErrRefused) {
		t.Errorf("Write = %v, want an error to try again", err)
	}
	s.Close()
	if _, err := s.Range(ctx, "1", time.Now(), time.Now(), time.Second); !errors.Is(err, metering.ErrClosed) {
		t.Errorf("Range after Close = %v", err)
	}
	if err := s.Write(ctx, []metering.Sample{sample}); !errors.Is(err, metering.ErrClosed) {
		t.Errorf("Write after Close = %v", err)
	}
}

// Prometheus answers 400 where VictoriaMetrics answers 422; both mean the query.
// Values that are not finite are left out.
func TestRangeReadsBothDialects(t *testing.T) {
	answers := map[string]struct {
		status int
		body   string
	}{
		"bad":  {400, `{"status":"error","errorType":"bad_data","error":"parse error"}`},
		"slow": {503, `{"status":"error","errorType":"timeout","error":"too slow"}`},
		"html": {502, `<html>bad gateway</html>`},
		"good": {200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"point":"T-1"},` +
			`"values":[[1768460400,"1.5"],[1768460400.25,"NaN"],[1768460400.5,"-2e3"],[1768460401,"+Inf"]]}]}}`},
		"odd": {200, `{"status":"success","data":{"resultType":"matrix","result":[{"values":[["x","1"]]}]}}`},
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := answers[r.FormValue("query")]
		w.WriteHeader(a.status)
		io.WriteString(w, a.body)
	}))
	defer srv.Close()
	s, err := victoria.New(victoria.Options{URL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	query := func(q string) ([]metering.Track, error) {
		return s.Range(context.Background(), q, time.Unix(0, 0), time.Unix(60, 0), time.Second)
	}
	for q, refused := range map[string]bool{"bad": true, "slow": false, "html": false, "odd": false} {
		if _, err := query(q); err == nil || errors.Is(err, metering.ErrRefused) != refused {
			t.Errorf("%s: %v, want refused %v", q, err, refused)
		}
	}
	tracks, err := query("good")
	if err != nil || len(tracks) != 1 || len(tracks[0].Times) != 2 {
		t.Fatalf("good: %v, %v", tracks, err)
	}
	if at := tracks[0].Times[1]; at.UnixMilli() != 1768460400500 || tracks[0].Values[1] != -2000 {
		t.Errorf("second value %v at %v", tracks[0].Values[1], at)
	}
	if _, err := s.Range(context.Background(), "good", time.Unix(1, 0), time.Unix(0, 0), time.Second); !errors.Is(err, metering.ErrRefused) {
		t.Errorf("a range that ends before it begins: %v", err)
	}
}

func TestIncarnationOfAServerElsewhere(t *testing.T) {
	metrics := "go_goroutines 7\nvm_app_start_timestamp 1768460400\n"
	status := 200
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			w.WriteHeader(status)
			io.WriteString(w, metrics)
		}
	}))
	defer srv.Close()
	s, err := victoria.New(victoria.Options{URL: srv.URL + "/insert/0/influx"})
	if err != nil {
		t.Fatal(err)
	}
	f := func(want string) {
		t.Helper()
		if got, err := s.Incarnation(context.Background()); got != want || err != nil {
			t.Errorf("Incarnation = %q, %v; want %q", got, err, want)
		}
	}
	f("1768460400")
	metrics = "process_start_time_seconds 17.5\n"
	f("17.5")
	metrics = "nothing_of_use 1\n"
	f("")
	status = 403
	f("")
}

func TestGrafanaReadsThroughTheHandler(t *testing.T) {
	_, s := start(t)
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	if err := s.Write(context.Background(), []metering.Sample{{Point: "T-1", Meter: "m1", Field: "p_w", At: at, Value: 42}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/prometheus/", s.Handler())
	srv := httptest.NewServer(mux)
	defer srv.Close()

	get := func(method, path string, form url.Values) (int, string) {
		t.Helper()
		var body io.Reader
		if method == http.MethodPost {
			body = strings.NewReader(form.Encode())
		} else if form != nil {
			path += "?" + form.Encode()
		}
		r, err := http.NewRequest(method, srv.URL+"/prometheus"+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer stolen")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	now := at.Format(time.RFC3339)
	window := url.Values{"start": {now}, "end": {time.Now().Format(time.RFC3339)}, "match[]": {"asue_p_w"}}
	for _, c := range []struct {
		method, path string
		form         url.Values
		part         string
	}{
		{"POST", "/api/v1/query", url.Values{"query": {"asue_p_w"}, "time": {now}}, `"42"`},
		{"GET", "/api/v1/query_range", url.Values{"query": {"asue_p_w"}, "start": {now}, "end": {now}, "step": {"15s"}}, `"42"`},
		{"GET", "/api/v1/series", window, `"meter":"m1"`},
		{"GET", "/api/v1/labels", window, `"point"`},
		{"GET", "/api/v1/label/point/values", window, `"T-1"`},
		{"GET", "/api/v1/status/buildinfo", nil, `"version"`},
		{"GET", "/api/v1/metadata", nil, `success`},
	} {
		if status, text := get(c.method, c.path, c.form); status != 200 || !strings.Contains(text, c.part) {
			t.Errorf("%s %s: %d %s, want 200 with %s", c.method, c.path, status, text, c.part)
		}
	}
	for _, path := range []string{
		"/api/v1/admin/tsdb/delete_series", "/api/v2/write", "/write", "/api/v1/import", "/api/v1/export",
		"/internal/force_flush", "/snapshot/create", "/tags/delSeries", "/metrics", "/vmui/", "/", "/api/v1/query/../import",
		"/api/v1/label/../admin/values",
	} {
		for _, method := range []string{"GET", "POST"} {
			if status, _ := get(method, path, url.Values{"match[]": {"asue_p_w"}}); status != http.StatusNotFound && status != http.StatusMovedPermanently && status != http.StatusTemporaryRedirect {
				t.Errorf("%s %s: %d, want it not to exist", method, path, status)
			}
		}
	}
	if status, _ := get(http.MethodDelete, "/api/v1/series", nil); status != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", status)
	}
}

func TestHandlerSaysThatTheStoreIsAway(t *testing.T) {
	s, err := victoria.New(victoria.Options{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/prometheus/api/v1/query?query=1", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"status":"error"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

type answer func(*http.Request) (*http.Response, error)

func (f answer) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Whatever answers, Range returns tracks in order or an error.
func FuzzRangeAnswer(f *testing.F) {
	f.Add(200, `{"status":"success","data":{"result":[{"metric":{"a":"b"},"values":[[1,"2"],[2.5,"NaN"]]}]}}`)
	f.Add(200, `{"data":{"result":[{"values":[[1],["x","y"],[1e400,"1"]]}]}}`)
	f.Add(200, `{"data":null}`)
	f.Add(422, `{"error":"no"}`)
	f.Add(503, `<html>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		s, err := victoria.New(victoria.Options{URL: "http://store", Transport: answer(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		tracks, err := s.Range(context.Background(), "x", time.Unix(0, 0), time.Unix(1, 0), time.Second)
		if err != nil && tracks != nil {
			t.Errorf("tracks beside the error %v", err)
		}
		for _, track := range tracks {
			if len(track.Times) != len(track.Values) {
				t.Errorf("%d times, %d values", len(track.Times), len(track.Values))
			}
		}
	})
}
