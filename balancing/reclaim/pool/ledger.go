package pool

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Node is a place of the network where commitments are counted.
type Node struct {
	ID     metering.NodeID
	Parent metering.NodeID // none for a root
	// Ceilings say how much may be committed at the node and below it, ascending in
	// time. Before the first, and where one is Unlimited, nothing is held against it.
	Ceilings []Ceiling
}

// Ledger is the books. It is not safe for use by several goroutines at once.
type Ledger struct {
	nodes    []Node
	index    map[metering.NodeID]int
	paths    [][]int // of each node: itself and its ancestors
	ceiling  []line
	postings []Posting
	balance  map[Account]line
	used     []line // committed at the node and below
}

// New opens the books of a network. It returns all faults of it at once: an unknown or
// circular parent, an id that comes twice, ceilings out of order or not stated.
func New(nodes []Node) (*Ledger, error) {
	l := &Ledger{nodes: slices.Clone(nodes), index: map[metering.NodeID]int{}, balance: map[Account]line{}, used: make([]line, len(nodes))}
	var faults []error
	fault := func(id metering.NodeID, format string, args ...any) {
		faults = append(faults, fmt.Errorf("node %q: "+format, append([]any{id}, args...)...))
	}
	for i, n := range nodes {
		if _, twice := l.index[n.ID]; twice || n.ID == "" {
			fault(n.ID, "its id is empty or comes twice")
			continue
		}
		l.index[n.ID] = i
	}
	for _, n := range nodes {
		c, why := ceilings(n.Ceilings)
		if why != "" {
			fault(n.ID, "%s", why)
		}
		l.ceiling = append(l.ceiling, c)
		path, why := l.path(n)
		if why != "" {
			fault(n.ID, "%s", why)
		}
		l.paths = append(l.paths, path)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return l, nil
}

func (l *Ledger) path(n Node) (path []int, why string) {
	for at := n.ID; at != ""; {
		i, ok := l.index[at]
		if !ok {
			return nil, fmt.Sprintf("its ancestor %q is not known", at)
		}
		if slices.Contains(path, i) {
			return nil, "its parents go round in a circle"
		}
		path = append(path, i)
		at = l.nodes[i].Parent
	}
	return path, ""
}

// Post takes a posting in and returns its number. A posting that is refused changes
// nothing; the error joins a *Fault for each reason.
func (l *Ledger) Post(p Posting) (int, error) { return l.take(p, !p.Opening) }

// Repeat takes a posting in that was posted before, in books of which these are made
// again. The ceilings of then bore it, whatever they are now; they are not asked.
func (l *Ledger) Repeat(p Posting) (int, error) { return l.take(p, false) }

func (l *Ledger) take(p Posting, ceilings bool) (int, error) {
	if faults := l.form(p); len(faults) > 0 {
		return 0, errors.Join(faults...)
	}
	balance, used := l.after(p.Entries)
	faults := l.short(balance)
	if ceilings {
		faults = append(faults, l.overfull(used)...)
	}
	faults = append(faults, l.twiceReserved(p.Entries)...)
	if len(faults) > 0 {
		return 0, errors.Join(faults...)
	}
	maps.Copy(l.balance, balance)
	for i, u := range used {
		l.used[i] = u
	}
	p.Seq = len(l.postings) + 1
	p.Entries = slices.Clone(p.Entries)
	l.postings = append(l.postings, p)
	return p.Seq, nil
}

// Clone is other books that say the same: what is posted there is not posted here.
func (l *Ledger) Clone() *Ledger {
	c := *l
	c.nodes, c.ceiling, c.used = slices.Clone(l.nodes), slices.Clone(l.ceiling), slices.Clone(l.used)
	c.balance, c.postings = maps.Clone(l.balance), slices.Clip(l.postings)
	return &c
}

// after is what accounts and nodes that some entries touch would come to.
func (l *Ledger) after(entries []Entry) (map[Account]line, map[int]line) {
	balance, used := map[Account]line{}, map[int]line{}
	move := func(a Account, from, to instant, p metering.Power) {
		b, ok := balance[a]
		if !ok {
			b = l.balance[a]
		}
		balance[a] = b.plus(from, to, p)
		if !a.committed() {
			return
		}
		for _, n := range l.paths[l.index[a.Node]] {
			u, ok := used[n]
			if !ok {
				u = l.used[n]
			}
			used[n] = u.plus(from, to, p)
		}
	}
	for _, e := range entries {
		from, to := begin(e.Valid.From), end(e.Valid.To)
		move(e.From, from, to, -e.Power)
		move(e.To, from, to, e.Power)
	}
	return balance, used
}

// short tells which accounts would fall below zero, when and by how much.
func (l *Ledger) short(balance map[Account]line) (faults []error) {
	for a, b := range balance {
		if a.Kind == KindGrid {
			continue
		}
		if low, when := b.least(ever, never); low < 0 {
			faults = append(faults, &Fault{0, fmt.Sprintf("%v would be %v short from %s on", a, -low, stamp(when.time()))})
		}
	}
	return inOrder(faults)
}

// overfull tells at which nodes more would be committed than the ceiling allows, where
// that is more than before.
func (l *Ledger) overfull(used map[int]line) (faults []error) {
	for n, after := range used {
		instants := merge(after)
		for _, s := range append(slices.Clone(l.ceiling[n]), l.used[n]...) {
			instants = append(instants, s.at)
		}
		slices.Sort(instants)
		for _, t := range instants {
			limit, now := l.ceiling[n].at(t), after.at(t)
			if now > limit && now > l.used[n].at(t) {
				faults = append(faults, &Fault{0, fmt.Sprintf("node %s: %v would be committed from %s on, its ceiling is %v", l.nodes[n].ID, now, stamp(t.time()), limit)})
				break
			}
		}
	}
	return inOrder(faults)
}

func inOrder(faults []error) []error {
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return faults
}

// Balance is what is on an account at a time.
func (l *Ledger) Balance(a Account, at time.Time) metering.Power {
	return l.balance[a].at(instant(at.Unix()))
}

// Level is what is on an account from a time on.
type Level struct {
	From  time.Time
	Power metering.Power
}

// Course is how what is on an account changes, ascending in time, past and to come.
// Before the first level it is 0; nil if nothing was ever on it.
func (l *Ledger) Course(a Account) []Level {
	var list []Level
	for _, s := range l.balance[a] {
		list = append(list, Level{s.at.time(), s.power})
	}
	return list
}

// AsOf is what was on an account at a time, as far as it was recorded by another one.
func (l *Ledger) AsOf(a Account, at, recorded time.Time) metering.Power {
	var sum metering.Power
	for _, p := range l.postings {
		if p.Recorded.After(recorded) {
			break
		}
		for _, e := range p.Entries {
			if !e.Valid.Holds(at) {
				continue
			}
			if e.To == a {
				sum += e.Power
			}
			if e.From == a {
				sum -= e.Power
			}
		}
	}
	return sum
}

// Accounts lists every account that anything was ever on, in order of kind, node and
// owner.
func (l *Ledger) Accounts() []Account {
	list := slices.Collect(maps.Keys(l.balance))
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// Postings are all of them in their order. They belong to the ledger.
func (l *Ledger) Postings() []Posting { return l.postings }
