package study

import (
	"time"

	"asue/metering"
)

// Measured is what is known of the network at one moment.
type Measured struct {
	At time.Time
	// Setting holds what was concluded: positions of switches, tap positions as read,
	// sources in service, the temperature of the air.
	Setting Setting
	Loads   []Load
	// Switches says how the positions were found; those that it leaves out are taken to
	// be as Setting or the site file has them.
	Switches []metering.SwitchState
	// KV are measured voltages, phase to phase, by bus. They are shown, not used.
	KV map[metering.NodeID]float64
}
