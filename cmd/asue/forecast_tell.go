package main

import (
	"math"
	"time"

	"asue/balancing/forecast"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/feeder"
	"asue/metering/wire"
)

// message is the forecast as others hear it.
func (f *forecaster) message(outlooks []forecast.Outlook, now time.Time) wire.Forecast {
	m := wire.Forecast{At: now, Block: f.block}
	scores := f.engine.Report()
	for i, o := range outlooks {
		w := wireOutlook(o, scores[i])
		if o.ID == forecast.Total {
			m.Total = w
		} else {
			m.Residents = append(m.Residents, w)
		}
		if len(o.Blocks) > 0 {
			m.Start = o.Blocks[0].Start
		}
	}
	return m
}

func wireOutlook(o forecast.Outlook, score forecast.Score) wire.Outlook {
	w := wire.Outlook{Resident: metering.ResidentID(o.ID), Method: string(o.Method), Reason: o.Reason}
	if score.Days > 0 {
		coverage := coverageOf(score)
		w.Skill, w.Coverage = finite(score.Skill), finite(coverage)
	}
	for _, b := range o.Blocks {
		w.Mean, w.Low, w.High, w.Q90 = append(w.Mean, b.Mean), append(w.Low, b.Low), append(w.High, b.High), append(w.Q90, b.Q90)
		if o.ID != forecast.Total {
			w.Part = append(w.Part, b.Part)
		}
	}
	return w
}

// coverageOf is the share of all judged blocks in their bands; NaN for none.
func coverageOf(s forecast.Score) float64 {
	inside, n := 0.0, 0.0
	for _, r := range s.Reaches {
		if r.Blocks > 0 {
			inside += r.Coverage * float64(r.Blocks)
			n += float64(r.Blocks)
		}
	}
	return inside / n
}

// finite is v rounded to three decimals, nil if it is no number.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	v = math.Round(v*1000) / 1000
	return &v
}

// draw writes the forecast of the next block, and of the one a day ahead, once:
// when the block before has become known, or half of the present one has passed
// without that.
func (f *forecaster) draw(outlooks []forecast.Outlook, news bool, now time.Time) {
	if !f.drawn.Before(f.told) || !news && now.Sub(f.told) < f.block/2 {
		return
	}
	f.drawn = f.told
	f.stores.extra(f.samples(outlooks)...)
}

func (f *forecaster) samples(outlooks []forecast.Outlook) []metering.Sample {
	var samples []metering.Sample
	day := int(24 * time.Hour / f.block)
	for _, o := range outlooks {
		if len(o.Blocks) <= day {
			continue // nothing is forecast
		}
		id, next, morrow := metering.ResidentID(o.ID), o.Blocks[1], o.Blocks[day]
		samples = append(samples, feeder.Outlook{Resident: id, Start: next.Start, Next: &next.Mean, Low: &next.Low, High: &next.High}.Samples()...)
		samples = append(samples, feeder.Outlook{Resident: id, Start: morrow.Start, Day: &morrow.Mean}.Samples()...)
	}
	return samples
}

// forecastFigures are what /metrics tells.
type forecastFigures struct {
	last wire.Forecast
	took time.Duration
	runs int
}

func (f *forecaster) show(m wire.Forecast, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shown.last, f.shown.took = m, took
	f.shown.runs++
}

func (f *forecaster) metrics(e node.Emitter) {
	f.mu.Lock()
	s := f.shown
	f.mu.Unlock()
	e.Counter("asue_forecasts_total", "Forecasts made.", float64(s.runs))
	if s.runs == 0 {
		return
	}
	e.Gauge("asue_forecast_seconds", "How long the last forecast took.", s.took.Seconds())
	e.Gauge("asue_forecast_age_seconds", "Age of the last forecast.", f.Clock.Now().Sub(s.last.At).Seconds())
	tell := func(o wire.Outlook, labels ...string) {
		if o.Skill != nil {
			e.Gauge("asue_forecast_skill", "1 - loss/loss of last week's values over 28 days, by mean pinball loss; the zone has no resident.", *o.Skill, labels...)
		}
		if o.Coverage != nil {
			e.Gauge("asue_forecast_coverage", "Share of blocks of 28 days in the band that should hold 0.8.", *o.Coverage, labels...)
		}
		e.Gauge("asue_forecast_method", "How the series is forecast; always 1.", 1, append(labels, "method", o.Method)...)
		if i, ok := s.last.Index(o, s.last.Start.Add(s.last.Block)); ok {
			e.Gauge("asue_forecast_next_watts", "Expected mean power of the next block.", float64(o.Mean[i]), labels...)
			e.Gauge("asue_forecast_next_q90_watts", "Mean power of the next block that is exceeded once in ten times.", float64(o.Q90[i]), labels...)
		}
	}
	tell(s.last.Total)
	for _, o := range s.last.Residents {
		tell(o, "resident", string(o.Resident))
	}
}
