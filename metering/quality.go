package metering

import "fmt"

// Quality says how far a reading may be trusted. Its number is its identity on
// the wire, in the ledger and in the series store (as an integer series):
// numbers are only ever added. The zero value is Good.
type Quality uint8

// Qualities of a reading.
const (
	Good          Quality = 0  // measured, fresh, plausible
	Stale         Quality = 1  // a good value that was not renewed in time
	CommFail      Quality = 2  // the device did not answer; there is no value
	DeviceFault   Quality = 3  // the device answered with a Modbus exception; there is no value
	OutOfRange    Quality = 4  // a value outside what the point can physically carry
	ClockBad      Quality = 5  // the time stamp cannot be trusted
	Substituted   Quality = 6  // put in by a person or a rule
	RatioMismatch Quality = 7  // the meter's CT/VT setting differs from the site file
	NotAvailable  Quality = 8  // the device says that it has no value (NaN, all ones)
	SteppedBack   Quality = 9  // a counter lower than before
	WrongMeter    Quality = 10 // the device is not the one the site file names
	Misconfigured Quality = 11 // a setting of the device changes what its registers mean
)

var qualityNames = [...]string{
	"good", "stale", "comm_fail", "device_fault", "out_of_range", "clock",
	"substituted", "ratio_mismatch", "not_available", "stepped_back", "wrong_meter",
	"misconfigured",
}

// String is the quality's name as JSON carries it ("comm_fail").
func (q Quality) String() string {
	if int(q) < len(qualityNames) {
		return qualityNames[q]
	}
	return fmt.Sprintf("quality(%d)", uint8(q))
}

// QualityOf finds a quality by its name; the second result is false for an
// unknown name.
func QualityOf(name string) (Quality, bool) {
	for i, n := range qualityNames {
		if n == name {
			return Quality(i), true
		}
	}
	return 0, false
}

// HasValue reports whether a reading of this quality carries a value at all.
func (q Quality) HasValue() bool {
	return q != CommFail && q != DeviceFault && q != NotAvailable
}

// Usable reports whether a value of this quality may enter a sum, an interval
// or a decision.
func (q Quality) Usable() bool { return q == Good || q == Substituted }

// Grade is the quality letter of an interval, after AEMO NEM12.
type Grade byte

// Grades of an interval. When intervals are added up the worst grade wins, in
// the order A < F < S < E < N.
const (
	Actual      Grade = 'A' // from registers read at both boundaries
	FinalGrade  Grade = 'F' // substituted, and will not change any more
	Substitute  Grade = 'S' // substituted by a rule or an act
	Estimated   Grade = 'E' // estimated, awaiting better data
	Null        Grade = 'N' // no energy is known; the reason says why
	VariedGrade Grade = 'V' // a day or month of mixed grades; never of one interval
)

// Worse returns the worse of two grades in the order A < F < S < E < N; V takes
// no part and returns the other one.
func (g Grade) Worse(h Grade) Grade {
	if rank(h) > rank(g) {
		return h
	}
	return g
}

func rank(g Grade) int {
	for i, o := range "AFSEN" {
		if Grade(o) == g {
			return i
		}
	}
	return -1
}

// String is the letter.
func (g Grade) String() string { return string(rune(g)) }

// Method says how an interval's energy was found.
type Method uint8

// Methods. From 11 on they are estimates; 11 to 25 are the numbers of AEMO's
// substitution types (Metrology Procedure Part B).
const (
	MethodNone      Method = 0 // there is no energy
	MethodRegister  Method = 1 // difference of registers interpolated at both boundaries
	MethodSimulated Method = 2 // written by the simulator as history
	MethodAnchored  Method = 3 // registers interpolated between their steps along the power
	MethodImported  Method = 4 // brought in from a file
	MethodVirtual   Method = 5 // computed from the intervals of other points

	MethodCheck     Method = 11  // the check meter beside it
	MethodNodal     Method = 12  // from the other flows of the node
	MethodOther     Method = 13  // another device, scaled: the integral of its power
	MethodLikeDay   Method = 15  // mean of like days
	MethodAgreed    Method = 16  // an act agreed by both parties
	MethodLinear    Method = 17  // a line between the neighbours
	MethodZero      Method = 19  // confirmed disconnection
	MethodScaled    Method = 24  // the register's difference over the gap, spread by a shape
	MethodStatutory Method = 101 // average daily consumption of a neighbouring settlement period (order No. 143, item 61)
)

