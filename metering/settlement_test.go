package metering_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"asue/metering"
)

var day = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)

func billed() metering.Interval {
	return metering.Interval{
		Point: `ф. 12 "печь"`, Channel: metering.ChannelActiveImport, Start: day, Version: 3, Energy: 250_000, Uncertainty: 120,
		Grade: metering.Substitute, Method: metering.MethodScaled, Flags: metering.FlagGap | metering.FlagLate, Reason: "no reading",
		RecordedAt: day.Add(time.Hour),
	}
}

// The digest is SHA-256 over lines that anybody can write down.
func TestDigestIsOfPlainLines(t *testing.T) {
	d := metering.NewDigest()
	d.Add(billed())
	d.Add(metering.Interval{Point: "q", Channel: 8, Start: day.Add(metering.BasePeriod), Grade: metering.Null, Energy: -1})
	lines := `"ф. 12 \"печь\"" 1 1768435200000 S 250000 120 24 1` + "\n" + `"q" 8 1768436100000 N -1 0 0 0` + "\n"
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(lines))); d.Sum() != want || d.Len() != 2 {
		t.Errorf("digest %s of %d, want %s of 2", d.Sum(), d.Len(), want)
	}
}

func TestDigestCoversWhatIsBilled(t *testing.T) {
	sum := func(change func(i *metering.Interval)) string {
		i := billed()
		change(&i)
		d := metering.NewDigest()
		d.Add(i)
		return d.Sum()
	}
	plain := sum(func(*metering.Interval) {})
	for what, change := range map[string]func(i *metering.Interval){
		"point":       func(i *metering.Interval) { i.Point = "other" },
		"channel":     func(i *metering.Interval) { i.Channel = 2 },
		"start":       func(i *metering.Interval) { i.Start = i.Start.Add(metering.BasePeriod) },
		"energy":      func(i *metering.Interval) { i.Energy++ },
		"uncertainty": func(i *metering.Interval) { i.Uncertainty++ },
		"grade":       func(i *metering.Interval) { i.Grade = metering.FinalGrade },
		"method":      func(i *metering.Interval) { i.Method = metering.MethodLinear },
		"flags":       func(i *metering.Interval) { i.Flags |= metering.FlagManual },
	} {
		if sum(change) == plain {
			t.Errorf("another %s gives the same digest", what)
		}
	}
	for what, change := range map[string]func(i *metering.Interval){
		"version":          func(i *metering.Interval) { i.Version++ },
		"time of record":   func(i *metering.Interval) { i.RecordedAt = day },
		"reason":           func(i *metering.Interval) { i.Reason = "" },
		"late":             func(i *metering.Interval) { i.Flags ^= metering.FlagLate },
		"provisional":      func(i *metering.Interval) { i.Flags ^= metering.FlagProvisional },
		"zone of the time": func(i *metering.Interval) { i.Start = i.Start.In(time.FixedZone("Asia/Aqtobe", 5*3600)) },
	} {
		if sum(change) != plain {
			t.Errorf("another %s gives another digest", what)
		}
	}
}
