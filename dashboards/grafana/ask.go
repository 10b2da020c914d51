package grafana

import (
	"strconv"
	"time"
)

// Source is where an answer is looked for. Its text is the measurement of InfluxDB.
type Source string

const (
	// Samples are the fields of the series store: p_w is the metric asue_p_w.
	Samples Source = "asue"
	// Figures are the metrics of the processes by their whole names. The measurement is
	// Telegraf's name for what it reads in Prometheus' format (metric_version = 2).
	Figures Source = "prometheus"
)

// Fold says how several values become one.
type Fold string

// The folds. Rate and Growth are of counters and over time only; None is over series
// only and leaves each by itself.
const (
	None   Fold = ""
	Mean   Fold = "mean"
	Most   Fold = "max"
	Least  Fold = "min"
	Last   Fold = "last"
	Sum    Fold = "sum"
	Count  Fold = "count"
	Rate   Fold = "rate"   // per second
	Growth Fold = "growth" // over the window
)

// Match is a condition on a label. Op is one of "=", "!=", "=~" and "!~"; a regular
// expression holds for the whole label. A label that is missing is "".
type Match struct{ Label, Op, Value string }

func is(label, value string) Match      { return Match{label, "=", value} }
func isNot(label, value string) Match   { return Match{label, "!=", value} }
func matches(label, value string) Match { return Match{label, "=~", value} }

// Test is a condition on a value. Op is one of ">", "<", ">=", "<=", "=" and "!=".
type Test struct {
	Op    string
	Value float64
}

// prom is the test in PromQL, where equality is written twice.
func (t Test) prom() string {
	if t.Op == "=" {
		return "== " + number(t.Value)
	}
	return t.Op + " " + number(t.Value)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Value is one field, folded over time and then over series.
type Value struct {
	// As is the value's name in a formula; a single value needs none.
	As    string
	Field string
	// Over folds what one series has in a step, or in the window of a question about now.
	Over Fold
	// Across folds the series that agree in the labels Ask.By.
	Across Fold
	// Keep lets only those series on whose folded value passes.
	Keep *Test
}

// Ask is what a panel or a rule wants to know.
type Ask struct {
	From   Source
	Where  []Match
	Values []Value // of the same series each: fields that are written together
	// Formula is reckoned of the values; nil is the only value itself.
	Formula Formula
	// Passes lets only answers through that pass, as a Mark wants them.
	Passes *Test
	// By are the labels that stay. Without Across they must tell the series apart.
	By []string
	// Window is how long a value holds: how far back a question about now looks. Over
	// time it is the least step, if Held is set; otherwise a step takes what is in it.
	Window time.Duration
	// Held draws a series that is written seldom: at each step the window before it.
	Held bool
	// Top leaves the n greatest in PromQL; InfluxQL shows all. 0 is all.
	Top int
	// Versions says that the series store has a series for each version of a value, by the
	// label "rev"; the latest one counts.
	Versions bool
	// PromQL stands in for the rest where InfluxQL has no words for a question. Why says
	// what is missing there. The board for InfluxDB has no such panel.
	PromQL, Why string
}

// latest is how long a value of now holds unless a question says otherwise: older ones
// are never shown as if they were live.
const latest = 2 * time.Minute

func (a Ask) window() time.Duration {
	if a.Window == 0 {
		return latest
	}
	return a.Window
}

// span writes a duration as both languages do.
func span(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= u.unit && d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}

// one asks for a single field of single series.
func one(from Source, field string, over Fold, where ...Match) Ask {
	return Ask{From: from, Where: where, Values: []Value{{Field: field, Over: over}}}
}

// by sets the labels that stay.
func (a Ask) by(labels ...string) Ask { a.By = labels; return a }

// across folds the series of every value.
func (a Ask) across(f Fold) Ask {
	a.Values = append([]Value(nil), a.Values...)
	for i := range a.Values {
		a.Values[i].Across = f
	}
	return a
}

// keep lets only series on whose value passes.
func (a Ask) keep(op string, v float64) Ask {
	a.Values = append([]Value(nil), a.Values...)
	for i := range a.Values {
		a.Values[i].Keep = &Test{op, v}
	}
	return a
}

// within sets the window.
func (a Ask) within(d time.Duration) Ask { a.Window = d; return a }

// held sets the window and draws each step by what it holds.
func (a Ask) held(d time.Duration) Ask { a.Window, a.Held = d, true; return a }

// passes lets only moments through at which the whole answer passes.
func (a Ask) passes(op string, v float64) Ask { a.Passes = &Test{op, v}; return a }

func (a Ask) top(n int) Ask { a.Top = n; return a }
