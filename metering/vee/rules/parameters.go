package rules

// Parameter is a number that a rule or an estimate goes by. A site file sets it by
// name (metering.RuleSet.Values), in the unit given here.
type Parameter struct {
	Name    string
	Rule    string // name of the rule, or "estimation"
	Default float64
	Min     float64
	Max     float64
	Unit    string // 1 (a fraction or a number), s, Wh, W, ‰
	Meaning string
}

// Parameters lists every parameter, in the order of the rules, then those of
// estimation. The list belongs to the caller.
func Parameters() []Parameter { return append([]Parameter(nil), parameters[:]...) }

// param is a place in a set's values.
type param int

const (
	sumSteps param = iota
	sumShare
	spikeExcess
	spikeFloor
	limitSlack
	jumpExcess
	usageLow
	usageHigh
	usageEstimated
	usageDays
	peakDeviation
	zeroInfo
	zeroWarning
	frozenSteps
	flatRun
	flatSteps
	inactiveAlarm
	reactiveRatio
	reactiveFloor
	phaseSum
	phaseTriangle
	phaseVoltage
	phaseUnbalance
	powerDeviation
	powerSamples
	clockSync
	clockFlag
	clockInvalid
	checkFactor
	prolongedTime
	linearBounded
	linearOpen
	likeDays
	likeBack
	likeWeeks
	statutoryTime
	checkClass
	otherSamples
	numParams
)

var parameters = [numParams]Parameter{
	sumSteps:       {"sum_check_steps", "sum_check", 2, 0, 100, "1", "steps of the register by which intervals and register may differ"},
	sumShare:       {"sum_check_share", "sum_check", 0.001, 0, 0.1, "1", "share of the register's energy by which they may differ; the greater of the two counts"},
	spikeExcess:    {"spike_excess", "spike", 1.8, 0.1, 100, "1", "how far the highest interval of a day may exceed the third highest, as a share of it"},
	spikeFloor:     {"spike_floor", "spike", 0.05, 0, 1, "1", "share of the declared power below which the highest interval is no spike"},
	limitSlack:     {"limit_slack", "limit", 1.05, 1, 2, "1", "multiple of the physical limit from which on an energy is impossible"},
	jumpExcess:     {"jump_excess", "jump", 3, 0.1, 1000, "1", "change from one interval to the next, as a share of the first"},
	usageLow:       {"usage_low", "usage", 0.5, 0, 1, "1", "least use of a day, as a multiple of what is usual on such days"},
	usageHigh:      {"usage_high", "usage", 2, 1, 100, "1", "greatest use of a day, likewise"},
	usageEstimated: {"usage_estimated", "usage", 0.1, 0, 1, "1", "share of estimated intervals from which on a day is not judged"},
	usageDays:      {"usage_days", "usage", 3, 1, 366, "1", "days of a kind that must be known before one is judged"},
	peakDeviation:  {"peak_deviation", "peak", 0.5, 0.05, 100, "1", "change of a day's highest interval against what is usual on such days"},
	zeroInfo:       {"zero_run_info", "zero_run", 8, 1, 10000, "1", "intervals of no energy in a row that are worth knowing"},
	zeroWarning:    {"zero_run_warning", "zero_run", 96, 1, 10000, "1", "intervals of no energy in a row that a person should look at"},
	frozenSteps:    {"frozen_steps", "frozen", 3, 1, 1000, "1", "steps of the register that power must have been worth while it stood still"},
	flatRun:        {"flat_run", "flat_line", 8, 2, 10000, "1", "equal intervals in a row"},
	flatSteps:      {"flat_steps", "flat_line", 100, 1, 1e6, "1", "steps of the register that an interval must hold, so that equality means something"},
	inactiveAlarm:  {"inactive_alarm", "inactive", 8, 1, 10000, "1", "intervals in a row with energy at an inactive point that make an alarm"},
	reactiveRatio:  {"reactive_ratio", "reactive", 3, 0.1, 1000, "1", "greatest tan φ"},
	reactiveFloor:  {"reactive_floor", "reactive", 0.05, 0, 1, "1", "share of the declared power below which tan φ is not judged"},
	phaseSum:       {"phase_sum", "phases", 20, 1, 1000, "‰", "difference of the phases' sum from the power"},
	phaseTriangle:  {"phase_triangle", "phases", 40, 1, 1000, "‰", "difference of S² from P² + Q²"},
	phaseVoltage:   {"phase_voltage", "phases", 200, 1, 1000, "‰", "missing voltage of a phase that carries current"},
	phaseUnbalance: {"phase_unbalance", "phases", 500, 1, 1000, "‰", "difference of the phases' currents"},
	powerDeviation: {"power_deviation", "power", 0.03, 0.001, 10, "1", "difference of energy and mean power at a sample every 10 s; at fewer samples so many times more"},
	powerSamples:   {"power_samples", "power", 12, 2, 90, "1", "samples of power that an interval must have"},
	clockSync:      {"clock_sync", "clock", 5, 0.1, 3600, "s", "error of the meter's clock from which on it is to be set"},
	clockFlag:      {"clock_flag", "clock", 60, 0.1, 3600, "s", "error from which on the intervals of its own load profile are marked"},
	clockInvalid:   {"clock_invalid", "clock", 180, 0.1, 86400, "s", "error from which on these intervals are not to be believed"},
	checkFactor:    {"check_factor", "check_meter", 1.5, 1, 10, "1", "multiple of both chains' accuracy by which main and check meter may differ"},
	prolongedTime:  {"prolonged_time", "prolonged", 30 * 86400, 86400, 366 * 86400, "s", "how long estimates may follow each other"},
	linearBounded:  {"linear_bounded", "estimation", 45 * 60, 0, 86400, "s", "longest gap with a known energy that is shaped by a line; longer ones by like days"},
	linearOpen:     {"linear_open", "estimation", 2 * 3600, 0, 86400, "s", "longest gap without a known energy that is bridged by a line; longer ones by like days"},
	likeDays:       {"like_days", "estimation", 3, 1, 12, "1", "most recent days of the same kind that shape a gap with a known energy"},
	likeBack:       {"like_back", "estimation", 28, 1, 366, "1", "days to look back for them"},
	likeWeeks:      {"like_weeks", "estimation", 4, 1, 12, "1", "weeks whose same weekday estimates a gap without a known energy"},
	statutoryTime:  {"statutory_time", "estimation", 30 * 86400, 86400, 366 * 86400, "s", "how long average daily consumption may be billed"},
	checkClass:     {"check_class", "estimation", 2.5, 1, 10, "1", "multiple of the chain's own error that a check meter may have to take its place: one step of class is at most 2.5"},
	otherSamples:   {"other_samples", "estimation", 12, 2, 90, "1", "samples of power that an interval must have to be estimated from them"},
}

var paramByName = func() map[string]param {
	m := make(map[string]param, numParams)
	for p := range numParams {
		m[parameters[p].Name] = p
	}
	return m
}()
