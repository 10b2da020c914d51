package balancing

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// handsMemory is what a snapshot holds of the half that acts: what has been shed
// and since when, what persons have ordered, and how far devices may be trusted.
// What is on its way to an agent is not in it: it is read again.
type handsMemory struct {
	Modes     modes                                  `json:"modes"`
	Lead      Leadership                             `json:"lead"` // for its term alone
	Book      json.RawMessage                        `json:"book"`
	Overrides []Override                             `json:"overrides"`
	Answered  []Answer                               `json:"answered"`
	Fallen    bool                                   `json:"fallen"`
	Emergency string                                 `json:"emergency"`
	ShedAt    time.Time                              `json:"shed_at"`
	Restored  time.Time                              `json:"restored_at"`
	Supplied  *metering.Power                        `json:"supplied_w"` // null: unlimited
	Actuators map[metering.ActuatorID]actuatorMemory `json:"actuators"`
	Told      map[string]time.Time                   `json:"told"` // claims, by resident@node
}

type actuatorMemory struct {
	OutSince    time.Time     `json:"out_since,omitzero"`
	Opened      bool          `json:"opened,omitempty"`
	OutW        float64       `json:"out_w,omitempty"`
	OutFor      time.Duration `json:"out_for,omitempty"`
	DrawnW      *float64      `json:"drawn_w,omitempty"`
	Served      time.Time     `json:"served,omitzero"`
	Changes     []time.Time   `json:"changes,omitempty"`
	Reduced     time.Time     `json:"reduced,omitzero"`
	Gave        time.Time     `json:"gave,omitzero"`
	FailedUntil time.Time     `json:"failed_until,omitzero"`
	FailedWhy   string        `json:"failed_why,omitempty"`
	Rejected    time.Time     `json:"rejected,omitzero"`
}

// rememberHands is the acting half's part of a snapshot.
func (c *Controller) rememberHands() *handsMemory {
	m := &handsMemory{
		Modes: c.modes, Lead: Leadership{Term: c.lead.Term}, Book: c.book.Snapshot(), Overrides: c.overrides, Answered: c.answered,
		Fallen: c.fallen, Emergency: c.emergency, ShedAt: c.shedAt, Restored: c.restoredAt,
		Actuators: map[metering.ActuatorID]actuatorMemory{}, Told: map[string]time.Time{},
	}
	if p, ok := c.supplied.Power(); ok {
		m.Supplied = &p
	}
	for _, a := range c.plant.actuators {
		am := actuatorMemory{
			OutSince: a.outSince, Opened: a.opened, OutW: a.outW, OutFor: a.outFor, Served: a.served, Changes: a.changes, Reduced: a.reduced, Gave: a.gave,
			FailedUntil: a.failedUntil, FailedWhy: a.failedWhy, Rejected: a.rejected,
		}
		if !math.IsNaN(a.drawnW) {
			am.DrawnW = &a.drawnW
		}
		m.Actuators[a.cfg.ID] = am
	}
	for _, cl := range c.plant.claims {
		if !cl.told.IsZero() {
			m.Told[cl.place()] = cl.told
		}
	}
	return m
}

// check tells what cannot have come from a controller.
func (m *handsMemory) check() error {
	if m.Modes.System > metering.ModeAuto {
		return fmt.Errorf("balancing: restore: mode %v", m.Modes.System)
	}
	if m.Supplied != nil && *m.Supplied < 0 {
		return fmt.Errorf("balancing: restore: negative limit %v", *m.Supplied)
	}
	for id, a := range m.Actuators {
		if !(a.OutW >= 0 && a.OutW <= mostReading) || (a.DrawnW != nil && !(*a.DrawnW >= 0 && *a.DrawnW <= mostReading)) || a.OutFor < 0 || len(a.Changes) > 10_000 {
			return fmt.Errorf("balancing: restore: actuator %s: %+v", id, a)
		}
	}
	return nil
}

// recallHands gives the acting half its memory back. Auto is not armed any more;
// nothing is commanded because of what is restored.
func (c *Controller) recallHands(m *handsMemory) error {
	if err := c.book.Restore(m.Book); err != nil {
		return err
	}
	c.modes = m.Modes
	if c.modes.Feeders == nil {
		c.modes.Feeders = map[metering.ActuatorID]metering.Mode{}
	}
	c.lead = Leadership{Term: m.Lead.Term}
	c.overrides = slices.Clone(m.Overrides)
	c.answered = slices.Clone(m.Answered[max(0, len(m.Answered)-answeredKept):])
	c.fallen, c.emergency, c.shedAt, c.restoredAt = m.Fallen, m.Emergency, m.ShedAt, m.Restored
	for id, am := range m.Actuators {
		a, ok := c.plant.byID[id]
		if !ok {
			continue
		}
		a.outSince, a.opened, a.outW, a.outFor, a.served, a.changes = am.OutSince, am.Opened, am.OutW, am.OutFor, am.Served, slices.Clone(am.Changes)
		a.reduced, a.gave, a.failedUntil, a.failedWhy, a.rejected = am.Reduced, am.Gave, am.FailedUntil, am.FailedWhy, am.Rejected
		if am.DrawnW != nil {
			a.drawnW = *am.DrawnW
		}
	}
	for _, cl := range c.plant.claims {
		told, known := m.Told[cl.place()]
		if !known {
			told = m.Told[cl.key] // of a release that knew the one claim of a resident by its name
		}
		cl.told = told
	}
	return nil
}
