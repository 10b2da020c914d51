// Package reclaim finds technical conditions (ТУ) that are not used, says what of
// them could be returned and how that was reckoned, and keeps the steps of the
// procedure in which people decide about it.
//
// It is pure: loads, calendar and settings in; findings, refusals and bytes out. It
// must not know stores, HTTP, files, goroutines, the time of day, nor the control
// loop whose curtailment it is told about.
//
//	year, err := reclaim.NewYear(from, to, loc, calendar, 30*time.Minute)
//	use, err := year.Use(subject, record, settings)   // what was drawn, what was needed
//	finding := reclaim.Judge(subject, use, settings)  // class, volume, the arithmetic
//	evidence := reclaim.NewEvidence(finding, digest)  // bytes that can be signed
//	state, err := reclaim.Replay(events, terms)       // notice, warning, sanction, return
//
// What is freed goes into the ledger of package reclaim/pool; whether a newcomer fits
// is asked of package reclaim/hosting.
//
// # What counts
//
// An interval is valid if it was measured, and neither an outage nor our own
// curtailment touched it. Only valid intervals tell what a resident needs. All others
// (missing, imputed, dark, held back) lower the coverage and nothing else: they are
// never taken for zero. Blocks are means over 30 minutes of the local clock by
// default; one with an interval that is not valid is not valid.
//
// # Rules
//
// Each figure of a finding names the rule by which it was found:
//
//	need       max(M10, p99.5). M10 is the tenth highest daily maximum: one spike
//	           cannot save a capacity, ten separate days can.
//	coverage   valid intervals ≥ 90 % of the time and ≥ 80 % in every month, or nothing
//	           is found: INSUFFICIENT.
//	grace      12 months since commissioning; less for a problem project, by decision.
//	idle       need < 5 % of the ТУ, or nothing drawn in the last 90 days, which must
//	           themselves be covered; never for who was held back by us.
//	underused  need < 50 % of the ТУ.
//	reserved   need < 80 % of the ТУ, or 1 MW and more of it not needed.
//	exceeding  above the ТУ in ≥ 3 blocks on ≥ 2 days of a month.
//	robust     the class stays the same with every gap filled by the median and by the
//	           p99 of the same time of like days, and with every block in which the
//	           resident was held back taken for a full use of its ТУ; or else
//	           INSUFFICIENT.
//	retain     min(ТУ, max(need·1.15, need + growth committed within 24 months with
//	           milestones, technological armour, upper 95 % bound of M10)).
//	return     ⌊(ТУ − retained)/50 kW⌋·50 kW, and 0 if that is below 100 kW or below 5 %
//	           of the ТУ.
//
// # Sources
//
// The thresholds of 50 % and of 1 MW over 12 months are those of the Dutch Netcode 7.13
// (Stcrt 2024/13531); growth of 24 months and the right of first refusal follow the
// statements of ACM on it. The tenth daily maximum, the margins, steps and terms are
// this project's own and are all settings. The ladder of warning, penalty and return is
// that of the zone's development strategy for land, applied to ТУ: its legal basis is a
// field of every step, never a claim of this program.
package reclaim
