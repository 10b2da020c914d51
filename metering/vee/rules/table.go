package rules

import "asue/metering"

// Rule is what there is to know about a validation rule.
type Rule struct {
	Number   string            // V01 … V27; empty for rules of this house
	Name     string            // as in Finding.Rule and RuleSet.Off
	Severity metering.Severity // the severest that it finds
	Source   string
	Meaning  string
}

// Rules lists every rule in the order in which findings of one time come.
func Rules() []Rule {
	list := make([]Rule, 0, numRules)
	for i := range table {
		list = append(list, table[i].Rule)
	}
	return list
}

// Names lists the rules' names in the same order.
func Names() []string {
	names := make([]string, 0, numRules)
	for i := range table {
		names = append(names, table[i].Name)
	}
	return names
}

// Silent is a rule that could not look, and what it would have needed.
type Silent struct{ Rule, Missing string }

// Applies lists the rules that say nothing about a case because it lacks what they
// look at. Rules that a rule set has switched off are not among them.
func Applies(c Case) []Silent {
	var list []Silent
	for i := range table {
		if needs := table[i].needs; needs != nil {
			if what := needs(&c); what != "" {
				list = append(list, Silent{table[i].Name, what})
			}
		}
	}
	return list
}

// stage is when a rule looks.
type stage uint8

const (
	doubting stage = iota // before estimation: it may take energies out
	judging               // after it, at the outcome
	batches               // at imported batches, in Structure
)

// entry is a rule at work: check looks at the slots [lo, hi), for which one rule
// set holds.
type entry struct {
	Rule
	stage stage
	needs func(c *Case) string // what the case lacks; nil: nothing can lack
	check func(l *look, lo, hi int)
	again func(l *look, lo, hi int) // of a doubting rule: looks at what was estimated
}

const numRules = 28

var table = [numRules]entry{
	{Rule{"V01", "identity", metering.Termination, "California VEE: meter identification", "the device is not the one, or not set, as the site file says"}, doubting, nil, identity, nil},
	{Rule{"V02", "alignment", metering.Termination, "interval size validation (Oracle Utilities MDM)", "an imported interval has another length or begins elsewhere"}, batches, nil, nil, nil},
	{Rule{"V03", "duplicate", metering.Failure, "duplicate IMD (Oracle Utilities MDM)", "an imported interval comes twice with different energies"}, batches, nil, nil, nil},
	{Rule{"", "faulty_metering", metering.Failure, "order No. 143, item 61", "an act says that metering was faulty"}, doubting, nil, faultyMetering, nil},
	{Rule{"V04", "missing", metering.Failure, "raise missing quantity (Oracle Utilities MDM)", "intervals of a local day are not there or have no energy"}, doubting, nil, missingIntervals, nil},
	{Rule{"V05", "sibling", metering.Warning, "ensure IMD exists for sibling MCs (Oracle Utilities MDM)", "another channel of the point has no interval at the same time"}, judging, needSiblings, siblingChannels, nil},
	{Rule{"V06", "sum_check", metering.Failure, "California VEE: sum check", "intervals and register do not add up"}, doubting, needTotals, sumCheck, nil},
	{Rule{"V07", "spike", metering.Warning, "spike check (Oracle Utilities MDM)", "the highest interval of a day is far above the third highest"}, judging, nil, spike, nil},
	{Rule{"V08", "limit", metering.Failure, "demand high limit (Itron IEE)", "more than the point can carry"}, doubting, needMaxPower, limit, limitAgain},
	{Rule{"V09", "jump", metering.Info, "demand tolerance consecutive intervals (Itron IEE)", "a great change from one interval to the next"}, judging, nil, jump, nil},
	{Rule{"V10", "usage", metering.Warning, "high/low usage (Oracle Utilities MDM)", "a day's energy is far from what is usual on such days"}, judging, needUsage, usage, nil},
	{Rule{"V11", "peak", metering.Warning, "historical max usage (Itron IEE)", "a day's highest interval is far from what is usual on such days"}, judging, needUsage, peak, nil},
	{Rule{"V12", "zero_run", metering.Warning, "zero consumption (Oracle Utilities MDM)", "no energy for long, without outage or disconnection"}, judging, nil, zeroRun, nil},
	{Rule{"V13", "frozen", metering.Failure, "register against power", "the register stood still while power flowed"}, doubting, needWitnessesOrEvents, frozen, nil},
	{Rule{"V14", "flat_line", metering.Warning, "consecutive interval check (Oracle Utilities MDM)", "the same energy again and again"}, judging, nil, flatLine, nil},
	{Rule{"V15", "inactive", metering.Alarm, "inactive measurement (Oracle Utilities MDM)", "energy at a point that is disconnected or without a contract"}, judging, needInactive, inactive, nil},
	{Rule{"V16", "negative", metering.Failure, "negative consumption (Oracle Utilities MDM)", "the register went down; what it was is said, and nothing is clamped"}, doubting, nil, negative, nil},
	{Rule{"V17", "reactive", metering.Warning, "California VEE: kvarh check", "reactive energy without active, or far too much of it: a phase or the voltage is missing"}, judging, needActive, reactive, nil},
	{Rule{"V18", "phases", metering.Warning, "sum of phases, power triangle, voltages, currents", "the phases do not fit together: a fuse of the voltage transformers, a wrong connection"}, judging, needWitnesses, phases, nil},
	{Rule{"V19", "power", metering.Warning, "energy against mean power", "energy and sampled power do not agree"}, judging, needPower, energyAgainstPower, nil},
	{Rule{"V20", "clock", metering.Failure, "California VEE: time tolerance", "the meter's own clock is off"}, doubting, needWitnesses, meterClock, nil},
	{Rule{"V21", "clock_set", metering.Warning, "CIM 1.4.64, 1.4.128 (IEC 61968-9)", "a clock was set inside an interval"}, judging, needWitnessesOrEvents, clockSet, nil},
	{Rule{"V22", "outage", metering.Info, "California VEE: power failure", "the point was without voltage"}, doubting, needWitnesses, outage, nil},
	{Rule{"V23", "check_meter", metering.Warning, "IESO MDP_STD_0002; Western Australia Metering Code 2012", "main and check meter differ by more than both classes allow"}, judging, needCheck, checkMeter, nil},
	{Rule{"V25", "prolonged", metering.Alarm, "prolonged estimation (Oracle Utilities MDM); order No. 143, item 61", "estimates have followed each other for too long"}, judging, nil, prolonged, nil},
	{Rule{"V26", "over_declared", metering.Event, "contract", "more than the declared power: a matter of the bill, not of the data"}, judging, needDeclared, overDeclared, nil},
	{Rule{"V27", "torn_read", metering.Info, "Modbus: words of a register read at different times", "a reading was thrown out"}, judging, needEvents, tornRead, nil},
	{Rule{"", "verification", metering.Warning, "dates of verification (поверка)", "meter or transformers are beyond their verification date"}, judging, needVerified, verification, nil},
}

var ruleByName = func() map[string]int {
	m := make(map[string]int, numRules)
	for i := range table {
		m[table[i].Name] = i
	}
	return m
}()
