package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"asue/balancing/study"
	"asue/metering"
)

// printStudy prints the tables of a study.
func printStudy(w io.Writer, site *metering.Site, r studyReport) error {
	p := studyPrinter{w: w, site: site, r: r}
	p.line("%s, network as of %s. Loads by the plan of the site file; air %s °C for states and outages.\n\n",
		r.Name, r.At.In(site.Location).Format("2006-01-02"), degrees(r.AmbientC))
	sections := []struct {
		table string // empty: asked for by a flag of its own
		print func() error
	}{{tableStates, p.states}, {tableOutages, p.outages}, {"", p.courses}, {tableLoad, p.greatest}, {"", p.hosting}, {"", p.sensitivity}, {tableAssumptions, p.assumptions}}
	for _, section := range sections {
		if section.table != "" && !r.shows(section.table) {
			continue
		}
		if err := section.print(); err != nil {
			return err
		}
	}
	return p.err
}

// studyPrinter keeps the first error of writing.
type studyPrinter struct {
	w    io.Writer
	site *metering.Site
	r    studyReport
	err  error
}

func (p *studyPrinter) line(format string, args ...any) {
	if _, err := fmt.Fprintf(p.w, format, args...); err != nil && p.err == nil {
		p.err = err
	}
}

// table prints rows under a head, columns apart by tabs.
func (p *studyPrinter) table(head string, rows []string) error {
	tw := tabwriter.NewWriter(p.w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, head)
	for _, row := range rows {
		fmt.Fprintln(tw, row)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	p.line("\n")
	return nil
}

// violations are the broken limits, the first three of them in full.
func violations(list []metering.Violation) string {
	var texts []string
	for i, v := range list {
		if i == 3 {
			texts = append(texts, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		texts = append(texts, violation(v))
	}
	return orDash(strings.Join(texts, ", "))
}

func violation(v metering.Violation) string {
	sign := ">"
	if v.Kind == study.LimitVoltageLow {
		sign = "<"
	}
	what := v.Element
	if v.Kind == study.LimitContract {
		what = "contract of " + what
	}
	return fmt.Sprintf("%s %s %s %s", what, figure(v.Value, v.Unit), sign, quantity(v.Limit, v.Unit))
}

// quantity is a figure with its unit.
func quantity(v float64, unit string) string { return figure(v, unit) + " " + unit }

func figure(v float64, unit string) string {
	switch unit {
	case "A", "%":
		return fmt.Sprintf("%.0f", v)
	case "kV":
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

func megawatts(v float64) string { return fmt.Sprintf("%.1f", v) }

func signed(v int) string {
	if v == 0 {
		return "0"
	}
	return fmt.Sprintf("%+d", v)
}

// degrees is a temperature with its sign, the minus as people write it.
func degrees(c float64) string {
	return strings.Replace(fmt.Sprintf("%+g", c), "-", "−", 1)
}

// distinct joins values, each of them once.
func distinct(values []string) string {
	var list []string
	for _, v := range values {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return orDash(strings.Join(list, " / "))
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
