package collector_test

import (
	"context"
	"testing"
	"time"

	"asue/collector"
	"asue/collector/device"
	"asue/metering"
)

// memory is the archive of a kit's meter: a register that counts seconds since
// noon, kept at the quarters of an hour.
type memory struct {
	noon   *time.Time
	first  time.Time // older ones are overwritten
	asked  []time.Time
	failed int
	fail   func(n int) error
}

func (m *memory) Period() time.Duration { return 15 * time.Minute }

func (m *memory) At(_ context.Context, end time.Time) (device.Record, bool, error) {
	m.asked = append(m.asked, time.Now())
	if m.fail != nil {
		if err := m.fail(len(m.asked)); err != nil {
			m.failed++
			return device.Record{}, false, err
		}
	}
	if end.Before(m.first) {
		return device.Record{}, false, nil
	}
	count := int64(end.Sub(*m.noon) / time.Second)
	return device.Record{At: end, Readings: []metering.Reading{{
		Quantity: metering.ActiveImport, Value: float64(count) * 10e3, Count: metering.Count{Raw: count, Step: 10_000_000},
	}}}, true, nil
}

// recalled are the ends of the intervals that came out of the archive, in the
// order in which they came, as time since noon.
func recalled(snaps []metering.Snapshot, noon time.Time) []time.Duration {
	var ends []time.Duration
	for _, s := range snaps {
		if !s.Clock.IsZero() && s.Clock.Equal(s.At) && len(s.Readings) > 0 {
			ends = append(ends, s.At.Sub(noon))
		}
	}
	return ends
}

// What happened at the boundaries while the meter could not be reached is read
// back from its archive, newest first, each once.
func TestArchiveAfterAnOutage(t *testing.T) {
	var noon time.Time
	a := &memory{noon: &noon}
	away := func() bool { since := time.Since(noon); return since > 20*time.Minute && since < 80*time.Minute }
	stats, snaps := pollKit(t, 2*time.Hour, told(device.Identity{}), func(_ *collector.MeterConfig, k *meterKit) {
		noon, k.archive = time.Now(), a
		for _, r := range k.requests {
			q, inner := r.(*asked), r.(*asked).do
			q.do = func(answer *device.Answer) error {
				if away() {
					return errTimeout
				}
				return inner(answer)
			}
		}
	})
	same(t, "ends", recalled(snaps, noon), []time.Duration{75 * time.Minute, 60 * time.Minute, 45 * time.Minute, 30 * time.Minute})
	if n := stats.Lines[0].Meters[0].Recalled; n != 4 {
		t.Fatalf("%d records", n)
	}
}

// A collector that was down asks for what it missed since it last kept anything,
// as far back as it is told, and gives up what the archive does not have.
func TestArchiveAfterAStop(t *testing.T) {
	var noon time.Time
	a := &memory{noon: &noon}
	p := &plant{}
	_, b := poll(t, p, 1, time.Minute, func(cfg *collector.Config) {
		noon = time.Now()
		a.first = noon.Add(-2 * time.Hour)
		k := kit(&noon, func() (device.Identity, error) { return device.Identity{}, nil })
		k.archive = a
		cfg.Since, cfg.Backfill = noon.Add(-10*time.Hour), 3*time.Hour
		cfg.Lines[0].Meters = []collector.MeterConfig{{ID: "m01", Device: k}}
	})
	ends := recalled(b.of("m01"), noon)
	if len(ends) != 8 || ends[0] != -15*time.Minute || ends[7] != -2*time.Hour {
		t.Fatalf("%v", ends)
	}
	if len(a.asked) > 13 {
		t.Fatalf("the archive was asked %d times", len(a.asked))
	}
}

// An archive that does not answer is asked three times a record, a minute apart,
// and the schedule of the line does not suffer.
func TestArchiveThatFails(t *testing.T) {
	var noon time.Time
	a := &memory{noon: &noon, fail: func(n int) error {
		if n <= 4 {
			return errTimeout
		}
		return nil
	}}
	p := &plant{}
	stats, b := poll(t, p, 1, 10*time.Minute, func(cfg *collector.Config) {
		noon = time.Now()
		k := kit(&noon, func() (device.Identity, error) { return device.Identity{}, nil })
		k.archive = a
		cfg.Since = noon.Add(-70 * time.Minute)
		cfg.Lines[0].Meters = []collector.MeterConfig{{ID: "m01", Device: k}}
	})
	same(t, "ends", recalled(b.of("m01"), noon), []time.Duration{-30 * time.Minute, -45 * time.Minute, -time.Hour})
	for i := 1; i < a.failed; i++ {
		if d := a.asked[i].Sub(a.asked[i-1]); d < time.Minute {
			t.Fatalf("asked again after %v", d)
		}
	}
	if l := stats.Lines[0]; l.Overruns != 0 || l.Meters[0].Failing {
		t.Fatalf("%+v", l)
	}
}
