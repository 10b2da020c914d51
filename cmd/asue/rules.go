package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"asue/metering/vee/rules"
)

// rulesReport is also `asue rules --json`.
type rulesReport struct {
	Rules      []ruleFacts      `json:"rules"`
	Parameters []parameterFacts `json:"parameters"`
}

type ruleFacts struct {
	Number   string `json:"number,omitempty"`
	Name     string `json:"name"`
	Severity string `json:"severity"` // the severest that it finds
	Meaning  string `json:"meaning"`
	Source   string `json:"source"`
}

type parameterFacts struct {
	Name    string  `json:"name"`
	Rule    string  `json:"rule"`
	Default float64 `json:"default"`
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Unit    string  `json:"unit"`
	Meaning string  `json:"meaning"`
}

func newRulesReport() rulesReport {
	var r rulesReport
	for _, rule := range rules.Rules() {
		r.Rules = append(r.Rules, ruleFacts{rule.Number, rule.Name, rule.Severity.String(), rule.Meaning, rule.Source})
	}
	for _, p := range rules.Parameters() {
		r.Parameters = append(r.Parameters, parameterFacts(p))
	}
	return r
}

func newRules() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "The rules of validation, their parameters and defaults",
		Long: `Lists the rules that every interval is held against, where they come from, and the
parameters by which a site file may set them in its section "validation", for a class of
points and over a time.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report := newRulesReport()
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			return report.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (r rulesReport) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, rule := range r.Rules {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t(%s)\n", rule.Number, rule.Name, rule.Severity, rule.Meaning, rule.Source)
	}
	fmt.Fprintln(tw)
	fmt.Fprintln(tw, "parameter\trule\tdefault\tfrom\tto\tunit\tmeaning")
	for _, p := range r.Parameters {
		fmt.Fprintf(tw, "%s\t%s\t%g\t%g\t%g\t%s\t%s\n", p.Name, p.Rule, p.Default, p.Min, p.Max, p.Unit, p.Meaning)
	}
	return tw.Flush()
}
