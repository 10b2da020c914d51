package modbusd_test

import (
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
