package main

import (
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/exchange"
)

// importOptions are the flags of asue import intervals.
type importOptions struct {
	config, label, unit, zone, point, channel, codes string
	length                                           time.Duration
	spread, dryRun, replace, asJSON                  bool
	author, reason, document, id                     string
}

func newImportIntervals() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "intervals FILE... -c asue.yaml",
		Short: "Bring intervals into the ledger from CSV, XLSX or layout 80020",
		Long: `Reads interval data from CSV, XLSX and XML of layout 80020 into the ledger. What the
columns are is found out from their headings, in Russian, Kazakh or English; character
set, separator, units, and whether times name the start or the end of intervals are found
out where the file tells, and said. docs/exchange.md describes what files may look like.

A file goes in whole, in one transaction, or not at all. Every fault is told with its
sheet, row and column. An interval that the ledger knows with another energy is not
overwritten; with --replace it is, by an act in the name of --author.

Exit code 0: everything is in the ledger; 1: something differs from the ledger, or
failed; 2: wrong use, or a file has faults. Nothing of such a file was written.`,
		Example: `  asue import intervals january.xlsx -c asue.yaml --dry-run
  asue import intervals feeders.csv -c asue.yaml --label end --unit kWh
  asue import intervals act-17.xlsx -c asue.yaml --replace --author "Ахметова А. К." --reason "profile read on site" --document "акт 17 от 02.02.2026"`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), args, cmd.OutOrStdout(), os.Stderr)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "process file, which names ledger and site")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would change, and change nothing")
	f.StringVar(&o.label, "label", "", "what a lone time names: start or end of its interval; needed where neither headings nor a 24:00 tell")
	f.StringVar(&o.unit, "unit", "", "unit of values whose heading names none: "+exchange.UnitNames)
	f.StringVar(&o.zone, "zone", "", "zone of times without an offset, like Asia/Almaty; the site's if empty")
	f.DurationVar(&o.length, "length", 0, "length of intervals where one label each is given: 15m, 30m or 1h; found out if the file shows it")
	f.StringVar(&o.point, "point", "", "point of values for which the file names none")
	f.StringVar(&o.channel, "channel", "", "channel of values for which the file names none, like A+")
	f.StringVar(&o.codes, "codes", "", "CSV file of two columns, a code of another system and a point")
	f.BoolVar(&o.spread, "spread", false, "spread intervals of 30 and 60 min evenly over quarters of an hour, graded substitute")
	f.BoolVar(&o.replace, "replace", false, "replace differing intervals of the ledger, by an act")
	f.StringVar(&o.author, "author", "", "with --replace: who decides so")
	f.StringVar(&o.reason, "reason", "", "with --replace: why")
	f.StringVar(&o.document, "document", "", "with --replace: number and date of the paper, if there is one")
	f.StringVar(&o.id, "act", "", "with --replace: number of the act; made from the file if empty")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	return cmd
}

// read turns the flags into what files are held against.
func (o importOptions) read(site *metering.Site) (exchange.Options, error) {
	x := exchange.Options{Zone: site.Location, Length: o.length, Unit: o.unit, Spread: o.spread}
	codes, err := readCodes(o.codes, site)
	if err != nil {
		return x, err
	}
	x.Points = exchange.PointsOf(site, codes)
	if o.zone != "" {
		if x.Zone, err = time.LoadLocation(o.zone); err != nil {
			return x, cli.Usagef("--zone %q: no zone is called so: write one like Asia/Aqtobe", o.zone)
		}
	}
	if o.label != "" {
		var ok bool
		if x.Label, ok = exchange.LabelNamed(o.label); !ok {
			return x, cli.Usagef("--label %q: write start or end", o.label)
		}
	}
	if o.point != "" {
		if _, ok := site.Point(metering.PointID(o.point)); !ok {
			return x, cli.Usagef("--point %q: the site has no such point", o.point)
		}
		x.Point = metering.PointID(o.point)
	}
	if o.channel != "" {
		var ok bool
		if x.Channel, ok = metering.ChannelNamed(o.channel); !ok {
			return x, cli.Usagef("--channel %q: write A+, A-, R+, R-, gas, drinking-water, process-water or sewage", o.channel)
		}
	}
	if o.replace && (o.author == "" || o.reason == "") {
		return x, cli.Usagef("--replace needs --author and --reason: who decides, and why")
	}
	if !o.replace && (o.author != "" || o.reason != "" || o.document != "" || o.id != "") {
		return x, cli.Usagef("--author, --reason, --document and --act belong to --replace")
	}
	return x, nil
}

// readCodes reads the codes by which another system knows points.
func readCodes(file string, site *metering.Site) (map[string]metering.PointID, error) {
	if file == "" {
		return nil, nil
	}
	src, err := cli.ReadInput(file)
	if err != nil {
		return nil, cli.Usagef("--codes: %v", err)
	}
	codes := map[string]metering.PointID{}
	for i, line := range strings.Split(strings.TrimPrefix(string(src), "\xef\xbb\xbf"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		code, point, ok := strings.Cut(line, ";")
		if !ok {
			code, point, ok = strings.Cut(line, ",")
		}
		code, point = strings.TrimSpace(code), strings.TrimSpace(point)
		if _, known := site.Point(metering.PointID(point)); !ok || !known {
			if i == 0 {
				continue // headings
			}
			return nil, cli.Usagef("--codes %s:%d: %q: write a code and a point of the site, like 131150001113003;F-12", file, i+1, cutText(line, 80))
		}
		codes[code] = metering.PointID(point)
	}
	return codes, nil
}

func cutText(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
