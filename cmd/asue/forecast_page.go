package main

import (
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering/wire"
)

// pageForecast is the forecast as the page takes it.
func pageForecast(w wire.Forecast) *dispatcher.Forecast {
	f := &dispatcher.Forecast{At: w.At, Block: w.Block}
	for _, o := range append([]wire.Outlook{w.Total}, w.Residents...) {
		l := dispatcher.ForecastLoad{Resident: o.Resident, Method: o.Method, Skill: o.Skill, Coverage: o.Coverage, Reason: o.Reason}
		for i, mean := range o.Mean {
			b := dispatcher.ForecastBlock{
				Start: w.Start.Add(time.Duration(i) * w.Block), MeanW: int64(mean),
				LowW: int64(o.Low[i]), HighW: int64(o.High[i]), Q90W: int64(o.Q90[i]),
			}
			if len(o.Part) > 0 {
				part := int64(o.Part[i])
				b.PartW = &part
			}
			l.Blocks = append(l.Blocks, b)
		}
		f.Loads = append(f.Loads, l)
	}
	return f
}
