package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/outbox"
	"asue/metering/audit"
	"asue/metering/postgres"
	"asue/metering/sqlite"
)

// verifier knows one kind of file that must be complete and undamaged.
type verifier struct {
	kind    string
	pattern string // of the files in a data folder
	verify  func(ctx context.Context, path string, progress func(share float64)) (verified, error)
}

func verifiers(w audit.Witness) []verifier {
	return []verifier{
		{"outbox", "outbox-*.db", verifyOutbox},
		{"ledger", "ledger.db", func(ctx context.Context, path string, progress func(float64)) (verified, error) {
			f, err := sqlite.VerifyWith(ctx, path, w, progress)
			if err != nil {
				return verified{}, err
			}
			return ledgerVerified(f), nil
		}},
	}
}

// verified is what was found in one file; `asue verify --json` prints a list of them.
type verified struct {
	File    string   `json:"file"`
	Kind    string   `json:"kind"`
	Verdict string   `json:"verdict"`
	Faults  []string `json:"faults"`
	Notes   []string `json:"notes"`
	// One of these says what is in the file.
	Outbox *outboxFacts `json:"outbox,omitempty"`
	Ledger *ledgerFacts `json:"ledger,omitempty"`
}

// Verdicts.
const (
	verdictOK         = "ok"
	verdictDamaged    = "damaged"
	verdictUnreadable = "unreadable"
)

type outboxFacts struct {
	Bytes          int64        `json:"bytes"`
	Epoch          string       `json:"epoch"`
	Last           uint64       `json:"last"`
	Acked          uint64       `json:"acked"`
	BillingRows    int64        `json:"billing_rows"`
	BillingBytes   int64        `json:"billing_bytes"`
	TelemetryRows  int64        `json:"telemetry_rows"`
	TelemetryBytes int64        `json:"telemetry_bytes"`
	Bad            string       `json:"bad"`     // numbers whose row does not match its CRC: "7, 9..12"
	Missing        string       `json:"missing"` // numbers that were given and are nowhere
	MarkLast       uint64       `json:"mark_last"`
	Gaps           []gapFacts   `json:"gaps"`
	Quarantine     []quarantine `json:"quarantine"`
}

