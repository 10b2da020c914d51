package victoria

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"asue/metering"
	"asue/metering/clock"
	"asue/metering/influx"
)

// furthestAhead is how far ahead of its wall clock the engine takes samples: two
// days, less a minute for clocks that differ.
const furthestAhead = 48*time.Hour - time.Minute

// Options of a Series.
type Options struct {
	// URL is the address of writes: http://127.0.0.1:8428 for a single server,
	// http://vminsert:8480/insert/0/influx for a cluster, Supervisor.BaseURL for
	// the child.
	URL string
	// QueryURL is the address under which /api/v1/query_range answers; empty is
	// URL. For a cluster http://vmselect:8481/select/0/prometheus.
	QueryURL string
	// Token, if set, goes with every request as "Authorization: Token …".
	Token string
	// Transport carries all requests: Supervisor.Transport for the child, nil for
	// one of the series' own.
	Transport http.RoundTripper
	// Retention is the store's, as far as it is known: older samples are refused
	// here, because the store would drop them in silence. 0 is unknown.
	Retention time.Duration
	// Timeout bounds one request; 0 is 30 s.
	Timeout time.Duration
}

// Series is the metering.Series on VictoriaMetrics.
type Series struct {
	options Options
	writer  *influx.Writer
	client  *http.Client
	wall    clock.Clock
	closed  atomic.Bool
}

var _ metering.Series = (*Series)(nil)

// New makes a series. It does not connect, so the store need not be there yet.
// It fails on an address that is none.
func New(o Options) (*Series, error) {
	if o.QueryURL == "" {
		o.QueryURL = o.URL
	}
	for _, address := range []string{o.URL, o.QueryURL} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("series store: address %q: want http://host:port", address)
		}
	}
	o.URL, o.QueryURL = strings.TrimSuffix(o.URL, "/"), strings.TrimSuffix(o.QueryURL, "/")
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if o.Token != "" {
		o.Transport = withToken(o.Transport, o.Token)
	}
	return &Series{
		options: o,
		writer:  influx.NewWriter(influx.Options{URL: o.URL, Transport: o.Transport, Timeout: o.Timeout}),
		client:  &http.Client{Transport: o.Transport, Timeout: o.Timeout},
	}, nil
}

func withToken(next http.RoundTripper, token string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Token "+token)
		return next.RoundTrip(r)
	})
}

// Write implements metering.Series. Samples more than two days ahead of the wall
// clock, or older than Options.Retention, are bad samples: the store would
// answer with success and keep nothing.
func (s *Series) Write(ctx context.Context, samples []metering.Sample) error {
	in, out := s.kept(samples)
	err := s.writer.Write(ctx, in)
	if len(out) == 0 {
		return err
	}
	bad := &metering.BadSamplesError{
		Samples: out,
		Reason:  fmt.Sprintf("field %s at %v is outside what the store keeps", out[0].Field, out[0].At),
	}
	var more *metering.BadSamplesError
	switch {
	case errors.As(err, &more):
		bad.Samples, bad.Reason = append(bad.Samples, more.Samples...), bad.Reason+"; "+more.Reason
	case err != nil:
		return err
	}
	return bad
}

// kept parts the samples that the store keeps from those it would drop. It
// copies only if there are any.
func (s *Series) kept(samples []metering.Sample) (in, out []metering.Sample) {
	now := s.wall.Now()
	latest := now.Add(furthestAhead)
	var earliest time.Time
	if s.options.Retention > 0 {
		earliest = now.Add(-s.options.Retention)
	}
	outside := func(t time.Time) bool { return t.After(latest) || t.Before(earliest) }
	for i := range samples {
		if outside(samples[i].At) && !samples[i].At.IsZero() {
			if out == nil {
				in = append(make([]metering.Sample, 0, len(samples)), samples[:i]...)
			}
			out = append(out, samples[i])
		} else if out != nil {
			in = append(in, samples[i])
		}
	}
	if out == nil {
		in = samples
	}
	return in, out
}

// Settled implements metering.Series: the engine has what it took in on disk
// about 7 s later (2 s pending, 5 s in memory as it comes); 15 s leave a margin.
// It is time of the wall clock.
func (s *Series) Settled() time.Duration { return 15 * time.Second }

// Ready implements metering.Series.
func (s *Series) Ready(ctx context.Context) error {
	_, err := s.ask(ctx, "/api/v1/query", url.Values{"query": {"1"}})
	return err
}

// Incarnation names the run of the store's process. If it is the same before a
// write and Settled after it, the samples are on disk; if it has changed, they
// may be lost and must be written again. It is empty when the store does not
// tell, as behind a proxy that hides /metrics; for a cluster it speaks of
// vminsert only, so give that a replication factor of 2.
func (s *Series) Incarnation(ctx context.Context) (string, error) {
	if s.closed.Load() {
		return "", metering.ErrClosed
	}
	response, err := s.get(ctx, s.options.URL+"/health")
	if err != nil {
		return "", err
	}
	drain(response)
	if run := response.Header.Get(RunHeader); run != "" {
		return run, nil
	}
	u, err := url.Parse(s.options.URL)
	if err != nil {
		return "", err
	}
	u.Path = "/metrics"
	if response, err = s.get(ctx, u.String()); err != nil {
		return "", err
	}
	defer drain(response)
	if response.StatusCode != http.StatusOK {
		return "", nil
	}
	return startOf(response.Body)
}

// Flush makes everything written so far visible to queries; it does not put it
// on disk. Tests and tools use it: in the run of things two seconds do the same.
func (s *Series) Flush(ctx context.Context) error {
	response, err := s.get(ctx, s.options.URL+"/internal/force_flush")
	if err != nil {
		return err
	}
	defer drain(response)
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("series store: flush: %s", response.Status)
	}
	return nil
}

// Close implements metering.Series. It does not stop the store.
func (s *Series) Close() error {
	if s.closed.CompareAndSwap(false, true) {
		s.client.CloseIdleConnections()
		return s.writer.Close()
	}
	return nil
}

func (s *Series) get(ctx context.Context, address string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("series store: %w", err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("series store: %w", err)
	}
	return response, nil
}

func drain(r *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
	r.Body.Close()
}
