package balancing

import (
	"maps"
	"math"
	"slices"
	"time"

	"asue/balancing/lease"
	"asue/metering"
)

// plant is what can be limited and moved: nodes, claims and actuators, in the
// order of the configuration, and what is measured of them.
type plant struct {
	site      *node // the root; its cfg.ID is empty
	nodes     []*node
	upward    []*node // the same, every node after all below it
	all       []*node // the site, then nodes
	claims    []*claim
	actuators []*actuator
	nodeByID  map[metering.NodeID]*node
	byID      map[metering.ActuatorID]*actuator
}

// node is a place with a limit.
type node struct {
	cfg    Node
	parent *node
	below  []*node  // every node below it, children before grandchildren
	whole  []*point // on it: their sum is all that flows through it
	parts  []*point // feeders below it, itself included

	powerW float64 // smoothed like the site's
	known  bool
	smooth time.Time
	p, q   float64   // means of five minutes, W and var
	hot    bool      // above its limit, until it has been calm
	calmAt time.Time // since when it is at or below release
	limit  metering.Limit
	why    string  // what the limit comes from, for people
	rawW   float64 // as powerW, not smoothed
	restW  float64 // measured here and in nothing below; 0 or more
	short  bool    // more is drawn than is steered to
	gentle bool    // the limit is not in danger: set-points come down, no step goes
	// meanRestW is the mean behind restW, which may be negative.
	meanRestW float64
	restAt    time.Time
	targetW   float64 // of this tick; +Inf: none
}

// claim is what a resident draws at one node.
type claim struct {
	cfg       Claim
	key       string // for the sharing
	name      string
	node      *node
	points    []*point
	actuators []*actuator

	told time.Time // when it was told that its technological armour must end
	// asked is when it was asked to come down to its share; zero: it is not above it.
	asked time.Time

	powerW  float64 // drawn now
	guessed bool    // it is not measured now
	shedW   float64 // taken from it by steps
	demandW float64 // what it would draw if nothing held it
}

// actuator is one device.
type actuator struct {
	cfg   metering.Actuator
	claim *claim
	node  *node
	point *point
	// shares is true if its point shows more than what is behind this actuator.
	shares bool
	peers  []*actuator // relays and breakers on the same point, itself included

	view   lease.View
	drawnW float64 // last power seen behind it while it was served

	// The shed list: since when it is open by a command, and what went with it.
	outSince time.Time
	opened   bool // it was commanded to open and not yet seen closed since
	outW     float64
	outFor   time.Duration // all in all before, for rotation
	served   time.Time     // since when it is closed by a command; zero: no matter
	changes  []time.Time   // commands of the last hour
	reduced  time.Time     // last command that took load away
	gave     time.Time     // last command that gave load back

	failedUntil time.Time
	failedWhy   string
	rejected    time.Time // until when it is not proposed again
	greeted     time.Time // when it was proposed last to take it over as it is
	moved       *move     // command whose effect is awaited
	wouldAt     time.Time // when it was last written down what would be done with it
	wouldWant   metering.Desired
	rotating    bool // it was told that nothing can take its place
}

// newPlant lays out what the configuration names.
func newPlant(cfg *Config, byID map[metering.PointID]*point) *plant {
	p := &plant{site: &node{targetW: math.Inf(1)}, nodeByID: map[metering.NodeID]*node{}, byID: map[metering.ActuatorID]*actuator{}}
	p.nodeByID[""] = p.site
	for _, nc := range cfg.Nodes {
		n := &node{cfg: nc, targetW: math.Inf(1)}
		p.nodes = append(p.nodes, n)
		p.nodeByID[nc.ID] = n
	}
	for _, n := range p.nodes {
		n.parent = p.nodeByID[n.cfg.Parent]
	}
	for _, n := range p.nodes {
		for up := n.parent; up != nil; up = up.parent {
			up.below = append(up.below, n)
		}
	}
	for _, pc := range cfg.Points {
		n := p.nodeByID[pc.Node]
		if n == nil {
			continue
		}
		switch pc.Level {
		case Transformers:
			n.whole = append(n.whole, byID[pc.ID])
		case Feeders:
			for up := n; up != nil; up = up.parent {
				up.parts = append(up.parts, byID[pc.ID])
			}
		}
	}
	p.all = append([]*node{p.site}, p.nodes...)
	p.upward = slices.Clone(p.nodes)
	slices.SortStableFunc(p.upward, func(a, b *node) int { return b.depth() - a.depth() })
	p.layClaims(cfg, byID)
	p.layActuators(cfg, byID)
	return p
}

func (p *plant) layClaims(cfg *Config, byID map[metering.PointID]*point) {
	for _, cc := range cfg.Claims {
		p.claims = append(p.claims, p.newClaim(cfg, cc))
	}
	p.hang(cfg, byID)
}

func (p *plant) newClaim(cfg *Config, cc Claim) *claim {
	cl := &claim{cfg: cc, name: string(cc.Resident), node: p.nodeByID[cc.Node]}
	for _, r := range cfg.Residents {
		if r.ID == cc.Resident && r.Name != "" {
			cl.name = r.Name
		}
	}
	return cl
}

