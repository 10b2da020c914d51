package metering

import (
	"math"
	"slices"
	"strings"
)

// Conductor is a bare conductor of overhead lines as handbooks give it. Each column
// has its source; all but the first two are to be replaced by the line's passport
// before a decision rests on them.
type Conductor struct {
	Name string // "АС-240/32"
	// DiameterMM is the outer diameter in mm, by ГОСТ 839-2019.
	DiameterMM float64
	// DCOhmPerKM is the resistance to direct current at 20 °C in Ω/km, by ГОСТ 839-2019.
	DCOhmPerKM float64
	// OhmPerKM is the active resistance r0 in Ω/km at 20 °C that designs of networks
	// use. It is of the same conductor as DCOhmPerKM and differs by up to 3 %.
	OhmPerKM float64
	// ReactPerKM is x0 in Ω/km and MicroSPerKM b0 in µS/km, on towers of 110 kV with a
	// mean geometric spacing of 5 m; of АС-300/39 not from a table of 110 kV.
	ReactPerKM, MicroSPerKM float64
	// Amperes is the permissible current outdoors with air at +25 °C and the wire at
	// +70 °C, by ПУЭ 1.3.29.
	Amperes float64
	// Source names where the figures that a study takes come from.
	Source string
}

// conductorSource stands beside results.
const conductorSource = "table of conductors: r0, x0, b0 of a design handbook at Dср = 5 m, current by ПУЭ 1.3.29, diameter and DC resistance by ГОСТ 839-2019"

var conductors = []Conductor{
	{"АС-70/11", 11.4, 0.422, 0.428, 0.444, 2.55, 265, conductorSource},
	{"АС-95/16", 13.5, 0.301, 0.306, 0.434, 2.61, 330, conductorSource},
	{"АС-120/19", 15.2, 0.244, 0.249, 0.427, 2.66, 390, conductorSource},
	{"АС-150/24", 17.1, 0.204, 0.198, 0.420, 2.70, 450, conductorSource},
	{"АС-185/29", 18.8, 0.159, 0.162, 0.413, 2.75, 510, conductorSource},
	{"АС-240/32", 21.6, 0.118, 0.120, 0.405, 2.81, 605, conductorSource},
	{"АС-300/39", 24.0, 0.096, 0.098, 0.400, 2.85, 710, conductorSource},
}

// Conductors is the built-in table, the thinnest first.
func Conductors() []Conductor { return slices.Clone(conductors) }

// ConductorNamed finds a conductor of the table by its trade name. A space may stand
// for the hyphen, and the Latin letters AC for the Cyrillic АС.
func ConductorNamed(name string) (Conductor, bool) {
	plain := strings.NewReplacer("A", "А", "C", "С", " ", "-").Replace(strings.TrimSpace(name))
	return find(conductors, func(c Conductor) bool { return c.Name == plain })
}

// Filled is the line with the table's figures in the place of those that it does not
// state. What neither knows stays 0.
func (l NetworkLine) Filled() NetworkLine {
	c, ok := ConductorNamed(l.Conductor)
	if !ok {
		return l
	}
	for _, f := range []struct {
		own   *float64
		table float64
	}{{&l.OhmPerKM, c.OhmPerKM}, {&l.ReactPerKM, c.ReactPerKM}, {&l.MicroSPerKM, c.MicroSPerKM}, {&l.Amperes, c.Amperes}} {
		if *f.own == 0 {
			*f.own = f.table
		}
	}
	return l
}

// LineReactance is x0 in Ω/km of a three-phase overhead line at 50 Hz with one wire in
// each phase, from the mean geometric spacing in m and the diameter of the wire in mm:
// 0.1445·lg(D/r) + 0.0157. The last term is the wire's inner inductance.
func LineReactance(spacingM, diameterMM float64) float64 {
	return 0.1445*math.Log10(spacingM/(diameterMM/2000)) + 0.0157
}

// LineSusceptance is b0 in µS/km, as LineReactance: 7.58/lg(D/r).
func LineSusceptance(spacingM, diameterMM float64) float64 {
	return 7.58 / math.Log10(spacingM/(diameterMM/2000))
}
