package waterfill

import (
	"fmt"
	"slices"
)

// Claim is what a resident, or a load that nobody can move, asks for. Power in kW.
type Claim struct {
	ID     string
	Node   string
	TU     int64 // technical conditions (ТУ): what it has a right to, and the weight of its share
	Demand int64 // what it would draw if nobody held it
	Tech   int64 // technological armour, see Armour
	Emerg  int64 // emergency armour
	// UseEmergency says that the emergency armour is in force: the time of the
	// technological one is over.
	UseEmergency bool
	// Class of the firm part, served from 1 on; 0 counts as 1.
	Class int
	// Fixed marks losses, unmetered and silent loads: they draw Demand whatever is
	// said, and come first.
	Fixed bool
	// Pin is set where a person has fixed the share; it holds like a lower and upper
	// bound.
	Pin *int64
}

// Allot shares in tiers (see the package): what must not be cut, the firm parts by
// class, the excess over ТУ.
//
// Where the technological armour does not fit, that part of the network is
// switched to the emergency armour (Violation.Technological, Share.Emergency); if
// not even that fits, its leaves are frozen at a proposal (Share.Violating). Both
// make the answer not Feasible. Fixed loads are part of what must not be cut, and a
// proposal leaves them whole as long as they fit by themselves. A resident without
// ТУ shares the excess as if it had 1 kW.
//
// It fails like Solve.
func Allot(nodes []Node, claims []Claim) (Answer, error) {
	var faults Faults
	f := newForest(nodes, &faults)
	at := checkClaims(f, claims, &faults)
	if err := faults.err(); err != nil {
		return Answer{}, err
	}
	f.hang(at)
	a := newAllotting(f, claims)
	for _, step := range []func() error{a.protect, a.firm, a.excess, a.check} {
		if err := step(); err != nil {
			return Answer{}, err
		}
	}
	a.tell()
	return Answer{Feasible: len(a.violations) == 0, Cap: f.total(a.cap), Shares: a.shares, Violations: a.violations}, nil
}

// checkClaims finds the node of each claim and tells what is wrong with claims.
func checkClaims(f *forest, claims []Claim, faults *Faults) []int32 {
	in := inspector{"claims", faults}
	in.tooMany(len(claims))
	in.ids(len(claims), func(i int) string { return claims[i].ID })
	for i, c := range claims {
		in.power(i, c.ID, "TU", "ТУ", c.TU)
		in.power(i, c.ID, "Demand", "demand", c.Demand)
		in.power(i, c.ID, "Tech", "technological armour", c.Tech)
		in.power(i, c.ID, "Emerg", "emergency armour", c.Emerg)
		if c.Pin != nil {
			in.power(i, c.ID, "Pin", "pinned share", *c.Pin)
			if c.Fixed {
				in.add(i, c.ID, "Pin", "leave out the one or the other", "a fixed load cannot be pinned: nobody can move it")
			}
		}
		if c.Class < 0 {
			in.add(i, c.ID, "Class", "write 1 or more", "class %d is negative", c.Class)
		}
	}
	return in.places(f, len(claims), func(i int) (string, string) { return claims[i].ID, claims[i].Node })
}

// allotting is an answer in the making.
type allotting struct {
	f      *forest
	claims []Claim
	// By claim: what must not be cut, where the firm part ends, what is asked for,
	// and what is allotted so far.
	least, firmEnd, asks, kw []int64
	weight                   []int64
	cap                      []int64 // by node, what limits and demands let through
	violations               []Violation
	part                     []int32 // by node: the overloaded part it belongs to, -1
	shares                   []Share
	tiers                    []tier
}

// tier is one that has been shared.
type tier struct {
	p     problem
	w     *water
	takes []bool // by claim: it takes part
	base  []int64
}

func newAllotting(f *forest, claims []Claim) *allotting {
	n := len(claims)
	a := &allotting{f: f, claims: claims, shares: make([]Share, n), weight: make([]int64, n),
		least: make([]int64, n), firmEnd: make([]int64, n), asks: make([]int64, n)}
	for i, c := range claims {
		a.weight[i] = max(1, c.TU)
		a.least[i] = c.protected(c.UseEmergency)
		a.asks[i] = c.asks()
		a.shares[i] = Share{ID: c.ID, Class: max(1, c.Class), Weight: a.weight[i], Tier: TierArmour}
	}
	return a
}

