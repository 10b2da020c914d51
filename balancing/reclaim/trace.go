package reclaim

import (
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/demand"
)

// state says what a base interval or a block is good for, the best first.
type state uint8

const (
	valid   state = iota
	imputed       // estimated or substituted
	missing       // not known
	dark          // an outage
	held          // held back by us
	states
)

// trace is a record laid out by blocks.
type trace struct {
	power []metering.Power // mean over the block; 0 where there is no energy
	state []state
	known []bool // whether the block has an energy at all
	first int    // the first block that counts: not before commissioning
	base  []state
	begin int // the first base interval that counts
}

// trace lays out a record. It fails if the record covers another stretch of time.
func (y *Year) trace(s Subject, r Record) (*trace, error) {
	if !r.Load.From.Equal(y.from) || len(r.Load.Slots) != y.slots {
		return nil, fmt.Errorf("resident %s: its load begins at %s and has %d intervals, the year begins at %s and has %d",
			s.Resident, r.Load.From.UTC().Format(time.RFC3339), len(r.Load.Slots), y.from.Format(time.RFC3339), y.slots)
	}
	t := &trace{
		power: make([]metering.Power, len(y.blocks)), state: make([]state, len(y.blocks)), known: make([]bool, len(y.blocks)),
		base: make([]state, y.slots),
	}
	for i, slot := range r.Load.Slots {
		switch slot.State {
		case demand.Measured:
		case demand.Estimate:
			t.base[i] = imputed
		default:
			t.base[i] = missing
		}
	}
	y.mark(t.base, r.Outages, dark)
	y.mark(t.base, r.Held, held)
	for i := range t.base {
		if !y.start(i).Before(s.Commissioned) {
			break
		}
		t.begin = i + 1
	}
	for i, b := range y.blocks {
		if b.First < t.begin {
			t.first = i + 1
		}
		var energy metering.Energy
		t.known[i] = true
		for k := b.First; k < b.First+b.N; k++ {
			t.state[i] = max(t.state[i], t.base[k])
			t.known[i] = t.known[i] && r.Load.Slots[k].Known()
			energy += r.Load.Slots[k].Energy
		}
		if t.known[i] {
			t.power[i] = metering.Power(int64(energy) * y.perHour())
		}
	}
	return t, nil
}

// mark gives every base interval that a period touches a state. An open end of a
// period is that of the year.
func (y *Year) mark(base []state, periods []metering.Period, s state) {
	for _, p := range periods {
		from, to := y.from, y.to
		if p.From.After(from) {
			from = p.From
		}
		if !p.To.IsZero() && p.To.Before(to) {
			to = p.To
		}
		for i := int(from.Sub(y.from) / metering.BasePeriod); i < len(base) && y.start(i).Before(to); i++ {
			base[i] = max(base[i], s)
		}
	}
}
