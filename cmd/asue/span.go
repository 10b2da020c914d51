package main

import (
	"time"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/vee"
)

// readMoment reads a time of a flag: a day or a month of the site's zone, or RFC
// 3339. end says whether the end of the day or month is meant.
func readMoment(flag, s string, zone *time.Location, end bool) (time.Time, error) {
	for _, form := range []struct {
		layout string
		step   vee.Step
	}{{"2006-01", vee.Month}, {time.DateOnly, vee.Day}} {
		t, err := time.ParseInLocation(form.layout, s, zone)
		if err != nil {
			continue
		}
		first, after := form.step.Bounds(t, zone)
		if end {
			return after, nil
		}
		return first, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, cli.Usagef("%s %q: write a month (2026-10), a day (2026-10-31) or a time (2026-10-31T06:00:00+05:00)", flag, s)
	}
	return t.UTC(), nil
}

// readPeriod reads --from and --to. Both are inclusive as days and months: --from
// 2026-10 --to 2026-10 is October.
func readPeriod(from, to string, zone *time.Location) (metering.Period, error) {
	var p metering.Period
	if from == "" {
		return p, cli.Usagef("--from is missing: the first day or month, like 2026-10-01 or 2026-10")
	}
	if to == "" {
		to = from
	}
	var err error
	if p.From, err = readMoment("--from", from, zone, false); err != nil {
		return p, err
	}
	if p.To, err = readMoment("--to", to, zone, true); err != nil {
		return p, err
	}
	if !p.From.Before(p.To) {
		return p, cli.Usagef("--to %s lies before --from %s", to, from)
	}
	return p, nil
}
