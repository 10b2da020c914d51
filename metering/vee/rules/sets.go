package rules

import (
	"slices"
	"time"

	"asue/metering"
)

// set is what is in force over some slots: every parameter and which rules are
// off.
type set struct {
	lo, hi int // slots [lo, hi)
	name   string
	values [numParams]float64
	off    [numRules]bool
}

func (s *set) number(p param) float64 { return s.values[p] }
func (s *set) count(p param) int      { return int(s.values[p]) }

// duration is a parameter in seconds.
func (s *set) duration(p param) time.Duration {
	return time.Duration(s.values[p] * float64(time.Second))
}

// History is how much of what stands before a range a case wants as Before, under
// the given rule sets: enough for every like day.
func History(list []metering.RuleSet) time.Duration {
	days := max(parameters[likeBack].Default, 7*parameters[likeWeeks].Default)
	for _, r := range list {
		days = max(days, r.Values[parameters[likeBack].Name], 7*r.Values[parameters[likeWeeks].Name])
	}
	return time.Duration(days+1) * 24 * time.Hour
}

// setsOf lists the sets of a case, ascending and without holes. A set that begins
// or ends inside an interval holds from the next one on.
func setsOf(c *Case, n int) []set {
	first := choose(c, c.From)
	if !changes(c) {
		return []set{compile(c, first, 0, n)}
	}
	var sets []set
	for lo := 0; lo < n; {
		hi, next := lo+1, first
		for hi < n {
			if next = choose(c, c.slot(hi)); next != first {
				break
			}
			hi++
		}
		sets = append(sets, compile(c, first, lo, hi))
		lo, first = hi, next
	}
	return sets
}

// changes reports whether a rule set begins or ends inside the range.
func changes(c *Case) bool {
	inside := func(t time.Time) bool { return t.After(c.From) && t.Before(c.To) }
	return slices.ContainsFunc(c.Rules, func(r metering.RuleSet) bool { return inside(r.From) || inside(r.To) })
}

// choose is the index of the rule set in force at t, -1 for the defaults.
func choose(c *Case, t time.Time) int {
	other := -1
	for i := range c.Rules {
		r := &c.Rules[i]
		switch {
		case !r.Holds(t):
		case r.Class == c.Point.Class:
			return i
		case r.Class == "" && other < 0:
			other = i
		}
	}
	return other
}

// compile makes the set of one of the case's rule sets; values beyond a
// parameter's range, which a site file does not get away with, count as its end.
func compile(c *Case, chosen, lo, hi int) set {
	s := set{lo: lo, hi: hi, name: "defaults"}
	for p := range numParams {
		s.values[p] = parameters[p].Default
	}
	if chosen < 0 {
		return s
	}
	r := &c.Rules[chosen]
	s.name = r.Name
	if !r.From.IsZero() {
		s.name += " " + r.From.In(c.zone()).Format(time.DateOnly)
	}
	for name, v := range r.Values {
		if p, ok := paramByName[name]; ok {
			s.values[p] = min(max(v, parameters[p].Min), parameters[p].Max)
		}
	}
	for _, name := range r.Off {
		if i, ok := ruleByName[name]; ok {
			s.off[i] = true
		}
	}
	return s
}
