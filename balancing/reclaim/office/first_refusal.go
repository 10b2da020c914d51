package office

import (
	"slices"
	"time"

	"asue/balancing/reclaim/pool"
	"asue/metering"
)

// firstRefusal says why power at a node cannot be given to somebody: a resident that has
// returned it of its own accord is asked first.
func (o *Office) firstRefusal(node metering.NodeID, to metering.ResidentID, power metering.Power, valid metering.Period, at time.Time) error {
	var why reasons
	var kept metering.Power
	for _, f := range o.files {
		returned, until, ok := f.Case.FirstRefusal(o.config.Terms)
		if !ok || f.Resident == to || !at.Before(until) || !slices.Contains(f.Nodes, node) {
			continue
		}
		left := min(returned, f.shares()[node]) - o.had(f, node, at)
		if left <= 0 {
			continue
		}
		kept += left
		why.add("%s has the right of first refusal on %v at %s until %s, by case %s: say why, and name the paper by which it declined",
			o.who(f.Resident), left, o.where(node), o.day(until), f.ID)
	}
	usable, _, err := o.books.Usable(node, valid.From, valid.To)
	if err != nil || kept == 0 || power <= usable-kept {
		return nil //nolint:nilerr // an unknown node is refused where it is asked for
	}
	return why.refusal()
}

// had is how much a resident has had back at a node since its return: reserved or firm.
func (o *Office) had(f *file, node metering.NodeID, at time.Time) (sum metering.Power) {
	firm := pool.Firm(f.Resident, node)
	sum = max(0, o.books.Balance(firm, at)-o.books.Balance(firm, f.Case.Since))
	for _, n := range o.queue {
		if n = now(n, at); n.Resident == f.Resident && n.Node == node {
			sum += n.Reserved
		}
	}
	return sum
}
