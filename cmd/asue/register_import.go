package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register/table"
	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/exchange"
)

// registerImport are the flags of asue register import.
type registerImport struct {
	config, document, basis, from string
	author, approver              string
	dryRun                        bool
	sign                          signature
}

func newRegisterImport() *cobra.Command {
	var o registerImport
	cmd := &cobra.Command{
		Use:   "import FILE -c asue.yaml --document D --legal-basis B --from DAY --author A [--approver B]",
		Short: "Take the register in as a table: one act for each row that says something else",
		Long: `Reads CSV or XLSX with headings in Russian, Kazakh or English; asue register export writes
such a file, and docs/reclaim.md tells the columns. All faults of the file are told at
once. A row says how something should be: one that says nothing new does nothing, a
column that is not there leaves things as they are, and a condition that no row names
stays. Papers and days that rows give go before those of the flags.

All acts are one decision: all of them are recorded, or none. It needs two persons, engineers
or admins with accounts: one who writes it, and another who signs it with his password.
Without --approver it waits as a draft, to be signed on the page. That it was done at the
command line, and by which user of the operating system, stands in the audit.

--dry-run says what would change and whether it could be, and records nothing.
Exit code 0: done, or nothing to do; 2: wrong use or a faulty file; 1: anything else.`,
		Example: `  asue register export register.xlsx -c asue.yaml
  asue register import register.xlsx -c asue.yaml --from 2027-01-01 --dry-run
  asue register import register.xlsx -c asue.yaml --document "Приказ 12" --legal-basis "договор, п. 3.2" --from 2027-01-01 --author a.omarova --approver t.bekov`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "process file, which names ledger and site")
	f.StringVar(&o.document, "document", "", "number and date of the paper of the change")
	f.StringVar(&o.basis, "legal-basis", "", "clause of a contract or the law on which it stands")
	f.StringVar(&o.from, "from", "", "first day on which changes are effective, where a row names no day of its own")
	f.StringVar(&o.author, "author", "", "account of who writes it")
	f.StringVar(&o.approver, "approver", "", "account of who signs it; it waits as a draft if empty")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would change, and record nothing")
	o.sign.bind(cmd)
	return cmd
}

func (o *registerImport) run(cmd *cobra.Command, file string) error {
	if err := o.check(); err != nil {
		return err
	}
	site, ledger, err := openToRead(cmd.Context(), o.config)
	if err != nil {
		return err
	}
	defer func() { _ = ledger.Close() }() // what was written is safe already
	if o.dryRun {                         // a file can be tried before its paper is there
		o.document, o.basis = cmp.Or(o.document, "(document)"), cmp.Or(o.basis, "(legal basis)")
	}
	defaults := table.Defaults{Document: o.document, Basis: o.basis}
	if o.from != "" {
		if defaults.From, err = dayOrTime(o.from, site.Location); err != nil {
			return cli.Usagef("--from %q: write a day like 2026-01-31, or a time with its offset like 2026-01-31T00:00:00+05:00", o.from)
		}
	}
	in, err := openOffice(cmd.Context(), site, ledger)
	if err != nil {
		return err
	}
	plan, err := planImport(cmd.OutOrStdout(), file, site, in, defaults)
	if err != nil || plan == nil {
		return err
	}
	return o.decide(cmd, ledger, in, file, plan)
}

// check tells all that is wrong with the flags at once.
func (o *registerImport) check() error {
	var faults []error
	if !o.dryRun {
		for _, f := range []struct{ name, value string }{{"author", o.author}, {"document", o.document}, {"legal-basis", o.basis}} {
			if f.value == "" {
				faults = append(faults, fmt.Errorf("--%s is missing; --dry-run does without", f.name))
			}
		}
	}
	if o.author != "" && o.author == o.approver {
		faults = append(faults, errors.New("--approver: who has written it cannot sign it: name another person"))
	}
	if len(faults) > 0 {
		return cli.Usagef("%v", errors.Join(faults...))
	}
	return o.sign.check()
}

// planImport reads a file and says what it would change; nil if that is nothing.
func planImport(out io.Writer, file string, site *metering.Site, in *office.Office, defaults table.Defaults) (*table.Plan, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, cli.Usagef("read the register: %s", cli.Plainly(err))
	}
	read, err := table.Read(bytes.NewReader(src), int64(len(src)), site)
	if err != nil {
		return nil, cli.Usagef("%s: %v", file, err)
	}
	for _, n := range read.Notes {
		fmt.Fprintf(out, "%s: %s\n", file, n)
	}
	if len(read.Faults) > 0 {
		return nil, toldFaults(out, file, read.Faults)
	}
	plan := read.Plan(in.Register(), defaults)
	for _, n := range plan.Notes {
		fmt.Fprintf(out, "%s: %s\n", file, n)
	}
	printPlan(out, site, plan)
	if len(plan.Faults) > 0 {
		return nil, toldFaults(out, file, plan.Faults)
	}
	if len(plan.Steps) == 0 {
		fmt.Fprintln(out, "the register says the same: nothing is to be done")
		return nil, nil
	}
	return plan, nil
}

