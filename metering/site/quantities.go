package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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

func currentUnits() form.Units { return units("current", "600 A", unit("A", 1), unit("kA", 1e3)) }

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

func volumeUnits() form.Units {
	u := units("volume", "12345.6 m3", unit("m3", 1e3), unit("L", 1))
	u.NoUnit = "without it 12345.6 could be m3 or L"
	return u
}

func flowUnits() form.Units {
	u := units("flow", "200 m3/h", unit("m3/h", 1), unit("m3/day", 1), unit("L/h", 1), unit("L/day", 1))
	u.NoUnit = "without it 200 could be of an hour or of a day"
	return u
}

func pulseUnits() form.Units {
	u := units("pulse", "10 L", unit("L", 1), unit("m3", 1), unit("Wh", 1), unit("kWh", 1))
	u.NoUnit = "without it 10 could be L or Wh"
	return u
}

// latinUnits are units in Cyrillic and what they are called in the file.
func latinUnits() map[string]string {
	return map[string]string{
		"Вт": "W", "кВт": "kW", "МВт": "MW", "ВА": "VA", "кВА": "kVA", "МВА": "MVA", "В": "V", "кВ": "kV", "А": "A", "кА": "kA",
		"м": "m", "км": "km", "Ом/км": "ohm/km", "Ω/km": "ohm/km", "Ohm/km": "ohm/km",
		"Вт·ч": "Wh", "кВт·ч": "kWh", "МВт·ч": "MWh", "квар·ч": "kvarh", "кВАр·ч": "kvarh", "Мвар·ч": "Mvarh",
		"л": "L", "l": "L", "м3": "m3", "м³": "m3", "m³": "m3", "м3/ч": "m3/h", "м³/ч": "m3/h", "m³/h": "m3/h",
		"м3/сут": "m3/day", "м³/сут": "m3/day", "m³/day": "m3/day", "m3/d": "m3/day", "л/ч": "L/h", "л/сут": "L/day",
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

// flowLimit is a volume in a time.
type flowLimit struct {
	litres metering.Energy
	per    time.Duration
}

// flow is a volume in an hour or in a day, exact to the litre.
func flow() form.Kind[flowLimit] {
	u := flowUnits()
	return form.OfText(form.Object{"pattern": u.Pattern()}, "a flow", func(text string) (flowLimit, *form.Finding) {
		number, name, f := u.Split(text)
		if f != nil {
			return flowLimit{}, f
		}
		volume, per, _ := strings.Cut(name, "/")
		v, err := metering.ParseVolume(number + " " + volume)
		if err != nil || v > maxLitres {
			return flowLimit{}, form.Found("out-of-range", fmt.Sprintf("flow %q is finer than a litre or beyond any zone", text),
				"limits are whole litres, up to a million m3", "check the number and its unit")
		}
		if per == "day" {
			return flowLimit{v, 24 * time.Hour}, nil
		}
		return flowLimit{v, time.Hour}, nil
	})
}

// maxLitres is beyond what any zone takes in a day.
const maxLitres metering.Energy = 1_000_000_000

// pulse is what a count of a pulse input stands for, in thousandths of a unit.
type pulse struct {
	milli int64
	unit  string // Wh or L
}

// maxPulse is beyond any meter: 1000 m3, 1 MWh.
const maxPulse = 1_000_000_000

func pulses() form.Kind[pulse] {
	u := pulseUnits()
	return form.OfText(form.Object{"pattern": u.Pattern()}, "a pulse", func(text string) (pulse, *form.Finding) {
		if _, _, f := u.Split(text); f != nil {
			return pulse{}, f
		}
		milli, unit, err := metering.ParsePulse(text)
		if err != nil || milli <= 0 || milli > maxPulse {
			return pulse{}, form.Found("out-of-range", fmt.Sprintf("pulse %q is nothing, finer than a thousandth of L or Wh, or beyond any meter", text),
				"a pulse is a whole number of thousandths, up to 1000 m3 or 1 MWh", "write what stands on the meter: 10 L, 0.01 m3, 1 Wh")
		}
		return pulse{milli, unit}, nil
	})
}

// registers is a mapping from the name of a channel to a register reading, with
// its unit, at the point (primary side). Which channels the point has is checked
// later.
func registers() form.Kind[map[metering.Channel]metering.Energy] {
	properties := form.Object{}
	for _, c := range metering.AllChannels() {
		properties[c.String()] = form.Object{"type": "string", "pattern": channelUnits(c).Pattern()}
	}
	schema := form.Object{"type": "object", "properties": properties, "additionalProperties": false}
	return form.Kind[map[metering.Channel]metering.Energy]{Schema: schema, Read: readRegisters}
}

func channelUnits(c metering.Channel) form.Units {
	switch c.Unit() {
	case "varh":
		return reactiveUnits()
	case "L":
		return volumeUnits()
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
				"a point has four energies, or the volume of its medium", "use A+, A-, R+ or R-; gas, drinking-water, process-water or sewage"))
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
	read := metering.ParseEnergy
	if c.Unit() == "L" {
		read = metering.ParseVolume
	}
	v, err := read(number + " " + strings.Replace(name, "var", "W", 1))
	if err != nil {
		return 0, form.Found("out-of-range", fmt.Sprintf("%s %q is finer than 1 %s or too large", q.What, text, c.Unit()),
			"register readings are whole "+c.Unit(), "check the number and its unit against the act")
	}
	return v, nil
}
