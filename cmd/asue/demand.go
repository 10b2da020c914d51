package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/metering/demand"
)

func newDemand() *cobra.Command {
	var stretch stretchFlags
	var tariff string
	var block time.Duration
	var curve int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "demand -c asue.yaml --from MONTH [--to MONTH]",
		Short: "Maxima, load factors, tan φ and tariff zones of residents and zone",
		Long: `Lists the energy of each resident and of the zone, the maximum over blocks of the clock
and over sliding windows, the share in the common maximum, load factor, tan φ from
energies, and with --tariff the energy in each tariff zone. An estimate never sets a
maximum; if it were higher, it stands beside it.`,
		Example: "  asue demand -c asue.yaml --from 2026-10 --block 30m --tariff zones-2026",
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
			report, err := a.demand(cmd.Context(), zone.period.From, zone.period.To, block, tariff, curve)
			if err != nil {
				return fmt.Errorf("demand: %w", err)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			return printDemand(cmd.OutOrStdout(), report, zone.site.Location)
		},
	}
	stretch.bind(cmd)
	cmd.Flags().DurationVar(&block, "block", 30*time.Minute, "length of blocks and windows: 15m, 30m or 1h, as the contract says")
	cmd.Flags().StringVar(&tariff, "tariff", "", "tariff of the site file whose zones are listed")
	cmd.Flags().IntVar(&curve, "curve", 0, "with --json: so many points of the load-duration curve")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printDemand(w io.Writer, report demand.Report, zone *time.Location) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tw, "\tkWh\tmax kW (%d min)\tat\tsliding\tload factor\ttan φ\testimates\tmissing\n", report.Minutes)
	for _, r := range append([]demand.Row{report.Zone}, report.Residents...) {
		fmt.Fprintf(tw, "%s\t%.1f\t%s\t%s\t%s\t%.3f\t%s\t%d\t%d\n", r.Name, r.Import.Energy.KilowattHours(),
			kilowatts(r.Block), peakTime(r.Block, zone), kilowatts(r.Sliding), r.LoadFactor, tangent(r), r.Import.Estimates, r.Import.Missing)
		for _, z := range r.Zones {
			fmt.Fprintf(tw, "  %s\t%.1f\t%s\t%s\n", z.Zone, z.Energy.KilowattHours(), kilowatts(z.Maximum), peakTime(z.Maximum, zone))
		}
	}
	t := report.Together
	fmt.Fprintf(tw, "residents together\t\t%s\t%s\t\tcoincidence %.3f\n", kilowatts(t.Coincident), peakTime(t.Coincident, zone), t.Factor)
	return tw.Flush()
}

// tangent is tan φ, where both energies of some time are known.
func tangent(r demand.Row) string {
	if r.PowerFactor.Active == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f", r.PowerFactor.Tan)
}

// kilowatts is a maximum as people read it, a higher estimate in brackets.
func kilowatts(m demand.Maximum) string {
	text := "-"
	if m.Billed != nil {
		text = fmt.Sprintf("%.1f", m.Billed.Power.Kilowatts())
	}
	if m.Estimate != nil {
		text += fmt.Sprintf(" (estimated %.1f)", m.Estimate.Power.Kilowatts())
	}
	return text
}

func peakTime(m demand.Maximum, zone *time.Location) string {
	if m.Billed == nil {
		return ""
	}
	return m.Billed.Start.In(zone).Format("2006-01-02 15:04")
}
