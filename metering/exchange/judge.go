package exchange

import "asue/metering"

// Verdict is how an interval of a file stands to the ledger's.
type Verdict uint8

// Verdicts.
const (
	New     Verdict = iota + 1 // the ledger has none
	Filled                     // the ledger has one without an energy
	Same                       // the ledger has the same energy, as well grounded or set by a person
	Differs                    // the ledger has another energy, or a worse grade of it
)

// Judge holds an interval of a file against the current one of the ledger, whose
// Version is 0 if there is none.
func Judge(file, current metering.Interval) Verdict {
	switch {
	case current.Version == 0:
		return New
	case current.Grade == metering.Null:
		if current.Flags&metering.FlagManual != 0 {
			return Differs // a person has set that nothing is known
		}
		return Filled
	case current.Energy == file.Energy && (current.Flags&metering.FlagManual != 0 || current.Grade.Worse(file.Grade) == file.Grade):
		return Same
	}
	return Differs
}

// Replacement is an interval of a file as an act writes it over another one:
// graded Substitute, unless the file says Final, and marked as set by a person.
func Replacement(file metering.Interval) metering.Interval {
	if file.Grade != metering.FinalGrade {
		file.Grade = metering.Substitute
	}
	file.Flags |= metering.FlagManual
	return file
}
