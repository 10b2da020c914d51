package site

import (
	"fmt"
	"regexp"
	"strconv"

	"asue/metering/form"
)

// Quantities of the network's data, in the units in which passports state them and in
// which the model keeps them.

func ratedUnits() form.Units {
	return units("apparent power", "63 MVA", unit("MVA", 1), unit("kVA", 1e-3))
}

func lossUnits() form.Units {
	return units("loss", "290 kW", unit("kW", 1), unit("W", 1e-3), unit("MW", 1e3))
}

func reactanceUnits() form.Units {
	return units("reactance", "0.405 ohm/km", unit("ohm/km", 1))
}

func susceptanceUnits() form.Units {
	u := units("susceptance", "2.81 uS/km", unit("uS/km", 1))
	u.Others = map[string]string{"µS/km": "uS/km", "μS/km": "uS/km", "мкСм/км": "uS/km", "мкСм/km": "uS/km"}
	return u
}

func percentUnits(what, example string) form.Units {
	u := units(what, example, unit("%", 1))
	u.NoUnit = "without it 0.1 could be a tenth or a tenth of a percent"
	return u
}

var degreesRegexp = regexp.MustCompile(`^-?[0-9]{1,3}(\.[0-9]{1,6})? ?deg$`)

// degrees is an angle between feeds, -1.5 deg; it alone may be negative.
func degrees() form.Kind[float64] {
	return form.OfText(form.Object{"pattern": degreesRegexp.String()}, "an angle", func(text string) (float64, *form.Finding) {
		end := len(text)
		for end > 0 && (text[end-1] < '0' || text[end-1] > '9') {
			end--
		}
		v, err := strconv.ParseFloat(text[:end], 64)
		if err != nil || !degreesRegexp.MatchString(text) || v < -180 || v > 180 {
			return 0, form.Found("bad-angle", fmt.Sprintf("%q is not an angle", text), "it is a number of degrees from -180 to 180, with its unit", "write it like -1.5 deg")
		}
		return v, nil
	})
}

// exactly is a list of so many values, whose order means something: order says what.
func exactly[V any](n int, k form.Kind[V], what, order string) form.Kind[[]given[V]] {
	list := form.ListOf(k, what)
	list.Schema["minItems"], list.Schema["maxItems"] = n, n
	read := list.Read
	list.Read = func(r *form.Report, node *form.Node) ([]given[V], bool) {
		all, ok := read(r, node)
		if ok && len(all) != n {
			r.Refuse(node, form.Found("wrong-count", fmt.Sprintf("%d %s", len(all), what), fmt.Sprintf("there are %d: %s", n, order), fmt.Sprintf("write %d, in this order", n)))
			return nil, false
		}
		return all, ok
	}
	return list
}

// read reports whether every value of a list could be read.
func read[V any](list given[[]given[V]]) bool {
	for _, g := range list.V {
		if !g.OK {
			return false
		}
	}
	return list.OK
}
