package regmap

import (
	"fmt"

	"asue/metering/form"
)

// check holds registers that could be read, in the order of the file, against
// the limits and each other.
func (m *Model) check(entries []entry) {
	for i := range entries {
		e := &entries[i]
		e.checkUnit()
		e.checkType()
		e.checkClock()
		e.checkGuard()
		m.checkReach(e)
		for j := range entries[:i] {
			if !e.checkBeside(&entries[j]) {
				break // one clash says enough
			}
		}
	}
}

func (e *entry) checkUnit() {
	u, known := units[e.Unit]
	if e.Quantity == 0 || e.Type == ASCII || u.base == e.Quantity.Unit() {
		return
	}
	why := fmt.Sprintf("%v is measured in %s", e.Quantity, e.Quantity.Unit())
	fitting := unitsOf(e.Quantity.Unit())
	switch {
	case e.Unit == "":
		e.refuse("unit", form.Found("no-unit", fmt.Sprintf("%q has no unit", e.Name), why, "use one of: "+form.Listed(fitting)))
	case known:
		e.refuse("unit", form.Found("wrong-unit", fmt.Sprintf("%q in %s", e.Name, e.Unit), why, "use one of: "+form.Listed(fitting)))
	default:
		e.refuse("unit", form.Found("bad-unit", fmt.Sprintf("unknown unit %q", e.Unit), why, form.DidYouMean(e.Unit, fitting)))
	}
}

func (e *entry) checkType() {
	refuse := func(key, code, what, why, remedy string) { e.refuse(key, form.Found(code, what, why, remedy)) }
	if e.Type != ASCII && e.Length != 0 {
		refuse("length", "misplaced-key", fmt.Sprintf("a length of %d for type %v", e.Length, e.Type), "only a text has a length; a number's follows from its type", "delete it")
	}
	if e.Type == ASCII && (e.Length == 0 || e.Quantity != 0 || e.Parts > 1) {
		refuse("type", "bad-text", fmt.Sprintf("%q as a text", e.Name), "a text needs its length and is no quantity", "write length in registers, and a name that is no quantity")
		return
	}
	if wide := e.Type == U64 || e.Type == I64; wide && e.Quantity != 0 && !e.Counter() {
		refuse("type", "too-wide", fmt.Sprintf("type %v for %v", e.Type, e.Quantity), "a 64-bit integer that is no counter would lose digits in a float", "use a narrower type")
	}
	if e.Type == U32U16 && !e.Counter() {
		refuse("type", "not-a-counter", fmt.Sprintf("type %v for %q", e.Type, e.Name), "a count with a residual is a counter", "give it an energy's name or unit")
	}
	if e.Type.words() != 4 && e.Order > LittleWords {
		refuse("order", "no-halves", fmt.Sprintf("order %v for type %v", e.Order, e.Type), "only values of four registers have halves", "write big or little")
	}
	if e.Group == Profile && (e.Quantity != 0 || e.Counter()) && e.place != "offset" {
		refuse("group", "misplaced-key", fmt.Sprintf("group profile for %q", e.Name), "a quantity of that group would never be read", "delete it; what the meter remembers belongs under archive")
	}
	if e.Coding == FourQuadrantPF && (e.Quantity.Unit() != "1" || !e.Type.Float() || e.Parts > 1) {
		refuse("coding", "misplaced-key", fmt.Sprintf("the coding 4q-pf for %q", e.Name), "it is a float power factor's coding", "delete it")
	}
}

// checkReach: a register must be one that a request can read.
func (m *Model) checkReach(e *entry) {
	refuse := func(code, what, why, remedy string) { e.refuse(e.place, form.Found(code, what, why, remedy)) }
	if e.Type == ASCII && e.Length == 0 {
		return
	}
	if e.end() > 65536 {
		refuse("beyond-end", fmt.Sprintf("%q begins at %d and has %d registers", e.Name, e.Address, e.Words()), "the value ends beyond address 65535", "correct the address or the type")
		return
	}
	b := m.block(e.Group, []*Register{&e.Register})
	if int(b.Count) > m.MaxRegisters {
		refuse("too-long", fmt.Sprintf("reading %q takes %d registers", e.Name, b.Count), fmt.Sprintf("one request may ask for %d registers", m.MaxRegisters), "a value cannot be split: correct max_registers or the type")
	}
	for _, s := range m.NoRead {
		if int(s.Last) >= int(b.Address) && int(s.First) < b.end() {
			refuse("no-read", fmt.Sprintf("reading %q touches %d..%d", e.Name, b.Address, b.end()-1), fmt.Sprintf("addresses %d..%d must not be read", s.First, s.Last), "correct the address or limits.no_read")
		}
	}
}

// checkBeside holds a register against an earlier one; false if they clash.
func (e *entry) checkBeside(a *entry) bool {
	sure := a.Unsure == "" && e.Unsure == ""
	line := a.at.At.Line
	switch {
	case a.Name == e.Name:
		e.refuse("name", form.Found("duplicate-name", fmt.Sprintf("the name %q stands twice", e.Name), fmt.Sprintf("another register has it, in line %d", line), "give each its own"))
	case sure && e.Quantity != 0 && a.Quantity == e.Quantity:
		e.refuse("name", form.Found("duplicate-quantity", fmt.Sprintf("%q stands for the quantity %v", e.Name, e.Quantity), fmt.Sprintf("%q in line %d does too, and a quantity comes from one register", a.Name, line), "keep the exact one"))
	case sure && a.Function == e.Function && int(a.Address) < e.end() && int(e.Address) < a.end() && !a.ReadAlone && !e.ReadAlone:
		e.refuse(e.place, form.Found("overlap", fmt.Sprintf("%q lies at %d..%d", e.Name, e.Address, e.end()-1), fmt.Sprintf("%q in line %d lies at %d..%d", a.Name, line, a.Address, a.end()-1), "correct one of the two, or read_alone where the meter answers so"))
	default:
		return true
	}
	return false
}
