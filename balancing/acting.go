package balancing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"asue/balancing/lease"
	"asue/metering"
)

// Acting are the settings of the half that acts. ActingDefaults fills them in.
type Acting struct {
	// Mode is that of the system until a person gives another.
	Mode metering.Mode

	Cycle time.Duration // of control; a new leader is quiet for two of them
	Plan  time.Duration // at the most from one plan to the next

	// From one shedding action to the next pass Pause, or half as much again as it
	// takes to move (ActLag) and to see it (MeasureLag).
	Pause, ActLag, MeasureLag time.Duration
	// Verify is how long after it was carried out an action must show: VerifyShare
	// of what was expected, or the contact. If not, the actuator is left out for
	// FailedFor.
	Verify      time.Duration
	VerifyShare float64
	FailedFor   time.Duration

	// MinOn, MinOff, MaxOff and PerHour are for relays and breakers whose actuator
	// states none.
	MinOn, MinOff, MaxOff time.Duration
	PerHour               int
	// Of one set-point: reductions follow each other after Reduce, the load is given
	// back after GiveBack and at most SetpointPerHour changes an hour.
	Reduce, GiveBack time.Duration
	SetpointPerHour  int
	// In ZoneEvery at most one feeder is touched and at most ZoneShare of the load
	// taken away. An emergency lifts both.
	ZoneEvery time.Duration
	ZoneShare float64
	// RampUp is by how much of its greatest value a set-point may rise in a minute.
	RampUp float64
	// A set-point is told anew when it changes by more than Reissue and ReissueShare
	// of what is allowed.
	Reissue      metering.Power
	ReissueShare float64
	// One step comes back every RestoreEvery, if RestoreFactor of its greatest power
	// fits.
	RestoreEvery  time.Duration
	RestoreFactor float64

	NoticeFor   time.Duration // deadline of a notice to come down to one's share
	ProposalFor time.Duration // how long a proposal may be confirmed
	RejectFor   time.Duration // how long what a person has rejected is not proposed again
	OverrideFor time.Duration // the longest override: one shift

	// FailsafeHold is how long everything is held when the power is unknown, before
	// what is above the technical conditions comes down.
	FailsafeHold time.Duration
	// StaticShare of the limit is shared out by the static schedule.
	StaticShare float64
	// EmergencyOff is how long the power must be good for an emergency to be over.
	EmergencyOff time.Duration
	// Ahead is how far is looked ahead for limits that cannot be held.
	Ahead time.Duration

	Lease lease.Config // times of the conversation; its actuators are filled in
}

// ActingDefaults are the settings of a controller that has not been armed.
func ActingDefaults() Acting {
	return Acting{
		Mode:  metering.ModeAdvisory,
		Cycle: 5 * time.Second, Plan: 30 * time.Second,
		Pause: 20 * time.Second, ActLag: 5 * time.Second, MeasureLag: 5 * time.Second,
		Verify: 30 * time.Second, VerifyShare: 0.7, FailedFor: 15 * time.Minute,
		MinOn: 15 * time.Minute, MinOff: 15 * time.Minute, MaxOff: 2 * time.Hour, PerHour: 4,
		Reduce: 30 * time.Second, GiveBack: 5 * time.Minute, SetpointPerHour: 6,
		ZoneEvery: 30 * time.Second, ZoneShare: 0.05,
		RampUp: 0.03, Reissue: 50 * metering.Kilowatt, ReissueShare: 0.02,
		RestoreEvery: 2 * time.Minute, RestoreFactor: 1.2,
		NoticeFor: 5 * time.Minute, ProposalFor: time.Minute, RejectFor: 5 * time.Minute, OverrideFor: 12 * time.Hour,
		FailsafeHold: 5 * time.Minute, StaticShare: 0.95, EmergencyOff: 2 * time.Minute, Ahead: 24 * time.Hour,
		Lease: lease.Defaults(),
	}
}

// pause is what passes from one shedding action to the next.
func (a *Acting) pause() time.Duration { return max(a.Pause, (a.ActLag+a.MeasureLag)*3/2) }

