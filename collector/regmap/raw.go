package regmap

import (
	"math"
	"strconv"
	"strings"

	"asue/metering"
)

// RawValue is the content of an identification or settings register.
type RawValue struct {
	// Number is the content times the register's scale; 0 for a text.
	Number float64
	// Int is the integer content as it stands, 0 for texts and floats.
	Int int64
	// Text is the content of an ASCII register without the padding.
	Text string
	// Missing is set when the meter says that it has no value.
	Missing bool
}

// String is the content for people: the text, the number, or "n/a".
func (v RawValue) String() string {
	switch {
	case v.Missing:
		return "n/a"
	case v.Text != "":
		return v.Text
	}
	return strconv.FormatFloat(v.Number, 'f', -1, 64)
}

// Raw returns the block's registers that stand for no quantity (serial number,
// model, transformer settings) by name. Its only error is that of Decode.
func Raw(b Block, words []uint16) (map[string]RawValue, error) {
	if err := b.fits(words); err != nil {
		return nil, err
	}
	values := make(map[string]RawValue)
	for _, r := range b.Registers {
		if r.Quantity == 0 {
			at := int(r.Address) - int(b.Address)
			values[r.Name] = r.raw(words[at : at+r.Words()])
		}
	}
	return values, nil
}

func (r *Register) raw(w []uint16) RawValue {
	switch r.Type {
	case ASCII:
		return RawValue{Text: text(w)}
	case U32U16:
		k, approx, q, _ := r.count(w)
		return RawValue{Number: approx * float64(r.Step) / 1000, Int: int64(k), Missing: q != metering.Good}
	}
	n := r.Type.words()
	var v RawValue
	for ; len(w) > 0; w = w[n:] {
		bits := r.Order.gather(w[:n])
		if r.missing(bits) != "" {
			return RawValue{Missing: true}
		}
		v.Number += r.Type.toFloat(bits) * r.Scale
		switch {
		case r.Type.Float():
		case r.Type.isSigned():
			v.Int += signed(bits, n)
		default:
			v.Int += int64(bits)
		}
	}
	if !finite(v.Number) {
		return RawValue{Missing: true}
	}
	return v
}

// text reads two characters a word and drops what cannot be printed.
func text(w []uint16) string {
	var s strings.Builder
	for _, word := range w {
		for _, c := range [2]byte{byte(word >> 8), byte(word)} {
			if c >= 0x20 && c < 0x7f {
				s.WriteByte(c)
			}
		}
	}
	return strings.TrimSpace(s.String())
}

// Expected reports whether the content is one that the model is known to give
// here; true as well where nothing is known.
func (r *Register) Expected(v RawValue) bool {
	if len(r.Expect) == 0 {
		return true
	}
	for _, e := range r.Expect {
		if !v.Missing && v.Text == "" && v.Int == e {
			return true
		}
	}
	return false
}

// Ratios reads the meter's own transformer settings from the values of its
// identification block, to be compared with those of the site file: registers
// ct_prim and ct_sec (or ct_ratio), vt_prim and vt_sec (or vt_ratio). A zero
// Ratio means that the meter does not tell.
func Ratios(values map[string]RawValue) (ct, vt metering.Ratio) {
	return ratio(values, "ct"), ratio(values, "vt")
}

func ratio(values map[string]RawValue, which string) metering.Ratio {
	prim, sec := values[which+"_prim"], values[which+"_sec"]
	if r := fraction(prim.Number, sec.Number); r != (metering.Ratio{}) {
		return r
	}
	return fraction(values[which+"_ratio"].Number, 1)
}

// fraction makes a ratio of two settings that have at most three decimals.
func fraction(prim, sec float64) metering.Ratio {
	p, s := math.Round(prim*1000), math.Round(sec*1000)
	if !(p >= 1 && s >= 1 && p < 1e15 && s < 1e15) {
		return metering.Ratio{}
	}
	a, b := int64(p), int64(s)
	for _, shorter := range []int64{10, 10, 10} {
		if a%shorter == 0 && b%shorter == 0 {
			a, b = a/shorter, b/shorter
		}
	}
	return metering.Ratio{Primary: a, Secondary: b}
}
