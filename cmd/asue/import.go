package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
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
	cmd.AddCommand(newImportIntervals(), newImportVersions(), newImportReceipt())
	return cmd
}

// run imports the files one after the other. One that has faults does not stop
// the others.
func (o importOptions) run(ctx context.Context, files []string, out io.Writer, terminal *os.File) error {
	cfg, plant, library, err := readZone(o.config)
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
	v, err := validatorOf(ctx, plant, library, ledger)
	if err != nil {
		return err
	}
	run := importRun{
		o: o, options: options, ledger: ledger, now: func() time.Time { return time.Now().UTC() }, bar: newBar(terminal), then: func(ctx context.Context, from, to time.Time) error { return v.Follow(ctx, nil, from, to) },
	}
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
	// then computes what follows from changed intervals; nil: somebody else does.
	then func(ctx context.Context, from, to time.Time) error
}

// follow computes virtual points and balances of the days of a file.
func (r *importRun) follow(ctx context.Context, name string, read *exchange.File) error {
	if r.then == nil {
		return nil
	}
	from, to := read.Span()
	days := int(to.Sub(from)/(24*time.Hour)) + 1
	for n := 0; from.Before(to); n++ {
		r.bar.show(name+": balances", n, "days", float64(n)/float64(days))
		end := earliest(from.Add(24*time.Hour), to)
		if err := r.then(ctx, from, end); err != nil {
			return err
		}
		from = end
	}
	return nil
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
	if err := r.follow(ctx, filepath.Base(file), read); err != nil {
		report.Notes = append(report.Notes, fmt.Sprintf("virtual points and balances do not follow yet, asue rebuild makes them: %v", err))
	}
	report.Outcome = importDone
	return report, nil
}
