package feeder_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/feeder"
)

// The balancer tells what residents may draw each second; it is written four times a
// minute, and at once after the clock was put back by more than that.
func TestRightsAreWrittenNowAndThen(t *testing.T) {
	at := time.Date(2026, 11, 30, 6, 15, 5, 0, time.UTC)
	list := []feeder.Right{{"works", "f1", 2 * metering.Megawatt}, {"works", "", 1500 * metering.Kilowatt}}
	var rights feeder.Rights
	f := func(after time.Duration, want int) {
		t.Helper()
		if got := rights.Samples(at.Add(after), list); len(got) != want {
			t.Errorf("after %v: %v, want %d samples", after, got, want)
		}
	}
	want := []metering.Sample{
		{Resident: "works", Node: "f1", Field: "allowed_w", At: at, Value: 2e6},
		{Resident: "works", Field: "allowed_w", At: at, Value: 1.5e6},
	}
	if d := cmp.Diff(want, rights.Samples(at, list)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	f(14*time.Second, 0)
	f(15*time.Second, 2)
	f(16*time.Second, 0)
	f(-time.Hour, 2)
}