var methodNames = map[Method]string{
	MethodNone: "none", MethodRegister: "register", MethodSimulated: "simulated", MethodAnchored: "anchored",
	MethodImported: "imported", MethodVirtual: "virtual", MethodCheck: "check_meter", MethodNodal: "nodal",
	MethodOther: "other_device", MethodLikeDay: "like_day", MethodAgreed: "agreed", MethodLinear: "linear",
	MethodZero: "zero", MethodScaled: "scaled", MethodStatutory: "statutory",
}

// String is the method's name as the API carries it.
func (m Method) String() string {
	if name, ok := methodNames[m]; ok {
		return name
	}
	return fmt.Sprintf("method(%d)", uint8(m))
}

// MethodNamed finds a method by its name; the second result is false for an
// unknown one.
func MethodNamed(name string) (Method, bool) {
	for m, n := range methodNames {
		if n == name {
			return m, true
		}
	}
	return 0, false
}

// Estimates reports whether the energy was estimated or substituted instead of
// measured.
func (m Method) Estimates() bool { return m >= MethodCheck }

// Flags are facts about an interval that do not decide its grade alone.
type Flags uint32

// Flags of an interval.
const (
	FlagGap           Flags = 1 << iota // a boundary lies in a gap longer than one interval
	FlagInterpWide                      // a boundary was interpolated over a wide bracket
	FlagRollover                        // a register rolled over its modulus inside
	FlagReset                           // a register started anew inside
	FlagSwap                            // the meter was changed inside
	FlagLate                            // the deciding reading came after the interval was first closed
	FlagProvisional                     // closed by the clock before a reading came
	FlagSimulated                       // made by the simulator, not measured
	FlagGlitch                          // a reading beside a boundary was thrown out as impossible
	FlagConfigChange                    // the ratio or the scale of the register changed inside
	FlagOutage                          // the point was without voltage inside
	FlagClockSet                        // the clock that stamps was set inside
	FlagClockBad                        // the clock that stamps could not be trusted
	FlagFrozen                          // the register stood still while power flowed
	FlagSpike                           // far above the other intervals of its day
	FlagLimit                           // above what the point can physically carry
	FlagNegative                        // the register went down and nothing explains it
	FlagReactive                        // reactive energy without active, or far too much of it
	FlagSumCheck                        // the day's intervals do not add up to the register
	FlagSibling                         // another channel of the point has no interval here
	FlagCheckDiff                       // differs from the check meter by more than both classes allow
	FlagQuantum                         // one step of the register is more than a hundredth of it
	FlagManual                          // set by an act
	FlagLossApplied                     // losses up to another place were added or taken off
	FlagUnverified                      // meter or transformers beyond their verification date
	FlagPeakConfirmed                   // substituted, and a maximum-demand register bears its power out
)

var flagNames = []struct {
	f Flags
	s string
}{
	{FlagGap, "gap"}, {FlagInterpWide, "interp_wide"}, {FlagRollover, "rollover"},
	{FlagReset, "reset"}, {FlagSwap, "swap"}, {FlagLate, "late"},
	{FlagProvisional, "provisional"}, {FlagSimulated, "simulated"}, {FlagGlitch, "glitch"},
	{FlagConfigChange, "config_change"}, {FlagOutage, "outage"}, {FlagClockSet, "clock_set"},
	{FlagClockBad, "clock_bad"}, {FlagFrozen, "frozen"}, {FlagSpike, "spike"}, {FlagLimit, "limit"},
	{FlagNegative, "negative"}, {FlagReactive, "reactive"}, {FlagSumCheck, "sum_check"},
	{FlagSibling, "sibling"}, {FlagCheckDiff, "check_diff"},
	{FlagQuantum, "quantum"}, {FlagManual, "manual"}, {FlagLossApplied, "loss_applied"},
	{FlagUnverified, "unverified"}, {FlagPeakConfirmed, "peak_confirmed"},
}

// Names lists the set flags by name, in the order of their bits.
func (f Flags) Names() []string {
	var names []string
	for _, n := range flagNames {
		if f&n.f != 0 {
			names = append(names, n.s)
		}
	}
	return names
}

// FlagsNamed is the flags of some names; false if one of them is unknown.
func FlagsNamed(names []string) (f Flags, ok bool) {
	for _, name := range names {
		known := false
		for _, n := range flagNames {
			if n.s == name {
				f, known = f|n.f, true
			}
		}
		if !known {
			return 0, false
		}
	}
	return f, true
}
