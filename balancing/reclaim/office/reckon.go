package office

import (
	"math"
	"slices"
	"time"

	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// decision is what an action comes to.
type decision struct {
	subject string
	effects Effects
}

// reckon finds what an action does if it is signed at a time. It changes nothing.
func (o *Office) reckon(s signatures, at time.Time, a Action) (decision, error) {
	switch a.Kind {
	case OpenCase:
		return o.openCase(s, at, a)
	case StepCase:
		return o.stepCase(s, at, a)
	case Apply:
		return o.enter(at, a)
	case Refuse:
		return o.refuseApplication(at, a)
	case Reserve:
		return o.reserve(s, at, a)
	case GiveBack:
		return o.giveBack(s, at, a)
	case Allot:
		return o.allot(s, at, a)
	case ChangeBooks:
		return o.changeBooks(s, at, a)
	case SetCeiling:
		return o.setCeiling(at, a)
	case ChangeTerms:
		return o.changeTerms(s, at, a)
	}
	return decision{}, refuse("%q is no action: use one of %s", a.Kind, kindList())
}

// effective is when an action is in force: at once, if it does not say.
func effective(a Action, at time.Time) time.Time {
	if a.From.IsZero() {
		return second(at)
	}
	return second(a.From)
}

// signedAt is when something begins that cannot begin before it is signed.
func signedAt(a Action, at time.Time) time.Time { return later(effective(a, at), second(at)) }

// byHand are the moves that are posted by hand. All others follow from the register, from
// cases and from applications: books that were moved by themselves would say something
// else than these.
var byHand = [][2]pool.Kind{
	{pool.KindGrid, pool.KindSupply}, {pool.KindSupply, pool.KindGrid}, {pool.KindSupply, pool.KindPool}, {pool.KindPool, pool.KindSupply},
	{pool.KindSupply, pool.KindLoss}, {pool.KindLoss, pool.KindSupply},
}

func (o *Office) changeBooks(s signatures, at time.Time, a Action) (decision, error) {
	var why reasons
	entries := slices.Clone(a.Entries)
	for i := range entries {
		e := &entries[i]
		if e.Valid.From.IsZero() {
			e.Valid.From = effective(a, at)
		}
		e.Valid.From, e.Valid.To = e.Valid.From.UTC(), e.Valid.To.UTC()
		if !slices.Contains(byHand, [2]pool.Kind{e.From.Kind, e.To.Kind}) {
			why.add("entry %d: from %s to %s nothing is posted by hand: it follows from the register, a case or an application", i+1, e.From.Kind, e.To.Kind)
		}
		if e.Valid.From.Before(o.config.Opened) {
			why.add("entry %d: it holds from %s, and the books begin at %s", i+1, e.Valid.From.Format(time.RFC3339), o.config.Opened.Format(time.RFC3339))
		}
	}
	if err := why.refusal(); err != nil {
		return decision{}, err
	}
	w := o.work(s, at, a)
	w.entries = entries
	posting, err := w.done()
	return decision{effects: Effects{Posting: posting}}, err
}

// setCeiling bounds a ceiling by the ratio of the policy times the node's limit: above it
// the board decides.
func (o *Office) setCeiling(at time.Time, a Action) (decision, error) {
	if a.Ceiling == nil {
		return decision{}, refuse("state the ceiling: a limit_w, or unlimited, and from when")
	}
	c := *a.Ceiling
	if c.From.IsZero() {
		c.From = effective(a, at)
	}
	c.From = c.From.UTC()
	if c.Document == "" {
		c.Document = a.Document
	}
	var why reasons
	why.because(o.books.Clone().SetCeiling(a.Node, c))
	own, limited := o.limit(a.Node, c.From).Power()
	most := metering.Power(math.Round(float64(own) * o.config.Policy.Ratio))
	if p, ok := c.Limit.Power(); limited && a.Why == "" && c.Limit.IsStated() && (!ok || p > most) {
		why.add("a ceiling of %v at %s is above %v, %v times its limit of %v: say why, and name the decision of the board", c.Limit, o.where(a.Node), most, o.config.Policy.Ratio, own)
	}
	return decision{subject: string(a.Node), effects: Effects{Ceiling: &CeilingOf{a.Node, c}}}, why.refusal()
}

// limit is the ceiling of a node at a time before anybody decided about it.
func (o *Office) limit(node metering.NodeID, at time.Time) metering.Limit {
	limit := metering.Unlimited()
	for _, n := range o.config.Nodes {
		for _, c := range n.Ceilings {
			if n.ID == node && !at.Before(c.From) {
				limit = c.Limit
			}
		}
	}
	return limit
}

// changeTerms takes acts of the register in, and lets the books follow: what is more comes
// out of the pool, what is less goes back to it.
func (o *Office) changeTerms(s signatures, at time.Time, a Action) (decision, error) {
	if len(a.Acts) == 0 {
		return decision{}, refuse("state the acts of the register")
	}
	acts := slices.Clone(a.Acts)
	since := effective(a, at)
	for i := range acts {
		act := &acts[i]
		if act.From.IsZero() {
			act.From = effective(a, at)
		}
		if act.From = second(act.From); act.From.Before(since) {
			since = act.From
		}
		if act.Terms != nil {
			terms := *act.Terms
			terms.Until = second(terms.Until)
			act.Terms = &terms
		}
		if act.Basis == "" {
			act.Basis = a.Basis
		}
		if act.Document == "" {
			act.Document = a.Document
		}
		act.Recorded, act.Author, act.Approver = at, s.author, s.approver
	}
	next, err := o.register.With(acts...)
	if err != nil {
		var why reasons
		why.because(err)
		return decision{}, why.refusal()
	}
	w := o.work(s, at, a)
	for _, p := range changed(o.register, next, o.config.Opened) {
		to := target{}
		if f := o.openAt(p.resident, p.node); f != nil {
			if p.firm {
				w.why.add("%s at %s: case %s is open about its ТУ of %v: it stays as it is until the case is over", o.who(p.resident), o.where(p.node), f.ID, f.Case.Allowed)
				continue
			}
			to = f.target(f.shares()[p.node])
		}
		w.follow(next, p.place, later(since, o.config.Opened), to)
	}
	w.outdone()
	posting, err := w.done()
	return decision{effects: Effects{Acts: acts, Posting: posting}}, err
}

// place is a resident at a node.
type place struct {
	resident metering.ResidentID
	node     metering.NodeID
}

// change is a place at which two registers differ.
type change struct {
	place
	firm bool // not the non-firm power alone
}

// changed are the places at which two registers say other powers, in order.
func changed(before, after *register.Register, since time.Time) (list []change) {
	old, now := before.Conditions(), after.Conditions()
	var seen []place
	for _, c := range slices.Concat(old, now) {
		p := place{c.Resident, c.Node}
		if slices.Contains(seen, p) {
			continue
		}
		seen = append(seen, p)
		x, y := rightsOf(old, p), rightsOf(now, p)
		instants := append(append(x.instants(), y.instants()...), since)
		ch := change{place: p}
		differ := false
		for _, t := range instants {
			if t.Before(since) {
				continue
			}
			ch.firm = ch.firm || x.firm(t) != y.firm(t)
			differ = differ || ch.firm || x.nonFirm(t) != y.nonFirm(t)
		}
		if differ {
			list = append(list, ch)
		}
	}
	return list
}
