package edge

import (
	"testing"
	"time"

	"asue/cmd/internal/settings"
	"asue/metering"
)

// A line is set anew when anything is changed that decides how it is polled, and
// keeps its connection otherwise.
func TestFingerprintOfASetup(t *testing.T) {
	setup := func(change func(*lineSetup)) fingerprint {
		s := lineSetup{
			Line:     settings.Line{ID: "l1", URL: "tcp://10.0.0.1:502"},
			pace:     pace{time.Second, time.Minute, time.Minute, time.Second},
			meters:   []metering.Meter{{ID: "m1", Model: "iem3000", Serial: "4711", Line: "l1", Unit: 1}},
			installs: []metering.Install{{Meter: "m1", Point: "p1", CT: metering.Ratio{Primary: 600, Secondary: 5}}},
			media:    []metering.Medium{metering.Electricity},
		}
		if change != nil {
			change(&s)
		}
		return s.fingerprint()
	}
	before := setup(nil)
	unchanged := func(why string, change func(*lineSetup)) {
		t.Helper()
		if setup(change) != before {
			t.Errorf("%s: the line would be set anew", why)
		}
	}
	changed := func(why string, change func(*lineSetup)) {
		t.Helper()
		if setup(change) == before {
			t.Errorf("%s: the line would be left as it was", why)
		}
	}
	unchanged("nothing", nil)
	unchanged("the paper about an install", func(s *lineSetup) { s.installs[0].Act = "17" })
	unchanged("the class of its transformers", func(s *lineSetup) { s.installs[0].CTClass = "0.5S" })
	changed("another address", func(s *lineSetup) { s.URL = "tcp://10.0.0.2:502" })
	changed("another period", func(s *lineSetup) { s.fast = 2 * time.Second })
	changed("another pace of the counters", func(s *lineSetup) { s.energy, s.slow = 2*time.Minute, time.Minute })
	changed("another patience", func(s *lineSetup) { s.timeout = 2 * time.Second })
	changed("another unit id", func(s *lineSetup) { s.meters[0].Unit = 2 })
	changed("another serial number", func(s *lineSetup) { s.meters[0].Serial = "4712" })
	changed("another model", func(s *lineSetup) { s.meters[0].Model = "sdm630" })
	changed("another transformer", func(s *lineSetup) { s.installs[0].CT.Primary = 800 })
	changed("a voltage transformer", func(s *lineSetup) { s.installs[0].VT = metering.Ratio{Primary: 10_000, Secondary: 100} })
	changed("another point", func(s *lineSetup) { s.installs[0].Point = "p2" })
	changed("another pulse", func(s *lineSetup) { s.installs[0].Pulse = 10_000 })
	changed("another medium", func(s *lineSetup) { s.media[0] = metering.Medium("water") })
	changed("a second meter", func(s *lineSetup) {
		s.meters = append(s.meters, metering.Meter{ID: "m2", Line: "l1", Unit: 2})
		s.installs = append(s.installs, metering.Install{Meter: "m2", Point: "p2"})
		s.media = append(s.media, metering.Electricity)
	})
}
