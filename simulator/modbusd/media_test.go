package modbusd_test

import (
	"log/slog"
	"testing"
	"time"

	"asue/collector/regmap"
	"asue/metering"
	"asue/simulator/internal/plant"
	"asue/simulator/modbusd"
)

// A foreign client reads the pulses of a gas meter of 10 L a pulse; the inputs on
// which nothing hangs say so.
func TestForeignClientReadsPulses(t *testing.T) {
	site := plant.Piped("eastron-sdm630")
	w := world(t, site)
	s := serve(t, modbusd.Config{World: w, Clock: still(winter.Add(9 * time.Hour)), Tick: time.Hour})
	model, _ := library(t).Model("asue-pulse-counter")
	for _, meter := range site.Meters {
		if meter.Model != model.ID {
			continue
		}
		measure, install, _ := s.Snapshot().Meter(meter.ID)
		for _, block := range model.Plan(regmap.EnergyGroup) {
			readings, err := regmap.Decode(block, read(t, s.Addresses()[meter.Line], meter.Unit, block), metering.Direct, metering.Direct)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range readings {
				c, _ := metering.ChannelOf(r.Quantity)
				switch {
				case c.Medium() != measure.Medium && r.Quality != metering.NotAvailable:
					t.Errorf("%s: %+v of an input on which nothing hangs", install.Point, r)
				case c.Medium() == measure.Medium && (r.Quality != metering.Good || r.Count.Raw != measure.Volume/10_000):
					t.Errorf("%s: %+v of %d thousandths of a litre", install.Point, r, measure.Volume)
				}
			}
		}
	}
}

// A meter that was exchanged before the world began has left its unit id to the new
// one; one that goes later would answer beside it, and is refused.
func TestUnitOfAnExchangedMeter(t *testing.T) {
	site := plant.Small("eastron-sdm630")
	first := site.Meters[0]
	old := first
	old.ID, old.Serial = "M-old", "old"
	site.Meters = append([]metering.Meter{old}, site.Meters...)
	site.Installs = append(site.Installs, metering.Install{Meter: old.ID, Point: site.Installs[0].Point, To: winter, CT: metering.Direct, VT: metering.Direct})
	s := serve(t, modbusd.Config{World: world(t, site), Clock: still(winter.Add(time.Hour)), Tick: time.Hour})
	model, _ := library(t).Model("eastron-sdm630")
	block := model.Plan(regmap.EnergyGroup)[0]
	readings, err := regmap.Decode(block, read(t, s.Addresses()[first.Line], first.Unit, block), metering.Direct, metering.Direct)
	if measure, _, _ := s.Snapshot().Meter(first.ID); err != nil || readings[0].Count.Raw == 0 || measure.Active == 0 {
		t.Errorf("the new meter shows %v, %v", readings, err)
	}

	site.Installs[len(site.Installs)-1].To = winter.Add(time.Minute)
	if _, err := modbusd.Listen(modbusd.Config{World: world(t, site), Library: library(t), Clock: still(winter.Add(time.Hour)), Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("two meters of one unit id are served at one time")
	}
}
