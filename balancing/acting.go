package balancing

import (
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
	// What is known beforehand of one that does not feed: the contract, whether it may
	// be counted on, and the station that it comes from with others (empty: with none).
	Contract  metering.Limit
	Available bool
	Station   string
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
