package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/balance"
	"asue/metering/vee/rules"
)

// findingFacts is a finding as `asue findings --json` prints it.
type findingFacts struct {
	Rule      string             `json:"rule"`
	Severity  string             `json:"severity"`
	Point     string             `json:"point,omitempty"`
	Node      string             `json:"node,omitempty"`
	Channel   string             `json:"channel,omitempty"`
	From      time.Time          `json:"from"`
	To        time.Time          `json:"to"`
	Text      string             `json:"text"`
	Numbers   map[string]float64 `json:"numbers,omitempty"`
	RuleSet   string             `json:"rule_set"`
	FoundAt   time.Time          `json:"found_at"`
	ClearedAt *time.Time         `json:"cleared_at,omitempty"`
}

func factsOf(f metering.Finding) findingFacts {
	facts := findingFacts{
		Rule: f.Rule, Severity: f.Severity.String(), Point: string(f.Point), Node: string(f.Node),
		From: f.From, To: f.To, Text: f.Text, RuleSet: f.RuleSet, FoundAt: f.FoundAt,
	}
	if f.Channel != 0 {
		facts.Channel = f.Channel.String()
	}
	if !f.ClearedAt.IsZero() {
		facts.ClearedAt = &f.ClearedAt
	}
	if len(f.Numbers) > 0 {
		facts.Numbers = map[string]float64{}
		for _, n := range f.Numbers {
			facts.Numbers[n.Name+"_"+n.Unit] = n.Value
		}
	}
	return facts
}

func newFindings() *cobra.Command {
	var stretch stretchFlags
	var least string
	var points, ruleNames []string
	var cleared, asJSON bool
	var limit int
	cmd := &cobra.Command{
		Use:     "findings -c asue.yaml --from DAY [--to DAY]",
		Short:   "What validation has found, with the figures that caused it",
		Example: "  asue findings -c asue.yaml --from 2026-10 --severity alarm\n  asue findings -c asue.yaml --from 2026-10-01 --to 2026-10-07 --points F-12 --cleared --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			severity, ok := metering.SeverityNamed(least)
			if !ok {
				return cli.Usagef("--severity %q: write info, event, warning, alarm, failure or termination", least)
			}
			for _, name := range ruleNames {
				if !slices.Contains(rules.Names(), name) && name != balance.Rule && name != balance.RuleDay {
					return cli.Usagef("--rules: no rule is called %q: asue rules lists them", name)
				}
			}
			zone, err := stretch.open(cmd.Context())
			if err != nil {
				return err
			}
			defer zone.close()
			q := metering.FindingQuery{From: zone.period.From, To: zone.period.To, Rules: ruleNames, Severity: severity, Cleared: cleared, Limit: limit}
			for _, p := range points {
				if _, ok := zone.site.Point(metering.PointID(p)); !ok {
					return cli.Usagef("--points: the site has no point %q", p)
				}
				q.Points = append(q.Points, metering.PointID(p))
			}
			list, err := zone.ledger.Findings(cmd.Context(), q)
			if err != nil {
				return err
			}
			if !asJSON {
				return printFindings(cmd.OutOrStdout(), list, zone.site.Location)
			}
			facts := make([]findingFacts, len(list))
			for i, f := range list {
				facts[i] = factsOf(f)
			}
			return printJSON(cmd.OutOrStdout(), facts)
		},
	}
	f := cmd.Flags()
	stretch.bind(cmd)
	f.StringVar(&least, "severity", "warning", "the mildest to be listed: info, event, warning, alarm, failure, termination")
	f.StringSliceVar(&points, "points", nil, "points; all if empty")
	f.StringSliceVar(&ruleNames, "rules", nil, "rules; all if empty")
	f.BoolVar(&cleared, "cleared", false, "also what does not hold any more")
	f.IntVar(&limit, "limit", 1000, "at most so many, the newest")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printFindings(w io.Writer, list []metering.Finding, zone *time.Location) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, f := range list {
		subject := string(f.Point)
		if f.Node != "" {
			subject = "node " + string(f.Node)
		}
		if f.Channel != 0 {
			subject += " " + f.Channel.String()
		}
		note := ""
		if !f.ClearedAt.IsZero() {
			note = " (cleared " + f.ClearedAt.In(zone).Format(time.DateTime) + ")"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s to %s\t%s%s\n", f.Severity, f.Rule, subject,
			f.From.In(zone).Format(time.DateTime), f.To.In(zone).Format(time.DateTime), strings.TrimSpace(f.Text), note)
	}
	if len(list) == 0 {
		fmt.Fprintln(tw, "nothing found")
	}
	return tw.Flush()
}
