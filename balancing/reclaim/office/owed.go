package office

import (
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// owed is what the register has lost to a return that is not complete; [From, To).
type owed struct {
	file string
	place
	from, to time.Time // a zero to: until the return is complete
	power    metering.Power
}

func (w owed) at(t time.Time) bool {
	return metering.Period{From: w.from, To: w.to}.Holds(t)
}

// rights are the conditions of a resident at a node.
type rights []metering.Condition

func rightsOf(list []metering.Condition, p place) rights {
	return slices.DeleteFunc(slices.Clone(list), func(c metering.Condition) bool { return c.Resident != p.resident || c.Node != p.node })
}

// instants are when the rights change, in whole seconds.
func (r rights) instants() (list []time.Time) {
	for _, c := range r {
		list = append(list, second(c.From))
		if !c.To.IsZero() {
			list = append(list, second(c.To))
		}
	}
	return list
}

func (r rights) sum(t time.Time, of func(metering.Condition) metering.Power) (sum metering.Power) {
	for _, c := range r {
		if !t.Before(second(c.From)) && (c.To.IsZero() || t.Before(second(c.To))) {
			sum += of(c)
		}
	}
	return sum
}

func (r rights) firm(t time.Time) metering.Power {
	return r.sum(t, func(c metering.Condition) metering.Power { return c.Power })
}

func (r rights) nonFirm(t time.Time) metering.Power {
	return r.sum(t, func(c metering.Condition) metering.Power { return c.NonFirm })
}

// owes is what is owed after an event of a case. The paper of the register may be the last
// of a return, and effective from a day before.
func (o *Office) owes(f *file, e reclaim.Event, next *register.Register) []owed {
	list := slices.Clone(o.owed)
	if e.Kind == reclaim.InRegister {
		for _, n := range f.Nodes {
			list = append(list, o.lost(f.ID, place{f.Resident, n}, next)...)
		}
	}
	if f.open() {
		return list
	}
	end := second(e.At)
	for i := range list {
		if w := &list[i]; w.file == f.ID && (w.to.IsZero() || w.to.After(end)) {
			w.to = end
		}
	}
	return slices.DeleteFunc(list, func(w owed) bool { return !w.to.IsZero() && !w.from.Before(w.to) })
}

// lost is what another register has less at a place.
func (o *Office) lost(file string, p place, next *register.Register) (list []owed) {
	before, after := rightsOf(o.register.Conditions(), p), rightsOf(next.Conditions(), p)
	instants := ordered(append(before.instants(), after.instants()...), o.config.Opened)
	for i, t := range instants {
		if less := before.firm(t) - after.firm(t); less != 0 {
			list = append(list, owed{file, p, t, following(instants, i), less})
		}
	}
	return list
}

// ordered are the instants from a time on, that one among them, ascending, each once.
func ordered(list []time.Time, since time.Time) []time.Time {
	list = slices.DeleteFunc(append(list, since), func(t time.Time) bool { return t.Before(since) })
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}

// following is the instant after the i-th, zero for the last.
func following(instants []time.Time, i int) time.Time {
	if i+1 < len(instants) {
		return instants[i+1]
	}
	return time.Time{}
}
