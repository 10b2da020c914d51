package metering

import "fmt"

// Class says what may be given up when there is no room for everything. Its
// number is its identity on the wire.
type Class uint8

// Classes.
const (
	Billing   Class = 1 // registers and events: never dropped
	Telemetry Class = 2 // everything else: the oldest go first when space runs out
)

// String is "billing" or "telemetry".
func (c Class) String() string {
	switch c {
	case Billing:
		return "billing"
	case Telemetry:
		return "telemetry"
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}
