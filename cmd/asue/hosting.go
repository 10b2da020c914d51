package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/balancing/reclaim/hosting"
	"asue/balancing/reclaim/office"
	"asue/cmd/internal/cli"
	"asue/metering"
)

// hostingFlags are what `asue hosting` is asked.
type hostingFlags struct {
	config      string
	asOf        string
	node        string
	megawatts   float64
	profile     string
	annualMWh   float64
	flexible    float64
	powerFactor float64
	years       int
	seed        uint64
	asJSON      bool
}

func newHosting() *cobra.Command {
	var f hostingFlags
	cmd := &cobra.Command{
		Use:   "hosting -c asue.yaml --node N --mw X --profile P",
		Short: "Whether X MW more can connect at a node: how much, from when, with what curtailment",
		Long: `Plays years out of the weeks in the ledger with a newcomer at a node, holds them against
the limits of the site file, counts what the register and the books of the pool have given
out and reserved, and prints what can connect firmly now, what more if it may
be curtailed and how much then, what binds, what would unlock it, and how long the answer
holds. docs/reclaim.md tells how. With less than a year of usable weeks nothing is claimed
about risk: then all firm rights together may come up to the limits.

Profiles: a template,
` + templatesHelp() + `
or a CSV file with the power, kW, in the last column of each line: the blocks of a week
from Monday 00:00 on the site's clock, 168 hours, 336 half hours or 672 quarters. Its
greatest value stands for the power that is asked for. --annual bends a profile so that
it draws so many MWh in a year and still reaches its power.

Nothing is written into the ledger; a running program is not disturbed.
Exit code 0: answered, whatever the answer; 2: wrong use or a faulty file; 1: anything
else.`,
		Example: `  asue hosting -c asue.yaml --node s10-2 --mw 2.5 --profile two-shifts
  asue hosting -c asue.yaml --node f10-117 --mw 1.2 --profile works.csv --annual 4100 --flexible=0.4
  asue hosting -c asue.yaml --node zn-1 --mw 20 --profile flat --years 10000 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.config, "config", "c", "", "process file, which names ledger and site")
	flags.StringVar(&f.node, "node", "", "node of the site file at which somebody wants to connect")
	flags.Float64Var(&f.megawatts, "mw", 0, "power that is asked for, MW")
	flags.StringVar(&f.profile, "profile", "", "template or CSV file: how the power is drawn over a week")
	flags.Float64Var(&f.annualMWh, "annual", 0, "energy that is drawn in a year, MWh; by the profile if 0")
	flags.Float64Var(&f.flexible, "flexible", 0, "part of the power, 0 to 1, that may be curtailed though the rest is firm; alone: all of it")
	flags.Lookup("flexible").NoOptDefVal = "1"
	flags.StringVar(&f.asOf, "as-of", "", "last day of the year whose weeks are played, or a time; up to the last validated day if empty")
	flags.Float64Var(&f.powerFactor, "power-factor", 0.9, "cos φ with which limits in MVA and A are turned into power")
	flags.IntVar(&f.years, "years", 2000, "years to be played, 100 to 100000")
	flags.Uint64Var(&f.seed, "seed", 1, "of the random numbers: the same one gives the same answer")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

func templatesHelp() string {
	names, about := hosting.Templates()
	var text strings.Builder
	for i, name := range names {
		fmt.Fprintf(&text, "\n  %-11s %s", name, about[i])
	}
	return text.String() + "\n"
}

func (f *hostingFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	site, ledger, books, err := openRegistered(cmd.Context(), f.config)
	if err != nil {
		return err
	}
	defer func() { _ = ledger.Close() }() // nothing was written
	if _, ok := site.Topology.Node(metering.NodeID(f.node)); !ok {
		return cli.Usagef("--node: the site has no node %q; the site file lists them under \"nodes\"", f.node)
	}
	to, err := yearsEnd(cmd.Context(), f.asOf, site.Location, ledger)
	if err != nil {
		return err
	}
	profile, err := f.readProfile(to, site.Location)
	if err != nil {
		return err
	}
	b := newBar(os.Stderr)
	report, err := f.answer(cmd.Context(), b, site, ledger, books, to, profile)
	b.clear()
	switch {
	case errors.Is(err, hosting.ErrStopped) && cmd.Context().Err() != nil:
		return cmd.Context().Err()
	case err != nil:
		return fmt.Errorf("hosting: %w", err)
	case f.asJSON:
		return printJSON(cmd.OutOrStdout(), report)
	}
	return printHosting(cmd.OutOrStdout(), report, site.Location)
}

func (f *hostingFlags) check() error {
	number := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	switch {
	case f.node == "":
		return cli.Usagef("--node is missing: name the node of the site file at which somebody wants to connect")
	case !(f.megawatts >= 0.001) || f.megawatts > 1e6:
		return cli.Usagef("--mw %v: write the power that is asked for, at least 0.001 MW", f.megawatts)
	case f.profile == "":
		return cli.Usagef("--profile is missing: name a template or a CSV file; asue hosting --help lists the templates")
	case !number(f.annualMWh) || f.annualMWh < 0 || f.annualMWh > 1e9:
		return cli.Usagef("--annual %v: write MWh in a year", f.annualMWh)
	case !(f.flexible >= 0 && f.flexible <= 1):
		return cli.Usagef("--flexible=%v: write a part, 0 to 1", f.flexible)
	case !(f.powerFactor > 0.1 && f.powerFactor <= 1):
		return cli.Usagef("--power-factor %v: write a cos φ, 0.1 to 1", f.powerFactor)
	case f.years < 100 || f.years > 100_000:
		return cli.Usagef("--years %d: write 100 to 100000", f.years)
	}
	return nil
}

// hostingBlock is the length of the blocks in which years are played.
const hostingBlock = 30 * time.Minute

// answer asks the model of the zone.
func (f *hostingFlags) answer(ctx context.Context, b *bar, site *metering.Site, ledger metering.Ledger, o *office.Office, to time.Time, profile hosting.Profile) (hostingReport, error) {
	u, err := newUses(ctx, site, ledger, to, hostingBlock)
	if err != nil {
		return hostingReport{}, err
	}
	list, err := u.judge(ctx, b, nil)
	if err != nil {
		return hostingReport{}, err
	}
	zone, err := zoneOf(ctx, u, list, f.powerFactor)
	if err != nil {
		return hostingReport{}, err
	}
	now := time.Now()
	zone = withBooks(zone, u, o, now)
	usable, _, err := o.Books().Usable(metering.NodeID(f.node), now, time.Time{})
	if err != nil {
		return hostingReport{}, err
	}
	model, err := hosting.New(zone.nodes, zone.loads, hostingBlock)
	if err != nil {
		return hostingReport{}, err
	}
	policy := hosting.DefaultPolicy()
	policy.Years, policy.Seed = f.years, f.seed
	answer, err := model.Ask(hosting.Question{
		Power: metering.Power(math.Round(f.megawatts * float64(metering.Megawatt))), Profile: profile, Node: metering.NodeID(f.node),
		Flexible: f.flexible, At: to, Committed: zone.committed, Candidates: zone.candidates, Scenarios: zone.scenarios,
		Progress: func(part float64) bool {
			b.show("playing years", f.years, "years", part)
			return ctx.Err() == nil
		},
	}, policy)
	return hostingReport{Answer: answer, Profile: profile.Name, LoadFactor: profile.Mean(), Flexible: f.flexible, Seed: f.seed,
		WeeksFrom: u.from, WeeksTo: u.to, Pool: usable, Promised: zone.promised, Assumed: append(zone.notes, u.notes...)}, err
}
