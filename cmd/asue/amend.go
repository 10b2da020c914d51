package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/vee/rules"
)

// amendOptions are the flags of asue amend.
type amendOptions struct {
	config, point, channel, from, to string
	author, reason, document, id     string
	total, scale                     string
	zero, check, final, asJSON, yes  bool
}

func newAmend() *cobra.Command {
	var o amendOptions
	cmd := &cobra.Command{
		Use:   "amend -c asue.yaml --point P --from TIME --to TIME (--total E | --scale F | --zero | --check | --final)",
		Short: "Set intervals by an act, with author, reason and both values",
		Long: `Sets intervals of one channel of a point on a person's word. What stood there and what
stands there now are kept together with who decided so, why and on what paper; neither
registers nor rules overwrite it, another act does.

  --total 12.5MWh   an agreed energy, shared out by what stands there
  --scale 1200/1000 what stands there, times a fraction
  --zero            nothing flowed
  --check           the energies of the check meter beside the point
  --final           substitutes and estimates will not change any more

Without --yes it only says what would change.`,
		Example: `  asue amend -c asue.yaml --point F-12 --from 2026-10-03T09:00:00+05:00 --to 2026-10-03T12:00:00+05:00 --total 1850kWh --author "Ахметова А. К." --reason "fuse of phase B" --document "акт 17" --yes`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "process file, which names ledger and site")
	f.StringVar(&o.point, "point", "", "metering point")
	f.StringVar(&o.channel, "channel", "A+", "channel: A+, A-, R+, R-, gas, drinking-water, process-water, sewage")
	f.StringVar(&o.from, "from", "", "first day, or a time at a quarter of an hour")
	f.StringVar(&o.to, "to", "", "last day, or the time at which it ends; the first day if empty")
	f.StringVar(&o.total, "total", "", "agreed energy with its unit, like 1850kWh; of gas and water a volume, like 12.5m3")
	f.StringVar(&o.scale, "scale", "", "fraction of two whole numbers, like 1200/1000")
	f.BoolVar(&o.zero, "zero", false, "nothing flowed")
	f.BoolVar(&o.check, "check", false, "take the check meter's energies")
	f.BoolVar(&o.final, "final", false, "make substitutes and estimates final")
	f.StringVar(&o.author, "author", "", "who decides so")
	f.StringVar(&o.reason, "reason", "", "why")
	f.StringVar(&o.document, "document", "", "number and date of the paper, if there is one")
	f.StringVar(&o.id, "act", "", "number of the act; made at random if empty")
	f.BoolVar(&o.yes, "yes", false, "do it")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	return cmd
}

func (o amendOptions) run(ctx context.Context, out io.Writer) error {
	cfg, site, library, err := readZone(o.config)
	if err != nil {
		return err
	}
	now := clock.Clock{}.Now()
	change, err := o.change(site, now)
	if err != nil {
		return err
	}
	ledger, err := openLedger(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = ledger.Close() }() // what was written is safe already
	q := metering.IntervalQuery{Points: []metering.PointID{change.Point}, Channels: []metering.Channel{change.Channel}, From: change.From, To: change.To}
	current, err := ledger.Intervals(ctx, q)
	if err != nil {
		return err
	}
	if o.check {
		q.Points = []metering.PointID{checkOf(site, change.Point)}
		if change.Check, err = ledger.Intervals(ctx, q); err != nil {
			return err
		}
	}
	act, err := rules.Amend(current, change)
	if err != nil {
		return cli.Usagef("%v", err)
	}
	if o.yes {
		err := ledger.Commit(ctx, metering.Commit{ReceivedAt: now, Authority: metering.ByPerson, Acts: []metering.Act{act}})
		if err != nil {
			return fmt.Errorf("act %s: %w", act.ID, err)
		}
		what := fmt.Sprintf("by %s: %d intervals of point %s: %s", act.Author, len(act.Changes), change.Point, act.Reason)
		if err := writeDown(ctx, ledger, "act.made", act.ID, what); err != nil {
			return fmt.Errorf("act %s is done, and the audit does not have it: %w", act.ID, err)
		}
		if err := follow(ctx, site, library, ledger, change); err != nil {
			return fmt.Errorf("act %s is done, but what follows from it is not computed yet: run asue rebuild: %w", act.ID, err)
		}
	}
	if o.asJSON {
		return printJSON(out, act)
	}
	return o.print(out, act, site.Location)
}

