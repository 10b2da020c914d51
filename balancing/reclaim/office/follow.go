package office

import (
	"cmp"
	"slices"
	"time"

	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// target is how much of what a resident has at a node is to be held or demoted from now on.
type target struct{ held, demoted metering.Power }

// work is a posting in the making, with books on which its parts are tried.
type work struct {
	o       *Office
	trial   *pool.Ledger
	paper   pool.Posting
	owed    []owed
	entries []pool.Entry
	draws   []pool.Entry // into firm accounts, from wherever the pool has it
	a       Action
	why     reasons
}

func (o *Office) work(s signatures, at time.Time, a Action) *work {
	approver := s.approver
	if approver == "" {
		approver = someone // it moves kilowatts, so it becomes a draft
	}
	return &work{o: o, trial: o.books.Clone(), a: a, owed: o.owed,
		paper: pool.Posting{Recorded: at, Author: s.author, Approver: approver, Basis: a.Basis, Document: a.Document}}
}

// follow adds what makes the books follow the register at a place from a time on. Before
// now what was held or demoted stays so.
func (w *work) follow(next *register.Register, p place, since time.Time, to target) {
	right := rightsOf(next.Conditions(), p)
	firm, held, demoted, nonFirm := pool.Firm(p.resident, p.node), pool.Held(p.resident, p.node), pool.Demoted(p.resident, p.node), pool.NonFirm(p.resident, p.node)
	now := second(w.paper.Recorded)
	instants := append(right.instants(), now)
	for _, a := range []pool.Account{firm, held, demoted, nonFirm} {
		for _, l := range w.o.books.Course(a) {
			instants = append(instants, l.From)
		}
	}
	for _, x := range w.owed {
		if x.place == p {
			instants = append(instants, x.from)
			if !x.to.IsZero() {
				instants = append(instants, x.to)
			}
		}
	}
	instants = ordered(instants, since)
	var moves []pool.Entry
	for i, t := range instants {
		valid := metering.Period{From: t, To: following(instants, i)}
		move := func(from, to pool.Account, power metering.Power) {
			if power > 0 {
				moves = append(moves, pool.Entry{From: from, To: to, Power: power, Valid: valid})
			}
		}
		f, h, d := w.o.books.Balance(firm, t), w.o.books.Balance(held, t), w.o.books.Balance(demoted, t)
		total := right.firm(t)
		for _, x := range w.owed {
			if x.place == p && x.at(t) {
				total += x.power
			}
		}
		want := to
		if t.Before(now) {
			want = target{h, d}
		}
		want.held = min(want.held, total)
		want.demoted = min(want.demoted, total-want.held)
		// What is less leaves what is no longer demoted or held first.
		freeD, freeH, less := max(0, d-want.demoted), max(0, h-want.held), max(0, f+h+d-total)
		goneD := min(freeD, less)
		goneH := min(freeH, less-goneD)
		move(demoted, pool.Free(p.node), goneD)
		move(held, pool.Free(p.node), goneH)
		move(firm, pool.Free(p.node), less-goneD-goneH)
		move(demoted, firm, freeD-goneD)
		move(held, firm, freeH-goneH)
		move(firm, held, want.held-h)
		move(firm, demoted, want.demoted-d)
		move(pool.Account{Kind: pool.KindPool}, firm, total-f-h-d)
		n := w.o.books.Balance(nonFirm, t)
		move(pool.Grid(), nonFirm, right.nonFirm(t)-n)
		move(nonFirm, pool.Grid(), n-right.nonFirm(t))
	}
	for _, e := range joined(moves) {
		if e.From.Kind == pool.KindPool {
			w.draws = append(w.draws, e)
		} else {
			w.entries = append(w.entries, e)
		}
	}
}

// joined are entries with those that follow upon each other made one.
func joined(list []pool.Entry) (out []pool.Entry) {
	for _, e := range list {
		i := slices.IndexFunc(out, func(x pool.Entry) bool {
			return x.From == e.From && x.To == e.To && x.Power == e.Power && x.Valid.To.Equal(e.Valid.From)
		})
		if i >= 0 {
			out[i].Valid.To = e.Valid.To
		} else {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b pool.Entry) int { return cmp.Or(a.Valid.From.Compare(b.Valid.From)) })
	return out
}

// done is the posting, if the books bear it; nil if nothing moves. What is given back is
// there for what is drawn.
func (w *work) done() (*pool.Posting, error) {
	if len(w.entries) > 0 {
		given := w.paper
		given.Entries = w.entries
		if _, err := w.trial.Repeat(given); err != nil {
			w.why.because(err)
			return nil, w.why.refusal()
		}
	}
	for _, d := range w.draws {
		drawn := w.paper
		var err error
		if drawn.Entries, err = w.trial.Draw(d.To, d.Power, d.Valid); err != nil {
			w.why.add("%s at %s would need %v more from %s on, and the pool has not as much", w.o.who(metering.ResidentID(d.To.Owner)), w.o.where(d.To.Node), d.Power, w.o.day(d.Valid.From))
			continue
		}
		if _, err := w.trial.Repeat(drawn); err != nil {
			w.why.because(err)
			continue
		}
		w.entries = append(w.entries, drawn.Entries...)
	}
	if len(w.entries) > 0 && w.paper.Basis == "" {
		w.why.add("it moves kilowatts in the books: name the legal basis, a clause of a contract or of the law")
	}
	if err := w.why.refusal(); err != nil || len(w.entries) == 0 {
		return nil, err
	}
	posting := w.paper
	posting.Entries = w.entries
	if _, err := w.o.books.Clone().Post(posting); err != nil {
		w.why.because(err)
	}
	return &posting, w.why.refusal()
}

// outdone refuses what is drawn at a node at which somebody else has the right of first
// refusal, unless the action says why.
func (w *work) outdone() {
	if w.a.Why != "" {
		return
	}
	for _, d := range w.draws {
		resident := metering.ResidentID(d.To.Owner)
		if err := w.o.firstRefusal(d.To.Node, resident, d.Power, d.Valid, w.paper.Recorded); err != nil {
			w.why.because(err)
		}
	}
}
