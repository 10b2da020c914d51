package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/exchange"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// auditOptions are the flags of asue intervals.
type auditOptions struct {
	readings, maxPower, format, out string
	modulus, quantum                int64
	skipBad, raw                    bool
	power                           metering.Power // of maxPower
}

func newIntervals() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "intervals --readings FILE",
		Short: "Energies of 15-minute intervals from register readings in a file, for an auditor",
		Long: `Turns register readings into the energies of 15-minute intervals, by the same code that
keeps the ledger, without ledger, site file or process file.

The file is CSV with the columns time (RFC 3339), point and register_wh (whole watt-hours),
in any order of lines, repeated or not. Output is one line for each interval that lies
between the first and the last reading of its point:

  start      of the interval, UTC
  energy_wh  whole watt-hours; empty when it is not known
  quality    A measured, S substituted, E estimated, N not known
  method     how the energy was found: register, anchored, scaled, linear, …
  flags      facts about the interval: gap, rollover, reset, glitch, …

With several points there is a column point before them. A gap between two readings is
filled with what the register has counted meanwhile, graded S, so that the energies add up
to the difference of the registers; --raw leaves it unknown.

Bad lines are named with line and column, and nothing else is printed unless --skip-bad.

Exit code 0: done; 1: a line is bad, or the file cannot be read; 2: wrong use.`,
		Example: "  asue intervals --readings feeder.csv --modulus 4294967296 --max-power \"29.7 MW\"\n  asue intervals --readings feeders.csv --quantum 120000 --format json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.readings, "readings", "", "CSV file, - for standard input")
	f.Int64Var(&o.modulus, "modulus", 0, "content in Wh at which the register starts anew from 0, like 4294967296; 0: not known, no rollover is believed")
	f.Int64Var(&o.quantum, "quantum", 1, "step of the register in Wh")
	f.StringVar(&o.maxPower, "max-power", "", "what the point can carry physically, like \"29.7 MW\"; a rollover or a reset is believed only within it")
	f.StringVar(&o.format, "format", "csv", "csv or json")
	f.StringVar(&o.out, "out", "-", "file to write, - for standard output")
	f.BoolVar(&o.skipBad, "skip-bad", false, "leave bad lines out, name them and go on")
	f.BoolVar(&o.raw, "raw", false, "what the registers alone say: gaps are not filled")
	return cmd
}

// check refuses flags that say nothing sensible.
func (o *auditOptions) check() error {
	var err error
	switch {
	case o.readings == "":
		return cli.Usagef("--readings is missing: name the CSV file with the register readings")
	case o.quantum < 1:
		return cli.Usagef("--quantum %d: a register's step is at least 1 Wh", o.quantum)
	case o.modulus < 0 || o.modulus%o.quantum != 0:
		return cli.Usagef("--modulus %d: write a positive multiple of the quantum", o.modulus)
	case o.format != string(exchange.CSV) && o.format != string(exchange.JSON):
		return cli.Usagef("--format %q: use csv or json", o.format)
	case o.maxPower != "":
		if o.power, err = metering.ParsePower(o.maxPower); err != nil || o.power <= 0 {
			return cli.Usagef("--max-power %q: write a positive power with its unit, like \"29.7 MW\"", o.maxPower)
		}
	}
	return nil
}

// errBadLines is what is said when nothing was printed because of bad lines.
var errBadLines = errors.New("correct the lines above, or leave them out with --skip-bad")

func (o auditOptions) run(stdout, complaints io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	in := io.Reader(os.Stdin)
	if o.readings != "-" {
		f, err := os.Open(o.readings)
		if err != nil {
			return fmt.Errorf("--readings %s: %s", o.readings, cli.Plainly(err))
		}
		defer func() { _ = f.Close() }() // nothing was written
		in = f
	}
	series, faults, err := exchange.ReadRegisters(in, exchange.RegisterOptions{Quantum: o.quantum, Modulus: o.modulus})
	if err != nil {
		return fmt.Errorf("%s: %w", o.readings, err)
	}
	for _, f := range faults.List {
		fmt.Fprintf(complaints, "%s:%d: column %s: %s\n", o.readings, f.Row, f.Column, plain(strings.TrimSpace(withoutPlace(f))))
	}
	if n := faults.Len(); n > 0 {
		fmt.Fprintf(complaints, "%s: bad lines: %d, of each kind: %v\n", o.readings, n, faults.Counts)
		if !o.skipBad {
			return errBadLines
		}
	}
	return writeWhole(o.out, stdout, func(w io.Writer) error {
		return exchange.Write(w, o.table(series), exchange.Format(o.format), exchange.English)
	})
}

// withoutPlace is a fault whose place was printed before it.
func withoutPlace(f exchange.Fault) string {
	f.Row, f.Column = 0, ""
	return f.String()
}

// table is the intervals of all points, point by point.
func (o auditOptions) table(series []exchange.RegisterSeries) exchange.Table {
	several := len(series) > 1
	columns := []exchange.Column{
		{Name: "point", Kind: exchange.TextKind}, {Name: "start", Kind: exchange.MomentKind}, {Name: "energy_wh", Kind: exchange.WholeKind},
		{Name: "quality", Kind: exchange.TextKind}, {Name: "method", Kind: exchange.TextKind}, {Name: "flags", Kind: exchange.TextKind},
	}
	skip := 1
	if several {
		skip = 0
	}
	return exchange.Table{
		Name: "intervals", Zone: time.UTC, Columns: columns[skip:],
		Rows: func(yield func([]exchange.Value, error) bool) {
			for _, s := range series {
				for _, iv := range o.intervals(s) {
					energy := exchange.Whole(int64(iv.Energy))
					if iv.Grade == metering.Null {
						energy = exchange.Value{}
					}
					values := []exchange.Value{
						exchange.Text(string(iv.Point)), exchange.Moment(iv.Start), energy, exchange.Text(iv.Grade.String()),
						exchange.Text(iv.Method.String()), exchange.Text(strings.Join(iv.Flags.Names(), " ")),
					}
					if !yield(values[skip:], nil) {
						return
					}
				}
			}
		},
	}
}

// intervals are those that lie between a point's first and last reading as a
// whole.
func (o auditOptions) intervals(s exchange.RegisterSeries) []metering.Interval {
	n := len(s.Readings)
	if n == 0 {
		return nil
	}
	from, to := metering.PeriodStart(s.Readings[0].At), metering.PeriodStart(s.Readings[n-1].At)
	if from.Before(s.Readings[0].At) {
		from = from.Add(metering.BasePeriod)
	}
	if !from.Before(to) {
		return nil
	}
	const meter = "register"
	chain := vee.Chain{Point: s.Point, Channel: metering.ChannelActiveImport, Links: []vee.Link{{
		Install: metering.Install{Meter: meter, Point: s.Point}, Modulus: o.modulus / o.quantum, MaxPower: o.power,
		Spans: s.Spans(meter, metering.ActiveImport),
	}}}
	derived := chain.Derive(from, to, to)
	if o.raw {
		return derived.Intervals
	}
	return rules.Assess(rules.Case{
		Point: metering.Point{ID: s.Point}, Channel: metering.ChannelActiveImport, From: from, To: to,
		MaxPower: o.power, Quantum: metering.Energy(o.quantum), Derivation: derived,
	}).Intervals
}
