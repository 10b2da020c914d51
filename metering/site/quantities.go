package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"asue/metering"
)

// unit is a unit of measure as it is written in the file, and its factor to the
// unit in which the value is kept.
type unit struct {
	name   string
	factor float64
}

// quantity says how a number with a unit is written.
type quantity struct {
	what    string // "power"
	units   []unit // the usual one first
	example string
}

var (
	powerUnits      = quantity{"power", []unit{{"MW", 1e6}, {"kW", 1e3}, {"W", 1}}, "29.7 MW"}
	apparentUnits   = quantity{"apparent power", []unit{{"MVA", 1e6}, {"kVA", 1e3}}, "63 MVA"}
	voltageUnits    = quantity{"voltage", []unit{{"kV", 1}, {"V", 1e-3}}, "10 kV"}
	lengthUnits     = quantity{"length", []unit{{"km", 1}, {"m", 1e-3}}, "17 km"}
	resistanceUnits = quantity{"resistance", []unit{{"ohm/km", 1}}, "0.159 ohm/km"}
	energyUnits     = quantity{"energy", []unit{{"kWh", 1e3}, {"MWh", 1e6}, {"Wh", 1}}, "12345.6 kWh"}
	reactiveUnits   = quantity{"reactive energy", []unit{{"kvarh", 1e3}, {"Mvarh", 1e6}, {"varh", 1}}, "12345.6 kvarh"}
)

// Units in Cyrillic and what they are called in the file.
var latinUnits = map[string]string{
	"Вт": "W", "кВт": "kW", "МВт": "MW", "ВА": "VA", "кВА": "kVA", "МВА": "MVA", "В": "V", "кВ": "kV",
	"м": "m", "км": "km", "Ом/км": "ohm/km", "Ω/km": "ohm/km", "Ohm/km": "ohm/km",
	"Вт·ч": "Wh", "кВт·ч": "kWh", "МВт·ч": "MWh", "квар·ч": "kvarh", "кВАр·ч": "kvarh", "Мвар·ч": "Mvarh",
}

func (q quantity) unitNames() []string {
	names := make([]string, len(q.units))
	for i, u := range q.units {
		names[i] = u.name
	}
	return names
}

func (q quantity) pattern() string {
	names := q.unitNames()
	for i := range names {
		names[i] = strings.ReplaceAll(names[i], "/", `\/`)
	}
	return `^[0-9]+(\.[0-9]+)? ?(` + strings.Join(names, "|") + `)$`
}

// split takes "29.7 MW" apart and says what is wrong with it if anything is.
// The number is plain decimal digits, the unit one of the quantity's.
func (q quantity) split(text string) (number, unitName string, f *finding) {
	text = strings.TrimSpace(text)
	cut := strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune("0123456789.,-+  ", c) })
	if cut < 0 {
		cut = len(text)
	}
	number, unitName = strings.TrimRight(text[:cut], "  "), text[cut:]
	fail := func(code, what, why, remedy string) (string, string, *finding) {
		return "", "", &finding{code, fmt.Sprintf("%s %q %s", q.what, text, what), why, remedy}
	}
	plain := strings.NewReplacer(",", ".", " ", "", " ", "", "+", "").Replace(number)
	switch {
	case strings.HasPrefix(number, "-"):
		return fail("negative", "is negative", "a "+q.what+" of the plant has no direction", "write it without the sign")
	case plain != number && decimalRegexp.MatchString(plain):
		return fail("bad-number", "has a decimal comma, a space or a sign", "numbers are digits with a decimal point",
			fmt.Sprintf("write %q", strings.TrimSpace(plain+" "+cmpOr(latinUnits[unitName], unitName))))
	case !decimalRegexp.MatchString(number):
		return fail("bad-number", "does not begin with a number", "it is a number and a unit", "write it like "+q.example)
	case unitName == "":
		return fail("no-unit", "has no unit", "without it 29.7 could be kW or MW", fmt.Sprintf("write %q", number+" "+q.units[0].name))
	case slices.Contains(q.unitNames(), unitName):
		return number, unitName, nil
	}
	return fail("bad-unit", fmt.Sprintf("is not in a unit of %s", q.what), q.unitTrouble(unitName), q.unitRemedy(number, unitName))
}

func (q quantity) unitTrouble(name string) string {
	name = cmpOr(latinUnits[name], name)
	apparent, active := strings.HasSuffix(name, "VA"), name == "MW" || name == "kW" || name == "W"
	switch {
	case apparent && q.what == "power":
		return "MVA and kVA are apparent power; limits, contracts and technical conditions are active power, about 0.9 of it"
	case active && q.what == "apparent power":
		return "transformers are rated in MVA; MW is active power"
	}
	return "units of " + q.what + " are " + strings.Join(q.unitNames(), ", ") + ", written so"
}