// hang gives each claim its key and the points that are its own.
func (p *plant) hang(cfg *Config, byID map[metering.PointID]*point) {
	for _, cl := range p.claims {
		cl.key, cl.points = cl.place(), nil
		if !slices.ContainsFunc(p.claims, func(o *claim) bool { return o != cl && o.cfg.Resident == cl.cfg.Resident }) {
			cl.key = string(cl.cfg.Resident)
		}
	}
	for _, pc := range cfg.Points {
		if pc.Resident == "" {
			continue
		}
		if cl := p.claimAt(pc.Resident, p.nodeByID[pc.Node]); cl != nil {
			cl.points = append(cl.points, byID[pc.ID])
		}
	}
}

// regrant gives the plant the claims of a configuration that differs in nothing else. A
// claim that stays keeps what is known of it. It reports whether what somebody draws
// counts at another place now.
func (p *plant) regrant(cfg *Config, byID map[metering.PointID]*point) (moved bool) {
	was := p.hanging()
	var claims []*claim
	for _, cc := range cfg.Claims {
		i := slices.IndexFunc(p.claims, func(cl *claim) bool { return cl.cfg.Resident == cc.Resident && cl.cfg.Node == cc.Node })
		if i < 0 {
			claims = append(claims, p.newClaim(cfg, cc))
			continue
		}
		p.claims[i].cfg = cc
		claims = append(claims, p.claims[i])
	}
	p.claims = claims
	p.hang(cfg, byID)
	for _, cl := range p.claims {
		cl.actuators = nil
	}
	for _, a := range p.actuators {
		a.claim = p.claimAt(a.cfg.Resident, a.node)
		a.claim.actuators = append(a.claim.actuators, a)
	}
	return !maps.Equal(was, p.hanging())
}

// hanging says to which node's claim each point belongs.
func (p *plant) hanging() map[*point]*node {
	at := map[*point]*node{}
	for _, cl := range p.claims {
		for _, pt := range cl.points {
			at[pt] = cl.node
		}
	}
	return at
}

// place is a claim's name among all.
func (cl *claim) place() string { return string(cl.cfg.Resident) + "@" + string(cl.cfg.Node) }

// claimAt is a resident's claim nearest above a node, or its first one.
func (p *plant) claimAt(r metering.ResidentID, n *node) *claim {
	for up := n; up != nil; up = up.parent {
		if i := slices.IndexFunc(p.claims, func(cl *claim) bool { return cl.cfg.Resident == r && cl.node == up }); i >= 0 {
			return p.claims[i]
		}
	}
	if i := slices.IndexFunc(p.claims, func(cl *claim) bool { return cl.cfg.Resident == r }); i >= 0 {
		return p.claims[i]
	}
	return nil
}

func (p *plant) layActuators(cfg *Config, byID map[metering.PointID]*point) {
	on := map[metering.PointID][]*actuator{}
	for _, ac := range cfg.Actuators {
		a := &actuator{cfg: ac, node: p.nodeByID[ac.Node], point: byID[ac.Point], drawnW: math.NaN()}
		a.claim = p.claimAt(ac.Resident, a.node)
		a.claim.actuators = append(a.claim.actuators, a)
		if ac.Kind != metering.ActuatorSetpoint {
			a.cfg.MinOn, a.cfg.MinOff, a.cfg.MaxOff = or(ac.MinOn, cfg.Acting.MinOn), or(ac.MinOff, cfg.Acting.MinOff), or(ac.MaxOff, cfg.Acting.MaxOff)
			a.cfg.PerHour = or(ac.PerHour, cfg.Acting.PerHour)
			on[ac.Point] = append(on[ac.Point], a)
		} else {
			a.cfg.PerHour = or(ac.PerHour, cfg.Acting.SetpointPerHour)
		}
		p.actuators = append(p.actuators, a)
		p.byID[ac.ID] = a
	}
	for _, a := range p.actuators {
		if a.point == nil {
			continue
		}
		a.peers = on[a.cfg.Point]
		a.shares = len(a.peers) > 1 || a.point.cfg.Resident != "" || a.point.cfg.Level != NoLevel
		if a.cfg.Kind == metering.ActuatorBreaker {
			a.shares = len(a.peers) > 1
		}
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// under reports whether n is v or lies below it.
func (n *node) under(v *node) bool {
	for up := n; up != nil; up = up.parent {
		if up == v {
			return true
		}
	}
	return false
}

func (n *node) depth() int {
	d := 0
	for up := n.parent; up != nil; up = up.parent {
		d++
	}
	return d
}

// name is how people are told of it.
func (n *node) name() string {
	switch {
	case n.cfg.ID == "":
		return "the site"
	case n.cfg.Name != "":
		return n.cfg.Name
	}
	return string(n.cfg.ID)
}

// open reports whether the load behind a relay or a breaker was taken off by a
// command.
func (a *actuator) open() bool { return !a.outSince.IsZero() }

// capped is the limit that a set-point holds by a command, and whether there is
// one that binds.
func (a *actuator) capped() (metering.Power, bool) {
	if a.cfg.Kind != metering.ActuatorSetpoint || a.view.Command == "" || !a.view.Known {
		return 0, false
	}
	return a.view.Now.Limit, a.view.Now.Limit < a.cfg.Most
}

// held reports whether anything is kept from the load by a command.
func (a *actuator) held() bool {
	_, capped := a.capped()
	return capped || a.open()
}
