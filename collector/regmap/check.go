package regmap

import (
	"fmt"
	"slices"
)

// unit is a unit of a model file: size base units of the kind base.
type unit struct {
	base   string
	size   int64
	energy bool
}

var units = func() map[string]unit {
	m := map[string]unit{"Hz": {"Hz", 1, false}, "%": {"%", 1, false}, "1": {"1", 1, false}}
	for _, base := range []string{"V", "A", "W", "var", "VA"} {
		m[base], m["k"+base], m["M"+base] = unit{base, 1, false}, unit{base, 1e3, false}, unit{base, 1e6, false}
	}
	for _, base := range []string{"Wh", "varh", "VAh"} {
		m[base], m["k"+base], m["M"+base] = unit{base, 1, true}, unit{base, 1e3, true}, unit{base, 1e6, true}
	}
	return m
}()

func unitNames() []string {
	names := make([]string, 0, len(units))
	for n := range units {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// check holds the registers that could be read, which stand at these places of
// the file, against each other and against the limits.
func (m *Model) check(places []*object) {
	for i := range m.Registers {
		at := places[i]
		say := func(key, what, why, remedy string) {
			n, ok := at.fields[key]
			if !ok {
				n = at.node
			}
			at.rd.fault(n, at.name(key), what, why, remedy)
		}
		m.checkRegister(&m.Registers[i], say)
		for j := range m.Registers[:i] {
			if !checkPair(&m.Registers[j], &m.Registers[i], say) {
				break // one clash says enough
			}
		}
	}
}

type sayer func(key, what, why, remedy string)

func (m *Model) checkRegister(r *Register, say sayer) {
	if r.Type != ASCII && r.Length != 0 {
		say("length", fmt.Sprint(r.Length), "only a text has a length; type "+r.Type.String()+" has its own", "delete it")
	}
	if r.Type == ASCII && (r.Length == 0 || r.Quantity != 0 || r.Parts > 1) {
		say("type", "ascii", "a text needs its length and is no quantity", "write length in registers, and a name that is no quantity")
		return
	}
	if r.Type != ASCII && r.Quantity != 0 && units[r.Unit].base != r.Quantity.Unit() {
		say("unit", fmt.Sprintf("%q", r.Unit), fmt.Sprintf("%v is measured in %s", r.Quantity, r.Quantity.Unit()), "write "+r.Quantity.Unit()+" or a multiple of it")
	}
	if wide := r.Type == U64 || r.Type == I64; wide && r.Quantity != 0 && !r.Counter() {
		say("type", r.Type.String(), "a 64-bit integer that is no counter would lose digits in a float", "use a narrower type")
	}
	if r.Type == U32U16 && !r.Counter() {
		say("type", r.Type.String(), "a count with a residual is a counter", "give it an energy's name or unit")
	}
	if fourWords := r.Type.words() == 4; !fourWords && r.Order > LittleWords {
		say("order", r.Order.String(), "only values of four registers have halves", "write big or little")
	}
	if r.Coding == FourQuadrantPF && (r.Quantity.Unit() != "1" || !r.Type.Float() || r.Parts > 1) {
		say("coding", "4q-pf", "it is a float power factor's coding", "delete it")
	}
	if r.end() > 65536 {
		say("addr", fmt.Sprint(r.Address), "the value ends beyond address 65535", "correct the address or the type")
		return
	}
	b := m.block(r.Group, []*Register{r})
	if int(b.Count) > m.MaxRegisters {
		say("addr", b.String(), fmt.Sprintf("one request may ask for %d registers", m.MaxRegisters), "a value cannot be split: correct max_registers or the type")
	}
	for _, s := range m.NoRead {
		if int(s.Last) >= int(b.Address) && int(s.First) < b.end() {
			say("addr", b.String(), fmt.Sprintf("addresses %d..%d must not be read", s.First, s.Last), "correct the address or limits.no_read")
		}
	}
}

// checkPair holds a register against an earlier one; false if they clash.
func checkPair(a, b *Register, say sayer) bool {
	sure := a.Unsure == "" && b.Unsure == ""
	switch {
	case a.Name == b.Name:
		say("name", b.Name, "another register has this name", "give each its own")
	case sure && b.Quantity != 0 && a.Quantity == b.Quantity:
		say("name", b.Name, fmt.Sprintf("%s stands for the quantity %v too", a.Name, a.Quantity), "a quantity comes from one register; keep the exact one")
	case sure && a.Function == b.Function && int(a.Address) < b.end() && int(b.Address) < a.end() && !a.ReadAlone && !b.ReadAlone:
		say("addr", fmt.Sprintf("%d..%d", b.Address, b.end()-1), fmt.Sprintf("%s lies at %d..%d", a.Name, a.Address, a.end()-1), "correct one of the two, or read_alone where the meter answers so")
	default:
		return true
	}
	return false
}
