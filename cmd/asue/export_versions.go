package main

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"asue/metering"
	"asue/metering/exchange"
)

func newExportVersions() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "versions -c asue.yaml --from DAY --to DAY --out FILE",
		Short: "Every version of intervals, to be carried into another ledger with nothing lost",
		Long: `Writes every version of the intervals with its energy, uncertainty, grade, method, flags,
reason and when it was recorded, and the times in which residents were held back. In an
empty ledger into which asue import versions brings the file, the same evidence comes out
of asue conditions, bit for bit. The file is lines of JSON with a SHA-256 at the end.`,
		Example: "  asue export versions -c asue.yaml --from 2025-07-01 --to 2026-07-01 --out year.versions",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.runVersions(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "process file, which names ledger and site")
	f.StringVar(&o.from, "from", "", "first day, like 2026-01-01, or a time with its offset")
	f.StringVar(&o.to, "to", "", "day or time at which it ends, exclusive; now if empty")
	f.StringVar(&o.points, "points", "", "points, separated by commas; all if empty")
	f.StringVar(&o.channels, "channels", "", "channels, separated by commas, like A+,R+; all if empty")
	f.StringVar(&o.out, "out", "-", "file to write, - for standard output")
	return cmd
}

func (o exportOptions) runVersions(ctx context.Context, stdout io.Writer) error {
	e, err := o.open(ctx, time.Now().UTC())
	if err != nil {
		return err
	}
	defer func() { _ = e.ledger.Close() }() // nothing was written
	return writeWhole(o.out, stdout, func(w io.Writer) error { return e.versions(ctx, w) })
}

// versions writes the file, a day after the other.
func (e *exporter) versions(ctx context.Context, w io.Writer) error {
	out, err := exchange.NewVersionsWriter(w, exchange.VersionsHead{Site: e.site.ID, From: e.from, To: e.to})
	if err != nil {
		return err
	}
	for from := e.from; from.Before(e.to); {
		_, to := metering.LocalDay(from, time.UTC)
		to = earliest(to, e.to)
		list, err := e.ledger.Intervals(ctx, metering.IntervalQuery{Points: e.points, Channels: e.channels, From: from, To: to})
		if err != nil {
			return err
		}
		if err := e.versionsOf(ctx, out, list); err != nil {
			return err
		}
		from = to
	}
	if err := e.heldBack(ctx, out); err != nil {
		return err
	}
	return out.Close()
}

// versionsOf writes intervals of a day with what they were before, a line for each point
// and channel.
func (e *exporter) versionsOf(ctx context.Context, out *exchange.VersionsWriter, current []metering.Interval) error {
	type key struct {
		point   metering.PointID
		channel metering.Channel
	}
	var order []key
	lines := map[key][][]metering.Interval{}
	for _, iv := range current {
		k := key{iv.Point, iv.Channel}
		if _, there := lines[k]; !there {
			order = append(order, k)
		}
		versions := []metering.Interval{iv}
		if iv.Version > 1 {
			var err error
			if versions, err = e.ledger.History(ctx, iv.Point, iv.Channel, iv.Start); err != nil {
				return err
			}
		}
		lines[k] = append(lines[k], versions)
	}
	for _, k := range order {
		if err := out.Intervals(lines[k]); err != nil {
			return err
		}
	}
	return nil
}

// heldBack writes what the audit says of times in which residents were held back, the
// oldest record first. One is written up to a day after what it is about.
func (e *exporter) heldBack(ctx context.Context, out *exchange.VersionsWriter) error {
	var all []metering.AuditRecord
	q := metering.AuditQuery{From: e.from, To: e.to.Add(48 * time.Hour), Kind: curtailedKind, Limit: heldPage}
	for {
		page, err := e.ledger.Audit(ctx, q)
		if err != nil {
			return err
		}
		all = append(all, page...)
		if len(page) < heldPage {
			break
		}
		q.Before = page[len(page)-1].Seq
	}
	for _, r := range slices.Backward(all) {
		if err := out.Held(r); err != nil {
			return err
		}
	}
	return nil
}

func newImportVersions() *cobra.Command {
	var o versionsImport
	cmd := &cobra.Command{
		Use:   "versions FILE -c asue.yaml",
		Short: "Bring in what asue export versions has written",
		Long: `Brings intervals with all of their versions into a ledger that does not have them, each
recorded when it was recorded there, and the times in which residents were held back. What
the ledger has already in the same versions is passed over, so that a run that was
interrupted can be repeated. Where it has others nothing is written.

The audit keeps which file was brought in, by its SHA-256, and who did it.`,
		Example: "  asue import versions year.versions -c asue.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVarP(&o.config, "config", "c", "", "process file, which names ledger and site")
	return cmd
}
