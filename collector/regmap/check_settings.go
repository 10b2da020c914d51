package regmap

import (
	"fmt"

	"asue/metering"
	"asue/metering/form"
)

// checkClock: a clock is whole seconds in integers, told when the meter is
// identified.
func (e *entry) checkClock() {
	if e.Clock == NoClock {
		return
	}
	e.checkClockType("type", e.Type, e.Clock)
	if e.Quantity != 0 || e.Group != Ident {
		e.refuse("clock", form.Found("misplaced-key", fmt.Sprintf("a clock for %q in group %v", e.Name, e.Group), "a clock is no quantity and belongs to the identification", "write group: ident, and a name that is no quantity"))
	}
	for _, key := range []string{"scale", "parts", "expect"} {
		if e.at.Get(key) != nil {
			e.refuse(key, form.Found("misplaced-key", fmt.Sprintf("%s for the clock %q", key, e.Name), "a clock is whole seconds that never stand", "delete it"))
		}
	}
}

func (e *entry) checkClockType(key string, t Type, c Clock) {
	switch fits := t == U16 || t == I16; {
	case c == FieldsClock && !fits:
		e.refuse(key, form.Found("bad-clock", fmt.Sprintf("type %v for a clock ymdhms", t), "each of its six numbers is one register", "write u16 or i16"))
	case c == UnixClock && (fits || t.Float() || t == ASCII || t == U32U16):
		e.refuse(key, form.Found("bad-clock", fmt.Sprintf("type %v for a clock unix", t), "its seconds are an integer of 32 or 64 bits", "write u32, i32, u64 or i64"))
	}
}

// checkGuard: a guard is a whole number that is read with the identification.
func (e *entry) checkGuard() {
	if e.Guard == nil {
		return
	}
	if e.Quantity != 0 || e.Group != Ident || e.Counter() || e.Type == ASCII || e.Type.Float() || e.Clock != NoClock || e.Parts > 1 {
		e.refuse("guard", form.Found("misplaced-key", fmt.Sprintf("a guard for %q", e.Name), "a guard is a setting: one integer of group ident that is no quantity", "put it on the setting's register"))
	}
}

// link holds registers against those that they name. whole says that every
// register of the file could be read: without it nothing is missed by name.
func (m *Model) link(entries []entry, whole bool) {
	byName := make(map[string]*entry, len(entries))
	quantities := make(map[metering.Quantity]bool)
	var clock *entry
	for i := range entries {
		e := &entries[i]
		if byName[e.Name] == nil {
			byName[e.Name] = e
		}
		quantities[e.Quantity] = true
		if e.Clock == NoClock || e.Unsure != "" {
			continue
		}
		if clock != nil {
			e.refuse("clock", form.Found("duplicate-clock", fmt.Sprintf("%q is a second clock", e.Name), fmt.Sprintf("%q in line %d is one, and a meter has one time", clock.Name, clock.at.At.Line), "keep the better one"))
			continue
		}
		clock = e
	}
	for i := range entries {
		e := &entries[i]
		if e.factor != "" {
			m.scale(e, byName[e.factor], whole)
		}
		if e.Guard == nil {
			continue
		}
		for _, q := range e.Guard.Affects {
			if whole && !quantities[q] {
				e.refuse("guard", form.Found("unknown-register", fmt.Sprintf("%q affects %v", e.Name, q), "the model has no such quantity", "delete it from affects"))
			}
		}
	}
	for i := range entries {
		if e := &entries[i]; e.ScalesOthers && e.at.Get("group") != nil {
			e.refuse("group", form.Found("misplaced-key", fmt.Sprintf("a group for the scale factor %q", e.Name), "it is read with every value that it scales", "delete it"))
		}
	}
}

// scale gives a value its scale factor x, nil if there is no such register.
func (m *Model) scale(e, x *entry, whole bool) {
	refuse := func(code, what, why, remedy string) {
		e.refuse("scale_factor", form.Found(code, what, why, remedy))
	}
	if x == nil {
		if whole {
			refuse("unknown-register", fmt.Sprintf("no register %q", e.factor), "a scale factor is a register of this file", "correct the name, or add the register")
		}
		return
	}
	if e.Type.Float() || e.Type == ASCII || e.Type == U32U16 || e.Clock != NoClock || e.Guard != nil || e.ReadAlone || e.Coding != Plain || len(e.Expect) > 0 {
		refuse("misplaced-key", fmt.Sprintf("a scale factor for %q", e.Name), "only a plain integer that is read with others has it", "delete it")
		return
	}
	if (x.Type != I16 && x.Type != U16) || x.Quantity != 0 || x.factor != "" || x.Parts > 1 || x.ReadAlone || x.Guard != nil || x.Clock != NoClock ||
		x.Function != e.Function || x.at.Get("scale") != nil || e.Unsure == "" && x.Unsure != "" {
		refuse("bad-factor", fmt.Sprintf("%q as the scale factor of %q", x.Name, e.Name),
			"a scale factor is a plain i16 or u16 of the same function, and as sure as its values", "correct the name, or that register")
		return
	}
	e.Exponent = &Exponent{Name: x.Name, Address: x.Address, Type: x.Type}
	x.ScalesOthers = true
	first, end := e.reach()
	hole := max(int(x.Address)-e.end(), int(e.Address)-int(x.Address)-1)
	if b := newBlock(e.Function, e.Group, m.Even, []*Register{&e.Register}); int(b.Count) > m.MaxRegisters || hole > m.MaxHole || m.forbids(int(b.Address), b.end()) {
		refuse("too-far", fmt.Sprintf("%q and its scale factor %q lie at %d..%d", e.Name, x.Name, first, end-1), "both are read in one request, within the limits", "correct the addresses or the limits")
	}
}
