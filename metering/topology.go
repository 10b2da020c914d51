package metering

import (
	"fmt"
	"slices"
	"time"
)

// NodeID names a node of the network, unique within a site.
type NodeID string

// Limit is the greatest power that a node, a source or a contract allows. Three
// things are kept apart: a stated limit, which may be zero and then means zero;
// "unlimited", which somebody has stated; and the zero Limit, "not stated".
type Limit struct {
	power Power
	kind  limitKind
}

type limitKind uint8

const (
	limitNotStated limitKind = iota
	limitStated
	limitNone
)

// LimitOf is a limit of p, which must not be negative.
func LimitOf(p Power) Limit {
	if p < 0 {
		panic(fmt.Sprintf("BUG: negative limit %v", p))
	}
	return Limit{power: p, kind: limitStated}
}

// Unlimited is the limit of something that is stated to have none.
func Unlimited() Limit { return Limit{kind: limitNone} }

// Power returns the limit and true, or false when it is unlimited or not stated.
func (l Limit) Power() (Power, bool) { return l.power, l.kind == limitStated }

// IsUnlimited reports whether the limit is stated to be none.
func (l Limit) IsUnlimited() bool { return l.kind == limitNone }

// IsStated reports whether anything was said: a power or "unlimited".
func (l Limit) IsStated() bool { return l.kind != limitNotStated }

// String prints "29.7 MW", "unlimited" or "not stated".
func (l Limit) String() string {
	switch l.kind {
	case limitStated:
		return l.power.String()
	case limitNone:
		return "unlimited"
	}
	return "not stated"
}

// NodeKind is what a node of the network is.
type NodeKind string

// Kinds of nodes, from the source down to the resident.
const (
	NodeSource      NodeKind = "source"      // sending end of a supply line
	NodeInput       NodeKind = "input"       // 110 kV input with its metering
	NodeTransformer NodeKind = "transformer" // power transformer
	NodeSection     NodeKind = "section"     // busbar section
	NodeFeeder      NodeKind = "feeder"      // outgoing bay
	NodeOwnNeeds    NodeKind = "own-needs"   // station's own consumption
)

// Node is a place in the network. Nodes form a forest: each has at most one
// parent, towards the source that feeds it in the normal state.
type Node struct {
	ID        NodeID
	Name      string
	Kind      NodeKind
	Parent    NodeID // empty for a source
	VoltageKV float64
	Limit     Limit
	// MostVA and MostA are limits by apparent power (VA) and by current (A), which
	// the measured power factor turns into power; 0: not stated. A limit of zero is
	// said by Limit.
	MostVA, MostA float64
	// Line is set for a source's line and for cable feeders whose losses count.
	Line *LineData
	// Transformer is set for transformers.
	Transformer *TransformerData
}

// LimitBand is another limit of a node in a stretch of time, or in the same hours
// of some days. Where several limits of a node hold at once the lowest counts.
type LimitBand struct {
	Node     NodeID
	Limit    Limit
	From, To time.Time // [From, To); zero is open
	// Days and the hours [Begin, End) of them on the site's clock; no days: always.
	// Begin and End lie in 0..24h and Begin < End.
	Days       []time.Weekday
	Begin, End time.Duration
	Document   string
}

// At reports whether the band holds at t, loc being the site's zone.
func (b LimitBand) At(t time.Time, loc *time.Location) bool {
	if (!b.From.IsZero() && t.Before(b.From)) || (!b.To.IsZero() && !t.Before(b.To)) {
		return false
	}
	if len(b.Days) == 0 {
		return true
	}
	local := t.In(loc)
	into := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	return slices.Contains(b.Days, local.Weekday()) && b.Begin <= into && into < b.End
}

// LineData are the physical data of a line in the units of its passport.
type LineData struct {
	LengthKM  float64 // km, > 0
	OhmPerKM  float64 // active resistance, Ω/km
	Conductor string  // trade name: "АС-185/29"
}

// TransformerData are passport values of a power transformer.
type TransformerData struct {
	RatedVA   float64 // VA, rated power of the high-voltage winding
	NoLoadW   float64 // W, no-load loss (ΔPх)
	LoadLossW float64 // W, load loss at rated current (ΔPк)
}

// Source is a supply line that can feed the site.
type Source struct {
	ID   string
	Name string
	Node NodeID
	// Contract is the declared power. It binds at the site's input.
	Contract Limit
	// Available is false for a line that may not be counted on, whatever its
	// contract says; Note says why.
	Available bool
	Note      string
}

// Topology is the network of a site as a forest of nodes.
type Topology struct {
	Nodes []Node
}

// Node finds a node by id.
func (t Topology) Node(id NodeID) (Node, bool) {
	i := slices.IndexFunc(t.Nodes, func(n Node) bool { return n.ID == id })
	if i < 0 {
		return Node{}, false
	}
	return t.Nodes[i], true
}

// Path lists the node and its ancestors up to the source, in that order. It is
// nil for an unknown node and stops before a node it has already passed.
func (t Topology) Path(id NodeID) []Node {
	var path []Node
	for n, ok := t.Node(id); ok && len(path) <= len(t.Nodes); n, ok = t.Node(n.Parent) {
		path = append(path, n)
	}
	return path
}

// Children lists the direct children of a node in the order of the site file.
func (t Topology) Children(id NodeID) []Node {
	var children []Node
	for _, n := range t.Nodes {
		if n.Parent == id {
			children = append(children, n)
		}
	}
	return children
}
