package e2e

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/clock"
)

// TestArchiveFillsTheGapOfACollector: a collector is away for some quarters of an
// hour. When it is back, the registers at their ends come out of the meter's own
// archive, and the intervals are as exact as if nothing had happened.
func TestArchiveFillsTheGapOfACollector(t *testing.T) {
	const speed = 180 // a quarter of an hour in 5 s
	c := clock.Warped(time.Now(), begin, speed)
	dir, plant := t.TempDir(), row(2, ownSerial)
	siteFile := write(t, dir, "site.yaml", plant)
	port := freePorts(t, 2)
	start(t, "asue simulator", program, "simulator", "--site", siteFile, "--listen", fmt.Sprintf("127.0.0.1:%d", port),
		"--origin", origin.Format(time.RFC3339), "--clock", c.String())
	broker, http := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	metered := write(t, dir, "metering.yaml", fmt.Sprintf(
		"site: site.yaml\ndata: metering\nhttp: %s\nroles: [broker, metering, dispatcher]\nbroker: {listen: \"%s\"}\ncollector: {fast: 30s}\n", http, broker))
	start(t, "asue run (metering)", program, "run", "-c", metered, "--clock", c.String())
	polled := write(t, dir, "collector.yaml", fmt.Sprintf(
		"site: site.yaml\ndata: collector\nhttp: none\nroles: [collector]\nbroker: {url: \"mqtt://%s\"}\ncollector:\n  name: edge\n  fast: 30s\n  lines: {l1: \"tcp://127.0.0.1:%d\", l2: \"tcp://127.0.0.1:%d\"}\n",
		broker, port, port+1))
	edge := edgeProgram(t)
	first := start(t, "asue-collector", edge, "-c", polled, "--clock", c.String())

	quarters := func(from, to time.Time) (list []struct {
		Start    time.Time
		EnergyWh *int64 `json:"energy_wh"`
		Grade    string
		Flags    []string
		Reason   string
	}) {
		var answer struct {
			Intervals *[]struct {
				Start    time.Time
				EnergyWh *int64 `json:"energy_wh"`
				Grade    string
				Flags    []string
				Reason   string
			}
		}
		answer.Intervals = &list
		_ = tryJSON("http://"+http+"/api/v1/intervals?"+url.Values{
			"point": {"p1"}, "channel": {"A+"}, "from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)},
		}.Encode(), &answer) // not yet
		return list
	}
	whole := func(from, to time.Time) bool {
		list := quarters(from, to)
		if len(list) != int(to.Sub(from)/metering.BasePeriod) {
			return false
		}
		for _, q := range list {
			if q.EnergyWh == nil || q.Grade != "A" {
				return false
			}
		}
		return true
	}
	began := metering.PeriodStart(c.Now()).Add(metering.BasePeriod)
	eventually(t, "an interval of ordinary readings", time.Minute, func() bool { return whole(began, began.Add(metering.BasePeriod)) })

	first.kill()
	gone := c.Now()
	if err := c.SleepUntil(t.Context(), metering.PeriodStart(gone).Add(5*metering.BasePeriod+5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	from, to := metering.PeriodStart(gone).Add(metering.BasePeriod), metering.PeriodStart(gone).Add(5*metering.BasePeriod)
	if whole(from, to) {
		t.Fatal("without a collector there is nothing to know")
	}
	second := start(t, "asue-collector again", edge, "-c", polled, "--clock", c.String())
	eventually(t, "the intervals of the gap", 40*time.Second, func() bool { return whole(from, to) })
	second.await("archive has was read back", 20*time.Second)
	for _, q := range quarters(from, to) {
		for _, f := range q.Flags {
			if f == metering.FlagGap.Names()[0] || f == metering.FlagInterpWide.Names()[0] {
				t.Errorf("%v: %v %v", q.Start, q.Flags, q.Reason)
			}
		}
	}
}
