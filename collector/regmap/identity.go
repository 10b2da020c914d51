package regmap

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"asue/collector/device"
)

// Identification gathers what a meter says of itself over all blocks of its
// identification: the two halves of a ratio may stand in different ones. It
// belongs to one goroutine.
type Identification struct {
	model  *Model
	values map[string]RawValue
}

// Identification begins to gather for a meter of this model.
func (m *Model) Identification() *Identification {
	return &Identification{model: m}
}

// Add takes the words of one block; what was read before is replaced. Its only
// error is that of Decode; nothing is taken then.
func (i *Identification) Add(b Block, words []uint16) error {
	values, err := Raw(b, words)
	if err != nil {
		return err
	}
	if i.values == nil {
		i.values = values
		return nil
	}
	maps.Copy(i.values, values)
	return nil
}

// Identity is what has been gathered so far.
func (i *Identification) Identity() device.Identity { return i.model.Identify(i.values) }

// Identify makes sense of the contents of registers that stand for no quantity,
// by name, as Raw gives them. Serial comes from register "serial", CT and VT from
// Ratios, Clock from the register that is one. Registers that are not among the
// values are not judged.
//
// A content that the meter calls missing is never Strange: it tells nothing of
// the device. A Guard's is Unset: nobody knows then what the others mean.
func (m *Model) Identify(values map[string]RawValue) device.Identity {
	var id device.Identity
	id.CT, id.VT = Ratios(values)
	if serial := values["serial"]; !serial.Missing {
		id.Serial = serial.serial()
	}
	for i := range m.Registers {
		r := &m.Registers[i]
		v, told := values[r.Name]
		if !told || r.Unsure != "" {
			continue
		}
		if r.Clock != NoClock {
			id.Clock = v.Time
		}
		if !v.Missing && !r.Expected(v) {
			id.Strange = append(id.Strange, device.Mismatch{Register: r.Name, Got: v.content(r), Want: anyOf(r.Expect)})
		}
		if g := r.Guard; g != nil && (v.Missing || !slices.Contains(g.Equals, v.Int)) {
			id.Unset = append(id.Unset, device.Mismatch{Register: r.Name, Got: v.content(r), Want: anyOf(g.Equals), Why: g.Why, Quantities: g.Affects})
		}
	}
	id.Said = said(values)
	return id
}

// said is everything told, by name: "ct_prim=600 ct_sec=5 serial=4711".
func said(values map[string]RawValue) string {
	words := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		words = append(words, name+"="+values[name].String())
	}
	return strings.Join(words, " ")
}

// serial is a serial number, whichever way the meter keeps it; empty for a number
// 0 and an empty text, by which meters say that none was given.
func (v RawValue) serial() string {
	if v.Text != "" || v.Int == 0 {
		return v.Text
	}
	return strconv.FormatInt(v.Int, 10)
}

// content is the content as Expect and Guard name it: without the scale.
func (v RawValue) content(r *Register) string {
	if v.Missing || r.Type == ASCII || r.Type.Float() {
		return v.String()
	}
	return strconv.FormatInt(v.Int, 10)
}

// anyOf lists contents: "332, 341 or 346".
func anyOf(contents []int64) string {
	var s strings.Builder
	for i, c := range contents {
		switch {
		case i == 0:
		case i == len(contents)-1:
			s.WriteString(" or ")
		default:
			s.WriteString(", ")
		}
		fmt.Fprint(&s, c)
	}
	return s.String()
}

// Expected reports whether the content is one that the model is known to give
// here; true as well where nothing is known.
func (r *Register) Expected(v RawValue) bool {
	if len(r.Expect) == 0 {
		return true
	}
	return !v.Missing && v.Text == "" && slices.Contains(r.Expect, v.Int)
}
