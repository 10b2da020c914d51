// Package forecast says what the zone and each resident will draw in the next
// blocks, with a band, from what they drew before.
//
// It must not know stores, MQTT, HTTP, files, goroutines or the wall clock.
// Energies go in by Add in any order, time goes in by Forecast, and the same
// data and the same calls always give the same answers.
//
//	f, err := forecast.New(cfg)
//	f.Add("r-07", start, energy, usable) // base intervals, as they become known
//	out := f.Forecast(now, nil)          // the block of now, and those after it
//	f.Report()                           // method, skill and coverage of each series
//
// # How it forecasts
//
// Time is cut into blocks, 30 minutes by default, and laid out as days by slots
// of the site's wall clock. Four methods compete for each series:
//
//	naive     what was drawn a week before
//	profile   a day like the last six of its kind, corrected by the last block
//	seasonal  exponential smoothing with a season of a day and one of a week
//	mean      the mean of the three
//
// and a fifth, profile with the day's temperature, if temperatures are given.
// Once a day all of them forecast the last weeks again from what was known then.
// The one with the smallest pinball loss over 28 days is taken; it stays until
// another is better by 3 %; and whatever does worse than the naive method gives
// way to it. The skill is published: 1 - loss/loss of the naive method.
//
// # How wide the band is
//
// As wide as the method was wrong. Its signed errors of the last eight weeks,
// kept apart by how far ahead they looked and by the part of the day, give the
// band by split conformal prediction: no distribution is assumed, and a load that
// jumps up more than it falls has a band that is wider above. The rate of misses
// that is aimed at adapts to the rate that is seen (Gibbs, Candès 2021).
//
// Quantiles do not add up: the sum of the residents' upper bounds lies far above
// the upper bound of their sum. The zone is therefore a series of its own.
//
// # What does not count
//
// An interval that is not usable (estimated, an outage, a load that was held
// back) is as if it had never been: neither a profile nor a band learns from it.
// Days with less than a fifth of the usual energy of their kind are idle days and
// have a profile of their own. After a lasting change of level, days from before
// it are forgotten.
//
// # In the beginning
//
// With less than 14 days of data a resident is taken for its technical conditions
// times a typical shape, somewhere between nothing and all that it is allowed.
//
// # Sources
//
// The smoothing is Taylor's double seasonal Holt–Winters method (2003) with the
// correction of the first autocorrelation; the conformal ranks are those of Vovk
// and of Lei; pinball loss, Winkler score, MASE as they are usual.
package forecast
