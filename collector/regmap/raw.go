package regmap

import (
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

// RawValue is the content of an identification or settings register.
type RawValue struct {
	// Number is the content times the register's scale and scale factor; 0 for a
	// text.
	Number float64
	// Int is the integer content as it stands, 0 for texts and floats.
	Int int64
	// Text is the content of an ASCII register without the padding.
	Text string
	// Time is the content of a clock, UTC.
	Time time.Time
	// Missing is set when the meter says that it has no value, and for an empty text.
	Missing bool
}

// String is the content for people: the text, the time, the number, or "n/a".
func (v RawValue) String() string {
	switch {
	case v.Missing:
		return "n/a"
	case v.Text != "":
		return v.Text
	case !v.Time.IsZero():
		return v.Time.Format(time.RFC3339)
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
			at := b.Offset(r)
			values[r.Name] = r.raw(words[at:at+r.Words()], b.exponent(r, words))
		}
	}
	return values, nil
}

func (r *Register) raw(w []uint16, x exponent) RawValue {
	switch {
	case x.why != "":
		return RawValue{Missing: true}
	case r.Clock != NoClock:
		t, ok := r.clock(w)
		return RawValue{Time: t, Int: t.Unix(), Number: float64(t.Unix()), Missing: !ok}.orMissing()
	case r.Type == ASCII:
		s := text(w)
		return RawValue{Text: s, Missing: s == ""}
	case r.Type == U32U16:
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
		v.Number += scaled(r.Type.toFloat(bits)*r.Scale, x.x)
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

// orMissing drops what a missing value would hold.
func (v RawValue) orMissing() RawValue {
	if v.Missing {
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
