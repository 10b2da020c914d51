package regmap

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"asue/collector/device"
	"asue/metering"
	"asue/metering/form"
)

// The kinds of values that model files have and package form does not.

// Words of model files and what they stand for.
var (
	types   = invert(typeNames)
	orders  = invert(orderNames)
	clocks  = map[string]Clock{"unix": UnixClock, "ymdhms": FieldsClock}
	kinds   = map[string]Kind{"total": Total, "tariff": Tariff, "partial": Partial}
	codings = map[string]Coding{"4q-pf": FourQuadrantPF}
	sides   = map[string]bool{"primary": false, "secondary": true}
)

// groups are the groups by name.
var groups = func() map[string]Group {
	names := make(map[string]Group)
	for _, g := range device.Groups() {
		names[g.String()] = g
	}
	return names
}()

func invert[T comparable](names map[T]string) map[string]T {
	m := make(map[string]T, len(names))
	for v, n := range names {
		m[n] = v
	}
	return m
}

// named is a value by its name in a table. what names it: "group".
func named[V any](what string, table map[string]V) form.Kind[V] {
	word := form.Word(what, slices.Sorted(maps.Keys(table)))
	return form.Kind[V]{Schema: word.Schema, Read: func(r *form.Report, n *form.Node) (V, bool) {
		name, ok := word.Read(r, n)
		return table[name], ok
	}}
}

// wholeRegexp takes no leading zeros: they mean base 8 to some.
var wholeRegexp = regexp.MustCompile(`^(0x[0-9A-Fa-f]{1,16}|-?[1-9][0-9]{0,19}|0)$`)

const wholeRule = "it is a whole number, decimal without leading zeros or 0x…"

// whole is a whole number from least to most, decimal or 0x…. what names it with
// its article: "an address".
func whole[N int | int64 | uint8 | uint16](what string, least, most int64) form.Kind[N] {
	k := form.OfText(form.Object{"minimum": least, "maximum": most}, what, func(text string) (N, *form.Finding) {
		v, err := strconv.ParseInt(text, 0, 64)
		if err != nil || !wholeRegexp.MatchString(text) || v < least || v > most {
			remedy := fmt.Sprintf("write a whole number from %d to %d", least, most)
			if least == math.MinInt64 {
				remedy = "write one like 15270"
			}
			return 0, form.Found("bad-number", fmt.Sprintf("%q is not %s", text, what), wholeRule, remedy)
		}
		return N(v), nil
	})
	k.Schema["type"] = "integer"
	return k
}

// codes is a list of bit patterns; codesOf holds them against their type.
func codes() form.Kind[[]given[uint64]] {
	code := form.OfText(form.Object{"minimum": 0}, "a bit pattern", func(text string) (uint64, *form.Finding) {
		v, err := strconv.ParseUint(text, 0, 64)
		if err != nil || !wholeRegexp.MatchString(text) {
			return 0, form.Found("bad-code", fmt.Sprintf("%q is not a bit pattern", text), wholeRule, "write one like 0xFFFF")
		}
		return v, nil
	})
	code.Schema["type"] = "integer"
	return form.ListOf(code, "bit patterns")
}

// codesOf are bit patterns that a value of the type can have; false if some
// entry is none.
func codesOf(r *form.Report, list given[[]given[uint64]], t Type) ([]uint64, bool) {
	all := values(list)
	good := list.OK && len(all) == len(list.V)
	for _, g := range list.V {
		if bits := 16 * t.words(); g.OK && 0 < bits && bits < 64 && g.V>>bits != 0 {
			good = false
			r.Refuse(g.At, form.Found("bad-code", fmt.Sprintf("%s is not a bit pattern of type %v", g.At.Text, t), fmt.Sprintf("the type has %d bits", bits), "write one like 0xFFFF"))
		}
	}
	return all, good
}

// decimalRegexp keeps out what big.Rat would take too: fractions, and exponents
// that would not fit into memory.
var decimalRegexp = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,18})?$`)

// decimal is an exact positive decimal number.
func decimal() form.Kind[*big.Rat] {
	k := form.OfText(form.Object{"exclusiveMinimum": 0}, "a decimal number", func(text string) (*big.Rat, *form.Finding) {
		if v, ok := new(big.Rat).SetString(text); ok && decimalRegexp.MatchString(text) && v.Sign() > 0 {
			return v, nil
		}
		return nil, form.Found("bad-number", fmt.Sprintf("%q is not a positive decimal number", text), "it is digits with a decimal point, without an exponent", "write one like 0.01")
	})
	k.Schema["type"] = "number"
	return k
}

// span is a range of addresses.
func span() form.Kind[Span] {
	return form.OfText(form.Object{}, "a range of addresses", func(text string) (Span, *form.Finding) {
		first, last, ok := strings.Cut(text, "..")
		a, err1 := strconv.ParseUint(first, 0, 16)
		b, err2 := strconv.ParseUint(last, 0, 16)
		if !ok || err1 != nil || err2 != nil || a > b {
			return Span{}, form.Found("bad-range", fmt.Sprintf("%q is not a range of addresses", text), "it is the first and the last address, from 0 to 65535", "write one like 31..48")
		}
		return Span{uint16(a), uint16(b)}, nil
	})
}

// quantity is a quantity by its code.
func quantity() form.Kind[metering.Quantity] {
	var names []string
	for _, q := range metering.Quantities() {
		names = append(names, q.String())
	}
	return form.OfText(form.Object{"enum": names}, "a quantity's code", func(text string) (metering.Quantity, *form.Finding) {
		q, ok := metering.QuantityOf(text)
		if !ok {
			return 0, form.Found("unknown-quantity", fmt.Sprintf("there is no quantity %q", text), "quantities are known by codes like p, u_ab or ea_imp", form.DidYouMean(text, names))
		}
		return q, nil
	})
}

// unit is a unit of a model file: size base units of the kind base.
type unit struct {
	base    string
	size    int64
	counted bool // of an energy or a volume
}

var units = func() map[string]unit {
	m := map[string]unit{"Hz": {"Hz", 1, false}, "%": {"%", 1, false}, "1": {"1", 1, false}}
	for _, base := range []string{"V", "A", "W", "var", "VA"} {
		m[base], m["k"+base], m["M"+base] = unit{base, 1, false}, unit{base, 1e3, false}, unit{base, 1e6, false}
	}
	for _, base := range []string{"Wh", "varh", "VAh"} {
		m[base], m["k"+base], m["M"+base] = unit{base, 1, true}, unit{base, 1e3, true}, unit{base, 1e6, true}
	}
	m["L"], m["m3"] = unit{"L", 1, true}, unit{"L", 1e3, true}
	return m
}()

// unitsOf are the units of one base, the smallest first.
func unitsOf(base string) []string {
	var names []string
	for name, u := range units {
		if u.base == base {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(units[a].size, units[b].size) })
	return names
}
