package waterfill_test

import (
	"math"
	"testing"

	"asue/balancing/waterfill"
	"asue/metering"
)

func TestCapacityByMeasuredPowerFactor(t *testing.T) {
	f := func(n metering.Node, factor float64, want string) {
		t.Helper()
		if got := waterfill.Capacity(n, factor).String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	transformer := metering.Node{VoltageKV: 10, MostVA: 63e6} // 63 MVA
	f(transformer, 0.95, "59,850 kW")
	f(transformer, 0.3, "50,400 kW") // at rest: as at 0.8
	f(transformer, math.NaN(), "50,400 kW")
	f(transformer, 1.2, "63,000 kW")

	feeder := metering.Node{VoltageKV: 10, MostA: 400}
	f(feeder, 0.9, "6,235 kW") // √3 · 10 kV · 400 A · 0.9
	feeder.Limit = metering.LimitOf(6 * metering.Megawatt)
	f(feeder, 0.9, "6,000 kW")
	f(feeder, 0.8, "5,542 kW")
	feeder.Limit = metering.LimitOf(0)
	f(feeder, 0.9, "0 kW")
	feeder.Limit = metering.Unlimited()
	f(feeder, 0.9, "6,235 kW")
	f(metering.Node{Limit: metering.Unlimited()}, 0.9, "unlimited")
	f(metering.Node{}, 0.9, "not stated")
	f(metering.Node{Limit: metering.LimitOf(999)}, 0.9, "0 kW") // whole kilowatts, never too many
}
