package rules

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// Deed is what an act does to intervals.
type Deed string

// Deeds.
const (
	SetValues Deed = "set-values" // each interval gets the energy that is given for it
	SetTotal  Deed = "set-total"  // an agreed energy is shared out, by the energies that stand there or flat
	Scale     Deed = "scale"      // what stands there times a fraction
	Zero      Deed = "zero"       // nothing flowed
	CopyCheck Deed = "copy-check" // the check meter's energies
	Finalise  Deed = "finalise"   // substitutes and estimates will not change any more
)

// Change is what a person wants: one channel of one point over [From, To).
type Change struct {
	ID, Author, Reason, Document string

	Point    metering.PointID
	Channel  metering.Channel
	From, To time.Time // multiples of metering.BasePeriod
	Deed     Deed

	Values []metering.Energy   // SetValues: one for each base period
	Total  metering.Energy     // SetTotal
	Factor metering.Fraction   // Scale, > 0
	Check  []metering.Interval // CopyCheck: ascending
}

// maxAct is how many intervals one act may change: a year of them and a day.
const maxAct = 366 * 96

// Amend makes the act that does a change: for each base period the interval that
// stands there now (Before, with Version 0 if there is none) and what is to stand
// there (After), so that both energies are kept. current are the intervals that
// stand there, ascending. The error tells all faults together.
//
// SetValues, SetTotal and Scale are agreed substitutes (E10), Zero and CopyCheck
// those of E9 and E2; Finalise keeps energy and method and makes the grade F.
func Amend(current []metering.Interval, c Change) (metering.Act, error) {
	n, faults := c.check()
	if n == 0 {
		return metering.Act{}, errors.Join(faults...)
	}
	now, check := seriesOf(current, c.From), seriesOf(c.Check, c.From)
	act := metering.Act{ID: c.ID, Author: c.Author, Reason: c.Reason, Document: c.Document}
	totals := c.shares(&now, n)
	var lacking places
	for i := range n {
		after := metering.Interval{
			Point: c.Point, Channel: c.Channel, Start: c.From.Add(time.Duration(i) * metering.BasePeriod),
			Grade: metering.Substitute, Method: metering.MethodAgreed, Flags: metering.FlagManual, Reason: c.reason(),
		}
		before := now.at(i)
		ok := true
		switch c.Deed {
		case SetValues:
			after.Energy = c.Values[i]
		case SetTotal:
			after.Energy = totals[i]
		case Zero:
			after.Method = metering.MethodZero
		case CopyCheck:
			ok = copied(&after, check.at(i))
		case Scale:
			ok = c.scaled(&after, before)
		case Finalise:
			ok = finalised(&after, before)
		}
		if !ok {
			lacking.add(after.Start)
			continue
		}
		change := metering.ActChange{Before: metering.Interval{Point: c.Point, Channel: c.Channel, Start: after.Start, Grade: metering.Null}, After: after}
		if before != nil {
			change.Before = *before
		}
		act.Changes = append(act.Changes, change)
	}
	if lacking.n > 0 {
		faults = append(faults, fmt.Errorf("%s: %s", c.lacks(), lacking))
	}
	if len(faults) > 0 {
		return metering.Act{}, errors.Join(faults...)
	}
	return act, nil
}

func (c Change) lacks() string {
	switch c.Deed {
	case CopyCheck:
		return "the check meter has no energy at"
	case Finalise:
		return "there is no substitute or estimate to make final at"
	}
	return "there is no energy to scale, or none that fits, at"
}

func (c Change) reason() string {
	text := fmt.Sprintf("act %s by %s: %s", c.ID, c.Author, c.Reason)
	if c.Document != "" {
		text += " (" + c.Document + ")"
	}
	return text
}

func (c Change) scaled(after, before *metering.Interval) bool {
	if !hasEnergy(before) {
		return false
	}
	num, den := c.Factor.Parts()
	var okEnergy, okUncertainty bool
	after.Energy, okEnergy = scaleBy(before.Energy, num, den)
	after.Uncertainty, okUncertainty = scaleBy(before.Uncertainty, num, den)
	return okEnergy && okUncertainty
}

func copied(after, check *metering.Interval) bool {
	if !hasEnergy(check) {
		return false
	}
	after.Energy, after.Uncertainty, after.Method = check.Energy, check.Uncertainty, metering.MethodCheck
	return true
}

func finalised(after, before *metering.Interval) bool {
	if before == nil || (before.Grade != metering.Substitute && before.Grade != metering.Estimated) {
		return false
	}
	reason := after.Reason
	flags := before.Flags | metering.FlagManual
	*after = *before
	after.Version, after.RecordedAt = 0, time.Time{}
	after.Grade, after.Flags = metering.FinalGrade, flags
	if before.Reason != "" {
		after.Reason = before.Reason + "; " + reason
	}
	return true
}
