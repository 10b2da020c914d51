package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/dashboards/reports"
	"asue/metering/vee"
)

// reportFlags are the flags of asue report.
type reportFlags struct {
	stretch                               stretchFlags
	day, month, tariff, lang, format, out string
	block                                 time.Duration
}

func newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report KIND -c asue.yaml --day DAY | --month MONTH",
		Short: "Daily sheet, load profile, balances, peaks, alarms: to print, as XLSX or CSV",
		Long: `Draws up a report from the ledger. KIND is one of

  daily    the daily sheet: readings at both midnights, energies by hour and tariff zone
  profile  mean power of zone and residents over every --block
  balance  imbalance of every part of the network, actual and permitted
  peaks    maxima of zone and residents, and how they come together
  alarms   how many alarms there were, and of what use

HTML is one file that prints on A4; XLSX has a sheet for each table. CSV is written for
the spreadsheet of the reader, as by asue export. docs/reports.md describes them.`,
		Example: "  asue report daily -c asue.yaml --day 2026-10-05 -o sheet.html\n  asue report peaks -c asue.yaml --month 2026-10 --lang kk --format xlsx -o peaks.xlsx",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), reports.Kind(args[0]))
		},
	}
	f.stretch.bind(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.day, "day", "", "a local day, like 2026-10-05")
	flags.StringVar(&f.month, "month", "", "a local month, like 2026-10")
	flags.DurationVar(&f.block, "block", 30*time.Minute, "profile and peaks: 15m, 30m or 1h")
	flags.StringVar(&f.tariff, "tariff", "", "tariff whose zones are listed; the one in force if empty")
	flags.StringVar(&f.lang, "lang", "ru", "ru, kk or en")
	flags.StringVar(&f.format, "format", "html", "html, xlsx or csv")
	flags.StringVarP(&f.out, "out", "o", "-", "file to write, - for standard output")
	return cmd
}

func (f reportFlags) run(ctx context.Context, stdout io.Writer, kind reports.Kind) error {
	switch {
	case !slices.Contains(reports.Kinds(), kind):
		return cli.Usagef("report %q is not known: use daily, profile, balance, peaks or alarms", string(kind))
	case !slices.Contains(reports.Langs(), reports.Lang(f.lang)):
		return cli.Usagef("--lang %q: use ru, kk or en", f.lang)
	case !slices.Contains(reports.Formats(), reports.Format(f.format)):
		return cli.Usagef("--format %q: use html, xlsx or csv", f.format)
	}
	if err := f.period(); err != nil {
		return err
	}
	zone, err := f.stretch.open(ctx)
	if err != nil {
		return err
	}
	defer zone.close()
	books, err := newAnalyst(zone.site, zone.ledger)
	if err != nil {
		return err
	}
	kinds, faults := cli.ReadAlarms(zone.alarms)
	if err := cli.Refuse(zone.alarms, faults); err != nil {
		return err
	}
	order := reportOrder{kind: kind, period: zone.period, block: f.block, tariff: f.tariff}
	if err := order.check(zone.site.Location); err != nil {
		return cli.Usagef("%v", err)
	}
	r := &reporter{analyst: books, ledger: zone.ledger, kinds: kinds, now: time.Now}
	report, err := r.report(ctx, order)
	if err != nil {
		return err
	}
	return writeWhole(f.out, stdout, func(w io.Writer) error {
		return reports.Write(w, report, reports.Format(f.format), reports.Lang(f.lang))
	})
}

// period reads --day and --month as --from and --to.
func (f *reportFlags) period() error {
	given := 0
	for _, s := range []string{f.day, f.month, f.stretch.from} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return cli.Usagef("say one of --day 2026-10-05, --month 2026-10, or --from with --to")
	}
	for _, one := range []struct{ flag, text, layout string }{{"--day", f.day, time.DateOnly}, {"--month", f.month, "2006-01"}} {
		if one.text == "" {
			continue
		}
		if _, err := time.Parse(one.layout, one.text); err != nil {
			return cli.Usagef("%s %q: write it like %s", one.flag, one.text, map[string]string{"--day": "2026-10-05", "--month": "2026-10"}[one.flag])
		}
		f.stretch.from, f.stretch.to = one.text, ""
	}
	return nil
}

// reportName is the name of a report's file: "daily.2026-10-05.ru.html".
func reportName(o reportOrder, format, lang string, loc *time.Location) string {
	first := o.period.From.In(loc).Format(time.DateOnly)
	last := o.period.To.Add(-1).In(loc).Format(time.DateOnly)
	if start, end := vee.Month.Bounds(o.period.From, loc); start.Equal(o.period.From) && end.Equal(o.period.To) {
		first, last = o.period.From.In(loc).Format("2006-01"), ""
	}
	if last != "" && last != first {
		first += "_" + last
	}
	return strings.Join([]string{string(o.kind), first, lang, format}, ".")
}
