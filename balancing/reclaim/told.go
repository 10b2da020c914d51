package reclaim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Told is what evidence says beside what it is about: what was found, and what could be
// returned of which conditions. It is what a case is opened with.
type Told struct {
	Claim
	Rules   string // version of the rules
	Class   Class
	Allowed metering.Power // the ТУ at the end of the time
	// Retained and Returnable are 0 where nothing could be reckoned.
	Retained   metering.Power
	Returnable metering.Power
	// Conditions are those it speaks of, past ones among them.
	Conditions []metering.Condition
}

// ToldBy reads off the text of evidence what ClaimOf does, and what was found. It fails
// where ClaimOf does, on a class that does not exist, and where rules, ТУ and class are
// not said once each or a volume says more than the ТУ; it does not judge whether the evidence is true.
func ToldBy(text string) (Told, error) {
	claim, err := ClaimOf(text)
	if err != nil {
		return Told{}, err
	}
	told := Told{Claim: claim}
	said := map[string]int{}
	read := map[string]func(*values){
		"rules":     func(v *values) { told.Rules = v.quoted() },
		"allowed":   func(v *values) { told.Allowed = v.power() },
		"class":     func(v *values) { told.Class = Class(v.quoted()) },
		"volume":    func(v *values) { told.Retained, told.Returnable = v.power(), v.power() },
		"condition": func(v *values) { told.Conditions = append(told.Conditions, v.condition()) },
	}
	for line := range strings.Lines(text) {
		name, args, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if read[name] == nil {
			continue
		}
		v := &values{rest: args}
		if read[name](v); v.err != nil {
			return Told{}, fmt.Errorf("evidence: line %q: %w", name, v.err)
		}
		said[name]++
	}
	switch {
	case said["rules"] != 1 || said["allowed"] != 1 || said["class"] != 1 || said["volume"] > 1:
		return Told{}, errors.New("evidence: it does not say rules, allowed and class once each, and volume at most once")
	case !slices.Contains(Classes(), told.Class):
		return Told{}, fmt.Errorf("evidence: there is no class %.40q", told.Class)
	case told.Retained > told.Allowed || told.Returnable > told.Allowed-told.Retained:
		return Told{}, fmt.Errorf("evidence: %v retained and %v returned are more than the ТУ of %v", told.Retained, told.Returnable, told.Allowed)
	}
	return told, nil
}

func (v *values) power() metering.Power { return metering.Power(v.count()) }

// bound is a moment, zero for "-".
func (v *values) bound() time.Time {
	if rest, open := strings.CutPrefix(v.rest, "-"); open && (rest == "" || rest[0] == ' ') {
		v.word()
		return time.Time{}
	}
	return v.moment()
}

func (v *values) condition() metering.Condition {
	c := metering.Condition{ID: v.quoted(), Resident: metering.ResidentID(v.quoted()), Node: metering.NodeID(v.quoted()), Power: v.power(),
		Category: metering.Category(v.count()), Document: v.quoted()}
	c.From, c.To = v.bound(), v.bound()
	return c
}
