package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/validation"
)

func newSettle() *cobra.Command {
	var config, id, author, note string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "settle MONTH -c asue.yaml --author NAME",
		Short: "Close a month: pin what is billed",
		Long: `Closes a settlement period: notes which version of every interval of the month is
billed, and a digest of what these say. Nothing is overwritten afterwards; what comes
later makes new versions, which "asue settlements MONTH" lists as corrections.

It refuses a month that is not over or not wholly validated yet.`,
		Example: "  asue settle 2026-10 -c asue.yaml --author \"Ахметова А. К.\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, site, _, err := readZone(config)
			if err != nil {
				return err
			}
			if author == "" {
				return cli.Usagef("--author is missing: who closes the month")
			}
			period, err := readPeriod(args[0], "", site.Location)
			if err != nil {
				return err
			}
			ledger, err := openLedger(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer func() { _ = ledger.Close() }() // what was written is safe already
			now := clock.Clock{}.Now()
			if err := ripeForSettlement(cmd.Context(), ledger, period, now); err != nil {
				return err
			}
			if id == "" {
				id = args[0]
			}
			s, err := ledger.Settle(cmd.Context(), metering.Settlement{ID: id, From: period.From, To: period.To, Author: author, Note: note}, now)
			if err != nil {
				return fmt.Errorf("settle %s: %w", id, err)
			}
			if err := writeDown(cmd.Context(), ledger, "settlement.made", s.ID, fmt.Sprintf("by %s: %d intervals, digest %s", s.Author, s.Intervals, s.Digest)); err != nil {
				return fmt.Errorf("settlement %s is made, and the audit does not have it: %w", s.ID, err)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), settlementOf(s))
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is settled: %d intervals, digest %s\n", s.ID, s.Intervals, s.Digest)
			return err
		},
	}
	cmd.Flags().StringVarP(&config, "config", "c", "", "process file, which names ledger and site")
	cmd.Flags().StringVar(&id, "id", "", "name of the settlement; the month if empty")
	cmd.Flags().StringVar(&author, "author", "", "who closes the month")
	cmd.Flags().StringVar(&note, "note", "", "a remark that is kept with it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// ripeForSettlement refuses a period that the rules have not seen to its end.
func ripeForSettlement(ctx context.Context, ledger metering.Ledger, p metering.Period, now time.Time) error {
	if now.Before(p.To) {
		return fmt.Errorf("the period ends at %s: it is not over yet", p.To.Format(time.RFC3339))
	}
	upTo, err := validation.UpTo(ctx, ledger)
	if err != nil {
		return err
	}
	if upTo.Before(p.To) {
		return fmt.Errorf("validated up to %s, the period ends at %s: let asue run until validation has caught up; what holds it up is in its log",
			upTo.Format(time.RFC3339), p.To.Format(time.RFC3339))
	}
	return nil
}

// settlementFacts is a settlement as `asue settlements --json` prints it.
type settlementFacts struct {
	ID          string            `json:"id"`
	From        time.Time         `json:"from"`
	To          time.Time         `json:"to"`
	Author      string            `json:"author"`
	Note        string            `json:"note,omitempty"`
	MadeAt      time.Time         `json:"made_at"`
	Digest      string            `json:"digest"`
	Intervals   int               `json:"intervals"`
	Intact      *bool             `json:"intact,omitempty"` // the pinned versions still give the digest
	Corrections []correctionFacts `json:"corrections,omitempty"`
}

type correctionFacts struct {
	Point   string    `json:"point"`
	Channel string    `json:"channel"`
	Start   time.Time `json:"start"`
	Settled int64     `json:"settled"`
	Current int64     `json:"current"`
	Unit    string    `json:"unit"`
	Grade   string    `json:"grade"`
	Reason  string    `json:"reason,omitempty"`
}

func settlementOf(s metering.Settlement) settlementFacts {
	return settlementFacts{ID: s.ID, From: s.From, To: s.To, Author: s.Author, Note: s.Note, MadeAt: s.MadeAt, Digest: s.Digest, Intervals: s.Intervals}
}

func newSettlements() *cobra.Command {
	var config string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "settlements [ID] -c asue.yaml",
		Short: "What was settled, whether it is intact, and what has changed since",
		Long: `Without an ID lists the settlements. With one, makes its digest again from the pinned
versions and lists the corrections: intervals that say something else today.

Exit code 1: the pinned versions do not give the digest that was noted.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, site, _, err := readZone(config)
			if err != nil {
				return err
			}
			ledger, err := openLedger(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer func() { _ = ledger.Close() }() // nothing is written
			list, err := ledger.Settlements(cmd.Context())
			if err != nil {
				return err
			}
			facts := []settlementFacts{}
			for _, s := range list {
				if len(args) == 0 || s.ID == args[0] {
					facts = append(facts, settlementOf(s))
				}
			}
			if len(args) > 0 {
				if len(facts) == 0 {
					return fmt.Errorf("no settlement %q: asue settlements -c %s lists them", args[0], config)
				}
				if err := facts[0].compare(cmd.Context(), ledger); err != nil {
					return err
				}
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), facts)
			} else {
				err = printSettlements(cmd.OutOrStdout(), facts, site.Location)
			}
			if err == nil && len(args) > 0 && !*facts[0].Intact {
				return fmt.Errorf("settlement %s: the pinned versions do not give the digest that was noted: the ledger was changed from outside, asue verify may tell where", args[0])
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&config, "config", "c", "", "process file, which names ledger and site")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// compare makes the digest again and finds the corrections.
func (s *settlementFacts) compare(ctx context.Context, ledger metering.Ledger) error {
	digest, corrections, err := validation.Corrections(ctx, ledger, metering.Settlement{ID: s.ID, From: s.From, To: s.To})
	if err != nil {
		return err
	}
	intact := digest == s.Digest
	s.Intact = &intact
	for _, c := range corrections {
		s.Corrections = append(s.Corrections, correctionFacts{
			Point: string(c.Current.Point), Channel: c.Current.Channel.String(), Start: c.Current.Start,
			Settled: int64(c.Settled.Energy), Current: int64(c.Current.Energy), Unit: c.Current.Channel.Unit(),
			Grade: c.Current.Grade.String(), Reason: c.Current.Reason,
		})
	}
	return nil
}

func printSettlements(w io.Writer, list []settlementFacts, zone *time.Location) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, s := range list {
		fmt.Fprintf(tw, "%s\t%s to %s\t%d intervals\tby %s on %s\t%s\n", s.ID, s.From.In(zone).Format(time.DateOnly),
			s.To.Add(-time.Second).In(zone).Format(time.DateOnly), s.Intervals, s.Author, s.MadeAt.In(zone).Format(time.DateTime), s.Digest)
		if s.Intact == nil {
			continue
		}
		fmt.Fprintf(tw, "intact: %v, corrections: %d\n", *s.Intact, len(s.Corrections))
		for _, c := range s.Corrections {
			fmt.Fprintf(tw, "  %s\t%s\t%s\t%d -> %d %s\t%s %s\n", c.Point, c.Channel, c.Start.In(zone).Format(time.DateTime), c.Settled, c.Current, c.Unit, c.Grade, c.Reason)
		}
	}
	return tw.Flush()
}
