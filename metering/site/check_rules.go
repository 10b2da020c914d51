package site

import (
	"fmt"
	"slices"
	"strconv"

	"asue/metering/form"
)

// checkRuleSets holds rule sets against each other and against the parameters and
// rules that there are.
func (c *checker) checkRuleSets() {
	for i := range c.plant.validation.V {
		g := &c.plant.validation.V[i]
		r := &g.V
		if r.from.OK && r.to.OK && r.period().reversed() {
			c.Refuse(r.to.At, form.Found("reversed-period", fmt.Sprintf("the rule set %q ends before it begins", r.name.V),
				"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"))
		}
		for i := range r.values.V {
			c.checkValue(&r.values.V[i])
		}
		c.checkSwitchedOff(r)
		for j := range c.plant.validation.V[:i] {
			c.checkTwoRuleSets(g.At, &c.plant.validation.V[j].V, r)
		}
		if r.class.OK && c.plant.points.OK && !c.somePointOf(r.class.V) {
			c.Warn(r.class.At, form.Found("unused-class", fmt.Sprintf("no point is of the class %q", r.class.V),
				"so the rule set holds nowhere", "write \"class\" at the points that are meant"))
		}
	}
}

func (c *checker) somePointOf(class string) bool {
	return slices.ContainsFunc(c.plant.points.V, func(g given[pointDraft]) bool { return g.V.class.V == class || g.V.class.Stated() && !g.V.class.OK })
}

// classes are the classes that rule sets name.
func (c *checker) classes() []string {
	var list []string
	for _, g := range c.plant.validation.V {
		if g.V.class.OK && !slices.Contains(list, g.V.class.V) {
			list = append(list, g.V.class.V)
		}
	}
	return list
}

// hasClass reports whether some rule set is, or may be, of a class.
func (c *checker) hasClass(class string) bool {
	return slices.ContainsFunc(c.plant.validation.V, func(g given[ruleSetDraft]) bool {
		return g.V.class.V == class || g.V.class.Stated() && !g.V.class.OK
	})
}

func (c *checker) checkTwoRuleSets(at *form.Node, a, b *ruleSetDraft) {
	unread := func(r *ruleSetDraft) bool {
		return r.class.Stated() != r.class.OK || r.from.Stated() != r.from.OK || r.to.Stated() != r.to.OK
	}
	if unread(a) || unread(b) || a.class.V != b.class.V || !a.period().overlaps(b.period()) {
		return
	}
	of := "for points of no class"
	if b.class.Stated() {
		of = fmt.Sprintf("for the class %q", b.class.V)
	}
	c.Refuse(at, form.Found("overlapping-rules", fmt.Sprintf("the rule sets %q and %q are in force at one time %s", a.name.V, b.name.V, of),
		"an interval is judged by one rule set", fmt.Sprintf("end the earlier one with \"to\" when the later one begins with \"from\"; the other one stands in line %d", a.name.At.At.Line)))
}

// unitNames are what a value in a base unit is, in words.
var unitNames = map[string]string{
	"1": "a number or a share in %", "‰": "a share in % or ‰", "W": "a power", "Wh": "an energy", "varh": "a reactive energy", "L": "a volume", "s": "a duration",
}

// checkValue holds a value against its parameter, and turns one in ‰ into that.
func (c *checker) checkValue(pair *form.Pair[string, amount]) {
	if !pair.ID.OK || len(c.options.Parameters) == 0 {
		return
	}
	var names []string
	for _, p := range c.options.Parameters {
		names = append(names, p.Name)
	}
	i := slices.Index(names, pair.ID.V)
	if i < 0 {
		c.Refuse(pair.ID.At, form.Found("unknown-parameter", fmt.Sprintf("there is no parameter %q", pair.ID.V),
			"a parameter that no rule reads would be a mistake that nobody sees", form.DidYouMean(pair.ID.V, names)))
		return
	}
	p := c.options.Parameters[i]
	if v := &pair.Value.V; p.Unit == "‰" && v.perMille > 0 {
		v.unit, v.value = "‰", v.perMille
	}
	v := pair.Value
	switch {
	case !v.OK:
	case v.V.unit != p.Unit:
		c.Refuse(v.At, form.Found("bad-unit", fmt.Sprintf("the parameter %q is %s, and %q is %s", p.Name, unitNames[p.Unit], v.V.text, v.V.is()),
			fmt.Sprintf("its base unit is %s", p.Unit), "write the value with its unit, like "+exampleOf(p)))
	case v.V.value < p.Least || v.V.value > p.Most:
		c.Refuse(v.At, form.Found("out-of-range", fmt.Sprintf("the parameter %q is out of range: %s", p.Name, v.V.text),
			fmt.Sprintf("it lies between %s and %s", inUnit(p.Least, p.Unit), inUnit(p.Most, p.Unit)), "check the number and its unit"))
	}
}

// is says what the author of an amount has written, in words.
func (a amount) is() string {
	switch {
	case a.perMille > 0:
		return "a share"
	case a.unit == "1":
		return "a number alone"
	}
	return unitNames[a.unit]
}

func exampleOf(p Parameter) string {
	switch p.Unit {
	case "W":
		return "100 kW"
	case "Wh":
		return "1.5 kWh"
	case "varh":
		return "1.5 kvarh"
	case "L":
		return "2 m3"
	case "s":
		return "2h"
	case "‰":
		return "20 ‰ or 2 %"
	}
	return "1.8 or 180 %"
}

func inUnit(v float64, unit string) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if unit == "1" {
		return text
	}
	return text + " " + unit
}

func (c *checker) checkSwitchedOff(r *ruleSetDraft) {
	seen := map[string]bool{}
	for _, off := range r.off.V {
		switch {
		case !off.OK:
		case len(c.options.Rules) > 0 && !slices.Contains(c.options.Rules, off.V):
			c.Refuse(off.At, form.Found("unknown-rule", fmt.Sprintf("there is no rule %q", off.V),
				"switching off what does not exist would leave on what was meant", form.DidYouMean(off.V, c.options.Rules)))
		case seen[off.V]:
			c.Warn(off.At, form.Found("named-twice", fmt.Sprintf("the rule %q is switched off twice", off.V), "once is enough", "delete one of the two"))
		}
		seen[off.V] = true
	}
}