// Node is a place of the network that has a limit of its own below the site's: a
// transformer, a section, a feeder. The site itself is their root and is no node.
type Node struct {
	ID     metering.NodeID
	Name   string
	Parent metering.NodeID // empty: hangs on the site
	Limit  metering.Limit
	// MostVA and MostA are turned into power by the power factor measured there;
	// 0: not stated.
	MostVA, MostA float64
	VoltageKV     float64
}

// Source is a supply line whose limit the site has while it feeds.
type Source struct {
	Name  string            // as in Supply.Feeding
	Nodes []metering.NodeID // its own and those of its inputs: limits of these are the site's
}

// Claim is what a resident may draw at one node, and what of it must not be cut.
type Claim struct {
	Resident metering.ResidentID
	Node     metering.NodeID // empty: directly at the site
	Allowed  metering.Power  // technical conditions
	// Technological armour holds for TechnologicalFor after the notice, emergency
	// armour always.
	Technological    metering.Power
	TechnologicalFor time.Duration
	Emergency        metering.Power
	Class            int // 1, the last to be cut, and up
}

// checkActing returns the faults of what the acting half is told.
func (c *Config) checkActing() []error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	a := &c.Acting
	for _, name := range slices.Sorted(maps.Keys(a.durations())) {
		if d := a.durations()[name]; d <= 0 || d > 48*time.Hour {
			fault("%s: %v: want more than 0, at most 48h", name, d)
		}
	}
	for _, s := range []struct {
		name        string
		have        float64
		least, most float64
	}{
		{"share to verify", a.VerifyShare, 0.1, 1}, {"share of the zone", a.ZoneShare, 0.001, 1}, {"ramp", a.RampUp, 0.0001, 1},
		{"share to tell anew", a.ReissueShare, 0, 0.5}, {"restore factor", a.RestoreFactor, 1, 10}, {"static share", a.StaticShare, 0.1, 1},
	} {
		if !(s.least <= s.have && s.have <= s.most) {
			fault("%s: %v: want %v to %v", s.name, s.have, s.least, s.most)
		}
	}
	if a.Mode > metering.ModeAuto {
		fault("mode: %v: want off, monitor, advisory, confirm or auto", a.Mode)
	}
	if a.PerHour < 1 || a.SetpointPerHour < 1 || a.Reissue < 0 {
		fault("operations: %d and %d an hour, %v: want 1 or more, 0 W or more", a.PerHour, a.SetpointPerHour, a.Reissue)
	}
	return slices.Concat(faults, c.checkNodes(), c.checkClaims(), c.checkActuators())
}

func (a *Acting) durations() map[string]time.Duration {
	return map[string]time.Duration{
		"control cycle": a.Cycle, "plan period": a.Plan, "pause": a.Pause, "time to act": a.ActLag, "time to measure": a.MeasureLag,
		"time to verify": a.Verify, "failed time": a.FailedFor, "least time on": a.MinOn, "least time off": a.MinOff, "most time off": a.MaxOff,
		"time between reductions": a.Reduce, "time to give back": a.GiveBack, "zone period": a.ZoneEvery, "restore period": a.RestoreEvery,
		"notice": a.NoticeFor, "proposal": a.ProposalFor, "rejection": a.RejectFor, "override": a.OverrideFor,
		"failsafe hold": a.FailsafeHold, "end of emergency": a.EmergencyOff, "look ahead": a.Ahead,
	}
}

func (c *Config) checkNodes() []error {
	var faults []error
	parent := map[metering.NodeID]metering.NodeID{}
	for _, n := range c.Nodes {
		switch _, twice := parent[n.ID]; {
		case n.ID == "":
			faults = append(faults, errors.New("node without an id"))
		case twice:
			faults = append(faults, fmt.Errorf("node %s is named twice", n.ID))
		case n.MostVA < 0 || n.MostA < 0 || (n.MostA > 0 && n.VoltageKV <= 0):
			faults = append(faults, fmt.Errorf("node %s: %v VA, %v A at %v kV: want 0 or more, and a voltage for a current", n.ID, n.MostVA, n.MostA, n.VoltageKV))
		}
		parent[n.ID] = n.Parent
	}
	for _, n := range c.Nodes {
		at, steps := n.ID, 0
		for at != "" && steps <= len(c.Nodes) {
			next, known := parent[at]
			if !known {
				faults = append(faults, fmt.Errorf("node %s: parent %s is not named", n.ID, at))
				break
			}
			at, steps = next, steps+1
		}
		if steps > len(c.Nodes) {
			faults = append(faults, fmt.Errorf("node %s is its own ancestor", n.ID))
		}
	}
	return faults
}

