package balancing

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"asue/metering"
)

// Rights are the technical conditions (ТУ) and armours as the register knows them, now
// and on the days to come. Younger ones take the place of older ones while the
// controller runs; RightsOf makes them from a site.
//
// A right that falls takes nothing from anybody by itself: what is drawn above it is
// excess, the first to go when the zone is tight, and armour stays what must not be cut.
// What agents hold by themselves, the bands they were commissioned with, is no right and
// does not change.
type Rights struct {
	At   time.Time // when they were read
	Deed uint64    // last deed of the ledger that they follow from; 0: the site file alone
	// Versions are what holds from a moment on, ascending by From; the first one holds
	// before its From as well. None: what the configuration says.
	Versions []Standing
}

// Standing is what holds at one time.
type Standing struct {
	From   time.Time
	Claims []Claim // all of them
	// Allowed is by resident what it may draw, what may be curtailed included. Who is not
	// named keeps what it has, here and in Caps.
	Allowed map[metering.ResidentID]metering.Power
	// Caps are by feeder the most that it is taken for while it is silent, see Point.
	Caps map[metering.PointID]metering.Limit
}

func (Rights) message() {}

// EntryRights says that somebody's right has changed, or why what the register says is
// not taken.
const EntryRights = "rights"

// Kinds of notices about rights, and their arguments.
const (
	KindRightsFile    = "rights_of_file" // the register could not be read: the site file counts
	KindRightsRefused = "rights_refused" // reason
)

const aboutRights = "rights"

// rights are those by which the controller shares.
type rights struct {
	word    Rights
	heard   bool // somebody has told them; before, the configuration's count
	counts  bool // some of them have been shared by, so that others are news
	inForce Standing
}

// Right is what a resident may draw at one node now.
type Right struct {
	Resident metering.ResidentID `json:"resident"`
	Node     metering.NodeID     `json:"node,omitempty"` // empty: at the supply
	Allowed  metering.Power      `json:"allowed_w"`      // firm
}

// hearRights takes over what the register says, whole or not at all.
func (c *Controller) hearRights(m Rights, now time.Time) {
	r := &c.rights
	if m.Deed < r.word.Deed || m.Deed == r.word.Deed && m.At.Before(r.word.At) {
		return
	}
	if err := c.checkRights(m); err != nil {
		c.tell(aboutRights, KindRightsRefused, Alarm, map[string]any{"reason": err.Error()}, now)
		c.later(EntryRights, "register", fmt.Sprintf("what follows from deed %d is not taken, the rights stay as they are: %v", m.Deed, err))
		return
	}
	r.word, r.heard = m, true
	c.end(aboutRights, nil, now)
}

// checkRights holds rights against the site that is controlled.
func (c *Controller) checkRights(m Rights) error {
	var faults []error
	for _, v := range m.Versions {
		with := c.cfg
		with.Claims = v.Claims
		for _, fault := range slices.Concat(with.checkClaims(), with.checkActuators()) {
			faults = append(faults, fmt.Errorf("from %s: %w", v.From.Format(time.RFC3339), fault))
		}
		for id, p := range v.Allowed {
			if p < 0 {
				faults = append(faults, fmt.Errorf("from %s: resident %s: allowed %v: want 0 or more", v.From.Format(time.RFC3339), id, p))
			}
		}
	}
	return errors.Join(faults...)
}

// awaitsRights reports whether it is too early to share: the register has not been read
// yet, and there is time for it.
func (c *Controller) awaitsRights(now time.Time) bool {
	return !c.rights.heard && now.Sub(c.begun) < c.cfg.RightsWithin
}

// grant lets the rights hold that are due at now.
func (c *Controller) grant(now time.Time) {
	r := &c.rights
	news := r.counts || c.cfg.RightsWithin <= 0
	r.counts = !c.awaitsRights(now)
	if !r.heard && c.cfg.RightsWithin > 0 && r.counts {
		c.tell(aboutRights, KindRightsFile, Warning, nil, now)
	}
	due := r.word.at(now)
	if due == nil {
		return
	}
	next := r.inForce.with(*due)
	if next.same(r.inForce) {
		return
	}
	if news {
		c.tellRights(r.inForce, next)
	}
	r.inForce = next
	for i := range c.cfg.Residents {
		c.cfg.Residents[i].Allowed = next.Allowed[c.cfg.Residents[i].ID]
	}
	for id, limit := range next.Caps {
		if p, ok := c.byID[id]; ok {
			p.cfg.Cap = limit
		}
	}
	c.cfg.Claims = next.Claims
	before := slices.Clone(c.plant.claims)
	if c.plant.regrant(&c.cfg, c.byID) {
		for _, n := range c.plant.all {
			n.restAt = time.Time{} // what a claim draws now was nobody's before: no mean of both
		}
	}
	if slices.Equal(before, c.plant.claims) {
		c.shares = slices.Clone(c.shares) // those of the last tick are in other hands
		for i := range c.shares {
			c.shares[i].Allowed = c.plant.claims[i].cfg.Allowed
		}
	} else {
		c.shares = nil
	}
	c.static, c.stirred = nil, true
}

