package register

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// Reduce returns the acts that bring the firm power of a resident at a node down to a
// power from a moment on, the condition that was issued last going first: whole ones are
// withdrawn, or keep their non-firm power alone, and one is changed to what remains of
// it. No other node is touched. None are needed where it is that power already.
//
// It refuses a power above the present one, and what the register itself would refuse:
// too little for the armour, no basis, no document. A condition that is to change after
// the moment cannot be reduced before that.
func (r *Register) Reduce(resident metering.ResidentID, node metering.NodeID, to metering.Power, from time.Time, basis, document string) ([]Act, error) {
	sum := r.firm(resident, node, from)
	fail := func(format string, args ...any) error {
		return fmt.Errorf("reduce %s at %s from %s: "+format, append([]any{resident, node, r.day(from)}, args...)...)
	}
	switch {
	case node == "" || from.IsZero():
		return nil, fail("state node and time")
	case to < 0 || to > sum:
		return nil, fail("to %v: firm power there is %v; state 0 to that", to, sum)
	}
	var acts []Act
	var faults []error
	excess := sum - to
	for _, v := range r.youngest(resident, node, from) {
		if excess == 0 {
			break
		}
		if h := r.histories[r.find(v.Condition)]; h.last.After(from) {
			faults = append(faults, fail("%q is to change at %s already; take a later moment, or change it first", v.Condition, r.day(h.last)))
		}
		less := min(excess, v.Firm)
		excess -= less
		a := Act{Kind: Withdraw, Resident: resident, Condition: v.Condition, From: from, Basis: basis, Document: document}
		if less < v.Firm || v.NonFirm > 0 {
			terms := v.Terms
			terms.Firm -= less
			a.Kind, a.Terms = Change, &terms
		}
		acts = append(acts, a.clean())
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if _, err := r.With(acts...); err != nil {
		return nil, fail("to %v: %w", to, err)
	}
	return acts, nil
}

// youngest are the versions with firm power in force at a node, by when their condition
// was issued, the last first.
func (r *Register) youngest(resident metering.ResidentID, node metering.NodeID, t time.Time) []Version {
	var list []Version
	issued := map[string]time.Time{}
	for _, h := range slices.Backward(r.histories) { // of one day the one entered last goes first
		for _, v := range h.versions {
			if h.resident == resident && v.Node == node && v.Firm > 0 && v.Holds(t) {
				list = append(list, v)
				issued[v.Condition] = h.issued
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Version) int { return issued[b.Condition].Compare(issued[a.Condition]) })
	return list
}
