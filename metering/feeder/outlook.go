package feeder

import (
	"time"

	"asue/metering"
)

// Outlook is what was forecast for one block: one block before it began, or a day
// before. Nil is "not forecast" and makes no sample.
type Outlook struct {
	Resident metering.ResidentID // empty for the zone
	Start    time.Time           // of the block
	// Next was said one block ahead; Low and High hold four blocks in five.
	Next, Low, High *metering.Power
	Day             *metering.Power // said a day ahead
}

// Samples are an outlook's samples for Feeder.Extra: asue_forecast_w,
// asue_forecast_low_w, asue_forecast_high_w and asue_forecast_day_w, stamped with
// the start of the block that they are about, so that forecast and fact lie above
// each other; with point="zone", or with the resident.
func (o Outlook) Samples() []metering.Sample {
	labels := metering.Sample{Resident: o.Resident, At: o.Start}
	if o.Resident == "" {
		labels.Point = ZonePoint
	}
	var samples []metering.Sample
	for _, f := range []struct {
		name  string
		power *metering.Power
	}{{"forecast_w", o.Next}, {"forecast_low_w", o.Low}, {"forecast_high_w", o.High}, {"forecast_day_w", o.Day}} {
		if f.power != nil {
			s := labels
			s.Field, s.Value = f.name, float64(*f.power)
			samples = append(samples, s)
		}
	}
	return samples
}
