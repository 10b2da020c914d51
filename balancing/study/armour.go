package study

import (
	"time"

	"asue/metering"
)

// Armour is what must not be cut, by resident (броня).
type Armour map[metering.ResidentID]ArmourMW

// ArmourMW are the two levels of a resident's armour. Emergency is not above
// Technological.
type ArmourMW struct{ Technological, Emergency float64 }

// ArmourOf is the armour of a site's acts that hold at a moment. Several acts of one
// resident add up.
func ArmourOf(site *metering.Site, at time.Time) Armour {
	armour := Armour{}
	for _, a := range site.Armours {
		if !a.At(at) {
			continue
		}
		sum := armour[a.Resident]
		sum.Technological += a.Technological.Megawatts()
		sum.Emergency += a.Emergency.Megawatts()
		armour[a.Resident] = sum
	}
	return armour
}