// follow computes what follows from an act: the rest of a gap of which it has set
// a part, virtual points, balances.
func follow(ctx context.Context, site *metering.Site, library *regmap.Library, ledger metering.Ledger, c rules.Change) error {
	v, err := validatorOf(ctx, site, library, ledger)
	if err != nil {
		return err
	}
	return v.Follow(ctx, []metering.PointID{c.Point}, c.From, c.To)
}

// change reads the flags, and tells all that is wrong with them at once.
func (o amendOptions) change(site *metering.Site, now time.Time) (rules.Change, error) {
	c := rules.Change{ID: o.id, Author: o.author, Reason: o.reason, Document: o.document, Point: metering.PointID(o.point)}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if _, ok := site.Point(c.Point); !ok {
		fault("--point %q: the site has no such point", o.point)
	}
	var ok bool
	if c.Channel, ok = metering.ChannelNamed(o.channel); !ok {
		fault("--channel %q is not known", o.channel)
	}
	period, err := readPeriod(o.from, o.to, site.Location)
	if err != nil {
		fault("%v", err)
	}
	if c.From, c.To = period.From, period.To; c.To.After(now) {
		fault("the time ends at %s: it is not over yet, and an act says what has been", c.To.In(site.Location).Format(time.RFC3339))
	}
	if c.ID == "" {
		c.ID = rand.Text()[:12]
	}
	deeds := 0
	for _, d := range []struct {
		on   bool
		deed rules.Deed
	}{{o.total != "", rules.SetTotal}, {o.scale != "", rules.Scale}, {o.zero, rules.Zero}, {o.check, rules.CopyCheck}, {o.final, rules.Finalise}} {
		if d.on {
			deeds++
			c.Deed = d.deed
		}
	}
	if deeds != 1 {
		fault("say what is to be done by exactly one of --total, --scale, --zero, --check and --final")
	}
	if o.total != "" {
		if c.Total, err = parseTotal(o.total, c.Channel); err != nil {
			fault("--total: %v", err)
		}
	}
	if o.scale != "" {
		if c.Factor, err = parseFraction(o.scale); err != nil {
			fault("--scale: %v", err)
		}
	}
	if o.check && checkOf(site, c.Point) == "" {
		fault("--check: no check meter stands beside %q", o.point)
	}
	if len(faults) > 0 {
		return c, cli.Usagef("%s", strings.Join(faults, "\n"))
	}
	return c, nil
}

// parseTotal reads an energy, or of gas and water a volume.
func parseTotal(s string, ch metering.Channel) (metering.Energy, error) {
	if ch.Medium() == metering.Electricity {
		return metering.ParseEnergy(s)
	}
	return metering.ParseVolume(s)
}

func parseFraction(s string) (metering.Fraction, error) {
	num, den, ok := strings.Cut(s, "/")
	n, err1 := strconv.ParseInt(strings.TrimSpace(num), 10, 64)
	d, err2 := strconv.ParseInt(strings.TrimSpace(den), 10, 64)
	if !ok || err1 != nil || err2 != nil || n <= 0 || d <= 0 {
		return metering.Fraction{}, fmt.Errorf("%q: write a fraction of two whole numbers above 0, like 1200/1000", s)
	}
	return metering.Fraction{Num: n, Den: d}, nil
}

// checkOf is the check point beside a point; empty if there is none.
func checkOf(site *metering.Site, p metering.PointID) metering.PointID {
	for _, c := range site.Points {
		if c.Checks == p && p != "" {
			return c.ID
		}
	}
	return ""
}

func (o amendOptions) print(w io.Writer, act metering.Act, zone *time.Location) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, c := range act.Changes {
		before := "-"
		if c.Before.Version > 0 {
			before = fmt.Sprintf("%s %d", c.Before.Grade, c.Before.Energy)
		}
		fmt.Fprintf(tw, "%s\t%s\t->\t%s %d %s\n", c.After.Start.In(zone).Format(time.DateTime), before, c.After.Grade, c.After.Energy, c.After.Channel.Unit())
	}
	if o.yes {
		fmt.Fprintf(tw, "act %s is done: %d intervals\n", act.ID, len(act.Changes))
	} else {
		fmt.Fprintf(tw, "nothing was changed: %d intervals would be; add --yes to do it\n", len(act.Changes))
	}
	return tw.Flush()
}
