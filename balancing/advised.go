package balancing

import (
	"slices"
	"time"

	"asue/metering"
)

// Advice is what the controller would do and does not, with the reasons for both. It
// stands until the next plan, which advises it again if it is still so.
type Advice struct {
	At       time.Time           `json:"t"`    // since when it is advised
	Kind     string              `json:"kind"` // "shed", "cap", "restore"
	Actuator metering.ActuatorID `json:"actuator"`
	Resident metering.ResidentID `json:"resident"`
	Want     string              `json:"want"`
	Drop     metering.Power      `json:"drop_w"` // by how much the load should fall; negative: may rise
	Why      string              `json:"why"`
	Mode     string              `json:"mode"` // the one that counts
	Not      string              `json:"not"`  // why it is not done
}

// advised is what stands, and what stood before the plan that is being made.
type advised struct {
	list, before []Advice
}

// planAfresh forgets what was advised, but since when.
func (v *advised) planAfresh() { v.list, v.before = nil, v.list }

// advises tells people of an action that is not done. Of one actuator the last counts.
func (c *Controller) advises(act action, mode metering.Mode, why string, now time.Time) {
	a := act.actuator
	v := Advice{At: now, Kind: act.kind, Actuator: a.cfg.ID, Resident: a.cfg.Resident, Want: act.want.String(), Drop: known(act.dropW).Power, Why: act.why, Mode: mode.String(), Not: why}
	for _, old := range slices.Concat(c.advice.before, c.advice.list) {
		if old.Actuator == v.Actuator && old.Kind == v.Kind {
			v.At = old.At
		}
	}
	c.advice.list = slices.DeleteFunc(c.advice.list, func(x Advice) bool { return x.Actuator == v.Actuator })
	c.advice.list = append(c.advice.list, v)
}