// at is the version in force at a time; nil if there is none at all.
func (r *Rights) at(t time.Time) *Standing {
	if len(r.Versions) == 0 {
		return nil
	}
	i, exact := slices.BinarySearchFunc(r.Versions, t, func(v Standing, t time.Time) int { return v.From.Compare(t) })
	if !exact {
		i--
	}
	return &r.Versions[max(0, i)]
}

// standing is what a configuration says.
func (c *Config) standing() Standing {
	s := Standing{Claims: slices.Clone(c.Claims), Allowed: map[metering.ResidentID]metering.Power{}, Caps: map[metering.PointID]metering.Limit{}}
	for _, r := range c.Residents {
		s.Allowed[r.ID] = r.Allowed
	}
	for _, p := range c.Points {
		if p.Level == Feeders {
			s.Caps[p.ID] = p.Cap
		}
	}
	return s
}

// with is s with what another one says. Claims keep their order, new ones come last, so
// that the same rights told in another order are the same.
func (s Standing) with(other Standing) Standing {
	next := Standing{From: other.From, Allowed: maps.Clone(s.Allowed), Caps: maps.Clone(s.Caps)}
	at := func(list []Claim, like Claim) int {
		return slices.IndexFunc(list, func(cl Claim) bool { return cl.Resident == like.Resident && cl.Node == like.Node })
	}
	for _, old := range s.Claims {
		if i := at(other.Claims, old); i >= 0 {
			next.Claims = append(next.Claims, other.Claims[i])
		}
	}
	for _, cl := range other.Claims {
		if at(s.Claims, cl) < 0 {
			next.Claims = append(next.Claims, cl)
		}
	}
	for id, p := range other.Allowed {
		if _, ok := next.Allowed[id]; ok {
			next.Allowed[id] = p
		}
	}
	for id, l := range other.Caps {
		if _, ok := next.Caps[id]; ok {
			next.Caps[id] = l
		}
	}
	return next
}

func (s Standing) same(other Standing) bool {
	return slices.Equal(s.Claims, other.Claims) && maps.Equal(s.Allowed, other.Allowed) && maps.Equal(s.Caps, other.Caps)
}

// tellRights writes down whose right has changed.
func (c *Controller) tellRights(old, next Standing) {
	if c.shadow() {
		return
	}
	power := func(s Standing, r metering.ResidentID, n metering.NodeID) metering.Power {
		i := slices.IndexFunc(s.Claims, func(cl Claim) bool { return cl.Resident == r && cl.Node == n })
		if i < 0 {
			return 0
		}
		return s.Claims[i].Allowed
	}
	type place struct {
		r metering.ResidentID
		n metering.NodeID
	}
	var places []place
	for _, cl := range slices.Concat(old.Claims, next.Claims) {
		if p := (place{cl.Resident, cl.Node}); !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.r, b.r), cmp.Compare(a.n, b.n)) })
	for _, p := range places {
		was, is := power(old, p.r, p.n), power(next, p.r, p.n)
		if was == is {
			continue
		}
		at := "at the supply"
		if n := c.plant.nodeByID[p.n]; p.n != "" && n != nil {
			at = "at " + n.name()
		}
		c.later(EntryRights, string(p.r), fmt.Sprintf("%s may draw %v %s, before %v (deed %d)", c.nameOf(p.r), is, at, was, c.rights.word.Deed))
	}
}

// nameOf is how people are told of a resident.
func (c *Controller) nameOf(id metering.ResidentID) string {
	for _, r := range c.cfg.Residents {
		if r.ID == id && r.Name != "" {
			return r.Name
		}
	}
	return string(id)
}
