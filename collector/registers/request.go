package registers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"asue/collector/device"
	"asue/collector/regmap"
)

// request is one block of a meter's plan. It implements device.Request.
type request struct {
	meter   *Meter
	block   *regmap.Block
	billing bool
}

func newRequest(m *Meter, b *regmap.Block) *request {
	return &request{meter: m, block: b, billing: slices.ContainsFunc(b.Registers, func(r *regmap.Register) bool {
		return r.Quantity != 0 && r.Counter()
	})}
}

func (r *request) Group() device.Group { return r.block.Group }

func (r *request) Billing() bool { return r.billing }

func (r *request) Size() int { return int(r.block.Count) }

func (r *request) String() string { return r.block.String() }

// Ask reads the block and decodes it.
func (r *request) Ask(ctx context.Context, a *device.Answer) error {
	m := r.meter
	m.borrow()
	defer m.giveBack()
	words, err := m.read(ctx, r.block)
	if err != nil {
		return err
	}
	readings, err := regmap.AppendDecode(a.Readings, *r.block, words, m.ct, m.vt)
	if err != nil {
		return fmt.Errorf("decode %v: %w", r.block, err)
	}
	if r.block.Group == device.Ident {
		if err := r.identify(ctx, words, a); err != nil {
			return err
		}
	}
	a.Readings = readings
	return nil
}

// identify adds what the block tells to all that the meter has said of itself.
func (r *request) identify(ctx context.Context, words []uint16, a *device.Answer) error {
	m := r.meter
	if err := m.ident.Add(*r.block, words); err != nil {
		return fmt.Errorf("decode %v: %w", r.block, err)
	}
	if err := m.introduce(ctx); err != nil {
		return err
	}
	a.Identity = m.ident.Identity()
	if len(a.Identity.Strange) > 0 {
		m.place.forget() // another device, or the same with its models laid out anew
	}
	return nil
}

// Split cuts the block at its holes.
func (r *request) Split() []device.Request { return r.pieces(r.block.Split()) }

// Apart cuts the block in halves while an answer of its length may still come to
// an earlier question.
func (r *request) Apart() []device.Request {
	if !r.meter.bus.Owed(r.meter.unit, r.block.Function, r.block.Count) {
		return nil
	}
	return r.pieces(r.block.Halves())
}

func (r *request) pieces(blocks []regmap.Block) []device.Request {
	if len(blocks) <= 1 {
		return nil
	}
	list := make([]device.Request, len(blocks))
	for i := range blocks {
		list[i] = newRequest(r.meter, &blocks[i])
	}
	return list
}

// refusal is a Modbus exception as package device has it.
type refusal struct {
	err  error
	kind device.Refusal
}

func (r *refusal) Error() string { return r.err.Error() }

func (r *refusal) Unwrap() error { return r.err }

func (r *refusal) Refusal() device.Refusal { return r.kind }

// told finds the unit's own answer in an error, by MODBUS Application Protocol
// V1.1b3, section 7.
func told(err error) error {
	var exception interface{ ModbusException() byte }
	if !errors.As(err, &exception) {
		return err
	}
	switch exception.ModbusException() {
	case 1, 2, 3: // illegal function, data address, data value
		return &refusal{err, device.Unknown}
	case 5, 6: // acknowledge, busy
		return &refusal{err, device.Busy}
	case 10, 11: // a gateway's
		return &refusal{err, device.Absent}
	}
	return &refusal{err, device.Faulty}
}
