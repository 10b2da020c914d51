package influx_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/influx"
)

// fakeStore takes a request as a whole or not at all, like VictoriaMetrics.
type fakeStore struct {
	mu       sync.Mutex
	refuse   func(line) bool
	status   int // answer to everything, if set
	stored   map[string]float64
	requests int
	query    string
	token    string
}

func (f *fakeStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	f.query, f.token = r.URL.RawQuery, r.Header.Get("Authorization")
	body, _ := io.ReadAll(r.Body)
	lines, err := parse(string(body))
	switch {
	case f.status != 0:
		http.Error(w, "as told", f.status)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, l := range lines {
		if f.refuse != nil && f.refuse(l) {
			http.Error(w, "bad line", http.StatusBadRequest)
			return
		}
	}
	for _, l := range lines {
		for name, v := range l.fields {
			f.stored[key(l.tags["meter"], name, l.ms)] = v
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func key(meter, field string, ms int64) string {
	return meter + "/" + field + "/" + time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
}

func keyOf(s metering.Sample) string { return key(string(s.Meter), s.Field, s.At.UnixMilli()) }

func newFake(t testing.TB) (*fakeStore, *influx.Writer) {
	f := &fakeStore{stored: map[string]float64{}}
	srv := httptest.NewServer(f)
	w := influx.NewWriter(influx.Options{URL: srv.URL, Token: "secret", Bucket: "asue"})
	t.Cleanup(func() { w.Close(); srv.Close() })
	return f, w
}

func TestWriteStoresEverySample(t *testing.T) {
	f, w := newFake(t)
	samples := telemetry(2*influx.MaxBatch + 1)
	if err := w.Write(context.Background(), samples); err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if v, ok := f.stored[keyOf(s)]; !ok || v != s.Value {
			t.Fatalf("%s is stored as %v (%v), want %v", keyOf(s), v, ok, s.Value)
		}
	}
	if f.requests != 3 {
		t.Errorf("%d requests, want 3", f.requests)
	}
	if !strings.Contains(f.query, "precision=ms") || f.token != "Token secret" {
		t.Errorf("query %q, authorization %q", f.query, f.token)
	}
}

func TestBadSamplesAreFoundAndTheOthersStored(t *testing.T) {
	f, w := newFake(t)
	rapid.Check(t, func(t *rapid.T) {
		samples := telemetry(rapid.IntRange(1, 300).Draw(t, "n"))
		wrong := map[string]bool{}
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(samples)-1), 0, min(9, len(samples)), rapid.ID).Draw(t, "bad") {
			samples[i].Meter = "bad"
			samples[i].At = noon.Add(time.Duration(i) * time.Hour)
			wrong[keyOf(samples[i])] = true
		}
		nan := rapid.IntRange(-1, len(samples)-1).Draw(t, "nan")
		if nan >= 0 {
			samples[nan].Value = math.NaN()
			wrong[keyOf(samples[nan])] = true
		}
		f.mu.Lock()
		f.stored = map[string]float64{}
		f.refuse = func(l line) bool { return l.tags["meter"] == "bad" }
		f.mu.Unlock()

		err := w.Write(context.Background(), samples)
		got := map[string]bool{}
		var bad *metering.BadSamplesError
		if errors.As(err, &bad) {
			for _, s := range bad.Samples {
				got[keyOf(s)] = true
			}
		} else if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(wrong, got); d != "" {
			t.Fatalf("named as bad (-want +got):\n%s", d)
		}
		for _, s := range samples {
			if _, ok := f.stored[keyOf(s)]; ok == wrong[keyOf(s)] {
				t.Fatalf("%s: stored %v", keyOf(s), ok)
			}
		}
	})
}

func TestNothingIsGivenUpWhenTheStoreRefusesEverything(t *testing.T) {
	f, w := newFake(t)
	for _, code := range []int{400, 401, 403, 404, 413, 429, 500, 503} {
		f.status = code
		err := w.Write(context.Background(), telemetry(10))
		if err == nil || errors.Is(err, metering.ErrRefused) {
			t.Errorf("status %d: %v, want an error to try again", code, err)
		}
	}
}

func TestWriteSaysWhatToDo(t *testing.T) {
	f, w := newFake(t)
	for code, part := range map[int]string{400: "address", 401: "token", 404: "bucket"} {
		f.status = code
		if err := w.Write(context.Background(), telemetry(1)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("status %d: %v, want a word of %q", code, err, part)
		}
	}
}

func TestValueThatIsNotFiniteIsNotSent(t *testing.T) {
	f, w := newFake(t)
	s := metering.Sample{Meter: "m", Field: "p_w", At: noon, Value: math.Inf(1)}
	bad := badSamples(t, w.Write(context.Background(), []metering.Sample{s}))
	if len(bad) != 1 || f.requests != 0 {
		t.Errorf("%d bad samples, %d requests; want 1 and 0", len(bad), f.requests)
	}
}

func TestClosedWriter(t *testing.T) {
	_, w := newFake(t)
	w.Close()
	if err := w.Write(context.Background(), telemetry(1)); !errors.Is(err, metering.ErrClosed) {
		t.Errorf("Write after Close = %v", err)
	}
}

func TestCancelledWrite(t *testing.T) {
	_, w := newFake(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.Write(ctx, telemetry(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Write with a cancelled context = %v", err)
	}
}

// BenchmarkWrite is the client's whole cost of a write: check, encode, hand to
// influxdb-client-go, without a network.
func BenchmarkWrite(b *testing.B) {
	sink := roundTrip(func(r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, err
	})
	w := influx.NewWriter(influx.Options{URL: "http://store", Transport: sink})
	samples := telemetry(influx.MaxBatch)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(context.Background(), samples); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/influx.MaxBatch*1e6, "s/Msample")
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
