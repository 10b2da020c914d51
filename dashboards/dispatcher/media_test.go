package dispatcher_test

import (
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// piped is a zone in which a resident has a gas meter too, and the zone another one;
// and a meter that was exchanged.
func piped(cfg *dispatcher.Config) {
	site := *cfg.Site
	for id, p := range map[metering.MeterID]metering.Point{
		"m-gas":    {ID: "g-r-01", Name: "Gas", Role: metering.RoleResident, Resident: "r-01", Medium: metering.Gas},
		"m-gas-in": {ID: "g-in", Name: "Gas of all", Role: metering.RoleInput, Medium: metering.Gas},
	} {
		site.Points = append(site.Points, p)
		site.Meters = append(site.Meters, metering.Meter{ID: id, Model: "asue-pulse-counter"})
		site.Installs = append(site.Installs, metering.Install{Meter: id, Point: p.ID})
	}
	// One meter of power was taken away last year, and is not missed.
	site.Meters = append(site.Meters, metering.Meter{ID: "m-old"})
	site.Installs = append(site.Installs, metering.Install{Meter: "m-old", Point: "p-r-01", To: noon.AddDate(-1, 0, 0)})
	cfg.Site = &site
}

// The page is about power: a gas meter is no part of a resident's sum, and no meter
// that is silent because it says nothing of power.
func TestGasMeterIsNoMeterOfPower(t *testing.T) {
	with, without := newStage(t, piped), newStage(t, nil)
	for _, s := range []*stage{with, without} {
		s.second()
	}
	with.Observe([]metering.Snapshot{{Meter: "m-gas", At: with.time(), Readings: []metering.Reading{{Quantity: metering.GasVolume, Value: 12_345}}}})
	with.Publish()
	a, b := get[dispatcher.Overview](t, with, "/api/v1/overview", 200), get[dispatcher.Overview](t, without, "/api/v1/overview", 200)
	if a.Meters != b.Meters || a.Meters.Silent != 0 || a.Meters.Total == 0 {
		t.Errorf("with gas meters %+v, without %+v", a.Meters, b.Meters)
	}
	if got, want := *a.PowerW, *b.PowerW; got != want {
		t.Errorf("with gas meters the zone draws %d W, without %d", got, want)
	}
	for _, r := range get[dispatcher.ResidentList](t, with, "/api/v1/residents", 200).Residents {
		if r.ID == "r-01" && (r.Partial || len(r.MissingPoints) > 0 || r.PowerW == nil || r.Freshness != dispatcher.Fresh) {
			t.Errorf("a resident with a gas meter is %s", mustJSON(t, r))
		}
	}
	listed := get[dispatcher.PointList](t, with, "/api/v1/points", 200).Points
	if want := len(get[dispatcher.PointList](t, without, "/api/v1/points", 200).Points) + 2; len(listed) != want {
		t.Errorf("%d points are listed, want %d", len(listed), want)
	}
	for _, p := range listed {
		if (p.Medium == "gas") != (p.Channels[0] == "gas") || p.Medium == "gas" && (p.PowerW != nil || p.AgeS != nil || p.Quality != "not_available") {
			t.Errorf("listed as %s", mustJSON(t, p))
		}
	}
	d := get[dispatcher.PointDetail](t, with, "/api/v1/points/g-r-01", 200)
	if len(d.Readings) != 1 || *d.Readings[0].Value != 12_345 || d.Meter != "m-gas" || d.PowerW != nil {
		t.Errorf("its own page says %s", mustJSON(t, d))
	}
}

// Volumes of the ledger can be asked for, in litres, and are no energies.
func TestIntervalsOfGasAreLitres(t *testing.T) {
	start := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	b := &books{intervals: []metering.Interval{
		{Point: "g-r-01", Channel: metering.ChannelGas, Start: start, Version: 1, Energy: 1200, Grade: metering.Actual, Method: metering.MethodRegister},
	}}
	s := newStage(t, func(cfg *dispatcher.Config) {
		piped(cfg)
		cfg.Ledger = b
	})
	list := get[dispatcher.IntervalList](t, s, "/api/v1/intervals?point=g-r-01&channel=gas&from=2026-11-21T07:00:00Z&to=2026-11-21T07:15:00Z", 200)
	if len(list.Intervals) != 1 || list.Channel != "gas" {
		t.Fatalf("%s", mustJSON(t, list))
	}
	if i := list.Intervals[0]; i.VolumeL == nil || *i.VolumeL != 1200 || i.EnergyWh != nil || i.MeanW != nil {
		t.Errorf("%s", mustJSON(t, i))
	}
}
