package form

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Unit is a unit of measure as it is written in a file, and its factor to the
// unit in which the value is kept.
type Unit struct {
	Name   string
	Factor float64
}

// Units say how a number with a unit is written.
type Units struct {
	What    string // "power"
	All     []Unit // the usual one first
	Example string // "29.7 MW"
	NoSign  string // why it cannot be negative
	NoUnit  string // why a bare number does not do
	// Others are other spellings of units, Cyrillic ones for instance, and what
	// they are called in a file.
	Others map[string]string
	// Why, if set, may know more of a wrong unit, by its usual spelling, than
	// that it is none of these; "" where it does not.
	Why func(name string) string
}

// Names are the names of the units, the usual one first.
func (u Units) Names() []string {
	names := make([]string, len(u.All))
	for i, unit := range u.All {
		names[i] = unit.Name
	}
	return names
}

// Pattern is a regular expression for a schema.
func (u Units) Pattern() string {
	names := u.Names()
	for i := range names {
		names[i] = strings.ReplaceAll(names[i], "/", `\/`)
	}
	return `^[0-9]+(\.[0-9]+)? ?(` + strings.Join(names, "|") + `)$`
}

// Of finds a unit by its name.
func (u Units) Of(name string) (Unit, bool) {
	if i := slices.IndexFunc(u.All, func(unit Unit) bool { return unit.Name == name }); i >= 0 {
		return u.All[i], true
	}
	return Unit{}, false
}

// Split takes "29.7 MW" apart and says what is wrong with it if anything is. The
// number is plain decimal digits, the unit one of All.
func (u Units) Split(text string) (number, unit string, f *Finding) {
	text = strings.TrimSpace(text)
	cut := strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune("0123456789.,-+ \u00a0", c) })
	if cut < 0 {
		cut = len(text)
	}
	number, unit = strings.TrimRight(text[:cut], " \u00a0"), text[cut:]
	fail := func(code, what, why, remedy string) (string, string, *Finding) {
		return "", "", Found(code, fmt.Sprintf("%s %q %s", u.What, text, what), why, remedy)
	}
	plain := strings.NewReplacer(",", ".", " ", "", "\u00a0", "", "+", "").Replace(number)
	switch {
	case strings.HasPrefix(number, "-"):
		return fail("negative", "is negative", u.NoSign, "write it without the sign")
	case plain != number && decimalRegexp.MatchString(plain):
		return fail("bad-number", "has a decimal comma, a space or a sign", "numbers are digits with a decimal point",
			fmt.Sprintf("write %q", strings.TrimSpace(plain+" "+u.spelled(unit))))
	case !decimalRegexp.MatchString(number):
		return fail("bad-number", "does not begin with a number", "it is a number and a unit", "write it like "+u.Example)
	case unit == "":
		return fail("no-unit", "has no unit", u.NoUnit, fmt.Sprintf("write %q", number+" "+u.All[0].Name))
	case slices.Contains(u.Names(), unit):
		return number, unit, nil
	}
	return fail("bad-unit", fmt.Sprintf("is not in a unit of %s", u.What), u.trouble(unit), u.remedy(number, unit))
}

// spelled is a unit's usual spelling.
func (u Units) spelled(name string) string {
	if usual, ok := u.Others[name]; ok {
		return usual
	}
	return name
}

func (u Units) trouble(name string) string {
	if u.Why != nil {
		if why := u.Why(u.spelled(name)); why != "" {
			return why
		}
	}
	return "units of " + u.What + " are " + strings.Join(u.Names(), ", ") + ", written so"
}

func (u Units) remedy(number, name string) string {
	proposal := u.spelled(name)
	for _, unit := range u.All {
		if strings.EqualFold(unit.Name, proposal) {
			return fmt.Sprintf("write %q", number+" "+unit.Name)
		}
	}
	return "write it like " + u.Example
}

func sizeUnits() Units {
	return Units{
		What: "size", Example: "512 MB", NoSign: "nothing has less than no bytes", NoUnit: "without it 512 could be MB or GB",
		All: []Unit{{"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"kB", 1e3}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KiB", 1 << 10}, {"B", 1}},
		Others: map[string]string{
			"М": "MB", "МБ": "MB", "Мб": "MB", "ГБ": "GB", "Гб": "GB", "ТБ": "TB", "Тб": "TB", "КБ": "kB", "Кб": "kB", "кБ": "kB",
			"M": "MB", "G": "GB", "T": "TB", "K": "kB", "k": "kB", "МиБ": "MiB", "ГиБ": "GiB",
		},
	}
}

// Size is a number of bytes from least to most, both included: 512 MB, 1.5 GB,
// 64 MiB. It is exact to the byte; MB is 10⁶ bytes and MiB 2²⁰.
func Size(least, most int64) Kind[int64] {
	u := sizeUnits()
	return OfText(Object{"pattern": u.Pattern()}, "a size", func(text string) (int64, *Finding) {
		number, name, f := u.Split(text)
		if f != nil {
			return 0, f
		}
		unit, _ := u.Of(name)
		v, err := strconv.ParseFloat(number, 64)
		bytes := math.Round(v * unit.Factor)
		if err != nil || bytes < float64(least) || bytes > float64(most) {
			return 0, Found("out-of-range", fmt.Sprintf("size %q is out of range", text),
				fmt.Sprintf("it lies between %s and %s", FormatSize(least), FormatSize(most)), "check the number and its unit")
		}
		return int64(bytes), nil
	})
}

// FormatSize writes a number of bytes as Size reads it, with the largest unit in
// which it is a whole number: "512 MB", "128 MiB".
func FormatSize(bytes int64) string {
	for _, unit := range []Unit{
		{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3},
	} {
		if factor := int64(unit.Factor); bytes >= factor && bytes%factor == 0 {
			return fmt.Sprintf("%d %s", bytes/factor, unit.Name)
		}
	}
	return fmt.Sprintf("%d B", bytes)
}
