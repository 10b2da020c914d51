package modbusd_test

import (
	"context"
	"testing"

	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
	"asue/simulator/modbusd"
)

// exampleSite is the site file that the demo runs on.
func exampleSite(t testing.TB, library *regmap.Library) *metering.Site {
	t.Helper()
	s, faults := site.Parse("site.yaml", aktobe.Site(), library.IDs())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

func contextEnded() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx, cancel
}

// Every meter of the demo answers the reads that its model plans.
func TestEveryMeterOfTheExampleAnswers(t *testing.T) {
	lib := library(t)
	s := exampleSite(t, lib)
	served := serve(t, modbusd.Config{World: world(t, s), Library: lib, Clock: still(winter)})
	for _, m := range s.Meters {
		model, _ := lib.Model(m.Model)
		for _, b := range model.Plan(regmap.Fast, regmap.EnergyGroup) {
			read(t, served.Addresses()[m.Line], m.Unit, b)
		}
	}
}
