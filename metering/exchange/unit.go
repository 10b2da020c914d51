package exchange

import (
	"strings"

	"asue/metering"
)

// dimension is what a unit measures.
type dimension uint8

const (
	activeEnergy dimension = iota + 1
	reactiveEnergy
	volume
	activePower
	reactivePower
)

// unit is how values of a column are written.
type unit struct {
	name  string
	dim   dimension
	power int // of ten, from the unit to W, Wh, var, varh or L
}

// units by what people write, folded by foldUnit. Kazakh writes the hour сағат.
var units = func() map[string]unit {
	m := map[string]unit{}
	add := func(u unit, spellings string) {
		for _, s := range strings.Fields(spellings) {
			m[s] = u
		}
	}
	add(unit{"Wh", activeEnergy, 0}, "wh втч втсағ втсағат")
	add(unit{"kWh", activeEnergy, 3}, "kwh квтч квтсағ квтсағат квтчас")
	add(unit{"MWh", activeEnergy, 6}, "mwh мвтч мвтсағ мвтсағат")
	add(unit{"varh", reactiveEnergy, 0}, "varh варч варсағ вархч")
	add(unit{"kvarh", reactiveEnergy, 3}, "kvarh кварч кварсағ кварсағат")
	add(unit{"Mvarh", reactiveEnergy, 6}, "mvarh мварч мварсағ")
	add(unit{"m3", volume, 3}, "m3 m³ м3 м³ кубм кубометр")
	add(unit{"L", volume, 0}, "l л литр liter litre") //nolint:misspell // Americans write it so
	add(unit{"W", activePower, 0}, "w вт")
	add(unit{"kW", activePower, 3}, "kw квт")
	add(unit{"MW", activePower, 6}, "mw мвт")
	add(unit{"var", reactivePower, 0}, "var вар")
	add(unit{"kvar", reactivePower, 3}, "kvar квар")
	add(unit{"Mvar", reactivePower, 6}, "mvar мвар")
	return m
}()

// UnitNames are the units that --unit and headings may name.
const UnitNames = "Wh, kWh, MWh, varh, kvarh, Mvarh, m3, L, or of mean power W, kW, MW, var, kvar, Mvar"

// unitOf finds a unit; false if the text is none.
func unitOf(text string) (unit, bool) {
	u, ok := units[foldUnit(text)]
	return u, ok
}

// foldUnit leaves out what people put between the letters of a unit: кВт·ч,
// кВт*ч, кВт.ч, кВт-ч and «кВт ч» are the same.
func foldUnit(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '.', '*', '·', '⋅', '∙', '•', '×', '-', '‑', '/':
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// fits reports whether a channel can be given in the unit.
func (u unit) fits(ch metering.Channel) bool {
	switch u.dim {
	case activeEnergy, activePower:
		return ch == metering.ChannelActiveImport || ch == metering.ChannelActiveExport
	case reactiveEnergy, reactivePower:
		return ch == metering.ChannelReactiveImport || ch == metering.ChannelReactiveExport
	}
	return ch.Medium() != metering.Electricity
}

// isPower reports whether values are mean powers of their intervals.
func (u unit) isPower() bool { return u.dim == activePower || u.dim == reactivePower }

// unitFor is the unit in which people are shown a channel, and the power of ten
// to it from the channel's own.
func unitFor(ch metering.Channel) (name string, power int) {
	switch ch.Unit() {
	case "Wh":
		return "kWh", 3
	case "varh":
		return "kvarh", 3
	}
	return "m3", 3
}
