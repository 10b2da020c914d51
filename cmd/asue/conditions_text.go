package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"asue/balancing/reclaim"
)

// printConditions prints the table, what is behind its rows, and the totals.
func printConditions(w io.Writer, r conditionsReport, zone *time.Location) error {
	fmt.Fprintf(w, "%s to %s, blocks of %d min, rules %q\n\n", day(r.From, zone), day(r.To.Add(-1), zone), r.Minutes, r.Rules.Version)
	if err := printRows(w, r.Residents); err != nil {
		return err
	}
	printReasons(w, r, zone)
	return printSums(w, r)
}

func printRows(w io.Writer, rows []conditionRow) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "no technical condition is in force")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "resident\tnode\ttu_kw\tneed_kw\tutilisation\tclass\tretain_kw\treclaim_kw\tcoverage")
	for _, r := range rows {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Resident, r.Node, number(&r.TU), number(r.Need), percentage(r.Utilisation),
			r.Class, number(r.Retain), number(r.Reclaim), percentage(&r.Coverage))
	}
	return tw.Flush()
}

// printReasons says why each class is what it is, and with --arithmetic how every figure
// was found. Those of whom the same is said stand together.
func printReasons(w io.Writer, r conditionsReport, zone *time.Location) {
	said := map[string]bool{}
	for i, row := range r.Residents {
		why := whyOf(row, zone)
		if said[why] || (row.Class == reclaim.Normal && len(row.Arithmetic) == 0) {
			continue
		}
		said[why] = true
		var who []string
		for _, other := range r.Residents[i:] {
			if whyOf(other, zone) == why {
				who = append(who, fmt.Sprintf("%s at %s", other.Resident, other.Node))
			}
		}
		fmt.Fprintf(w, "\n%s: %s\n", strings.Join(who, ", "), why)
	}
	printNotes(w, r)
}

// whyOf is what is said of a row beside its figures.
func whyOf(row conditionRow, zone *time.Location) string {
	text := fmt.Sprintf("%s: %s", row.Class, row.Reason)
	if e := row.Enough; e != nil {
		missing := "a month of the year is not covered"
		if e.Missing > 0 {
			missing = fmt.Sprintf("%d intervals (%.1f days) are missing", e.Missing, float64(e.Missing)/96)
		}
		text += fmt.Sprintf("\n  %s; enough from %s, if all that comes is valid", missing, day(e.From, zone))
	}
	for _, s := range row.Arithmetic {
		text += fmt.Sprintf("\n  %-26s %12v  %s: %s", s.Name, s.Value, s.Rule, s.How)
	}
	return text
}

func printNotes(w io.Writer, r conditionsReport) {
	notes := slices.Clone(r.Notes)
	for _, row := range r.Residents {
		for _, n := range row.Notes {
			if text := fmt.Sprintf("%s: %s", row.Resident, n); !slices.Contains(notes, text) { // one for two nodes
				notes = append(notes, text)
			}
		}
	}
	if len(notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, n := range notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
}

func printSums(w io.Writer, r conditionsReport) error {
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "\tconditions\ton paper, kW\tneeded\tnot judged\treturnable")
	line := func(name string, s conditionSum) {
		fmt.Fprintf(tw, "%s\t%d\t%s\t%s\t%s\t%s\n", name, s.Rows, number(&s.OnPaper), number(&s.Needed), number(&s.Unknown), number(&s.Returnable))
	}
	line("all", r.Total)
	for _, s := range r.ByClass {
		line("  "+string(s.Class), s.conditionSum)
	}
	fmt.Fprintln(tw, "by node")
	for _, s := range r.ByNode {
		line(strings.Repeat("  ", s.Depth+1)+string(s.Node), s.conditionSum)
	}
	return tw.Flush()
}

func day(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.DateOnly) }

// number is a power in kW, exact to the watt; "-" if it is not known.
func number(kw *float64) string {
	if kw == nil {
		return "-"
	}
	text := fmt.Sprintf("%.3f", *kw)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

func percentage(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100**share)
}
