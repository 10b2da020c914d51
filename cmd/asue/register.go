package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/balancing/reclaim/register"
	"asue/balancing/reclaim/register/table"
	"asue/cmd/internal/cli"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/exchange"
)

func newRegister() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register",
		Short: "The register of technical conditions (ТУ): who may draw what, where, since when",
		Long: `The site file says how the register began; every change since is an act in the ledger, with
its day, its paper, who wrote it and who signed it. docs/reclaim.md tells more.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRegisterList(), newRegisterHistory(), newRegisterExport(), newRegisterImport())
	return cmd
}

// registerAt reads --at, now if it is empty.
func registerAt(at string, site *metering.Site) (time.Time, error) {
	if at == "" {
		return time.Now().UTC(), nil
	}
	t, err := dayOrTime(at, site.Location)
	if err != nil {
		return t, cli.Usagef("--at %q: write a day like 2026-01-31, or a time with its offset like 2026-01-31T00:00:00+05:00", at)
	}
	return t, nil
}

// inRegister shows the register of a ledger's deeds.
func inRegister(ctx context.Context, config string, show func(site *metering.Site, r *register.Register) error) error {
	site, ledger, err := openToRead(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = ledger.Close() }() // nothing was written
	o, err := openOffice(ctx, site, ledger)
	if err != nil {
		return err
	}
	return show(site, o.Register())
}

func newRegisterList() *cobra.Command {
	var config, at string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list -c asue.yaml [--at DAY]",
		Short: "Conditions of every medium in force at a time",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return inRegister(cmd.Context(), config, func(site *metering.Site, r *register.Register) error {
				t, err := registerAt(at, site)
				if err != nil {
					return err
				}
				v := registerView(site, r, t)
				if asJSON {
					return printJSON(cmd.OutOrStdout(), v)
				}
				return printRegister(cmd.OutOrStdout(), v, site.Location)
			})
		},
	}
	cmd.Flags().StringVarP(&config, "config", "c", "", "process file, which names ledger and site")
	cmd.Flags().StringVar(&at, "at", "", "day, or time with its offset; now if empty")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, with the whole history")
	return cmd
}

// registerView is the register as the page's API has it.
func registerView(site *metering.Site, r *register.Register, at time.Time) dispatcher.RegisterView {
	c := capacity{site: site, log: slog.New(slog.DiscardHandler)}
	v := dispatcher.RegisterView{At: at, Entries: []dispatcher.RegisterEntry{}, History: []dispatcher.RegisterEntry{}}
	for _, e := range r.At(at) {
		v.Entries = append(v.Entries, c.entryView(e))
	}
	for _, e := range r.Versions() {
		v.History = append(v.History, c.entryView(e))
	}
	return v
}

func printRegister(w io.Writer, v dispatcher.RegisterView, zone *time.Location) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "condition\tresident\tnode\tfirm\tnon-firm\tkV\tcategory\tfrom\tto\tdocument")
	for _, e := range v.Entries {
		firm := metering.Power(e.FirmW).String()
		if e.FlowL > 0 {
			firm = fmt.Sprintf("%g m3/%s %s", float64(e.FlowL)/1000, e.FlowPer, e.Medium)
		}
		to := ""
		if e.To != nil {
			to = localDay(*e.To, zone)
		}
		fmt.Fprintln(tw, strings.Join([]string{e.Condition, e.Name, orDash(e.Node), firm, orDash(nonZero(metering.Power(e.NonFirmW))), orDash(nonZero(e.VoltageKV)),
			orDash(nonZero(e.Category)), localDay(e.From, zone), orDash(to), e.Document}, "\t"))
	}
	return tw.Flush()
}

// nonZero is a value as it prints, nothing for the zero one.
func nonZero[V comparable](v V) string {
	var zero V
	if v == zero {
		return ""
	}
	return fmt.Sprint(v)
}

// localDay is a day for a local midnight, else a time.
func localDay(t time.Time, zone *time.Location) string {
	local := t.In(zone)
	if local.Hour() == 0 && local.Minute() == 0 && local.Second() == 0 {
		return local.Format(time.DateOnly)
	}
	return local.Format(time.RFC3339)
}

func newRegisterExport() *cobra.Command {
	var config, at, lang string
	cmd := &cobra.Command{
		Use:   "export FILE.csv|FILE.xlsx -c asue.yaml [--at DAY] [--lang ru|kk|en]",
		Short: "Write what is in force at a time as a table that import takes back",
		Long: `Writes the conditions in force at a time with their stages of growth, armours, and of residents
since when they draw and their grace. Change what should be otherwise, and give the file to
asue register import: rows that were left as they are change nothing.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			format := exchange.Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(args[0])), "."))
			if format != exchange.CSV && format != exchange.XLSX {
				return cli.Usagef("%s: name a file that ends in .csv or .xlsx", args[0])
			}
			switch exchange.Lang(lang) {
			case exchange.Russian, exchange.Kazakh, exchange.English:
			default:
				return cli.Usagef("--lang %q: use ru, kk or en", lang)
			}
			return inRegister(cmd.Context(), config, func(site *metering.Site, r *register.Register) error {
				t, err := registerAt(at, site)
				if err != nil {
					return err
				}
				return writeWhole(args[0], cmd.OutOrStdout(), func(w io.Writer) error { return table.Write(w, site, r, t, format, exchange.Lang(lang)) })
			})
		},
	}
	cmd.Flags().StringVarP(&config, "config", "c", "", "process file, which names ledger and site")
	cmd.Flags().StringVar(&at, "at", "", "day, or time with its offset; now if empty")
	cmd.Flags().StringVar(&lang, "lang", "ru", "language of headings and of the spreadsheet: ru, kk or en")
	return cmd
}
