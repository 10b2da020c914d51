package balancing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"asue/metering"
)

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
		case cl.Allowed > mostReading || cl.Technological > mostReading:
			faults = append(faults, fmt.Errorf("%s: allowed %v, armour %v: want at most %v", at, cl.Allowed, cl.Technological, metering.Power(mostReading)))
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
		case a.Power <= 0 || a.Power > mostReading:
			faults = append(faults, fmt.Errorf("%s: power %v: want more than 0, at most %v", at, a.Power, metering.Power(mostReading)))
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
