package site

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"asue/metering/form"
)

type ruleSetDraft struct {
	name     given[string]
	class    given[string]
	from, to given[time.Time]
	values   given[[]form.Pair[string, amount]]
	off      given[[]given[string]]
}

func (d *ruleSetDraft) period() period { return period{d.from.V, d.to.V} }

func ruleSetForm(x *known) form.Form[ruleSetDraft] {
	return form.Form[ruleSetDraft]{Name: "a rule set", Fields: []form.Field[ruleSetDraft]{
		form.Key("name", form.Must, form.Sentence(), "name of the rule set; findings carry it", func(d *ruleSetDraft) *given[string] { return &d.name }),
		form.Key("class", form.May, identifier[string](), "class of the points for which it holds; absent: for all others",
			func(d *ruleSetDraft) *given[string] { return &d.class }),
		form.Key("from", form.May, moment(x), "in force from this time on; absent: since the beginning", func(d *ruleSetDraft) *given[time.Time] { return &d.from }),
		form.Key("to", form.May, moment(x), "no longer in force at this time; absent: until further notice", func(d *ruleSetDraft) *given[time.Time] { return &d.to }),
		form.Key("values", form.May, form.MapOf(identifier[string](), amounts(), "a value for each parameter"), "parameters that differ from the rules' own, by name: {spike: 180 %}",
			func(d *ruleSetDraft) *given[[]form.Pair[string, amount]] { return &d.values }),
		form.Key("off", form.May, form.ListOf(identifier[string](), "rules"), "names of the rules that are not applied",
			func(d *ruleSetDraft) *given[[]given[string]] { return &d.off }),
	}}
}

// amount is a number with its unit, in the base unit.
type amount struct {
	text     string
	value    float64
	unit     string  // 1, W, Wh, varh, L or s
	perMille float64 // the same in ‰, if it was written in % or ‰; else 0
}

var (
	amountRegexp = regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{1,9})?) ?(%|‰|[kM]?W|[kM]?Wh|k?varh|Mvarh|L|m3)?$`)
	longRegexp   = regexp.MustCompile(`^([0-9]+(y|d|h|ms|m|s))+$`)
)

// amountUnits are the units of amounts, with what divides and multiplies a number
// into the base unit: of the two one is 1, so that the result is the nearest float.
var amountUnits = map[string]struct {
	base      string
	over, mul float64
}{
	"": {"1", 1, 1}, "%": {"1", 100, 1}, "‰": {"1", 1000, 1},
	"W": {"W", 1, 1}, "kW": {"W", 1, 1e3}, "MW": {"W", 1, 1e6},
	"Wh": {"Wh", 1, 1}, "kWh": {"Wh", 1, 1e3}, "MWh": {"Wh", 1, 1e6},
	"varh": {"varh", 1, 1}, "kvarh": {"varh", 1, 1e3}, "Mvarh": {"varh", 1, 1e6},
	"L": {"L", 1, 1}, "m3": {"L", 1, 1e3},
}

// amounts is a number alone, a share in % or ‰, a power, an energy, a volume or a
// duration. Which of them a parameter wants is known later.
func amounts() form.Kind[amount] {
	durations := form.Duration(0, 10*365*24*time.Hour)
	schema := form.Object{
		"type":    []string{"string", "number", "integer"},
		"pattern": `^([0-9]+(\.[0-9]+)? ?(%|‰|[kM]?W|[kM]?Wh|k?varh|Mvarh|L|m3)?|([0-9]+(y|d|h|ms|m|s))+)$`,
	}
	return form.Kind[amount]{Schema: schema, Read: func(r *form.Report, n *form.Node) (amount, bool) {
		if !r.Expect(n, form.Scalar, "a value of a parameter") {
			return amount{}, false
		}
		text := strings.TrimSpace(n.Text)
		if longRegexp.MatchString(text) {
			d, ok := durations.Read(r, n)
			return amount{text: text, value: d.Seconds(), unit: "s"}, ok
		}
		m := amountRegexp.FindStringSubmatch(text)
		if m == nil {
			r.Refuse(n, form.Found("bad-number", fmt.Sprintf("%q is not a value of a parameter", text),
				"it is a decimal number with the unit that people use", "write it like 1.8, 180 %, 100 kW, 1.5 kWh, 2 m3, 2h or 30d"))
			return amount{}, false
		}
		number, _ := strconv.ParseFloat(m[1], 64) // 15 digits always fit
		u := amountUnits[m[2]]
		a := amount{text: text, value: number / u.over * u.mul, unit: u.base}
		switch m[2] {
		case "%":
			a.perMille = number * 10
		case "‰":
			a.perMille = number
		}
		return a, true
	}}
}
