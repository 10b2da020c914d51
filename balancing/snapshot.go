package balancing

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// snapshotVersion goes up when an old field changes its meaning. Version 1 knew no
// commands; it is read all the same.
const snapshotVersion = 2

// memory is what a snapshot holds.
type memory struct {
	Version int       `json:"v"`
	Now     time.Time `json:"now"`

	Supplied   time.Time          `json:"supplied"` // zero: no Supply message came, the configuration decides
	Feeding    string             `json:"feeding"`
	Contract   string             `json:"contract"`
	With       []string           `json:"with,omitempty"`
	Model      *ModelLimit        `json:"model,omitempty"` // of the line in service
	LimitW     *metering.Power    `json:"limit_w"`         // null: unlimited
	LimitKept  bool               `json:"limit_kept"`
	LimitSince time.Time          `json:"limit_since"`
	InService  []metering.PointID `json:"in_service"`

	Points map[metering.PointID]pointMemory `json:"points"`

	Block     time.Time `json:"block"`
	Timeline  timeline  `json:"timeline"` // at the block's beginning and at Now
	Minutes   []float64 `json:"minutes"`
	MinuteEnd time.Time `json:"minute_end"`
	SmoothW   float64   `json:"smooth_w"`
	SmoothAt  time.Time `json:"smooth_at"`
	Expected  *float64  `json:"expected"`
	Errors    []float64 `json:"errors"`

	Band     Band              `json:"band"`
	CalmAt   time.Time         `json:"calm_at"`
	Standing map[string]Notice `json:"standing"`

	Hands *handsMemory `json:"hands,omitempty"`
}

type pointMemory struct {
	At        time.Time `json:"t"`
	W         *float64  `json:"w"` // null: never heard
	Registers registers `json:"registers,omitempty"`
}

// Snapshot is what Restore needs, as JSON. Messages that no tick has worked off
// are not in it.
func (c *Controller) Snapshot() []byte {
	m := memory{
		Version: snapshotVersion, Now: c.now,
		Supplied: c.supplyAt, Feeding: c.feeding, Contract: c.contract, With: c.with, Model: c.model.force, LimitKept: c.limitKept, LimitSince: c.limitSince,
		InService: slices.Sorted(maps.Keys(c.inService)),
		Points:    map[metering.PointID]pointMemory{},
		Block:     c.blockStart, Minutes: c.minutes, MinuteEnd: c.minuteEnd, SmoothW: c.smoothW, SmoothAt: c.smoothAt,
		Errors: c.errors, Band: bands[c.band], CalmAt: c.calmAt, Standing: c.standing,
		Hands: c.rememberHands(),
	}
	if p, ok := c.limit.Power(); ok {
		m.LimitW = &p
	}
	if !math.IsNaN(c.expected) {
		m.Expected = &c.expected
	}
	if begin, ok := c.timeline.at(c.begin()); ok {
		m.Timeline = append(m.Timeline, begin)
	} else if len(c.timeline) > 0 {
		m.Timeline = append(m.Timeline, c.timeline[0])
	}
	if n := len(c.timeline); n > 0 && c.timeline[n-1].At.After(m.Timeline[0].At) {
		m.Timeline = append(m.Timeline, c.timeline[n-1])
	}
	for _, p := range c.points {
		pm := pointMemory{At: p.last.at, Registers: slices.Clone(p.registers)}
		if p.last.heard {
			pm.W = &p.last.w
		}
		if p.cfg.Level != Inputs {
			pm.Registers = nil
		}
		if pm.W != nil || pm.Registers != nil {
			m.Points[p.cfg.ID] = pm
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		panic("BUG: balancing: snapshot: " + err.Error())
	}
	return data
}

// Restore gives a new controller the memory of an earlier one. What the
// configuration does not know any more is left out; the controller begins in
// Init and leaves it as usual. On an error it is as it was: start without.
func (c *Controller) Restore(data []byte) error {
	var m memory
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("balancing: restore: damaged snapshot: %w", err)
	}
	if m.Version < 1 || m.Version > snapshotVersion {
		return fmt.Errorf("balancing: restore: snapshot of version %d, known are 1 to %d", m.Version, snapshotVersion)
	}
	if m.Model != nil && m.Model.Limit < 0 {
		return fmt.Errorf("balancing: restore: negative limit %v", m.Model.Limit)
	}
	if m.Hands != nil {
		if err := m.Hands.check(); err != nil {
			return err
		}
	}
	band := slices.Index(bands[:], m.Band)
	if band < 0 {
		return fmt.Errorf("balancing: restore: unknown band %q", m.Band)
	}
	if m.LimitW != nil && *m.LimitW < 0 {
		return fmt.Errorf("balancing: restore: negative limit %v", *m.LimitW)
	}
	if m.Hands != nil {
		if err := c.recallHands(m.Hands); err != nil {
			return err
		}
	}
	c.now, c.blockStart = m.Now, m.Block
	c.timeline = m.Timeline
	c.minutes, c.minuteEnd = m.Minutes[max(0, len(m.Minutes)-c.window()):], m.MinuteEnd
	c.smoothW, c.smoothAt = m.SmoothW, m.SmoothAt
	c.errors = m.Errors
	c.band, c.calmAt = band, m.CalmAt
	if m.Expected != nil {
		c.expected = *m.Expected
	}
	if m.Standing != nil {
		c.standing = m.Standing
	}
	if !m.Supplied.IsZero() {
		c.restoreSupply(m)
	} else if m.Hands != nil {
		c.limit, c.limitSince = metering.Unlimited(), m.LimitSince
		if m.LimitW != nil {
			c.limit = metering.LimitOf(*m.LimitW)
		}
	}
	for id, pm := range m.Points {
		p, ok := c.byID[id]
		if !ok {
			continue
		}
		p.registers = pm.Registers
		if pm.W != nil {
			p.last.at, p.last.w, p.last.heard = pm.At, *pm.W, true
		}
	}
	return nil
}

func (c *Controller) restoreSupply(m memory) {
	c.supplyAt, c.feeding, c.contract, c.limitKept, c.limitSince = m.Supplied, m.Feeding, m.Contract, m.LimitKept, m.LimitSince
	c.with, c.model.force = m.With, m.Model
	c.limit = metering.Unlimited()
	if m.LimitW != nil {
		c.limit = metering.LimitOf(*m.LimitW)
	}
	c.supplied = c.limit
	if m.Hands != nil {
		c.supplied = metering.Unlimited()
		if m.Hands.Supplied != nil {
			c.supplied = metering.LimitOf(*m.Hands.Supplied)
		}
	}
	clear(c.inService)
	for _, id := range m.InService {
		if p, ok := c.byID[id]; ok && p.cfg.Level == Inputs {
			c.inService[id] = true
		}
	}
}
