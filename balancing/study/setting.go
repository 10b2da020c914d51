package study

import "asue/metering"

// Setting is how the network stands. The zero value is the normal state of the site
// file at +25 °C with continuous ratings.
type Setting struct {
	// Scenario is a supply scenario of the site file: its sources, and its switches
	// that stand otherwise than in the normal state.
	Scenario metering.ElementID
	// Sources give voltage at their sending ends, by id; nil: those of the scenario,
	// without one all that the site file says are available. Others are dead.
	Sources []string
	// Closed are positions of switches; it goes before the scenario and the normal state.
	Closed map[metering.ElementID]bool
	// Out are ids of what is out of service: lines, transformers (their nodes),
	// sources, or groups of towers. An id that several kinds share means all of them.
	Out []string
	// Positions are tap positions as read: those changers stay there. The others begin
	// at the position of the site file and move by themselves.
	Positions map[metering.NodeID]int
	AmbientC  *float64 // of the air, °C; nil: +25
	// FeedKV are voltages at sending ends as meters let them be concluded, by source;
	// the others hold what the site file says. Feeds of one station hold that of the
	// first of them that is named.
	FeedKV map[string]float64
	// Emergency takes emergency ratings of transformers instead of continuous ones.
	Emergency bool
}

// DefaultAmbientC is the temperature of the air where nobody states one.
const DefaultAmbientC = 25.0

func (s Setting) ambient() float64 {
	if s.AmbientC == nil {
		return DefaultAmbientC
	}
	return *s.AmbientC
}

// Load is what is drawn somewhere. MW and Mvar are positive when drawn.
type Load struct {
	// Node is any node of the site; the load is drawn at the nearest bus above it.
	Node     metering.NodeID
	MW, Mvar float64
	Resident metering.ResidentID // empty: nobody's in particular
	Category metering.Category   // of reliability; 0: not stated
	Stale    bool                // not what is measured now, but was, or is guessed
	planned  bool                // spread by the plan of the site file
}
