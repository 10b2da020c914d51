// Package hosting says how likely the demand of a zone is to come above the limits of
// its network, and what that means for a newcomer: how many kilowatts can connect at a
// node, firmly or not, from when, what binds and what would unlock it.
//
// It is pure: weeks of demand, limits, a question and a seed in; an answer out, always
// the same. It must not know whose technical conditions are unused and why, postings of
// the pool, contracts, stores, HTTP, files, the control loop, nor the time of day.
//
//	model, err := hosting.New(network, loads, 30*time.Minute)
//	risk, err := model.Risk("input", limit, policy)     // as it is
//	answer, err := model.Ask(question, policy)          // X MW at node v
//
// # How years are played
//
// A synthetic year is put together of 52 weeks that have been. For each week of the
// calendar one is drawn from those within six weeks of it, and it is drawn for all loads
// at once: what came together (weather, shifts, holidays) comes together again. So sums
// are made once, for each node and week, and a year is the sum of 52 small numbers; the
// 2,000 years and their random draws are the same for every question to a model, so
// that answers can be compared and more load is never less risk.
//
// What has not been, no drawing again can show. So beside it stands the tail: the
// highest of the daily maxima, one for each run of days, follow a generalised Pareto
// distribution (peaks over threshold), fitted by probability-weighted moments (Hosking,
// Wallis 1987). The worse of the years played and of the upper bound of the tail counts.
//
// With less than a year of usable weeks nothing is claimed about risk: then the sum of
// all firm rights may not come above the limit.
//
// # What is decided by it
//
// Firm: in no more than one year of twenty is the demand above 97 % of the limit at any
// node on the path, technological armour fits under the limit and under the backup
// supply, and firm rights stay below 1.5 times the limit. Non-firm: no more than 2 % of
// the newcomer's energy and 100 hours a year are expected to be curtailed. All of these
// are settings (Policy).
//
// A limit that is promised is not there: what can connect now rests on limits in force
// alone, and promises are scenarios that move the date.
package hosting
