package grafana

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"asue/metering/influx"
	"asue/metering/influx/influxtest"
)

// A stage is a store that has heard the scenes. It answers a question about a time as
// Grafana would ask it, with the values of each series; a step of 0 asks about its end.
type stage func(t *testing.T, question string, from, to time.Time, step time.Duration) [][]float64

// promStage is the series store, which has collected the figures too.
func promStage(t *testing.T, list []scene) stage {
	t.Helper()
	series, client, base := store(t)
	ctx := context.Background()
	for _, s := range list {
		if err := series.Write(ctx, s.samples()); err != nil {
			t.Fatal(err)
		}
		post(t, client, base+"/api/v1/import/prometheus", exposition(s.figures(t)))
	}
	if err := series.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, question string, from, to time.Time, step time.Duration) [][]float64 {
		t.Helper()
		if step == 0 {
			from, step = to, time.Minute
		}
		question = strings.NewReplacer("$resident", "r2", "$__rate_interval", "1m").Replace(question)
		tracks, err := series.Range(ctx, question, from, to, step)
		if err != nil {
			t.Errorf("%s: %v", question, err)
		}
		var all [][]float64
		for _, tr := range tracks {
			all = append(all, tr.Values)
		}
		return all
	}
}

// influxStage is an InfluxDB that is fed with the copy of the samples, and by Telegraf
// with the figures.
func influxStage(t *testing.T, list []scene) stage {
	t.Helper()
	server := influxtest.Start(t)
	copied := influx.NewCopy(influx.Options{URL: server.URL, Bucket: influxtest.Database})
	t.Cleanup(func() { _ = copied.Close() })
	for _, s := range list {
		if err := copied.Write(context.Background(), s.samples()); err != nil {
			t.Fatal(err)
		}
		post(t, http.DefaultClient, server.URL+"/write?db="+influxtest.Database+"&precision=ms", telegraf(s.figures(t)))
	}
	return func(t *testing.T, question string, from, to time.Time, step time.Duration) [][]float64 {
		t.Helper()
		during := fmt.Sprintf("time >= %dms AND time <= %dms", from.UnixMilli(), to.UnixMilli())
		question = strings.NewReplacer("$resident", "r2", "$__interval", step.String(), "$timeFilter", during,
			"${__to}", fmt.Sprint(to.UnixMilli())).Replace(question)
		answer, err := server.Ask(question)
		if err != nil {
			t.Errorf("%s: %v", question, err)
		}
		var all [][]float64
		for _, series := range answer {
			var values []float64
			for _, row := range series.Values {
				if v, ok := row[1].(float64); ok {
					values = append(values, v)
				}
			}
			if len(values) > 0 {
				all = append(all, values)
			}
		}
		return all
	}
}

func post(t *testing.T, client *http.Client, address, body string) {
	t.Helper()
	answer, err := client.Post(address, "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if said, _ := io.ReadAll(answer.Body); answer.StatusCode >= 300 {
		where, _ := url.Parse(address)
		t.Fatalf("%s: %s: %s", where.Path, answer.Status, said)
	}
}
