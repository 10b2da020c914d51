package influx_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/influx"
	"asue/metering/influx/influxtest"
)

// People who have their boards in an InfluxDB get a copy there: a corrected interval takes
// the place of the first version, a bad sample is named and holds nobody up.
func TestCopyInARealInfluxDB(t *testing.T) {
	server := influxtest.Start(t)
	copied := influx.NewCopy(influx.Options{URL: server.URL + "/", Bucket: influxtest.Database})
	ctx := context.Background()
	if err := copied.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	interval := metering.Sample{Point: "T 1,=", Resident: "керамика", Channel: metering.ChannelActiveImport, Revision: 1, Field: "interval_wh", At: noon, Value: 250e3}
	corrected := interval
	corrected.Revision, corrected.Value = 2, 240e3
	power := metering.Sample{Point: "T 1,=", Resident: "керамика", Meter: "m1", Field: "p_w", At: noon, Value: 1e6}
	for _, batch := range [][]metering.Sample{{interval, power}, {corrected}} {
		if err := copied.Write(ctx, batch); err != nil {
			t.Fatal(err)
		}
	}
	got, err := server.Ask(`SELECT "interval_wh" FROM "asue" WHERE "channel" = 'A+' GROUP BY *`)
	if err != nil {
		t.Fatal(err)
	}
	want := []influxtest.Series{{
		Name: "asue", Tags: map[string]string{"point": "T 1,=", "resident": "керамика", "channel": "A+", "meter": "", "rev": ""},
		Columns: []string{"time", "interval_wh"}, Values: [][]any{{float64(noon.UnixMilli()), 240e3}},
	}}
	delete(want[0].Tags, "rev") // there is no such label at all
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}

	bad := power
	bad.Field, bad.At = "p_w", time.Time{}
	next := power
	next.At = noon.Add(time.Second)
	if got := badSamples(t, copied.Write(ctx, []metering.Sample{bad, next})); len(got) != 1 || got[0] != bad {
		t.Errorf("bad samples %v", got)
	}
	rows, err := server.Ask(`SELECT "p_w" FROM "asue"`)
	if err != nil || len(rows) != 1 || len(rows[0].Values) != 2 {
		t.Errorf("the good one beside the bad: %v, %v", rows, err)
	}
	if _, err := copied.Range(ctx, "asue_p_w", noon, noon, time.Second); !errors.Is(err, metering.ErrRefused) {
		t.Errorf("a copy answers PromQL: %v", err)
	}
	if err := copied.Close(); err != nil {
		t.Error(err)
	}
	if err := copied.Write(ctx, []metering.Sample{power}); !errors.Is(err, metering.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// A database that is not there is an error to try again, which says so; nothing is given
// up for it.
func TestCopyIntoNoDatabase(t *testing.T) {
	server := influxtest.Start(t)
	copied := influx.NewCopy(influx.Options{URL: server.URL, Bucket: "nobody"})
	err := copied.Write(context.Background(), []metering.Sample{{Point: "T-1", Field: "p_w", At: noon, Value: 1}})
	var bad *metering.BadSamplesError
	if err == nil || errors.As(err, &bad) || !strings.Contains(err.Error(), "bucket") {
		t.Errorf("%v", err)
	}
	away := influx.NewCopy(influx.Options{URL: "http://127.0.0.1:1", Bucket: "asue"})
	if err := away.Ready(context.Background()); err == nil {
		t.Error("nobody is ready")
	}
}
