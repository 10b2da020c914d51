package vee_test

import (
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// A meter that was put up with an act bounds what flowed until it is first read, if
// that is not from before anybody kept intervals of the point.
func TestActLongBeforeTheFirstReading(t *testing.T) {
	first := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
	gaps := func(put time.Time) (bounded int) {
		install := metering.Install{Point: "p", Meter: "m", From: put, StartReadings: map[metering.Channel]metering.Energy{metering.ChannelActiveImport: 0}}
		var spans []metering.RegisterSpan
		for k := range int64(4) {
			at := first.Add(time.Duration(k) * metering.BasePeriod)
			spans = append(spans, metering.SpanOf("m", metering.ActiveImport, metering.RegisterReading{At: at, Count: metering.Count{Raw: 1000 + 250*k, Step: 1000}}))
		}
		c := vee.Chain{Point: "p", Channel: metering.ChannelActiveImport, Links: []vee.Link{{Install: install, Spans: spans}}}
		for _, g := range c.Derive(first.Add(-2*time.Hour), first.Add(time.Hour), time.Time{}).Gaps {
			if g.Bounded {
				bounded++
			}
		}
		return bounded
	}
	if n := gaps(first.Add(-24 * time.Hour)); n != 1 {
		t.Errorf("put up the day before: %d bounded gaps, want one", n)
	}
	if n := gaps(first.AddDate(-1, 0, 0)); n != 0 {
		t.Errorf("put up a year before: %d bounded gaps, want none", n)
	}
}
