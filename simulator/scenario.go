package simulator

import "time"

// Names of the scenarios.
const (
	Calm            = "calm"
	MorningPeak     = "morning-peak"
	MeterSilent     = "meter-silent"
	DeadMeters      = "dead-meters"
	GatewaySlow     = "gateway-slow"
	KaratagaiLost   = "karatagai-lost"
	LineReturns     = "line-returns"
	TransformerLost = "transformer-lost"
	FailedRelays    = "failed-relays"
	DeviceStuck     = "device-stuck"
	DeviceSlow      = "device-slow"
	DeviceLies      = "device-lies"
	DeviceOffline   = "device-offline"
	DeviceLocal     = "device-local"
	DeviceDrifts    = "device-drifts"
	DeviceRestart   = "device-restart"
)

// What the scenarios do.
const (
	peakRise       = 30 * time.Second // so that whoever presses the button sees it before he looks away
	peakHold       = 90 * time.Minute
	peakFall       = 5 * time.Minute
	peakOverLimit  = 1.08 // of the contract: 32.1 MW at 29.7
	slowAnswerFrom = 2 * time.Second
	slowAnswerTo   = 4 * time.Second
	takesOver      = 3 * time.Second  // АВР: until another line that is available carries the zone
	handOver       = 5 * time.Minute  // until a reserve line is put into service by hand
	returnsAfter   = 10 * time.Minute // a line that is lost and comes back
	returnLasts    = 30 * time.Minute
	restartLasts   = 20 * time.Second // of a device
	deadShare      = 0.3              // of the residents' meters
	failedModules  = 0.2              // of the relay modules, that do not answer
	failedRelays   = 0.3              // of the relays of the others
)

// Target says what a scenario may be aimed at.
type Target string

// Targets of scenarios.
const (
	TargetNone        Target = ""
	TargetMeter       Target = "meter"
	TargetLine        Target = "line"
	TargetActuator    Target = "actuator"
	TargetTransformer Target = "transformer" // by its node
)

// Scenario is something that can happen to the zone.
type Scenario struct {
	Name        string
	Description string // English
	Target      Target
	Lasts       time.Duration // 0: until it is stopped
}

// Scenarios lists what can be started, in the order of a menu.
func Scenarios() []Scenario {
	return []Scenario{
		{Calm, "ends every other scenario", TargetNone, 0},
		{MorningPeak, "within half a minute the zone's demand climbs to 8 % above the contract, stays there for an hour and a half and falls back in 5 minutes", TargetNone, peakRise + peakHold + peakFall},
		{MeterSilent, "one meter stops answering; its registers go on counting", TargetMeter, 0},
		{DeadMeters, "three of ten residents' meters stop answering", TargetNone, 0},
		{GatewaySlow, "one line answers every request only after 2 to 4 seconds", TargetLine, 0},
		{KaratagaiLost, "the supply line in service trips: the zone is dead until another line takes over, an available one by automatic transfer (of a site that describes none after 3 seconds), a reserve for which the site states a limit after 5 minutes by hand; meters go on answering from auxiliary supply", TargetNone, 0},
		{LineReturns, "the supply line in service trips and returns after 10 minutes; what was dark makes up for it", TargetNone, returnLasts},
		{TransformerLost, "a transformer trips: its sections are dead until their transfers close the section switches; of a site that describes none until the scenario ends", TargetTransformer, 0},
		{FailedRelays, "a good third of the relays fail: some do not move, some say that they have and have not, some modules do not answer", TargetNone, 0},
		{DeviceStuck, "an actuator takes commands and does not move", TargetActuator, 0},
		{DeviceSlow, "an actuator takes eight times as long", TargetActuator, 0},
		{DeviceLies, "an actuator says that it has moved, and its load goes on as before", TargetActuator, 0},
		{DeviceOffline, "the device of an actuator does not answer; what it does goes on", TargetActuator, 0},
		{DeviceLocal, "an actuator is switched to local: it takes no commands and stays as it is", TargetActuator, 0},
		{DeviceDrifts, "a set-point lets go of its limit by 2 % a minute, up to 30 %", TargetActuator, 0},
		{DeviceRestart, "the device of an actuator loses its supply for 20 seconds: relays let go and serve their load, set-points come back with their fallback limit, breakers stay", TargetActuator, restartLasts},
	}
}

// Active is a scenario that is going on.
type Active struct {
	Name   string
	Target string
	Since  time.Time
	Until  time.Time // zero: until it is stopped
}