func (c *Config) checkClaims() []error {
	var faults []error
	type key struct {
		r metering.ResidentID
		n metering.NodeID
	}
	seen := map[key]bool{}
	for _, cl := range c.Claims {
		at := fmt.Sprintf("claim of %s at %q", cl.Resident, cl.Node)
		switch {
		case !slices.ContainsFunc(c.Residents, func(r Resident) bool { return r.ID == cl.Resident }):
			faults = append(faults, fmt.Errorf("%s: the resident is not named", at))
		case cl.Node != "" && !c.hasNode(cl.Node):
			faults = append(faults, fmt.Errorf("%s: the node is not named", at))
		case seen[key{cl.Resident, cl.Node}]:
			faults = append(faults, fmt.Errorf("%s is named twice", at))
		case cl.Allowed < 0 || cl.Emergency < 0 || cl.Technological < cl.Emergency || cl.TechnologicalFor < 0:
			faults = append(faults, fmt.Errorf("%s: allowed %v, armour %v for %v, then %v: want 0 or more, and no more in an emergency",
				at, cl.Allowed, cl.Technological, cl.TechnologicalFor, cl.Emergency))
		case cl.Class < 1 || cl.Class > 9:
			faults = append(faults, fmt.Errorf("%s: class %d: want 1 to 9", at, cl.Class))
		}
		seen[key{cl.Resident, cl.Node}] = true
	}
	return faults
}

func (c *Config) hasNode(id metering.NodeID) bool {
	return slices.ContainsFunc(c.Nodes, func(n Node) bool { return n.ID == id })
}

func (c *Config) checkActuators() []error {
	var faults []error
	for _, a := range c.Actuators {
		at := fmt.Sprintf("actuator %s", a.ID)
		switch {
		case a.Kind != metering.ActuatorSetpoint && a.Kind != metering.ActuatorRelay && a.Kind != metering.ActuatorBreaker:
			faults = append(faults, fmt.Errorf("%s: unknown kind %q", at, a.Kind))
		case !slices.ContainsFunc(c.Claims, func(cl Claim) bool { return cl.Resident == a.Resident }):
			faults = append(faults, fmt.Errorf("%s: resident %q has no claim", at, a.Resident))
		case a.Node != "" && !c.hasNode(a.Node):
			faults = append(faults, fmt.Errorf("%s: node %s is not named", at, a.Node))
		case a.Point != "" && !slices.ContainsFunc(c.Points, func(p Point) bool { return p.ID == a.Point }):
			faults = append(faults, fmt.Errorf("%s: point %s is not named", at, a.Point))
		case a.Power <= 0:
			faults = append(faults, fmt.Errorf("%s: power %v: want more than 0", at, a.Power))
		case a.Importance < 1 || a.Importance > 9:
			faults = append(faults, fmt.Errorf("%s: importance %d: want 1 to 9", at, a.Importance))
		case a.Kind == metering.ActuatorSetpoint && !(0 <= a.Least && a.Least <= a.FailSafe && a.FailSafe <= a.Most && a.Most <= a.Power):
			faults = append(faults, fmt.Errorf("%s: band %v to %v, fail-safe %v, greatest value %v: want 0 ≤ least ≤ fail-safe ≤ most ≤ greatest",
				at, a.Least, a.Most, a.FailSafe, a.Power))
		case a.Mode > metering.ModeAuto || (a.Kind == metering.ActuatorBreaker && a.Mode > metering.ModeConfirm):
			faults = append(faults, fmt.Errorf("%s: mode %v: want at most auto, and at most confirm for a breaker", at, a.Mode))
		case a.MinOn < 0 || a.MinOff < 0 || a.MaxOff < 0 || a.PerHour < 0:
			faults = append(faults, fmt.Errorf("%s: on %v, off %v to %v, %d an hour: want 0 or more", at, a.MinOn, a.MinOff, a.MaxOff, a.PerHour))
		}
	}
	return faults
}
