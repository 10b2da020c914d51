package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/edge"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/chains"
	"asue/metering/clock"
	"asue/metering/validation"
)

// rebuildReport is also `asue rebuild --json`.
type rebuildReport struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	DryRun bool      `json:"dry_run"`
	validation.Rebuilt
	// Digests of what stood and what stands; the same if nothing has changed that is billed.
	Before  string  `json:"digest_before"`
	After   string  `json:"digest_after"`
	Seconds float64 `json:"seconds"`
}

func newRebuild() *cobra.Command {
	var stretch stretchFlags
	var dry, asJSON bool
	cmd := &cobra.Command{
		Use:   "rebuild -c asue.yaml --from MONTH [--to MONTH]",
		Short: "Make intervals again from the readings",
		Long: `Makes the intervals of whole months again from the register readings in the ledger:
derives, validates, estimates. What comes out the same stays as it is; what differs gets
a new version, and the old one stays readable. What a person has set stands.

It may run beside the program and be stopped at any time. With --dry-run it only says
how many intervals would change. The digest covers everything that is billed: it is the
same before and after unless something changed.`,
		Example: "  asue rebuild -c asue.yaml --from 2026-10 --dry-run\n  asue rebuild -c asue.yaml --from 2026-01 --to 2026-10",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			zone, err := stretch.open(cmd.Context())
			if err != nil {
				return err
			}
			defer zone.close()
			report, err := rebuild(cmd.Context(), zone, dry)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			report.print(cmd.OutOrStdout())
			return nil
		},
	}
	stretch.bind(cmd)
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would change, and change nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func rebuild(ctx context.Context, zone opened, dry bool) (rebuildReport, error) {
	ledger, period := zone.ledger, zone.period
	report := rebuildReport{From: period.From, To: period.To, DryRun: dry}
	wall := clock.Clock{}
	began := wall.Now()
	period.To = earliest(period.To, began)
	var err error
	if report.Before, _, err = validation.Digest(ctx, ledger, period.From, period.To); err != nil {
		return report, err
	}
	v, err := validatorOf(ctx, zone.site, zone.library, ledger)
	if err != nil {
		return report, err
	}
	bar := newBar(os.Stderr)
	report.Rebuilt, err = v.Rebuild(ctx, period.From, period.To, dry, func(done, all int) {
		bar.show("rebuilding", done, "months of points", float64(done)/float64(all))
	})
	bar.clear()
	if err != nil {
		return report, err
	}
	report.After, _, err = validation.Digest(ctx, ledger, period.From, period.To)
	report.Seconds = wall.Now().Sub(began).Seconds()
	return report, err
}

func (r rebuildReport) print(w io.Writer) {
	verb := "changed"
	if r.DryRun {
		verb = "would change"
	}
	fmt.Fprintf(w, "%d intervals made again, %d %s, %d findings, %.1f s\n", r.Intervals, r.Changed, verb, r.Findings, r.Seconds)
	switch {
	case r.Before == r.After:
		fmt.Fprintf(w, "digest %s, as before\n", r.After)
	default:
		fmt.Fprintf(w, "digest %s, before %s\n", r.After, r.Before)
	}
}

// validatorOf is a validator for a command that works beside the program or
// without it, by the technical conditions that the program goes by.
func validatorOf(ctx context.Context, site *metering.Site, library *regmap.Library, ledger metering.Ledger) (*validation.Validator, error) {
	site, err := siteWithRights(ctx, site, ledger)
	if err != nil {
		return nil, err
	}
	return validation.New(validation.Config{
		Site: site, Ledger: ledger, Chains: chainsOf(site, library), Clock: clock.Clock{}, Log: slog.New(slog.DiscardHandler),
	})
}

// chainsOf says which registers account for what, by the models of the meters.
func chainsOf(site *metering.Site, library *regmap.Library) *chains.Registry {
	return chains.New(site, func(in metering.Install) []chains.Register {
		model, ok := edge.ModelAt(library, site, in)
		if !ok {
			return nil
		}
		var list []chains.Register
		for _, ch := range metering.AllChannels() {
			if r, ok := model.Of(ch.Quantity()); ok {
				list = append(list, chains.Register{Quantity: ch.Quantity(), Modulus: r.Modulus})
			}
		}
		return list
	})
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
