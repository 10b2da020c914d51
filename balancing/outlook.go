package balancing

import (
	"time"

	"asue/metering"
)

// forecastFor is how long a forecast counts: two missed blocks and it says nothing.
const forecastFor = 90 * time.Minute

// outlook is the youngest forecast.
type outlook struct{ Forecast }

func (o *outlook) take(f Forecast, now time.Time) {
	if !f.At.Before(o.At) && !f.At.After(now.Add(tolerance)) && len(f.Blocks) <= 1000 && len(f.Residents) <= 10_000 {
		o.Forecast = f
	}
}

// block is what is expected of the block that begins at start; false if nothing is.
func (o *outlook) block(start, now time.Time) (ForecastBlock, bool) {
	if now.Sub(o.At) > forecastFor {
		return ForecastBlock{}, false
	}
	for _, b := range o.Blocks {
		if b.Start.Equal(start) {
			return b, true
		}
	}
	return ForecastBlock{}, false
}

// resident is what a resident is expected to draw at most, in W; 0 if nothing is
// known.
func (o *outlook) resident(id metering.ResidentID, now time.Time) float64 {
	if now.Sub(o.At) > forecastFor {
		return 0
	}
	for _, r := range o.Residents {
		if r.Resident == id {
			return max(0, float64(r.Q90))
		}
	}
	return 0
}
