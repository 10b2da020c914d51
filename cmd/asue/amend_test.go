package main

import (
	"strings"
	"testing"
	"time"

	"asue/metering"
)

func amendSite() *metering.Site {
	return &metering.Site{ID: "zone", Location: time.FixedZone("UTC+5", 5*3600), Points: []metering.Point{
		{ID: "F-12"}, {ID: "g-in", Medium: metering.Gas},
	}}
}

// An act says what has been: a time that is not over is refused, or it would stand
// against every reading that is still to come.
func TestAnActSaysWhatHasBeen(t *testing.T) {
	now := time.Date(2026, 10, 20, 4, 30, 0, 0, time.UTC)
	o := amendOptions{point: "F-12", channel: "A+", from: "2026-10-20T09:00:00+05:00", to: "2026-10-20T09:30:00+05:00", zero: true}
	if _, err := o.change(amendSite(), now); err != nil {
		t.Error(err)
	}
	o.to = "2026-10-20T09:45:00+05:00"
	if _, err := o.change(amendSite(), now); err == nil || !strings.Contains(err.Error(), "not over yet") {
		t.Errorf("error %v; want a time that is not over refused", err)
	}
}

// Gas and water are agreed in volumes.
func TestAnAgreedVolume(t *testing.T) {
	now := time.Date(2026, 10, 21, 0, 0, 0, 0, time.UTC)
	o := amendOptions{point: "g-in", channel: "gas", from: "2026-10-20", total: "12.5 m3"}
	if c, err := o.change(amendSite(), now); err != nil || c.Total != 12500 {
		t.Errorf("%d L, %v; want 12500 L", int64(c.Total), err)
	}
	o.total = "12 kWh"
	if _, err := o.change(amendSite(), now); err == nil {
		t.Error("an energy of gas is taken")
	}
	o.channel, o.total = "A+", "12 kWh"
	if c, err := o.change(amendSite(), now); err != nil || c.Total != 12000 {
		t.Errorf("%v, %v", c.Total, err)
	}
}
