package wire

import (
	"fmt"
	"time"

	"asue/metering"
)

// ControlReady is what the balancer would do if the line in service tripped now, from
// its own planning; at most a quarter of a minute old while the balancer reports.
type ControlReady struct {
	At     time.Time `json:"at"`
	Lost   string    `json:"lost"`   // name of the line in service
	Backup []string  `json:"backup"` // names of those that would feed then; none: the site would be dark
	// LimitW is what they allow, by what LimitWhy says; absent where nobody has stated one.
	LimitW   *metering.Power `json:"limit_w,omitempty"`
	LimitWhy string          `json:"limit_why,omitempty"`
	LoadW    metering.Power  `json:"load_w"` // now
	NeedW    metering.Power  `json:"need_w"` // what would have to go
	// Steps are by devices, in the order in which they would be commanded, Calls by
	// telephone for what they leave; MissingW is what neither brings.
	Steps    []ControlReadyStep `json:"steps"`
	Calls    []ControlReadyCall `json:"calls"`
	MissingW metering.Power     `json:"missing_w"`
	Doubt    string             `json:"doubt,omitempty"` // why it may not hold
}

// ControlReadyStep is a device that would be moved.
type ControlReadyStep struct {
	Actuator metering.ActuatorID `json:"actuator"`
	Resident metering.ResidentID `json:"resident,omitempty"`
	Want     string              `json:"want"` // "open", "at most 1.2 MW"
	DropW    metering.Power      `json:"drop_w"`
	Mode     string              `json:"mode"`              // "auto": at once; "confirm": persons are asked; weaker: they are told
	Persons  int                 `json:"persons,omitempty"` // who have to confirm
}

// ControlReadyCall is a resident that would be asked to come down by itself.
type ControlReadyCall struct {
	Resident metering.ResidentID `json:"resident"`
	Category int                 `json:"category"` // of its supply; 1 is called last
	AllowedW metering.Power      `json:"allowed_w"`
	PowerW   metering.Power      `json:"power_w"`
	ToW      metering.Power      `json:"to_w"`
	DropW    metering.Power      `json:"drop_w"`
}

// cut returns the list within the bounds of a message, with [] for what is empty.
func (r ControlReady) cut() *ControlReady {
	r.Backup = append([]string{}, r.Backup[:min(len(r.Backup), maxBackups)]...)
	r.Steps = append([]ControlReadyStep{}, r.Steps[:min(len(r.Steps), maxActuators)]...)
	r.Calls = append([]ControlReadyCall{}, r.Calls[:min(len(r.Calls), maxShares)]...)
	return &r
}

func (r *ControlReady) check() error {
	switch {
	case r == nil:
		return nil
	case len(r.Backup) > maxBackups, len(r.Steps) > maxActuators, len(r.Calls) > maxShares:
		return fmt.Errorf("decode control: %w: %d backups, %d steps, %d calls, at most %d, %d and %d", ErrMalformed,
			len(r.Backup), len(r.Steps), len(r.Calls), maxBackups, maxActuators, maxShares)
	case r.LimitW != nil && *r.LimitW < 0:
		return fmt.Errorf("decode control: %w: limit_w of a reserve is %d", ErrMalformed, *r.LimitW)
	}
	return nil
}
