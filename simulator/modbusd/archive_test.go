package modbusd_test

import (
	"testing"
	"time"

	"asue/collector/device"
	"asue/collector/regmap"
	"asue/metering"
	"asue/simulator"
	"asue/simulator/internal/plant"
	"asue/simulator/modbusd"
)

// fromArchive looks up one end of an interval in a meter's memory by a foreign
// client, as a driver would.
func fromArchive(t *testing.T, address string, unit uint8, m *regmap.Model, end time.Time) (device.Record, bool, int) {
	t.Helper()
	head, ok := m.NewestBlock()
	if !ok {
		t.Fatal("no archive")
	}
	newest, ok, err := m.NewestRecord(read(t, address, unit, head))
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return device.Record{}, false, 1
	}
	search := m.Archive.Search(newest, end)
	for reads := 2; ; reads++ {
		k, more := search.Next()
		if !more {
			return device.Record{}, false, reads
		}
		record, written, err := m.Archive.Decode(read(t, address, unit, m.Archive.Block(k)), metering.Direct, metering.Direct)
		if err != nil {
			t.Fatal(err)
		}
		if search.Take(record.At, written) {
			return record, true, reads
		}
	}
}

// After 33 days the reference meter still knows the last 31, to the watt-hour.
func TestArchiveHoldsTheTruth(t *testing.T) {
	lib := library(t)
	site := plant.Small("asue-reference-meter")
	w := world(t, site)
	var truth simulator.TruthLog
	w.Record(&truth)
	now := winter.Add(33*24*time.Hour + 7*time.Minute)
	s := serve(t, modbusd.Config{World: w, Library: lib, Clock: still(now), Tick: time.Hour})
	model, _ := lib.Model("asue-reference-meter")
	meter := site.Meters[4] // ceramics, always at work
	_, install, ok := s.Snapshot().Meter(meter.ID)
	if !ok {
		t.Fatal("the meter stands nowhere")
	}
	address := s.Addresses()[meter.Line]
	last := now.Truncate(metering.BasePeriod)
	for _, back := range []int{0, 1, 2, 96, 1000, 2974, 2975} {
		end := last.Add(-time.Duration(back) * metering.BasePeriod)
		record, found, reads := fromArchive(t, address, meter.Unit, model, end)
		if !found || !record.At.Equal(end) || reads > 3 {
			t.Fatalf("%v: %+v, %v, in %d reads", end, record, found, reads)
		}
		for _, c := range metering.Channels() {
			want, ok := truth.Register(install.Point, c, end)
			if !ok {
				t.Fatalf("no truth of %v", end)
			}
			q := map[metering.Channel]metering.Quantity{
				metering.ChannelActiveImport: metering.ActiveImport, metering.ChannelActiveExport: metering.ActiveExport,
				metering.ChannelReactiveImport: metering.ReactiveImport, metering.ChannelReactiveExport: metering.ReactiveExport,
			}[c]
			got, ok := metering.Snapshot{Readings: record.Readings}.Find(q)
			if !ok || got.Quality != metering.Good || got.Count != (metering.Count{Raw: want / 1000, Step: 1000}) {
				t.Errorf("%v %v: %+v, the truth is %d mWh", end, c, got, want)
			}
		}
	}
	for _, end := range []time.Time{last.Add(metering.BasePeriod), last.Add(-2976 * metering.BasePeriod), last.Add(-time.Minute)} {
		if record, found, _ := fromArchive(t, address, meter.Unit, model, end); found {
			t.Errorf("%v: %+v was found", end, record)
		}
	}
}

// A meter that was put up a minute ago remembers nothing yet.
func TestArchiveIsEmptyAtFirst(t *testing.T) {
	lib := library(t)
	site := plant.Small("asue-reference-meter")
	w, err := simulator.New(site, 1, winter.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, modbusd.Config{World: w, Library: lib, Clock: still(winter.Add(time.Minute)), Tick: time.Hour})
	model, _ := lib.Model("asue-reference-meter")
	meter := site.Meters[0]
	if record, found, reads := fromArchive(t, s.Addresses()[meter.Line], meter.Unit, model, winter); found || reads != 1 {
		t.Errorf("%+v, %v, in %d reads", record, found, reads)
	}
}
