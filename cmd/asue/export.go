package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/exchange"
	"asue/metering/vee"
)

// exportOptions are the flags that every export has.
type exportOptions struct {
	config, from, to, points, channels, format, lang, out string
	step, nodes                                           string // of balances
	maket                                                 maketOptions
}

// exporter is what an export works with.
type exporter struct {
	site     *metering.Site
	library  *regmap.Library
	ledger   metering.Ledger
	points   []metering.PointID // all if empty
	channels []metering.Channel // all if empty
	nodes    []metering.NodeID  // all if empty
	step     vee.Step           // of balances; 0: the whole stretch
	from, to time.Time
	now      time.Time
}

func newExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write intervals, readings, findings and balances into files",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return cli.Usagef("export %s is not known; asue export --help lists what is", args[0])
			}
			return cmd.Help()
		},
	}
	for _, what := range []struct {
		use, short string
		table      func(*exporter, context.Context) (exchange.Table, error)
	}{
		{"intervals", "Energies of 15-minute intervals, current versions", (*exporter).intervals},
		{"readings", "Register readings around the boundaries of intervals", (*exporter).readings},
		{"findings", "What validation has found", (*exporter).findings},
		{"balance", "Imbalances of the network's parts, actual and permitted", (*exporter).balance},
	} {
		cmd.AddCommand(newExportOf(what.use, what.short, what.table))
	}
	cmd.AddCommand(newExportVersions())
	return cmd
}

func newExportOf(use, short string, table func(*exporter, context.Context) (exchange.Table, error)) *cobra.Command {
	var o exportOptions
	formats := "csv, xlsx, json or jsonl"
	if use == "intervals" {
		formats = "csv, xlsx, json, jsonl or 80020"
	}
	cmd := &cobra.Command{
		Use:   use + " -c asue.yaml --from DAY --to DAY",
		Short: short,
		Long: short + `.

CSV is written for the spreadsheet of the reader: in Russian and Kazakh with semicolons,
decimal commas and a byte order mark, in English with commas and points. XLSX has typed
cells. docs/exchange.md describes the columns.`,
		Example: "  asue export " + use + " -c asue.yaml --from 2026-01-01 --to 2026-02-01 --format xlsx --lang ru --out january.xlsx",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), table)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "process file, which names ledger and site")
	f.StringVar(&o.from, "from", "", "first day, like 2026-01-01, or a time with its offset")
	f.StringVar(&o.to, "to", "", "day or time at which it ends, exclusive; now if empty")
	if use == "balance" {
		f.StringVar(&o.nodes, "nodes", "", "what is balanced, separated by commas; everything if empty")
		f.StringVar(&o.step, "step", "day", "a balance for each 60m, day or month, or one for all")
	} else {
		f.StringVar(&o.points, "points", "", "points, separated by commas; all if empty")
		f.StringVar(&o.channels, "channels", "", "channels, separated by commas, like A+,R+; all if empty")
	}
	f.StringVar(&o.format, "format", "csv", formats)
	f.StringVar(&o.lang, "lang", "ru", "language of headings and of the spreadsheet: ru, kk or en")
	f.StringVar(&o.out, "out", "-", "file to write, - for standard output; of layout 80020 the folder")
	if use == "intervals" {
		o.maket.flags(cmd)
	}
	return cmd
}

func (o exportOptions) run(ctx context.Context, stdout io.Writer, table func(*exporter, context.Context) (exchange.Table, error)) error {
	lang := exchange.Lang(o.lang)
	if lang != exchange.Russian && lang != exchange.Kazakh && lang != exchange.English {
		return cli.Usagef("--lang %q: use ru, kk or en", o.lang)
	}
	format := exchange.Format(o.format)
	switch format {
	case exchange.CSV, exchange.XLSX, exchange.JSON, exchange.JSONLines, maketFormat:
	default:
		return cli.Usagef("--format %q: use csv, xlsx, json, jsonl or, of intervals, 80020", o.format)
	}
	e, err := o.open(ctx, time.Now().UTC())
	if err != nil {
		return err
	}
	defer func() { _ = e.ledger.Close() }() // nothing was written but a message's number, which is safe
	if format == maketFormat {
		return e.maket(ctx, o.maket, o.out, stdout)
	}
	t, err := table(e, ctx)
	if err != nil {
		return err
	}
	return writeWhole(o.out, stdout, func(w io.Writer) error { return exchange.Write(w, t, format, lang) })
}

// open reads the flags that every export has.
func (o exportOptions) open(ctx context.Context, now time.Time) (*exporter, error) {
	cfg, plant, library, err := readZone(o.config)
	if err != nil {
		return nil, err
	}
	e := &exporter{site: plant, library: library, now: now, to: now}
	if o.from == "" {
		return nil, cli.Usagef("--from is missing: say the first day, like 2026-01-01")
	}
	for _, t := range []struct {
		flag, text string
		into       *time.Time
	}{{"--from", o.from, &e.from}, {"--to", o.to, &e.to}} {
		if t.text == "" {
			continue
		}
		if *t.into, err = dayOrTime(t.text, plant.Location); err != nil {
			return nil, cli.Usagef("%s %q: write a day like 2026-01-31, or a time with its offset like 2026-01-31T00:00:00+05:00", t.flag, t.text)
		}
	}
	if !e.from.Before(e.to) {
		return nil, cli.Usagef("--from %s is not before --to %s", o.from, e.to.Format(time.RFC3339))
	}
	for _, name := range splitList(o.points) {
		known := func(p metering.Point) bool { return p.ID == metering.PointID(name) }
		if !containsPoint(plant, known) {
			return nil, cli.Usagef("--points: the site has no point %q", name)
		}
		e.points = append(e.points, metering.PointID(name))
	}
	for _, name := range splitList(o.channels) {
		ch, ok := metering.ChannelNamed(name)
		if !ok {
			return nil, cli.Usagef("--channels: %q is none: write A+, A-, R+, R-, gas, drinking-water, process-water or sewage", name)
		}
		e.channels = append(e.channels, ch)
	}
	for _, name := range splitList(o.nodes) {
		e.nodes = append(e.nodes, metering.NodeID(name))
	}
	if o.step != "" && o.step != "all" {
		var ok bool
		if e.step, ok = vee.StepNamed(o.step); !ok {
			return nil, cli.Usagef("--step %q: use 60m, day, month or all", o.step)
		}
	}
	e.ledger, err = openLedger(ctx, cfg)
	return e, err
}

func containsPoint(site *metering.Site, known func(metering.Point) bool) bool {
	for _, p := range site.Points {
		if known(p) {
			return true
		}
	}
	for _, p := range site.Virtual {
		if known(p.Point) {
			return true
		}
	}
	return false
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// dayOrTime reads a local day, or a time with its offset.
func dayOrTime(text string, zone *time.Location) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day.UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	return at.UTC(), err
}

// writeWhole writes a file as a whole or not at all: a reader never finds half of
// it under its name.
func writeWhole(path string, stdout io.Writer, write func(io.Writer) error) (err error) {
	if path == "-" || path == "" {
		return write(stdout)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %s", path, cli.Plainly(err))
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
