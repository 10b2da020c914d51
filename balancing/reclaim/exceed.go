package reclaim

import "time"

// Answer is what follows when a resident draws more than its ТУ.
type Answer string

// Answers, the mildest first.
const (
	WriteNotice Answer = "notice"
	WriteWarn   Answer = "warning"
	SuspendNon  Answer = "suspend-non-firm" // rights to non-firm power and to what is in excess
)

// AnswerTo is the answer to another month of class Exceeding, after the notices and
// warnings that were served before: a notice; a written warning within 12 months of
// it; and after both, non-firm rights may be suspended. The ladder follows that of the
// Dutch rules for suspending non-firm transport rights (Stcrt 2024/23594), where degree
// and frequency are to be weighed by people.
func AnswerTo(served []time.Time, at time.Time) Answer {
	recent := 0
	for _, t := range served {
		if !t.After(at) && t.AddDate(0, 12, 0).After(at) {
			recent++
		}
	}
	switch recent {
	case 0:
		return WriteNotice
	case 1:
		return WriteWarn
	}
	return SuspendNon
}