type gapFacts struct {
	From   uint64    `json:"from"`
	To     uint64    `json:"to"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

type quarantine struct {
	Seq    int64     `json:"seq"`
	Found  time.Time `json:"found"`
	Reason string    `json:"reason"`
}

type ledgerFacts struct {
	Bytes         int64         `json:"bytes"`
	Schema        int64         `json:"schema"`
	IntervalPages int64         `json:"interval_pages"`
	SpanPages     int64         `json:"span_pages"`
	WitnessPages  int64         `json:"witness_pages"`
	BadPages      int64         `json:"bad_pages"`
	OldVersions   int64         `json:"old_versions"`
	Findings      int64         `json:"findings"`
	Acts          int64         `json:"acts"`
	Settlements   int64         `json:"settlements"`
	Batches       int64         `json:"batches"`
	Poison        int64         `json:"poison"`
	Accounts      int64         `json:"accounts"`
	Audit         auditFacts    `json:"audit"`
	Deeds         deedFacts     `json:"deeds"`
	Streams       []streamFacts `json:"streams"`
}

type auditFacts struct {
	Records     int64  `json:"records"`
	Checkpoints int    `json:"checkpoints"`
	Unsealed    uint64 `json:"unsealed"` // behind the last checkpoint: what could be cut off unseen
	Hash        string `json:"hash"`     // of the last record
}

// deedFacts tell of decisions about capacity.
type deedFacts struct {
	Deeds int64 `json:"deeds"`
	Seals int   `json:"seals"` // records of the audit that seal them
}

type streamFacts struct {
	Collector  string `json:"collector"`
	Epoch      string `json:"epoch"`
	Contiguous uint64 `json:"contiguous"`
	Highest    uint64 `json:"highest"`
	Missing    uint64 `json:"missing"`
}

func newVerify() *cobra.Command {
	var file, data, key, checkpoints string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify (-c asue.yaml | --data DIR)",
		Short: "Are outboxes and ledger complete and undamaged?",
		Long: `Reads every byte of the outboxes and the ledger in a data folder, and every row of the
database that the process file names for the ledger, and reports what is
in them and what is wrong: rows and pages that do not match their checksums, numbers
that are missing, a broken structure, a log that cannot be taken, acts and settlements
that the versions of the intervals do not bear out, the first record of the audit
that was damaged, taken out, moved or rewritten, and decisions about capacity that were
changed, are missing or were added behind the audit's back.

That the end of the audit was cut off shows by checkpoints, which the ledger and
audit-checkpoints.txt in the data folder hold. Somebody who may change both can cut both:
give --checkpoints a copy that was kept on another host, or the log of asue run, which has
them too.

It takes no lock and changes nothing, so that it may run beside the program and on
copies; the payloads that the ledger still holds for the series store carry no checksum
of their own.

Exit code 0: all are sound; 1: one is damaged or cannot be read.`,
		Example: "  asue verify -c /etc/asue/asue.yaml\n  asue verify --data /mnt/copy --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (file == "") == (data == "") {
				return cli.Usagef("verify needs a process file or a data folder: asue verify -c asue.yaml, or asue verify --data DIR")
			}
			var ledger settings.Ledger
			if file != "" {
				cfg, err := readConfig(file)
				if err != nil {
					return err
				}
				data, ledger = cfg.Data, cfg.Ledger
			}
			w, err := witnessOf(data, key, checkpoints)
			if err != nil {
				return err
			}
			return verifyAll(cmd.Context(), data, ledger, w, cmd.OutOrStdout(), progressOn(os.Stderr), asJSON)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "process file")
	cmd.Flags().StringVar(&data, "data", "", "data folder")
	cmd.Flags().StringVar(&key, "audit-key", "", "public keys that sign the audit's checkpoints; audit.pub in the data folder if empty")
	cmd.Flags().StringVar(&checkpoints, "checkpoints", "", "a copy of the audit's checkpoints, beside those of the data folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// readConfig reads a process file and makes its paths relative to its folder.
func readConfig(file string) (settings.Config, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return settings.Config{}, cli.Usagef("process file: %v", err)
	}
	cfg, faults := settings.Parse(file, src)
	if err := cli.Refuse(file, faults); err != nil {
		return settings.Config{}, err
	}
	cfg.RelativeTo(filepath.Dir(file))
	return cfg, nil
}

// progressOn shows how far a file is, on a terminal only.
func progressOn(f *os.File) func(name string, share float64) {
	if !node.IsTerminal(f) {
		return func(string, float64) {}
	}
	var shown time.Time
	return func(name string, share float64) {
		switch {
		case share < 0:
			fmt.Fprintf(f, "\r\x1b[K")
		case time.Since(shown) > 200*time.Millisecond:
			shown = time.Now()
			fmt.Fprintf(f, "\r%s  %.0f %%\x1b[K", name, 100*share)
		}
	}
}

// verifyFolder verifies everything in a folder.
func verifyFolder(ctx context.Context, dir string, out io.Writer, progress func(name string, share float64), asJSON bool) error {
	w, err := witnessOf(dir, "", "")
	if err != nil {
		return err
	}
	return verifyAll(ctx, dir, settings.Ledger{}, w, out, progress, asJSON)
}

// subject is one thing to verify.
type subject struct {
	name   string // a file's path, or where a database is
	short  string
	kind   string
	verify func(ctx context.Context, progress func(share float64)) (verified, error)
}

// verifyAll verifies everything in a folder, and the ledger's database if there is
// one. What fails does not stop the others.
func verifyAll(ctx context.Context, dir string, ledger settings.Ledger, w audit.Witness, out io.Writer, progress func(name string, share float64), asJSON bool) error {
	subjects, err := subjectsOf(dir, ledger, w)
	if err != nil {
		return err
	}
	all := []verified{}
	sound := true
	for _, s := range subjects {
		v, err := s.verify(ctx, func(share float64) { progress(s.short, share) })
		progress("", -1)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			v = verified{Verdict: verdictUnreadable, Faults: []string{err.Error()}}
		case len(v.Faults) > 0:
			v.Verdict = verdictDamaged
		default:
			v.Verdict = verdictOK
		}
		v.File, v.Kind = s.name, s.kind
		sound = sound && v.Verdict == verdictOK
		all = append(all, v)
		if !asJSON {
			v.print(out)
		}
	}
	if asJSON {
		if err := printJSON(out, all); err != nil {
			return err
		}
	}
	if !sound {
		return errNotSound
	}
	return nil
}

// subjectsOf are the files of a folder, and the database.
func subjectsOf(dir string, ledger settings.Ledger, w audit.Witness) ([]subject, error) {
	var list []subject
	if info, err := os.Stat(dir); (err != nil || !info.IsDir()) && ledger.DSN == "" {
		return nil, cli.Usagef("data folder %s: it is not there: name the folder that holds outbox-*.db or ledger.db", dir)
	}
	for _, kind := range verifiers(w) {
		paths, err := filepath.Glob(filepath.Join(escapeGlob(dir), kind.pattern))
		if err != nil {
			return nil, fmt.Errorf("data folder %s: %w", dir, err)
		}
		for _, path := range paths {
			list = append(list, subject{path, filepath.Base(path), kind.kind, func(ctx context.Context, progress func(float64)) (verified, error) {
				return kind.verify(ctx, path, progress)
			}})
		}
	}
	if ledger.DSN != "" {
		options, err := databaseOptions(ledger)
		if err != nil {
			return nil, err
		}
		list = append(list, subject{ledger.DSN + " schema " + ledger.Schema, "ledger", "ledger", func(ctx context.Context, progress func(float64)) (verified, error) {
			return verifyDatabase(ctx, options, w, progress)
		}})
	}
	if len(list) == 0 {
		return nil, cli.Usagef("data folder %s: neither an outbox (outbox-*.db) nor a ledger (ledger.db) is there", dir)
	}
	return list, nil
}

var errNotSound = fmt.Errorf("not all files are sound: keep them as they are, copy them, and see the faults above")

// escapeGlob takes the meaning from a folder's special letters.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

func verifyOutbox(ctx context.Context, path string, progress func(float64)) (verified, error) {
	f, err := outbox.Verify(ctx, path, progress)
	if err != nil {
		return verified{}, err
	}
	facts := &outboxFacts{
		Bytes: f.Size, Epoch: fmt.Sprintf("%016x", f.Epoch), Last: f.Last, Acked: f.Acked,
		BillingRows: f.Billing.Rows, BillingBytes: f.Billing.Bytes, TelemetryRows: f.Telemetry.Rows, TelemetryBytes: f.Telemetry.Bytes,
		Bad: f.Bad.String(), Missing: f.Missing.String(), MarkLast: f.MarkLast, Gaps: []gapFacts{}, Quarantine: []quarantine{},
	}
	for _, g := range f.Gaps {
		facts.Gaps = append(facts.Gaps, gapFacts(g))
	}
	for _, q := range f.Quarantine {
		facts.Quarantine = append(facts.Quarantine, quarantine(q))
	}
	return verified{Faults: listed(f.Faults), Notes: listed(f.Notes), Outbox: facts}, nil
}

func ledgerVerified(f sqlite.Findings) verified {
	facts := &ledgerFacts{
		Bytes: f.Size, Schema: f.Schema, IntervalPages: f.IntervalPages, SpanPages: f.SpanPages,
		WitnessPages: f.WitnessPages, BadPages: f.BadPages, OldVersions: f.OldVersions,
		Findings: f.FindingRows, Acts: f.Acts, Settlements: f.Settlements,
		Batches: f.Batches, Poison: f.Poison, Accounts: f.Accounts, Audit: auditFactsOf(f.Audit), Deeds: deedFacts{f.Deeds.Deeds, f.Deeds.Seals}, Streams: []streamFacts{},
	}
	for _, s := range f.Streams {
		facts.Streams = append(facts.Streams, streamFacts{s.Collector, fmt.Sprintf("%016x", s.Epoch), s.Contiguous, s.Highest, s.Missing})
	}
	return verified{Faults: listed(f.Faults), Notes: listed(f.Notes), Ledger: facts}
}

func verifyDatabase(ctx context.Context, o postgres.Options, w audit.Witness, progress func(float64)) (verified, error) {
	f, err := postgres.VerifyWith(ctx, o, w, progress)
	if err != nil {
		return verified{}, err
	}
	facts := &ledgerFacts{
		Bytes: f.Size, Schema: f.Version, IntervalPages: f.IntervalPages, SpanPages: f.SpanPages,
		WitnessPages: f.WitnessPages, BadPages: f.BadPages, OldVersions: f.OldVersions,
		Findings: f.FindingRows, Acts: f.Acts, Settlements: f.Settlements,
		Batches: f.Batches, Poison: f.Poison, Accounts: f.Accounts, Audit: auditFactsOf(f.Audit), Deeds: deedFacts{f.Deeds.Deeds, f.Deeds.Seals}, Streams: []streamFacts{},
	}
	for _, s := range f.Streams {
		facts.Streams = append(facts.Streams, streamFacts{s.Collector, fmt.Sprintf("%016x", s.Epoch), s.Contiguous, s.Highest, s.Missing})
	}
	return verified{Faults: listed(f.Faults), Notes: listed(f.Notes), Ledger: facts}, nil
}

func auditFactsOf(v audit.Verdict) auditFacts {
	return auditFacts{Records: v.Records, Checkpoints: v.Checkpoints, Unsealed: v.Unsealed, Hash: hex.EncodeToString(v.Last.Hash[:])}
}

// listed makes a list of none an empty one, for JSON.
func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// mostGaps bounds the gaps and quarantined rows that are printed for people.
const mostGaps = 20

func (v verified) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %s\n", v.File, v.Verdict)
	if f := v.Outbox; f != nil {
		fmt.Fprintf(out, "  outbox of epoch %s, %d bytes: numbers up to %d, acknowledged up to %d\n", f.Epoch, f.Bytes, f.Last, f.Acked)
		fmt.Fprintf(out, "  billing: %d batches of %d bytes; telemetry: %d of %d\n", f.BillingRows, f.BillingBytes, f.TelemetryRows, f.TelemetryBytes)
		for i, g := range f.Gaps {
			if i == mostGaps {
				fmt.Fprintf(out, "  … and %d more gaps\n", len(f.Gaps)-i)
				break
			}
			fmt.Fprintf(out, "  lost for good: %d..%d, %s: %s\n", g.From, g.To, g.At.Format(time.RFC3339), plain(g.Reason))
		}
		for i, q := range f.Quarantine {
			if i == mostGaps {
				fmt.Fprintf(out, "  … and %d more in quarantine\n", len(f.Quarantine)-i)
				break
			}
			fmt.Fprintf(out, "  in quarantine: %d, found %s: %s\n", q.Seq, q.Found.Format(time.RFC3339), plain(q.Reason))
		}
	}
	if f := v.Ledger; f != nil {
		fmt.Fprintf(out, "  ledger of schema %d, %d bytes: %d days of channels, %d of registers, %d batches for the series store, %d payloads in quarantine\n",
			f.Schema, f.Bytes, f.IntervalPages, f.SpanPages, f.Batches, f.Poison)
		fmt.Fprintf(out, "  evidence: %d superseded versions, %d witnesses, %d findings, %d acts, %d settlements\n",
			f.OldVersions, f.WitnessPages, f.Findings, f.Acts, f.Settlements)
		fmt.Fprintf(out, "  audit: %d records, %d checkpoints met, %d records behind the last one; %d accounts\n",
			f.Audit.Records, f.Audit.Checkpoints, f.Audit.Unsealed, f.Accounts)
		fmt.Fprintf(out, "  capacity: %d deeds, sealed by %d records of the audit\n", f.Deeds.Deeds, f.Deeds.Seals)
		for _, s := range f.Streams {
			fmt.Fprintf(out, "  from %s, epoch %s: complete up to %d, highest %d\n", plain(s.Collector), s.Epoch, s.Contiguous, s.Highest)
		}
	}
	for _, n := range v.Notes {
		fmt.Fprintf(out, "  note: %s\n", plain(n))
	}
	for _, f := range v.Faults {
		fmt.Fprintf(out, "  FAULT: %s\n", plain(f))
	}
}
