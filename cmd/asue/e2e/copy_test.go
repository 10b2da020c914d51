package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/clock"
	"asue/metering/influx/influxtest"
)

// TestCopyInInfluxDB: a zone whose engineers have their boards in an InfluxDB names it in
// the process file. What the meters say and what the ledger concludes comes there too, the
// interval to the watt-hour.
func TestCopyInInfluxDB(t *testing.T) {
	const speed = 180 // a quarter of an hour in 5 s
	server := influxtest.Start(t)
	c := clock.Warped(time.Now(), begin, speed)
	dir, plant := t.TempDir(), row(2, ownSerial)
	port := freePorts(t, 2)
	start(t, "asue simulator", program, "simulator", "--site", write(t, dir, "site.yaml", plant), "--listen", fmt.Sprintf("127.0.0.1:%d", port),
		"--origin", origin.Format(time.RFC3339), "--clock", c.String())
	broker, http := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	file := write(t, dir, "asue.yaml", fmt.Sprintf(
		"site: site.yaml\ndata: data\nhttp: %s\nroles: [broker, metering, collector, dispatcher]\nbroker: {listen: \"%s\"}\nseries: {influxdb: \"%s/%s\"}\n"+
			"collector:\n  name: c1\n  fast: 30s\n  lines: {l1: \"tcp://127.0.0.1:%d\", l2: \"tcp://127.0.0.1:%d\"}\n",
		http, broker, server.URL, influxtest.Database, port, port+1))
	start(t, "asue run", program, "run", "-c", file, "--clock", c.String())

	block := metering.PeriodStart(c.Now()).Add(metering.BasePeriod)
	var ledger int64
	eventually(t, "an interval in the ledger", time.Minute, func() bool {
		var answer struct {
			Intervals []struct {
				EnergyWh *int64 `json:"energy_wh"`
			}
		}
		err := tryJSON("http://"+http+"/api/v1/intervals?"+url.Values{"point": {"p1"}, "channel": {"A+"},
			"from": {block.Format(time.RFC3339)}, "to": {block.Add(metering.BasePeriod).Format(time.RFC3339)}}.Encode(), &answer)
		if err != nil || len(answer.Intervals) != 1 || answer.Intervals[0].EnergyWh == nil {
			return false
		}
		ledger = *answer.Intervals[0].EnergyWh
		return true
	})
	value := func(question string) (float64, bool) {
		answer, err := server.Ask(question)
		if err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		if len(answer) == 0 {
			return 0, false
		}
		v, ok := answer[0].Values[0][1].(float64)
		return v, ok
	}
	var copied float64
	eventually(t, "the same interval in InfluxDB", time.Minute, func() (found bool) {
		copied, found = value(fmt.Sprintf(`SELECT "interval_wh" FROM "asue" WHERE "point" = 'p1' AND "channel" = 'A+' AND time = %dms`, block.UnixMilli()))
		return found
	})
	if copied != float64(ledger) {
		t.Errorf("InfluxDB has %v Wh, the ledger %d", copied, ledger)
	}
	eventually(t, "what the meter says every 30 seconds", time.Minute, func() bool {
		n, _ := value(`SELECT count("p_w") FROM "asue" WHERE "point" = 'p1'`)
		return n >= 10
	})
	if said, err := fetch("http://" + http + "/metrics"); err != nil || !strings.Contains(said, "\nasue_copy_failing 0\n") {
		t.Errorf("/metrics says nothing of the copy: %v", err)
	}
}
