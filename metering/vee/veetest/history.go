package veetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"asue/metering"
)

// Plan is what a history is to be like. Zero probabilities and times leave their
// fault out.
type Plan struct {
	Seed     uint64
	Poll     time.Duration // between reads
	Jitter   time.Duration // each read comes later by up to this
	Took     time.Duration // how long a read takes at most; its moment is uncertain by half
	Lost     float64       // share of reads that get no answer
	Step     int64         // thousandths of Wh per count
	CT, VT   metering.Ratio
	Modulus  int64 // 0: the register never rolls over
	Glitches float64
	Twice    float64 // share of readings that are delivered twice
	// How often each happens in the history.
	Gaps, Frozen, Resets, Swaps, ClockSteps int
	Acts                                    bool // a swap's acts give both readings
	Dense                                   bool // witnesses keep a sample of every slot
}

// Fault is something that really happened.
type Fault struct {
	Kind     string // "gap", "frozen", "reset", "swap", "clock"
	From, To time.Time
}

// History is a point's past: who stood there, what was read and what was true.
type History struct {
	Load     Load
	Quantum  metering.Energy // of one count at the point
	Installs []metering.Install
	// By meter, in the order in which they were read.
	Readings  map[metering.MeterID][]metering.RegisterReading
	Witnesses map[metering.MeterID][]metering.Witness
	Faults    []Fault // ascending
}

// Spans are a meter's readings as a ledger keeps them.
func (h History) Spans(m metering.MeterID) []metering.RegisterSpan {
	return Spans(m, metering.ActiveImport, h.Readings[m])
}

// maker is a history in the making.
type maker struct {
	Plan
	*History
	rng *rand.Rand
	dial
	meter  metering.MeterID
	offset time.Duration // of the clock that stamps
	held   int64         // frozen content
	frozen bool
}

// Make makes the history of a load. Faults that would hide one another are kept
// an hour and a half apart, and away from the edges.
func Make(l Load, p Plan) History {
	h := History{
		Load: l, Readings: map[metering.MeterID][]metering.RegisterReading{}, Witnesses: map[metering.MeterID][]metering.Witness{},
	}
	m := maker{Plan: p, History: &h, rng: rand.New(rand.NewPCG(p.Seed, 0x31))}
	m.put(1, time.Time{})
	num, den := m.Installs[0].Multiplier()
	h.Quantum = metering.Energy((p.Step*num + 1000*den - 1) / (1000 * den))
	h.Faults = m.drawFaults()
	m.run()
	return h
}

// put puts a meter in; before its moment of truth there was none, or the one
// before.
func (m *maker) put(n int, at time.Time) {
	m.meter = metering.MeterID(fmt.Sprintf("m-%d", n))
	m.Installs = append(m.Installs, metering.Install{Meter: m.meter, Point: "p", From: at, CT: m.CT, VT: m.VT})
	num, den := m.Installs[len(m.Installs)-1].Multiplier()
	m.dial = dial{step: m.Step, num: num, den: den, modulus: m.Modulus, start: m.rng.Int64N(1 << 34), since: m.Load.Until(at)}
	if m.Modulus > 0 {
		m.start = m.rng.Int64N(m.Modulus) * m.Step
	}
}

// dial is a register that counts at the secondary side.
type dial struct {
	step, num, den, modulus int64
	start                   int64 // thousandths at the register's side when it began
	since                   int64 // of the load's sum then
}

// content is what it shows when so much has flowed.
func (d dial) content(sum int64) int64 {
	raw := (d.start + (sum-d.since)*d.den/d.num) / d.step
	if d.modulus > 0 {
		raw %= d.modulus
	}
	return raw
}

// shown is the content as a person reads it off, in whole Wh at the point.
func (d dial) shown(sum int64) metering.Energy {
	return metering.Energy(d.content(sum) * d.step * d.num / (1000 * d.den))
}