func toldFaults(out io.Writer, file string, faults []exchange.Fault) error {
	for _, f := range faults {
		fmt.Fprintf(out, "%s: %v\n", file, f)
	}
	if len(faults) == table.FaultsMost {
		fmt.Fprintf(out, "%s: only the first %d faults are told\n", file, table.FaultsMost)
	}
	return cli.Usagef("%s: nothing was recorded; faults: %d", file, len(faults))
}

// printPlan prints what would change, a line for an act and one for each thing that is
// different.
func printPlan(out io.Writer, site *metering.Site, plan *table.Plan) {
	for _, s := range plan.Steps {
		name := string(s.Act.Resident)
		if r, ok := site.Resident(s.Act.Resident); ok {
			name = r.Name
		}
		what := s.Act.Condition
		if what == "" {
			what = "-"
		}
		fmt.Fprintf(out, "row %d: %s %s of %s, from %s, by %s\n", s.Row.Line, s.Act.Kind, what, name, localDay(s.Act.From, site.Location), orDash(s.Act.Document))
		for _, c := range s.Changes {
			fmt.Fprintf(out, "  %s: %s → %s\n", c.What, orDash(c.Was), orDash(c.Is))
		}
	}
	for _, v := range plan.Missing {
		fmt.Fprintf(out, "no row names %s: it stays as it is\n", v.Condition)
	}
}

// decide records the acts as one decision: a draft, and the deed that its signature makes
// of it, in one transaction.
func (o *registerImport) decide(cmd *cobra.Command, ledger metering.Ledger, in *office.Office, file string, plan *table.Plan) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	at := clock.Clock{}.Now()
	action := office.Action{Kind: office.ChangeTerms, Document: o.document, Basis: o.basis, Acts: plan.Acts()}
	if o.dryRun {
		return o.wouldBe(out, in, at, action)
	}
	for _, name := range []string{o.author, o.approver} {
		if name == "" {
			continue
		}
		if err := mayDecide(ctx, ledger, name); err != nil {
			return err
		}
	}
	after := in.Seq()
	deeds, err := in.Do(office.Person{Name: o.author}, at, action)
	if err != nil {
		return told(out, err)
	}
	text := fmt.Sprintf("draft of %d acts of the register by %s from %s: %s", len(plan.Steps), o.author, filepath.Base(file), o.document)
	if o.approver != "" {
		if err := o.sign.ask(cmd, ledger, o.approver); err != nil {
			return err
		}
		signed, err := signedAtOnce(ctx, ledger, in, deeds, o.approver, at)
		if err != nil {
			return told(out, err)
		}
		deeds = append(deeds, signed...)
		text = fmt.Sprintf("%d acts of the register by %s from %s, signed by %s: %s", len(plan.Steps), o.author, filepath.Base(file), o.approver, o.document)
	}
	kept, err := ledger.RecordDeeds(ctx, after, deeds, atCommandLine(metering.DeedAudit+string(office.ChangeTerms), deeds[0].Subject, text))
	if errors.Is(err, metering.ErrConflict) {
		return errors.New("somebody else has recorded a decision meanwhile, and nothing was recorded: look at it, and run the command again")
	}
	if err != nil {
		return fmt.Errorf("record the acts: %w", err)
	}
	if o.approver == "" {
		fmt.Fprintf(out, "draft %s of %d acts waits for another person's signature\n", kept[0].Subject, len(plan.Steps))
		return nil
	}
	fmt.Fprintf(out, "%d acts are recorded in deed %d\n", len(plan.Steps), kept[len(kept)-1].Seq)
	return nil
}

// wouldBe says whether the books permit it. Nobody has written it yet.
func (o *registerImport) wouldBe(out io.Writer, in *office.Office, at time.Time, a office.Action) error {
	if _, err := in.Do(office.Person{Name: "(dry run)"}, at, a); err != nil {
		return told(out, err)
	}
	fmt.Fprintf(out, "nothing was recorded: %d acts would be\n", len(a.Acts))
	return nil
}

// told prints the reasons of a refusal.
func told(out io.Writer, err error) error {
	var refusal *office.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	for _, why := range refusal.Reasons {
		fmt.Fprintf(out, "refused: %s\n", why)
	}
	return errors.New("the acts are refused, and nothing was recorded: see above")
}
