package office

import (
	"slices"
	"time"

	"asue/balancing/reclaim/register"
	"asue/metering"
)

// loss is firm power that the register's paper of a return has taken from a condition.
type loss struct {
	version register.Version // as it was before
	from    time.Time
	power   metering.Power
	ended   bool // all of it was taken, and it was withdrawn
}

// lossesBy is what acts of a return take away from a register.
func lossesBy(acts []register.Act, before *register.Register) (list []loss) {
	for _, a := range acts {
		for _, v := range before.Versions() {
			if v.Condition != a.Condition || !v.Holds(a.From) {
				continue
			}
			power := v.Firm
			if a.Terms != nil {
				power -= a.Terms.Firm
			}
			list = append(list, loss{v, a.From, power, a.Kind == register.Withdraw})
		}
	}
	return list
}

// restore are the acts by which a dispute that is upheld brings back what the register has
// lost already. A condition gets the firm power that was taken, and keeps everything else
// as it is by now. What would have come to its end is over.
func (o *Office) restore(lost []loss, a Action, at time.Time) (list []register.Act) {
	for _, l := range lost {
		from := later(l.from, at)
		if end := l.version.Until; !end.IsZero() && !from.Before(end) {
			continue
		}
		act := register.Act{Resident: l.version.Resident, From: from, Basis: a.Basis, Document: a.Document}
		if now, ok := o.bears(l, from); ok {
			act.Kind, act.Condition, act.Terms = register.Change, now.Condition, &now.Terms
			act.Terms.Firm += l.power
		} else {
			act.Kind, act.Condition, act.Terms = register.Issue, o.fresh(l.version.Condition, list...), l.anew(from)
		}
		list = append(list, act)
	}
	return list
}

// bears is the version of a condition that can take back what was lost from a time on.
// There is none where it was withdrawn, moved, is to change later on, or ends on another
// day than what was lost.
func (o *Office) bears(l loss, from time.Time) (now register.Version, ok bool) {
	for _, v := range o.register.Versions() {
		if v.Condition == l.version.Condition {
			now = v
		}
	}
	ok = now.Holds(from) && now.Node == l.version.Node && now.To.Equal(l.version.Until) && now.Until.Equal(l.version.Until)
	return now, ok
}

// anew are the terms of another condition with what was lost. Growth stays with the first
// one unless that has ended; what was due before the other begins has shown itself, or was
// not kept.
func (l loss) anew(from time.Time) *register.Terms {
	terms := l.version.Terms
	terms.Firm, terms.NonFirm = l.power, 0
	terms.Stages = slices.DeleteFunc(slices.Clone(terms.Stages), func(s register.Stage) bool { return !l.ended || s.Due.Before(from) })
	return &terms
}