// protected is what must not be cut.
func (c Claim) protected(emergency bool) int64 {
	switch {
	case c.Pin != nil:
		return *c.Pin
	case c.Fixed:
		return c.Demand
	}
	if emergency {
		return min(c.Demand, c.Emerg)
	}
	return min(c.Demand, max(c.Tech, c.Emerg))
}

func (c Claim) asks() int64 {
	if c.Pin != nil {
		return *c.Pin
	}
	return c.Demand
}

// protect finds what cannot be carried, switches to the emergency armour there and
// freezes at a proposal what does not fit even then.
func (a *allotting) protect() error {
	technological, part := a.f.needs(a.least, a.f.limit)
	for i, v := range a.f.at {
		c := a.claims[i]
		if emergency := c.protected(true); part[v] >= 0 && emergency < a.least[i] {
			a.least[i] = emergency
			a.shares[i].Emergency, a.shares[i].short = true, a.f.nodes[part[v]].ID
		}
	}
	var remaining []Violation
	remaining, a.part = a.f.needs(a.least, a.f.limit)
	for _, v := range technological {
		if !slices.Contains(remaining, v) {
			v.Technological = true
			a.violations = append(a.violations, v)
		}
	}
	a.violations = append(a.violations, remaining...)

	p := problem{limit: a.f.limit, lo: a.least, up: a.asks, weight: a.weight}
	a.cap = a.f.caps(p)
	if len(remaining) > 0 {
		if err := a.f.freeze(&p, a.part, func(i int) bool { return a.claims[i].Fixed }); err != nil {
			return err
		}
	}
	a.kw = slices.Clone(p.lo)
	for i, v := range a.f.at {
		a.firmEnd[i] = max(a.least[i], min(a.asks[i], a.claims[i].TU))
		if a.part[v] >= 0 {
			a.firmEnd[i] = a.kw[i]
		}
	}
	return nil
}

// firm shares the parts up to ТУ, class by class.
func (a *allotting) firm() error {
	var classes []int
	for i := range a.claims {
		if a.firmEnd[i] > a.kw[i] {
			classes = append(classes, a.shares[i].Class)
		}
	}
	slices.Sort(classes)
	for _, class := range slices.Compact(classes) {
		t := tier{takes: make([]bool, len(a.claims))}
		p := problem{limit: a.f.limit, lo: slices.Clone(a.kw), up: slices.Clone(a.kw), weight: a.weight}
		for i := range a.claims {
			if a.firmEnd[i] > a.kw[i] && a.shares[i].Class == class {
				t.takes[i], p.up[i] = true, a.firmEnd[i]
				a.shares[i].Tier = TierFirm
			}
		}
		w, err := a.f.solve(p)
		if err != nil {
			return fmt.Errorf("class %d: %w", class, err)
		}
		copy(a.kw, w.kw)
		t.p, t.w = p, w
		a.tiers = append(a.tiers, t)
	}
	return nil
}

// excess shares what is left among those who have their firm part and ask for
// more. It counts from the firm part on: equal shares of ТУ on top.
func (a *allotting) excess() error {
	t := tier{takes: make([]bool, len(a.claims)), base: slices.Clone(a.kw)}
	p := problem{limit: slices.Clone(a.f.limit), lo: make([]int64, len(a.claims)), up: make([]int64, len(a.claims)), weight: a.weight}
	for v, sum := range a.f.sums(a.kw) {
		if p.limit[v] != unlimited {
			p.limit[v] -= sum
		}
	}
	some := false
	for i := range a.claims {
		if a.part[a.f.at[i]] < 0 && a.kw[i] == a.firmEnd[i] && a.asks[i] > a.kw[i] {
			t.takes[i], some, p.up[i] = true, true, a.asks[i]-a.kw[i]
			a.shares[i].Tier, a.shares[i].firm = TierExcess, a.kw[i]
		}
	}
	if !some {
		return nil
	}
	w, err := a.f.solve(p)
	if err != nil {
		return fmt.Errorf("excess over ТУ: %w", err)
	}
	for i := range a.kw {
		a.kw[i] += w.kw[i]
	}
	t.p, t.w = p, w
	a.tiers = append(a.tiers, t)
	return nil
}
