package regmap

import (
	"fmt"
	"math/big"

	"asue/metering"
	"asue/metering/form"
)

// entry is a register while its file is read.
type entry struct {
	Register
	report *form.Report
	at     *form.Node // where it stands
	place  string     // its key that says where the words lie: "addr" or "offset"
	factor string     // name of its scale factor's register
	faulty bool       // something of it is wrong and told
}

// refuse tells a fault of a key's value, or of the register if it has no such key.
func (e *entry) refuse(key string, f *form.Finding) {
	e.faulty = true
	at := e.at.Get(key)
	if at == nil {
		at = e.at
	}
	e.report.Refuse(at, f)
}

// read is a value of the register's draft; otherwise where the file says none. One
// that could not be read makes the entry faulty.
func read[V any](e *entry, g given[V], otherwise V) V {
	e.faulty = e.faulty || unread(g)
	return g.Or(otherwise)
}

func unread[V any](g given[V]) bool { return g.Stated() && !g.OK }

type registerDefaults struct {
	function uint8
	order    Order
	missing  map[Type][]uint64
}

// fill makes the register out of its draft.
func (e *entry) fill(d *registerDraft, def registerDefaults) {
	e.Register = Register{
		Name: read(e, d.name, ""), Function: read(e, d.function, def.function), Address: read(e, d.addr, 0),
		Type: read(e, d.kindOf, 0), Length: read(e, d.length, 0), Order: read(e, d.order, def.order), Unit: read(e, d.unit, ""),
		Radix: read(e, d.radix, 0), Parts: read(e, d.parts, 0), Kind: read(e, d.kind, Total), Coding: read(e, d.coding, Plain),
		Secondary: read(e, d.secondary, false), ReadAlone: read(e, d.readAlone, false), Marker: read(e, d.marker, false),
		Note: read(e, d.note, ""), Unsure: read(e, d.unsure, ""), NotAvailable: def.missing[d.kindOf.V], Expect: values(d.expect),
		Clock: read(e, d.clock, NoClock), Guard: e.guard(d.guard),
	}
	e.factor = read(e, d.exponent, "")
	e.faulty = e.faulty || len(e.Expect) < len(d.expect.V)
	if d.missing.Stated() {
		codes, good := codesOf(e.report, d.missing, e.Type)
		e.NotAvailable, e.faulty = codes, e.faulty || !good
	}
	e.Quantity = e.quantity(d)
	e.count(d)
	e.Group = read(e, d.group, defaultGroup(e.Register))
}

// guard is what the draft says of the setting; nil if nothing.
func (e *entry) guard(g given[guardDraft]) *Guard {
	if !g.Stated() {
		return nil
	}
	d := &g.V
	guard := &Guard{Equals: values(d.equals), Why: d.why.V, Affects: values(d.affects)}
	e.faulty = e.faulty || !g.OK || unread(d.why) || len(guard.Equals) < len(d.equals.V) || len(guard.Affects) < len(d.affects.V)
	for _, list := range []struct {
		at    *form.Node
		empty bool
	}{{d.equals.At, d.equals.OK && len(d.equals.V) == 0}, {d.affects.At, d.affects.OK && len(d.affects.V) == 0}} {
		if list.empty {
			e.faulty = true
			e.report.Refuse(list.at, form.Found("empty-list", "an empty list", "a guard says which contents are right, and for what", "write at least one entry"))
		}
	}
	return guard
}

// quantity is the one that is named, or else the one named like the register.
func (e *entry) quantity(d *registerDraft) metering.Quantity {
	q, known := metering.QuantityOf(e.Name)
	if d.quantity.Stated() {
		q, known = read(e, d.quantity, 0), true
	}
	if !known || e.Kind != Total {
		return 0
	}
	return q
}

// count makes Scale, Step and Modulus out of the file's exact decimals.
func (e *entry) count(d *registerDraft) {
	u := units[e.Unit]
	size := new(big.Rat).SetInt64(max(u.size, 1)) // base units in one of the file's unit
	scale := new(big.Rat).Mul(read(e, d.scale, big.NewRat(1, 1)), size)
	quantum := new(big.Rat).Mul(read(e, d.quantum, big.NewRat(1, 1)), size)
	e.Scale, _ = scale.Float64()
	e.Modulus = read(e, d.modulus, 0)
	if !d.name.OK || unread(d.quantity) || unread(d.kind) || !d.kindOf.OK {
		return // nobody knows whether it is a counter, or how it is kept
	}
	if !e.Quantity.Counter() && (e.Quantity != 0 || !u.counted) {
		e.refuseCounting()
		return
	}
	if !e.Type.Float() {
		e.setStep("scale", scale)
		if d.quantum.Stated() {
			e.refuse("quantum", form.Found("misplaced-key", fmt.Sprintf("a quantum for type %v", e.Type), "only a counter kept as a float has it", "delete it; one count is scale × unit"))
		}
	} else if d.quantum.Stated() {
		e.setStep("quantum", quantum)
	} else {
		e.refuse("quantum", form.Found("no-quantum", fmt.Sprintf("the counter %q has no \"quantum\"", e.Name), "a counter kept as a float is cut into counts",
			"write the count's size in the register's unit; the float must still tell it at the register's usual state"))
	}
	if e.Pulse = read(e, d.pulse, false); e.Pulse && e.Type.Float() {
		e.refuse("pulse", form.Found("misplaced-key", fmt.Sprintf("pulses in type %v", e.Type), "pulses are counted in whole numbers", "correct the type, or delete it"))
	}
	if e.Type == U32U16 && !d.radix.Stated() {
		e.refuse("radix", form.Found("no-radix", fmt.Sprintf("the counter %q has no \"radix\"", e.Name), "a count with a residual needs it", "write how many residual counts make one main count"))
	}
	if !d.modulus.Stated() {
		e.Modulus = naturalModulus(&e.Register)
	}
}

// setStep takes the size of a count in base units, as the key says it.
func (e *entry) setStep(key string, size *big.Rat) {
	step := new(big.Rat).Mul(size, big.NewRat(1000, 1))
	if step.IsInt() && step.Num().IsInt64() && step.Num().Int64() <= maxStep {
		e.Step = step.Num().Int64()
		return
	}
	thousandths, _ := step.Float64()
	e.refuse(key, form.Found("bad-step", fmt.Sprintf("one count is %v thousandths of the base unit", thousandths),
		"it must be a whole number of them, at most 10¹⁵", "write "+key+" and unit so that it is one"))
}

// refuseCounting refuses what only counters have.
func (e *entry) refuseCounting() {
	for _, key := range []string{"quantum", "modulus", "radix", "pulse"} {
		if e.at.Get(key) != nil {
			e.refuse(key, form.Found("misplaced-key", fmt.Sprintf("a %s for %q", key, e.Name), "only a counter has it", "delete it"))
		}
	}
}

// naturalModulus is where a counter of the type rolls over if nothing else is known.
func naturalModulus(r *Register) int64 {
	switch r.Type {
	case U16:
		return 1 << 16
	case I16:
		return 1 << 15
	case U32:
		return 1 << 32
	case I32:
		return 1 << 31
	case U32U16:
		return r.Radix << 32
	}
	return 0
}

// defaultGroup follows from what a register is.
func defaultGroup(r Register) Group {
	switch {
	case r.Quantity == 0:
		return Ident
	case r.Quantity.Counter():
		return EnergyGroup
	case r.Quantity.Unit() == "1" || r.Quantity.Unit() == "%":
		return Slow
	}
	return Fast
}
