package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/exchange"
)

func newImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Bring interval data in from files",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return cli.Usagef("import %s is not known; asue import --help lists what is", args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(newImportIntervals(), newImportReceipt())
	return cmd
}

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

// run imports the files one after the other. One that has faults does not stop
// the others.
func (o importOptions) run(ctx context.Context, files []string, out io.Writer, terminal *os.File) error {
	cfg, plant, _, err := readZone(o.config)
	if err != nil {
		return err
	}
	options, err := o.read(plant)
	if err != nil {
		return err
	}
	ledger, err := openLedger(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = ledger.Close() }() // what was written is safe already
	run := importRun{o: o, options: options, ledger: ledger, now: func() time.Time { return time.Now().UTC() }, bar: newBar(terminal)}
	reports := []importReport{}
	worst := 0
	for _, file := range files {
		report, err := run.file(ctx, file)
		run.bar.clear()
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted: nothing of %s was written", file)
		}
		if err != nil {
			report.Outcome, report.Error = importFailed, err.Error()
		}
		reports = append(reports, report)
		worst = max(worst, report.exitCode())
		if !o.asJSON {
			report.print(out)
		}
	}
	if o.asJSON {
		if err := printJSON(out, reports); err != nil {
			return err
		}
	}
	switch worst {
	case cli.ExitUsage:
		return cli.Usagef("")
	case cli.ExitFailed:
		return errNotImported
	}
	return nil
}

var errNotImported = errors.New("not every file was imported: see above")

// importRun is one run of the command.
type importRun struct {
	o       importOptions
	options exchange.Options
	ledger  metering.Ledger
	now     func() time.Time
	bar     *bar
}

// importMemory is what the garbage collector tries to hold an import to: a year
// of a zone needs some 300 MB, and would be given twice of it without.
const importMemory = 384 << 20

// file imports one file.
func (r *importRun) file(ctx context.Context, file string) (importReport, error) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(importMemory))
	report := importReport{File: file, Notes: []string{}, Missing: []reportMissing{}, Differences: []reportDifference{}, Faults: []reportFault{}, FaultKinds: map[string]int{}}
	f, err := os.Open(file)
	if err != nil {
		return report, errors.New(cli.Plainly(err))
	}
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	if err != nil {
		return report, err
	}
	if !info.Mode().IsRegular() {
		return report, errors.New("is not a file")
	}
	options := r.options
	options.Progress = func(rows int, share float64) { r.bar.show(filepath.Base(file)+": reading", rows, "rows", share) }
	read, err := exchange.Read(ctx, filepath.Base(file), f, info.Size(), options)
	if err != nil {
		return report, err
	}
	report.take(read, r.options.Zone)
	if _, to := read.Span(); to.After(r.now()) {
		report.Notes = append(report.Notes, "some intervals end in the future: is the year right?")
	}
	if report.Outcome == importFaulty {
		return report, nil
	}
	plan, err := r.compare(ctx, read)
	if err != nil {
		return report, err
	}
	report.compare(plan, r.options.Zone)
	switch {
	case r.o.dryRun:
		report.Outcome = importDry
		return report, nil
	case plan.counts[exchange.Differs] > 0 && !r.o.replace:
		report.Outcome = importDiffers
		return report, nil
	case len(plan.write) == 0 && len(plan.replace) == 0:
		report.Outcome = importNothing
		return report, nil
	}
	r.bar.show(filepath.Base(file)+": writing", len(plan.write)+len(plan.replace), "intervals", -1)
	if err := r.commit(ctx, &report, read, plan); err != nil {
		return report, err
	}
	report.Outcome = importDone
	return report, nil
}

// bar shows progress on a terminal only.
type bar struct {
	out   *os.File // nil: nobody looks
	shown time.Time
	dirty bool
}

func newBar(f *os.File) *bar {
	if !node.IsTerminal(f) {
		return &bar{}
	}
	return &bar{out: f}
}

// show draws at most five times a second; share is 0..1, or negative if nobody
// knows.
func (b *bar) show(what string, n int, unit string, share float64) {
	if b.out == nil || (share >= 0 && time.Since(b.shown) < 200*time.Millisecond) {
		return
	}
	b.shown, b.dirty = time.Now(), true
	if share < 0 {
		fmt.Fprintf(b.out, "\r%s, %d %s\x1b[K", what, n, unit)
		return
	}
	const width = 30
	full := int(share * width)
	fmt.Fprintf(b.out, "\r%s [%s%s] %3.0f %%, %d %s\x1b[K", what, strings.Repeat("#", full), strings.Repeat(".", width-full), 100*share, n, unit)
}

func (b *bar) clear() {
	if b.dirty {
		fmt.Fprint(b.out, "\r\x1b[K")
		b.dirty = false
	}
}
