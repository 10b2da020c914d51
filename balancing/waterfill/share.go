package waterfill

import "math/big"

// Tier is what a share is decided in.
type Tier uint8

// Tiers, in the order in which they are served. Solve knows one alone.
const (
	TierSingle Tier = iota // shared in one go
	TierArmour             // what must not be cut: armour, fixed loads, what a person has fixed
	TierFirm               // up to the technical conditions, class by class
	TierExcess             // above them
)

// String names the tier in words.
func (t Tier) String() string {
	return [...]string{"single", "armour", "firm", "excess"}[t&3]
}

// Reason is why a share is what it is.
type Reason uint8

// Reasons.
const (
	ReasonAll       Reason = iota // it gets all it asks for
	ReasonFixed                   // a load that nobody can move
	ReasonPinned                  // a person has fixed it
	ReasonLevel                   // its node is full, and it has the same share as the others there
	ReasonLeast                   // the same, but it keeps its least, which is more
	ReasonFull                    // its node is full with what comes before it
	ReasonViolating               // its node cannot carry what must not be cut: a proposal
)

// String names the reason in a word.
func (r Reason) String() string {
	if names := [...]string{"all", "fixed", "pinned", "level", "least", "full", "violating"}; int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}

// Share is what one leaf is allotted, and why.
type Share struct {
	ID    string
	KW    int64 // whole kilowatts: less than one away from Exact
	Asks  int64 // kW that it could use
	Least int64 // kW of it that must not be cut
	// Weight is what it shares by: the technical conditions, where there are tiers.
	Weight int64

	Tier   Tier // the one in which it was cut, or in which it had all
	Class  int  // of its firm part; 0 where there are no tiers
	Reason Reason
	// Binding is the node that holds it below what it asks for, and Level how much
	// that node gives for each unit of weight: in TierExcess beyond the firm part.
	// Empty and endless if it gets all.
	Binding string
	Level   Fraction
	// Violating marks a proposal that leaves less than what must not be cut. Nobody
	// may carry it out of his own accord.
	Violating bool
	// Emergency marks that the technological armour did not fit and the emergency
	// armour has taken its place.
	Emergency bool

	exact mixed
	limit int64  // of Binding
	need  int64  // Violating: of the part of the network
	firm  int64  // where its firm part ends
	short string // Emergency: where the technological armour does not fit
	by    *decision
	leaf  int
}

// mixed is the number whole + rest/den; den 0 stands for rest 0.
type mixed struct{ whole, rest, den int64 }

// Exact is the share before it was rounded, as exact as the tiers before it, which
// are rounded.
func (s Share) Exact() *big.Rat {
	x := new(big.Rat).SetInt64(s.exact.whole)
	if s.exact.rest == 0 {
		return x
	}
	return x.Add(x, big.NewRat(s.exact.rest, s.exact.den))
}

func exactly(w *water, i int) mixed {
	if w.rest[i] == 0 {
		return mixed{whole: w.whole[i]}
	}
	return mixed{w.whole[i], w.rest[i], w.level[w.held[i]].Den}
}

// teller writes down why shares are what they are.
type teller struct {
	f     *forest
	full  []bool  // by node: full in the end
	need  []int64 // by node: what must not be cut there, if it does not fit
	taken []bool  // by node: somebody was held down there by a tier before this one
}

func newTeller(f *forest, kw []int64, violations []Violation) *teller {
	t := &teller{f: f, full: make([]bool, len(f.parent)), need: make([]int64, len(f.parent)), taken: make([]bool, len(f.parent))}
	for v, sum := range f.sums(kw) {
		t.full[v] = sum == f.limit[v]
	}
	for _, v := range violations {
		t.need[f.index[v.Node]] = v.Need
	}
	return t
}

// violate tells that a share is a proposal for the part of the network under top.
func (t *teller) violate(s *Share, top int32) {
	s.Reason, s.Violating, s.Binding, s.Level = ReasonViolating, true, t.f.nodes[top].ID, Fraction{}
	s.limit, s.need = t.f.limit[top], t.need[top]
}

// hold tells which node holds leaf i, as a tier has decided.
func (t *teller) hold(s *Share, d *decision, i int) {
	by := d.w.held[i]
	s.Binding, s.Level, s.limit = t.f.nodes[by].ID, d.w.level[by], t.f.limit[by]
	if t.taken[by] {
		s.Reason = ReasonFull
		return
	}
	s.Reason, s.by, s.leaf = ReasonLevel, d, i
	if !d.p.rises(i, s.Level) {
		s.Reason = ReasonLeast
	}
}
