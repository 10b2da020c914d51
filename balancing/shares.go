package balancing

import (
	"math"

	"asue/balancing/waterfill"
	"asue/metering"
)

// This file alone speaks with package waterfill: watts and nodes go in, shares and
// steps come out.

// Share is what a resident may draw at one node by the rule of fair shares.
type Share struct {
	Resident metering.ResidentID `json:"resident"`
	Name     string              `json:"name,omitempty"`
	Node     metering.NodeID     `json:"node,omitempty"`
	Power    metering.Power      `json:"power_w"`  // drawn now
	Demand   metering.Power      `json:"demand_w"` // what it would draw
	Allowed  metering.Power      `json:"allowed_w"`
	Share    metering.Power      `json:"share_w"`
	Armour   metering.Power      `json:"armour_w"` // of the share, what must not be cut
	// Tier is the one in which it was cut or had all: "armour", "firm", "excess".
	Tier string `json:"tier"`
	// Binding is the node that holds it below its demand; empty for the site itself
	// and for who gets all.
	Binding  metering.NodeID `json:"binding,omitempty"`
	Violates bool            `json:"violates,omitempty"` // below what must not be cut: a proposal
	Why      string          `json:"why"`
}

// violation is a node that cannot carry what must not be cut.
type violation struct {
	node                 *node
	need, limit, deficit metering.Power
	technological        bool // the emergency armour fits
}

// siteID names the root in the sharing; identifiers of a site file hold no space.
const siteID = "the site"

// pinKW is a claim's fixed share, and whether there is one.
type pinOf func(*claim) (int64, bool)

// shareOut shares a root limit in watts (+Inf: none) and the limits of the nodes
// out among the claims. still are claims that are taken as they are. The shares
// stand in the order of the claims.
func (c *Controller) shareOut(rootW float64, limitW func(*node) float64, demandW func(*claim) float64, still func(*claim) bool, pin pinOf) ([]Share, []violation, error) {
	answer, err := waterfill.Allot(c.forest(rootW, limitW), c.claimsKW(demandW, still, pin))
	if err != nil {
		return nil, nil, err
	}
	shares := make([]Share, len(c.plant.claims))
	for i, cl := range c.plant.claims {
		s := answer.Shares[i]
		shares[i] = Share{
			Resident: cl.cfg.Resident, Name: cl.name, Node: cl.cfg.Node, Power: watts(cl.powerW), Demand: watts(demandW(cl)),
			Allowed: cl.cfg.Allowed, Share: metering.Power(s.KW) * metering.Kilowatt,
			Armour: kW(s.Least), Tier: s.Tier.String(), Binding: c.binding(s.Binding), Violates: s.Violating, Why: s.Why(),
		}
	}
	var violations []violation
	for _, v := range answer.Violations {
		violations = append(violations, violation{
			node: c.nodeOf(v.Node), need: kW(v.Need), limit: kW(v.Limit), deficit: kW(v.Deficit), technological: v.Technological,
		})
	}
	return shares, violations, nil
}

func kW(kw int64) metering.Power { return metering.Power(kw) * metering.Kilowatt }

// forest is the network of limits. Limits are rounded down to whole kilowatts.
func (c *Controller) forest(rootW float64, limitW func(*node) float64) []waterfill.Node {
	nodes := []waterfill.Node{{ID: siteID, Limit: limitKW(rootW)}}
	for _, n := range c.plant.nodes {
		nodes = append(nodes, waterfill.Node{ID: string(n.cfg.ID), Parent: n.parent.forestID(), Limit: limitKW(limitW(n))})
	}
	return nodes
}

func (n *node) forestID() string {
	if n.cfg.ID == "" {
		return siteID
	}
	return string(n.cfg.ID)
}

func (c *Controller) nodeOf(forestID string) *node {
	if forestID == siteID {
		return c.plant.site
	}
	return c.plant.nodeByID[metering.NodeID(forestID)]
}

// binding is the node of a share; the site itself has no name.
func (c *Controller) binding(forestID string) metering.NodeID {
	if n := c.nodeOf(forestID); forestID != "" && n != nil {
		return n.cfg.ID
	}
	return ""
}

func limitKW(w float64) waterfill.Limit {
	if math.IsInf(w, 1) {
		return waterfill.Unlimited()
	}
	return waterfill.AtMost(int64(min(max(0, math.Floor(w/1000+1e-9)), waterfill.MaxKW)))
}

// claimsKW are the claims, then what belongs to none at each node. Demands are
// rounded up to whole kilowatts.
func (c *Controller) claimsKW(demandW func(*claim) float64, still func(*claim) bool, pin pinOf) []waterfill.Claim {
	claims := make([]waterfill.Claim, 0, len(c.plant.claims)+len(c.plant.nodes)+1)
	for _, cl := range c.plant.claims {
		wc := waterfill.Claim{
			ID: cl.key, Node: cl.node.forestID(), TU: int64(cl.cfg.Allowed / metering.Kilowatt), Demand: ceilKW(demandW(cl)),
			Tech: ceilKW(float64(cl.cfg.Technological)), Emerg: ceilKW(float64(cl.cfg.Emergency)), Class: cl.cfg.Class,
			UseEmergency: c.emergencyArmour(cl), Fixed: still(cl),
		}
		if kw, ok := pin(cl); ok && !wc.Fixed {
			wc.Pin = &kw
		}
		claims = append(claims, wc)
	}
	for _, n := range c.plant.all {
		if n.restW > 0 {
			claims = append(claims, waterfill.Claim{ID: "rest of " + n.forestID(), Node: n.forestID(), Demand: ceilKW(n.restW), Fixed: true, Class: 1})
		}
	}
	return claims
}

func ceilKW(w float64) int64 {
	return int64(min(max(0, math.Ceil(w/1000-1e-9)), waterfill.MaxKW))
}

// capacity is a node's limit by power, apparent power and current at the power
// factor measured there.
func capacity(n *node) (metering.Limit, string) {
	l := waterfill.Capacity(metering.Node{Limit: n.cfg.Limit, MostVA: n.cfg.MostVA, MostA: n.cfg.MostA, VoltageKV: n.cfg.VoltageKV}, n.factor())
	kw, stated := l.KW()
	if !stated {
		return n.cfg.Limit, ""
	}
	if p, ok := n.cfg.Limit.Power(); ok && p <= kW(kw)+metering.Kilowatt {
		return n.cfg.Limit, ""
	}
	return metering.LimitOf(kW(kw)), "apparent power or current"
}
