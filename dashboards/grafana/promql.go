package grafana

import (
	"slices"
	"strconv"
	"strings"
)

// step is the window of what a step of a curve is folded of; Grafana fills it in: no
// shorter than four times the data source's scrape interval, so that it is never empty.
const step = "$__rate_interval"

// promOverTime is the question as a curve, promNow about now, in PromQL.
func promOverTime(a Ask) string {
	if a.Held {
		return prom(a, span(a.window()))
	}
	return prom(a, step)
}

func promNow(a Ask) string { return prom(a, span(a.window())) }

func prom(a Ask, window string) string {
	if a.PromQL != "" {
		return a.PromQL
	}
	texts := map[string]string{}
	for _, v := range a.Values {
		texts[v.As] = promValue(a, v, window)
	}
	expr := texts[""]
	if a.Formula != nil {
		expr = a.Formula.text(func(n string) string { return texts[n] })
	}
	if a.Passes != nil {
		expr += " " + a.Passes.prom()
	}
	if a.Top > 0 {
		expr = "topk(" + number(float64(a.Top)) + ", " + expr + ")"
	}
	return expr
}

func promValue(a Ask, v Value, window string) string {
	one := func(where []Match) string {
		return promFolds[v.Over] + "(" + promMetric(a.From, v.Field) + promLabels(where) + "[" + window + "])"
	}
	expr := one(a.Where)
	if a.Versions {
		expr = latestVersion(a.Where, one)
	}
	if v.Keep != nil {
		expr += " " + v.Keep.prom()
	}
	if v.Across == None {
		return expr
	}
	return promAcross[v.Across] + promBy(a.By) + "(" + expr + ")"
}

// mostVersions is how many versions of a value are looked for. What was published is
// seldom corrected at all.
const mostVersions = 4

// latestVersion lets the latest version of each series stand in front of the others.
func latestVersion(where []Match, text func([]Match) string) string {
	var parts []string
	for n := mostVersions; n > 0; n-- {
		parts = append(parts, text(append(slices.Clone(where), is("rev", strconv.Itoa(n)))))
	}
	return strings.Join(parts, " or ignoring(rev) ")
}

// promBy is empty where all series become one.
func promBy(labels []string) string {
	if len(labels) == 0 {
		return ""
	}
	return " by (" + strings.Join(labels, ", ") + ") "
}

var promFolds = map[Fold]string{
	Mean: "avg_over_time", Most: "max_over_time", Least: "min_over_time", Last: "last_over_time",
	Sum: "sum_over_time", Count: "count_over_time", Rate: "rate", Growth: "increase",
}

var promAcross = map[Fold]string{Mean: "avg", Most: "max", Least: "min", Sum: "sum", Count: "count"}

func promMetric(from Source, field string) string {
	if from == Samples {
		return string(Samples) + "_" + field
	}
	return field
}

func promLabels(where []Match) string {
	if len(where) == 0 {
		return ""
	}
	parts := make([]string, len(where))
	for i, m := range where {
		parts[i] = m.Label + m.Op + `"` + m.Value + `"`
	}
	return "{" + strings.Join(parts, ",") + "}"
}
