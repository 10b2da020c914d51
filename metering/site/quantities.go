package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"asue/metering"
	"asue/metering/form"
)

// units describes how a number with a unit is written in a site file; the usual
// unit stands first.
func units(what, example string, all ...form.Unit) form.Units {
	return form.Units{
		What: what, All: all, Example: example, Others: latinUnits(),
		NoSign: "a " + what + " of the plant has no direction",
		NoUnit: "without it 29.7 could be kW or MW",
		Why:    func(name string) string { return confusedUnit(what, name) },
	}
}

func unit(name string, factor float64) form.Unit { return form.Unit{Name: name, Factor: factor} }

func powerUnits() form.Units {
	return units("power", "29.7 MW", unit("MW", 1e6), unit("kW", 1e3), unit("W", 1))
}

func apparentUnits() form.Units {
	return units("apparent power", "63 MVA", unit("MVA", 1e6), unit("kVA", 1e3))
}

func voltageUnits() form.Units { return units("voltage", "10 kV", unit("kV", 1), unit("V", 1e-3)) }

func lengthUnits() form.Units { return units("length", "17 km", unit("km", 1), unit("m", 1e-3)) }

func resistanceUnits() form.Units {
	return units("resistance", "0.159 ohm/km", unit("ohm/km", 1))
}

func energyUnits() form.Units {
	return units("energy", "12345.6 kWh", unit("kWh", 1e3), unit("MWh", 1e6), unit("Wh", 1))
}

func reactiveUnits() form.Units {
	return units("reactive energy", "12345.6 kvarh", unit("kvarh", 1e3), unit("Mvarh", 1e6), unit("varh", 1))
}

// latinUnits are units in Cyrillic and what they are called in the file.
func latinUnits() map[string]string {
	return map[string]string{
		"Вт": "W", "кВт": "kW", "МВт": "MW", "ВА": "VA", "кВА": "kVA", "МВА": "MVA", "В": "V", "кВ": "kV",
		"м": "m", "км": "km", "Ом/км": "ohm/km", "Ω/km": "ohm/km", "Ohm/km": "ohm/km",
		"Вт·ч": "Wh", "кВт·ч": "kWh", "МВт·ч": "MWh", "квар·ч": "kvarh", "кВАр·ч": "kvarh", "Мвар·ч": "Mvarh",
	}
}

// confusedUnit says why a unit of one power is not one of the other.
func confusedUnit(what, name string) string {
	apparent, active := strings.HasSuffix(name, "VA"), name == "MW" || name == "kW" || name == "W"
	switch {
	case apparent && what == "power":
		return "MVA and kVA are apparent power; limits, contracts and technical conditions are active power, about 0.9 of it"
	case active && what == "apparent power":
		return "transformers are rated in MVA; MW is active power"
	}
	return ""
}

// measure is a physical quantity as a float in the unit of factor 1, at least
// least and at most most.
func measure(q form.Units, least, most float64) form.Kind[float64] {
	return form.OfText(form.Object{"pattern": q.Pattern()}, "a "+q.What, func(text string) (float64, *form.Finding) {
		number, name, f := q.Split(text)
		if f != nil {
			return 0, f
		}
		v, err := strconv.ParseFloat(number, 64)
		u, _ := q.Of(name)
		// Dividing by a power of ten is exact where multiplying by its inverse is not: 400 V is 0.4 kV.
		if u.Factor < 1 {
			v /= 1 / u.Factor
		} else {
			v *= u.Factor
		}
		if err != nil || v < least || v > most {
			base := q.All[slices.IndexFunc(q.All, func(u form.Unit) bool { return u.Factor == 1 || u.Factor == 1e6 })]
			scale := base.Factor
			return 0, form.Found("out-of-range", fmt.Sprintf("%s %q is out of range", q.What, text),
				fmt.Sprintf("it lies between %v and %v %s", least/scale, most/scale, base.Name), "check the number and its unit against the passport")
		}
		return v, nil
	})
}

// power is active power, exact to the watt.
func power() form.Kind[metering.Power] {
	u := powerUnits()
	return form.OfText(form.Object{"pattern": u.Pattern()}, "a power", func(text string) (metering.Power, *form.Finding) {
		return readPower(u, text)
	})
}

func readPower(u form.Units, text string) (metering.Power, *form.Finding) {
	if _, _, f := u.Split(text); f != nil {
		return 0, f
	}
	p, err := metering.ParsePower(text)
	if err != nil || p > 100_000*metering.Megawatt {
		return 0, form.Found("out-of-range", fmt.Sprintf("power %q is finer than a watt or beyond any plant", text),
			"powers are whole watts up to 100 GW", "check the number and its unit")
	}
	return p, nil
}

// limit is a power, or the word "unlimited".
func limit() form.Kind[metering.Limit] {
	u := powerUnits()
	pattern := strings.Replace(u.Pattern(), "^", "^(unlimited|", 1)
	pattern = strings.TrimSuffix(pattern, "$") + ")$"
	return form.OfText(form.Object{"pattern": pattern}, "a limit", func(text string) (metering.Limit, *form.Finding) {
		if text == "unlimited" {
			return metering.Unlimited(), nil
		}
		p, f := readPower(u, text)
		if f != nil {
			if f.Code == "bad-number" {
				f.Remedy += "; \"unlimited\" where somebody has stated that there is none; no key at all where it is not known"
			}
			return metering.Limit{}, f
		}
		return metering.LimitOf(p), nil
	})
}

// registers is a mapping from the name of a channel to a register reading, with
// its unit, at the point (primary side).
func registers() form.Kind[map[metering.Channel]metering.Energy] {
	properties := form.Object{}
	for _, c := range metering.Channels() {
		properties[c.String()] = form.Object{"type": "string", "pattern": channelUnits(c).Pattern()}
	}
	schema := form.Object{"type": "object", "properties": properties, "additionalProperties": false}
	return form.Kind[map[metering.Channel]metering.Energy]{Schema: schema, Read: readRegisters}
}

func channelUnits(c metering.Channel) form.Units {
	if c.Unit() == "varh" {
		return reactiveUnits()
	}
	return energyUnits()
}

func readRegisters(r *form.Report, n *form.Node) (map[metering.Channel]metering.Energy, bool) {
	if !r.Expect(n, form.Mapping, "register readings by channel: A+, A-, R+, R-") {
		return nil, false
	}
	readings, good := map[metering.Channel]metering.Energy{}, true
	for _, e := range n.Entries {
		c, ok := metering.ChannelNamed(e.Key)
		if !ok {
			good = false
			r.Add(form.Error, e.At, e.Path, form.Found("unknown-key", fmt.Sprintf("unknown channel %q", e.Key),
				"a point has four energies", "use A+, A-, R+ or R-"))
			continue
		}
		if !r.Expect(e.Value, form.Scalar, "a register reading") {
			good = false
			continue
		}
		v, f := readEnergy(c, e.Value.Text)
		if f != nil {
			good = false
			r.Refuse(e.Value, f)
			continue
		}
		readings[c] = v
	}
	return readings, good
}

func readEnergy(c metering.Channel, text string) (metering.Energy, *form.Finding) {
	q := channelUnits(c)
	number, name, f := q.Split(text)
	if f != nil {
		return 0, f
	}
	v, err := metering.ParseEnergy(number + " " + strings.Replace(name, "var", "W", 1))
	if err != nil {
		return 0, form.Found("out-of-range", fmt.Sprintf("%s %q is finer than 1 %s or too large", q.What, text, c.Unit()),
			"register readings are whole "+c.Unit(), "check the number and its unit against the act")
	}
	return v, nil
}
