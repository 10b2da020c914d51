package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
	"github.com/influxdata/influxdb-client-go/v2/api"
	ihttp "github.com/influxdata/influxdb-client-go/v2/api/http"

	"asue/metering"
	"asue/metering/clock"
)

// MaxBatch is how many samples one request carries at most.
const MaxBatch = 5000

// Options of a Writer.
type Options struct {
	// URL is the address under which /api/v2/write answers:
	// http://127.0.0.1:8086 for InfluxDB, http://vminsert:8480/insert/0/influx for
	// a VictoriaMetrics cluster.
	URL string
	// Token is sent with every request; "user:password" for InfluxDB 1.8; empty
	// for a store that asks for none.
	Token string
	// Org and Bucket are those of InfluxDB 2.x; for 1.8 Bucket is "db" or
	// "db/policy". VictoriaMetrics needs neither.
	Org, Bucket string
	// Transport carries the requests; nil is one of the writer's own.
	Transport http.RoundTripper
	// Timeout bounds one request; 0 is 30 s.
	Timeout time.Duration
}

// Writer writes samples. It is safe for concurrent use.
type Writer struct {
	url    string
	client influxdb2.Client
	api    api.WriteAPIBlocking
	closed atomic.Bool
}

// NewWriter makes a writer. It does not connect.
func NewWriter(o Options) *Writer {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	opts := influxdb2.DefaultOptions().
		SetPrecision(time.Millisecond).
		SetHTTPClient(&http.Client{Transport: o.Transport, Timeout: o.Timeout})
	client := influxdb2.NewClientWithOptions(strings.TrimSuffix(o.URL, "/")+"/", o.Token, opts)
	return &Writer{url: o.URL, client: client, api: client.WriteAPIBlocking(o.Org, o.Bucket)}
}

// Write sends samples, at most MaxBatch in one request.
//
// A *metering.BadSamplesError names samples that failed Check or that the store
// itself has picked out as bad: it refuses a whole batch for one bad line, so a
// refused batch is halved until the bad samples stand alone. All others were
// stored then. A store that refuses even a sample that is surely right is
// taken for a wrong address or a full disk: that is an error to try again, and
// no sample is given up for it. After any other error none, some or all were
// stored.
func (w *Writer) Write(ctx context.Context, samples []metering.Sample) error {
	if w.closed.Load() {
		return metering.ErrClosed
	}
	good, bad := sift(samples)
	for len(good) > 0 {
		n := min(len(good), MaxBatch)
		if err := w.send(ctx, good[:n], &bad); err != nil {
			return err
		}
		good = good[n:]
	}
	return bad.err()
}

// Close ends the use of the writer's connections. Write fails with
// metering.ErrClosed then.
func (w *Writer) Close() error {
	if w.closed.CompareAndSwap(false, true) {
		w.client.Close()
	}
	return nil
}

// refused collects samples that will never be stored, with the first reason.
type refused struct {
	samples []metering.Sample
	reason  string
}

func (r *refused) add(s metering.Sample, reason string) {
	if len(r.samples) == 0 {
		r.reason = reason
	}
	r.samples = append(r.samples, s)
}

func (r *refused) err() error {
	if len(r.samples) == 0 {
		return nil
	}
	reason := r.reason
	if n := len(r.samples) - 1; n > 0 {
		reason = fmt.Sprintf("%s (and %d more)", reason, n)
	}
	return &metering.BadSamplesError{Samples: r.samples, Reason: reason}
}

// sift parts samples that fail Check from the others. It copies only if there
// are any.
func sift(samples []metering.Sample) (good []metering.Sample, bad refused) {
	var before *metering.Sample
	for i := range samples {
		err := checkAfter(before, &samples[i])
		if err == nil {
			before = &samples[i]
			if len(bad.samples) > 0 {
				good = append(good, samples[i])
			}
			continue
		}
		if len(bad.samples) == 0 {
			good = append(make([]metering.Sample, 0, len(samples)), samples[:i]...)
		}
		bad.add(samples[i], err.Error())
	}
	if len(bad.samples) == 0 {
		good = samples
	}
	return good, bad
}

func (w *Writer) send(ctx context.Context, samples []metering.Sample, bad *refused) error {
	err := w.post(ctx, string(AppendLines(make([]byte, 0, 512+20*len(samples)), samples)))
	if err == nil || !refusal(err) {
		return err
	}
	// Is it the samples, or does the store refuse everything?
	if canary := w.post(ctx, canaryLine()); canary != nil {
		return fmt.Errorf("the store refuses every write; check its address, its rights and its free disk space: %w", canary)
	}
	return w.halve(ctx, samples, err, bad)
}

// halve looks for the bad samples among samples that were refused with cause.
func (w *Writer) halve(ctx context.Context, samples []metering.Sample, cause error, bad *refused) error {
	if len(samples) == 1 {
		bad.add(samples[0], cause.Error())
		return nil
	}
	mid := len(samples) / 2
	for _, half := range [][]metering.Sample{samples[:mid], samples[mid:]} {
		err := w.post(ctx, string(AppendLines(nil, half)))
		switch {
		case err == nil:
			continue
		case !refusal(err):
			return err
		}
		if err := w.halve(ctx, half, err, bad); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) post(ctx context.Context, lines string) error {
	err := w.api.WriteRecord(ctx, lines)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("write to %s: %w%s", w.url, err, remedy(err))
}

// refusal tells "this batch never" (400, 413) from "not now" and from "not you".
func refusal(err error) bool {
	code := status(err)
	return code == http.StatusBadRequest || code == http.StatusRequestEntityTooLarge
}

func status(err error) int {
	var e *ihttp.Error
	if errors.As(err, &e) {
		return e.StatusCode
	}
	return 0
}

func remedy(err error) string {
	switch status(err) {
	case http.StatusUnauthorized, http.StatusForbidden:
		return " (check the store's token)"
	case http.StatusNotFound:
		return " (check the store's address and bucket)"
	}
	return ""
}

// canaryLine is a line that every store takes.
func canaryLine() string {
	return fmt.Sprintf("%s canary=1 %d\n", Measurement, clock.Clock{}.Now().UnixMilli())
}
