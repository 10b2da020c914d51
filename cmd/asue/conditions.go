package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/validation"
)

// conditionsFlags are what `asue conditions` is asked.
type conditionsFlags struct {
	config     string
	asOf       string
	residents  []string
	block      time.Duration
	arithmetic bool
	evidence   string
	verify     []string
	asJSON     bool
}

func newConditions() *cobra.Command {
	var f conditionsFlags
	cmd := &cobra.Command{
		Use:   "conditions -c asue.yaml [--as-of DAY] [--resident R]",
		Short: "Whose technical conditions (ТУ) are not used, and how much of them could be returned",
		Long: `Judges the technical conditions of the register by the validated intervals of a rolling
year in the ledger, and prints for each resident, by node,

  tu_kw        the ТУ in force at the end of the year
  need_kw      what was needed of it: max(tenth highest daily maximum, p99.5)
  utilisation  the one by the other
  class        INSUFFICIENT, GRACE, EXCEEDING, IDLE, UNDERUSED, OVERRESERVED or NORMAL
  retain_kw    what would be kept: need with a margin, armour, upper bound of the need
  reclaim_kw   what could be returned
  coverage     how much of the year stands on intervals that cannot be disputed

and then the totals, for the site and by node. What is missing, was estimated, lies in an
outage or was held back by this system lowers the coverage, never the need. Who has too
little history is told how much is missing and from when it will be enough. It proposes;
people decide. docs/reclaim.md tells the rules.

  --arithmetic       the steps of every figure
  --evidence DIR     writes down what each finding rests on, with its SHA-256
  --verify FILE...   makes evidence anew from the ledger and says whether it is equal, bit
                     for bit; if not, what has changed

Nothing is written into the ledger; a running program is not disturbed.
Exit code 0: done; 2: wrong use or a faulty file; 1: anything else, and evidence that
could not be made again as it was.`,
		Example: `  asue conditions -c asue.yaml
  asue conditions -c asue.yaml --as-of 2026-10-31 --resident ceramics-1 --arithmetic
  asue conditions -c asue.yaml --as-of 2026-10-31 --evidence findings/
  asue conditions -c asue.yaml --verify findings/*.evidence`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.config, "config", "c", "", "process file, which names ledger and site")
	flags.StringVar(&f.asOf, "as-of", "", "last day of the year that is looked at, or a time; up to the last validated day if empty")
	flags.StringSliceVar(&f.residents, "resident", nil, "residents; all if empty")
	flags.DurationVar(&f.block, "block", 30*time.Minute, "length of blocks: 15m, 30m or 1h, as the contract says")
	flags.BoolVar(&f.arithmetic, "arithmetic", false, "show how every figure was reckoned")
	flags.StringVar(&f.evidence, "evidence", "", "folder into which evidence is written")
	flags.StringArrayVar(&f.verify, "verify", nil, "files of evidence to be made anew; more may follow as arguments")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

func (f *conditionsFlags) run(cmd *cobra.Command, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	site, ledger, _, err := openRegistered(cmd.Context(), f.config)
	if err != nil {
		return err
	}
	defer func() { _ = ledger.Close() }() // nothing was written
	if f.verify != nil {
		return f.runVerify(cmd, site, ledger, append(f.verify, args...))
	}
	only, err := f.only(site)
	if err != nil {
		return err
	}
	to, err := yearsEnd(cmd.Context(), f.asOf, site.Location, ledger)
	if err != nil {
		return err
	}
	uses, err := newUses(cmd.Context(), site, ledger, to, f.block)
	if err != nil {
		return fmt.Errorf("conditions: %w", err)
	}
	b := newBar(os.Stderr)
	list, err := uses.judge(cmd.Context(), b, only)
	b.clear()
	if err != nil {
		return fmt.Errorf("conditions: %w", err)
	}
	if f.evidence != "" {
		if err := writeEvidence(f.evidence, list, site.Location); err != nil {
			return fmt.Errorf("conditions: %w", err)
		}
	}
	report := conditionsOf(uses, list, f.arithmetic)
	if f.asJSON {
		return printJSON(cmd.OutOrStdout(), report)
	}
	return printConditions(cmd.OutOrStdout(), report, site.Location)
}

// check refuses flags that do not go together.
func (f *conditionsFlags) check(args []string) error {
	switch {
	case f.verify == nil && len(args) > 0:
		return cli.Usagef("%q: conditions takes no argument but files of --verify", args[0])
	case f.verify != nil && (f.asOf != "" || f.evidence != "" || f.arithmetic || len(f.residents) > 0):
		return cli.Usagef("--verify: evidence says itself whose it is and of which year; leave --as-of, --resident, --arithmetic and --evidence out")
	case !slices.Contains([]time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour}, f.block):
		return cli.Usagef("--block %v: write 15m, 30m or 1h", f.block)
	}
	return nil
}

// only are the residents that are asked for; nil: all.
func (f *conditionsFlags) only(site *metering.Site) (map[metering.ResidentID]bool, error) {
	if len(f.residents) == 0 {
		return nil, nil
	}
	list := map[metering.ResidentID]bool{}
	for _, id := range f.residents {
		if _, ok := site.Resident(metering.ResidentID(id)); !ok {
			return nil, cli.Usagef("--resident: the site has no resident %q", id)
		}
		list[metering.ResidentID(id)] = true
	}
	return list, nil
}

// openToRead opens site and ledger for a command that writes nothing: a ledger that is
// not there is not made.
func openToRead(ctx context.Context, config string) (*metering.Site, metering.Ledger, error) {
	cfg, site, _, err := readZone(config)
	if err != nil {
		return nil, nil, err
	}
	if cfg.Ledger.DSN == "" {
		file := filepath.Join(cfg.Data, "ledger.db")
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			return nil, nil, fmt.Errorf("ledger: %s is not there: start asue run, or import what was measured (asue import)", file)
		}
	}
	ledger, err := openLedger(ctx, cfg)
	return site, ledger, err
}

// openRegistered is openToRead, with the register of the ledger's deeds in place of what
// the site file says of technical conditions, and with the office that made it.
func openRegistered(ctx context.Context, config string) (*metering.Site, metering.Ledger, *office.Office, error) {
	site, ledger, err := openToRead(ctx, config)
	if err != nil {
		return nil, nil, nil, err
	}
	o, err := openOffice(ctx, site, ledger)
	if err != nil {
		return nil, nil, nil, errors.Join(err, ledger.Close())
	}
	return register.Site(site, o.Register()), ledger, o, nil
}

// yearsEnd is the local midnight with which a rolling year ends: that after a day, at or
// before a time, or, if nothing is asked for, the last one before which everything is
// validated.
func yearsEnd(ctx context.Context, asOf string, zone *time.Location, ledger metering.Ledger) (time.Time, error) {
	now := time.Now()
	at := now
	if asOf != "" {
		var err error
		if at, err = readMoment("--as-of", asOf, zone, true); err != nil {
			return at, err
		}
	} else if upTo, err := validation.UpTo(ctx, ledger); err != nil {
		return at, fmt.Errorf("ledger: up to when is it validated: %w", err)
	} else if !upTo.IsZero() && upTo.Before(at) {
		at = upTo
	}
	midnight, _ := metering.LocalDay(at, zone)
	if midnight.After(now) {
		return midnight, cli.Usagef("--as-of %s: the year would end on %s, which has not passed yet", asOf, midnight.In(zone).Format(time.DateOnly))
	}
	return midnight, nil
}

// rulesOfUse are the rules by which this release judges.
func rulesOfUse() reclaim.Settings { return reclaim.Default() }
