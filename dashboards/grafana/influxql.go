package grafana

import (
	"fmt"
	"strings"
)

// What Grafana fills in: the time range of the board, the width of a step, and the end
// of the range in milliseconds.
const (
	influxRange = "$timeFilter"
	influxStep  = "time($__interval)"
	influxEnd   = "${__to}ms"
)

// influxOverTime is the question as a curve in InfluxQL. A step is no shorter than the
// panel says (Panel.Every), which takes the place of Held.
func influxOverTime(a Ask) string { return influxQuery(a, influxRange, influxStep) }

// influxNow is the question about the end of the board's range.
func influxNow(a Ask) string {
	return influxQuery(a, "time > "+influxEnd+" - "+span(a.window())+" AND time <= "+influxEnd, "")
}

// influxRule is the question of an alert rule, whose range is the window.
func influxRule(a Ask) string { return influxQuery(a, influxRange, "") }

// influxQuery writes the question for a range of time, cut into steps unless steps is empty.
//
// Over series it takes two selections: the inner one folds each series by itself, the
// outer one what is left of them. A rate is a difference of last values, so that it
// needs an inner one with steps of its own.
func influxQuery(a Ask, during, steps string) string {
	if a.Passes != nil {
		rest := a
		rest.Passes = nil
		return selection(quoted("value"), "("+influxQuery(rest, during, steps)+")",
			quoted("value")+" "+a.Passes.Op+" "+number(a.Passes.Value)+" AND "+during, grouping("", a.By))
	}
	flat := a.Values[0].Across == None && a.Values[0].Keep == nil
	if flat {
		return selection(influxFormula(a, func(v Value) string { return influxFold(v) }), measurement(a.From),
			conditions(a.Where, during), grouping(rateSteps(a, steps), a.By))
	}
	inner := make([]string, len(a.Values))
	for i, v := range a.Values {
		inner[i] = influxFold(v) + " AS " + quoted(alias(v))
	}
	tags := []string{"*"}
	if a.Values[0].Across == None {
		tags = a.By
	}
	from := "(" + selection(strings.Join(inner, ", "), measurement(a.From), conditions(a.Where, during), grouping(rateSteps(a, steps), tags)) + ")"
	outer := influxFormula(a, func(v Value) string {
		if v.Across == None {
			return quoted(alias(v))
		}
		return string(v.Across) + "(" + quoted(alias(v)) + ")"
	})
	var where []string
	for _, v := range a.Values {
		if v.Keep != nil {
			where = append(where, quoted(alias(v))+" "+v.Keep.Op+" "+number(v.Keep.Value))
		}
	}
	where = append(where, during)
	if a.Values[0].Across == None {
		return selection(outer, from, strings.Join(where, " AND "), grouping("", a.By))
	}
	return selection(outer, from, strings.Join(where, " AND "), grouping(steps, a.By))
}

// rateSteps are the steps of a selection of rates, which are differences of steps: about
// now those of minutes, of which Grafana shows the last.
func rateSteps(a Ask, steps string) string {
	if steps == "" && a.Values[0].Over == Rate {
		return "time(1m)"
	}
	return steps
}

func selection(what, from, where, group string) string {
	return "SELECT " + what + " FROM " + from + " WHERE " + where + group
}

func measurement(from Source) string { return quoted(string(from)) }

func alias(v Value) string {
	if v.As != "" {
		return v.As
	}
	return "value"
}

func influxFormula(a Ask, text func(Value) string) string {
	if a.Formula == nil {
		return text(a.Values[0]) + " AS " + quoted("value")
	}
	return a.Formula.text(func(n string) string {
		for _, v := range a.Values {
			if v.As == n {
				return text(v)
			}
		}
		panic(fmt.Sprintf("BUG: the formula of %v names %q", a.Values, n))
	}) + " AS " + quoted("value")
}

func influxFold(v Value) string {
	field := quoted(v.Field)
	switch v.Over {
	case Rate:
		return "non_negative_derivative(last(" + field + "), 1s)"
	case Growth:
		// Of a counter that did not begin anew within the window.
		return "spread(" + field + ")"
	}
	return string(v.Over) + "(" + field + ")"
}

func conditions(where []Match, during string) string {
	parts := make([]string, 0, len(where)+1)
	for _, m := range where {
		switch m.Op {
		case "=~", "!~":
			parts = append(parts, quoted(m.Label)+" "+m.Op+" /^("+m.Value+")$/")
		default:
			parts = append(parts, quoted(m.Label)+" "+m.Op+" '"+m.Value+"'")
		}
	}
	return strings.Join(append(parts, during), " AND ")
}

func grouping(steps string, tags []string) string {
	var parts []string
	if steps != "" {
		parts = append(parts, steps)
	}
	for _, t := range tags {
		if t != "*" {
			t = quoted(t)
		}
		parts = append(parts, t)
	}
	if len(parts) == 0 {
		return ""
	}
	if steps == "" {
		return " GROUP BY " + strings.Join(parts, ", ")
	}
	return " GROUP BY " + strings.Join(parts, ", ") + " fill(none)"
}

func quoted(s string) string { return `"` + s + `"` }
