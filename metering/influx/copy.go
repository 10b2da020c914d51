package influx

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"asue/metering"
)

// Copy is a metering.Series that can be written and not asked: an InfluxDB 1.8 beside
// the series store, for people who have their boards there.
//
// It leaves the label "rev" out. InfluxDB keeps the last of several values of one series
// and time, so that a later version of an interval takes the place of the earlier one.
// It is safe for concurrent use.
type Copy struct {
	writer *Writer
	ping   string
	client *http.Client
}

var _ metering.Series = (*Copy)(nil)

// NewCopy makes a copy. It does not connect. Of the options it takes those of a Writer;
// Bucket is the database.
func NewCopy(o Options) *Copy {
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &Copy{
		writer: NewWriter(o), ping: strings.TrimSuffix(o.URL, "/") + "/ping",
		client: &http.Client{Transport: o.Transport, Timeout: 10 * time.Second},
	}
}

// Write implements metering.Series. An InfluxDB refuses single lines, such as one whose
// field is of another type there, and stores the rest.
func (c *Copy) Write(ctx context.Context, samples []metering.Sample) error {
	plain := make([]metering.Sample, len(samples))
	for i, s := range samples {
		s.Revision = 0
		plain[i] = s
	}
	return c.writer.Write(ctx, plain)
}

// Settled implements metering.Series: what InfluxDB has taken is in its log on the disk.
func (c *Copy) Settled() time.Duration { return 0 }

// Range implements metering.Series: a copy has no Prometheus query language.
func (c *Copy) Range(context.Context, string, time.Time, time.Time, time.Duration) ([]metering.Track, error) {
	return nil, fmt.Errorf("a copy in InfluxDB is asked in InfluxQL, at its own address: %w", metering.ErrRefused)
}

// Ready implements metering.Series.
func (c *Copy) Ready(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.ping, nil)
	if err != nil {
		return err
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("InfluxDB answers %s to %s", answer.Status, c.ping)
	}
	return nil
}

// Close implements metering.Series.
func (c *Copy) Close() error {
	c.client.CloseIdleConnections()
	return c.writer.Close()
}
