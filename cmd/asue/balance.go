package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/metering"
	"asue/metering/balance"
)

func newBalance() *cobra.Command {
	var stretch stretchFlags
	var nodes []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "balance -c asue.yaml --from DAY [--to DAY]",
		Short: "What came in, what went out, and whether the rest is permitted",
		Long: `Draws the balance of every node with meters at its head and below, of the substation
and of the zone: energy in and out, own needs, calculated losses of transformers and lines,
the actual imbalance and the permitted one by the accuracy classes of meters and
transformers (RD 34.09.101-94). Where it is beyond, it names whose error would explain it.`,
		Example: "  asue balance -c asue.yaml --from 2026-10\n  asue balance -c asue.yaml --from 2026-10-05 --nodes s10-1,@zone --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			zone, err := stretch.open(cmd.Context())
			if err != nil {
				return err
			}
			defer zone.close()
			a, err := newAnalyst(zone.site, zone.ledger)
			if err != nil {
				return err
			}
			var subjects []metering.NodeID
			for _, n := range nodes {
				subjects = append(subjects, metering.NodeID(n))
			}
			report, err := a.balances(cmd.Context(), zone.period.From, zone.period.To, subjects...)
			if err != nil {
				return fmt.Errorf("balance: %w", err)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			return printBalances(cmd.OutOrStdout(), report, zone.site.Location)
		},
	}
	stretch.bind(cmd)
	cmd.Flags().StringSliceVar(&nodes, "nodes", nil, "nodes, @substation or @zone; all if empty")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printBalances(w io.Writer, report balance.Report, zone *time.Location) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "in kWh\tout\town needs\tlosses\timbalance\tactual %\tpermitted %\t  \t")
	for _, e := range report.Balances {
		t := e.Total
		fmt.Fprintf(tw, "%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.3f\t±%.3f\t  %s: %s\t\n", t.In.KilowattHours(), t.Out.KilowattHours(),
			t.OwnNeeds.KilowattHours(), t.Losses.KilowattHours(), t.Imbalance.KilowattHours(), t.ActualPercent, t.PermittedPercent, e.Subject.ID, judgement(t))
	}
	if len(report.Balances) == 0 {
		fmt.Fprintln(tw, "no node of the site has meters at its head and below")
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, e := range report.Balances {
		for _, n := range e.Notices {
			fmt.Fprintf(w, "%s: %s, %s to %s: %s\n", e.Subject.ID, n.Severity, n.From.In(zone).Format(time.DateTime), n.To.In(zone).Format(time.DateTime), n.Text)
		}
		for i, c := range e.Culprits {
			fmt.Fprintf(w, "%s: suspect %d: %s %s", e.Subject.ID, i+1, c.Point, c.Channel)
			for _, evidence := range c.Evidence {
				fmt.Fprintf(w, "; %s", evidence.Text)
			}
			fmt.Fprintln(w)
		}
	}
	return nil
}

func judgement(t balance.Result) string {
	switch {
	case t.Intervals == 0:
		return "not known: " + t.Reason
	case t.Alarming:
		return "BEYOND WHAT IS PERMITTED"
	case t.Beyond:
		return "beyond, but " + t.Reason
	case !t.Complete:
		return fmt.Sprintf("within, in %d of %d intervals", t.Intervals, t.Expected)
	}
	return "within"
}
