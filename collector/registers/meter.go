// Package registers is the driver of meters that speak Modbus: it reads one by its
// register map over a bus, and makes of it what package device asks for.
//
// # Suspicion
//
// RTU has no transaction ids: an answer that comes later than any quarantine can
// be taken for one to a question of the same length. After a question without a
// right answer the bus calls the unit suspect. The driver then asks for a block of
// known content first, the meter's marker, and trusts the unit again only when
// that is as it was (see sentinel). Meanwhile nothing that the unit says is a
// value.
//
// While an answer of some length may still come, a block of that length is read in
// halves, each at its own time: an answer of another length is not taken for either.
//
// # SunSpec
//
// A SunSpec device says itself where its models lie. The chain is walked before the
// first request and again after the meter was away, because another firmware may
// lay it out anew.
//
// The package must not know meters' names, schedules, retries, or which library
// and transport move the words.
package registers

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"asue/collector/device"
	"asue/collector/regmap"
	"asue/metering"
)

// Bus reads registers of the units of one line; collector/modbus.Line is one.
//
// ReadInto fills dst with as many words as it has. An error that has a method
// ModbusException() byte is the unit's or a gateway's own answer; one that has
// Unreachable() bool, true, says that there is no connection; after any other the
// bus has seen to it that no late answer is taken for another, as far as its
// transport can. Suspect and Trust are about what is beyond that, and Owed tells
// that an answer of a unit, by a function and of a number of words, may still come
// to an earlier question.
type Bus interface {
	ReadInto(ctx context.Context, unit, function uint8, address uint16, dst []uint16) error
	Suspect(unit uint8) bool
	Trust(unit uint8)
	Owed(unit, function uint8, count uint16) bool
}

// Plan is a model with the reads that fetch it over lines of one kind. It is
// read-only and shared by all meters of the model on such lines.
type Plan struct {
	model  *regmap.Model
	name   string // of the model, with its revision
	blocks []regmap.Block
}

// NewPlan plans the reads of a model for lines that charge so.
func NewPlan(m *regmap.Model, c regmap.Cost) *Plan {
	return &Plan{model: m, name: m.Name(), blocks: m.PlanFor(c, regmap.Groups()...)}
}

// Blocks are the planned reads, in the order of asking.
func (p *Plan) Blocks() []regmap.Block { return slices.Clone(p.blocks) }

// Meter is a meter behind a unit id. It implements device.Meter.
type Meter struct {
	bus      Bus
	unit     uint8
	plan     *Plan
	ct, vt   metering.Ratio
	requests []device.Request
	archive  device.Archive // nil if it has none

	place    locator
	sentinel sentinel
	ident    *regmap.Identification
	words    *words // borrowed while it is asked; nil in between
}

// words are those of the longest answer: what came last.
type words [125]uint16

var freeWords = sync.Pool{New: func() any { return new(words) }}

// borrow lends the meter room for answers until it gives it back.
func (m *Meter) borrow() { m.words = freeWords.Get().(*words) }

func (m *Meter) giveBack() {
	freeWords.Put(m.words)
	m.words = nil
}

// New makes the meter at a unit id of a bus. ct and vt are the install's ratios,
// by which registers at the secondary side are multiplied.
func New(bus Bus, unit uint8, p *Plan, ct, vt metering.Ratio) *Meter {
	m := &Meter{bus: bus, unit: unit, plan: p, ct: ct, vt: vt, ident: p.model.Identification()}
	m.requests = make([]device.Request, len(p.blocks))
	for i := range p.blocks {
		m.requests[i] = newRequest(m, &p.blocks[i])
	}
	m.sentinel = newSentinel(p)
	m.archive = newArchive(m)
	return m
}

// Model is the map and its revision.
func (m *Meter) Model() string { return m.plan.name }

// Address is "unit 17".
func (m *Meter) Address() string { return fmt.Sprintf("unit %d", m.unit) }

// Requests are the planned reads.
func (m *Meter) Requests() []device.Request { return m.requests }

// Modulus is that of the quantity's register.
func (m *Meter) Modulus(q metering.Quantity) int64 {
	if r, ok := m.plan.model.Of(q); ok {
		return r.Modulus
	}
	return 0
}

// Pause is what the map says.
func (m *Meter) Pause() time.Duration { return m.plan.model.MinGap }

// Archive is the meter's own, if its map has one.
func (m *Meter) Archive() device.Archive { return m.archive }

// read fetches a block of the map and returns its words, valid until the next
// read. It makes sure before that the unit can be trusted, and that it is known
// where the map begins.
func (m *Meter) read(ctx context.Context, b *regmap.Block) ([]uint16, error) {
	base, err := m.place.find(ctx, m)
	if err != nil {
		return nil, err
	}
	if m.bus.Suspect(m.unit) {
		if err := m.sentinel.clear(ctx, m, base); err != nil {
			return nil, err
		}
	}
	words, err := m.fetch(ctx, b, base)
	if err == nil {
		m.sentinel.learn(b, words)
		return words, nil
	}
	if _, refused := device.RefusalOf(err); !refused {
		m.place.forget()
	}
	return nil, err
}

// fetch is one transaction.
func (m *Meter) fetch(ctx context.Context, b *regmap.Block, base uint16) ([]uint16, error) {
	return m.words[:b.Count], m.ask(ctx, b.Function, base+b.Address, m.words[:b.Count])
}

func (m *Meter) ask(ctx context.Context, function uint8, address uint16, dst []uint16) error {
	if err := m.bus.ReadInto(ctx, m.unit, function, address, dst); err != nil {
		return told(err)
	}
	return nil
}