func (q quantity) unitRemedy(number, name string) string {
	proposal := cmpOr(latinUnits[name], name)
	for _, u := range q.units {
		if strings.EqualFold(u.name, proposal) {
			return fmt.Sprintf("write %q", number+" "+u.name)
		}
	}
	return "write it like " + q.example
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// measure is a physical quantity as a float in the unit of factor 1, at least
// least and at most most.
func measure(q quantity, least, most float64) kind[float64] {
	return ofText(object{"pattern": q.pattern()}, "a "+q.what, func(_ *reader, text string) (float64, *finding) {
		number, name, f := q.split(text)
		if f != nil {
			return 0, f
		}
		v, err := strconv.ParseFloat(number, 64)
		u := q.units[slices.IndexFunc(q.units, func(u unit) bool { return u.name == name })]
		// Dividing by a power of ten is exact where multiplying by its inverse is not: 400 V is 0.4 kV.
		if u.factor < 1 {
			v /= 1 / u.factor
		} else {
			v *= u.factor
		}
		if err != nil || v < least || v > most {
			base := q.units[slices.IndexFunc(q.units, func(u unit) bool { return u.factor == 1 || u.factor == 1e6 })]
			scale := base.factor
			return 0, &finding{"out-of-range", fmt.Sprintf("%s %q is out of range", q.what, text),
				fmt.Sprintf("it lies between %v and %v %s", least/scale, most/scale, base.name), "check the number and its unit against the passport"}
		}
		return v, nil
	})
}

// power is active power, exact to the watt.
func power() kind[metering.Power] {
	return ofText(object{"pattern": powerUnits.pattern()}, "a power", readPower)
}

func readPower(_ *reader, text string) (metering.Power, *finding) {
	if _, _, f := powerUnits.split(text); f != nil {
		return 0, f
	}
	p, err := metering.ParsePower(text)
	if err != nil || p > 100_000*metering.Megawatt {
		return 0, &finding{"out-of-range", fmt.Sprintf("power %q is finer than a watt or beyond any plant", text),
			"powers are whole watts up to 100 GW", "check the number and its unit"}
	}
	return p, nil
}

// limit is a power, or the word "unlimited".
func limit() kind[metering.Limit] {
	pattern := strings.Replace(powerUnits.pattern(), "^", "^(unlimited|", 1)
	pattern = strings.TrimSuffix(pattern, "$") + ")$"
	return ofText(object{"pattern": pattern}, "a limit", func(r *reader, text string) (metering.Limit, *finding) {
		if text == "unlimited" {
			return metering.Unlimited(), nil
		}
		p, f := readPower(r, text)
		if f != nil {
			if f.code == "bad-number" {
				f.remedy += "; \"unlimited\" where somebody has stated that there is none; no key at all where it is not known"
			}
			return metering.Limit{}, f
		}
		return metering.LimitOf(p), nil
	})
}

// registers is a mapping from the name of a channel to a register reading, with
// its unit, at the point (primary side).
func registers() kind[map[metering.Channel]metering.Energy] {
	properties := object{}
	for _, c := range metering.Channels() {
		properties[c.String()] = object{"type": "string", "pattern": channelUnits(c).pattern()}
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	return kind[map[metering.Channel]metering.Energy]{schema: schema, read: readRegisters}
}

func channelUnits(c metering.Channel) quantity {
	if c.Unit() == "varh" {
		return reactiveUnits
	}
	return energyUnits
}

func readRegisters(r *reader, n *node) (map[metering.Channel]metering.Energy, bool) {
	if !r.expect(n, mapping, "register readings by channel: A+, A-, R+, R-") {
		return nil, false
	}
	readings, good := map[metering.Channel]metering.Energy{}, true
	for _, e := range n.entries {
		c, ok := metering.ChannelNamed(e.key)
		if !ok {
			good = false
			r.add(Error, e.at, e.path, finding{"unknown-key", fmt.Sprintf("unknown channel %q", e.key),
				"a point has four energies", "use A+, A-, R+ or R-"})
			continue
		}
		if !r.expect(e.value, scalar, "a register reading") {
			good = false
			continue
		}
		v, f := readEnergy(c, e.value.text)
		if f != nil {
			good = false
			r.refuse(e.value, *f)
			continue
		}
		readings[c] = v
	}
	return readings, good
}

func readEnergy(c metering.Channel, text string) (metering.Energy, *finding) {
	q := channelUnits(c)
	number, name, f := q.split(text)
	if f != nil {
		return 0, f
	}
	v, err := metering.ParseEnergy(number + " " + strings.Replace(name, "var", "W", 1))
	if err != nil {
		return 0, &finding{"out-of-range", fmt.Sprintf("%s %q is finer than 1 %s or too large", q.what, text, c.Unit()),
			"register readings are whole " + c.Unit(), "check the number and its unit against the act"}
	}
	return v, nil
}
