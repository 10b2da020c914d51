package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"asue/cmd/internal/backup"
	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/victoria"
)

// seriesSocket is where a process lets its series store be copied, in the data folder.
const seriesSocket = "series.sock"

func newBackup() *cobra.Command {
	var o backupOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backup -c asue.yaml FOLDER",
		Short: "Copy ledger, keys, memories and configuration into a new folder in FOLDER",
		Long: `Makes FOLDER/asue-SITE-TIME with everything that a process must not lose: the ledger as it is at
one moment, the signing keys, the checkpoints of the audit, the memories of balancer and agent,
the process file and the files that it names; and a manifest with the SHA-256 of each file. It may
run beside asue run. The copy of the ledger is verified before the backup counts.

The backup holds keys and passwords: keep it as secret as the machine itself.

The series store is copied with --series. Without it, intervals of the last 400 days are written
into a new store from the ledger after a restore; curves of every second are not. The outbox of a
collector is never copied: an old one would give numbers twice. After a restore asue replay asks the
collectors for what they retain.

A ledger in PostgreSQL is copied by pg_dump, which has to be of the server's release or newer.`,
		Example: "  asue backup -c /etc/asue/asue.yaml /var/backups/asue --keep 14\n  asue backup -c /etc/asue/asue.yaml /mnt/usb --series",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.file == "" {
				return cli.Usagef("backup needs a process file: asue backup -c asue.yaml FOLDER")
			}
			if cmd.Flags().Changed("keep") && o.keep < 1 {
				return cli.Usagef("--keep %d: the backup that was just made stays; write 1 or more", o.keep)
			}
			made, err := o.run(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), made)
			}
			return made.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVarP(&o.file, "config", "c", "", "process file")
	cmd.Flags().IntVar(&o.keep, "keep", 0, "afterwards remove all backups of this site in FOLDER but the youngest so many; 0: none")
	cmd.Flags().BoolVar(&o.series, "series", false, "copy the series store, too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

type backupOptions struct {
	file   string
	keep   int
	series bool
}

// backupMade is what `asue backup --json` prints.
type backupMade struct {
	Dir      string          `json:"dir"`
	Bytes    int64           `json:"bytes"`
	Manifest backup.Manifest `json:"manifest"`
	Removed  []string        `json:"removed"`
}

func (o backupOptions) run(ctx context.Context, folder string) (made backupMade, err error) {
	cfg, site, err := configOf(o.file)
	if err != nil {
		return made, err
	}
	w, err := witnessOf(cfg.Data, "", "")
	if err != nil {
		return made, err
	}
	src := backup.Source{File: o.file, Config: cfg, Site: site.ID, Version: version, Witness: w, Series: o.seriesOf(cfg)}
	if cfg.Ledger.DSN != "" {
		db, err := databaseOptions(cfg.Ledger)
		if err != nil {
			return made, err
		}
		src.Password = db.Password
	}
	if made.Dir, made.Manifest, err = backup.Make(ctx, src, folder, clock.Clock{}.Now()); err != nil {
		return made, err
	}
	for _, f := range made.Manifest.Files {
		made.Bytes += f.Bytes
	}
	made.Removed = []string{}
	where, err := filepath.Abs(made.Dir)
	if err == nil {
		err = backup.Remember(cfg.Data, backup.Last{Dir: where, MadeAt: made.Manifest.MadeAt})
	}
	if err != nil {
		return made, fmt.Errorf("the backup %s is good, but the data folder does not know of it: %w", made.Dir, err)
	}
	if o.keep > 0 {
		removed, err := backup.Prune(folder, site.ID, o.keep, made.Manifest.MadeAt)
		made.Removed = append(made.Removed, removed...)
		if err != nil {
			return made, fmt.Errorf("the backup %s is good; older ones: %w", made.Dir, err)
		}
	}
	return made, nil
}

// configOf reads a process file and its site, without holding the two against each other:
// a backup is made of what is there.
func configOf(file string) (settings.Config, *metering.Site, error) {
	cfg, err := readConfig(file)
	if err != nil {
		return cfg, nil, err
	}
	library, err := regmap.Load()
	if err != nil {
		return cfg, nil, err
	}
	site, err := cli.ReadSite(cfg.SiteFile, library)
	return cfg, site, err
}

// seriesOf copies the process's own series store, if that is wished.
func (o backupOptions) seriesOf(cfg settings.Config) func(context.Context, string) (string, error) {
	switch {
	case !cfg.Has(settings.RoleMetering):
		return nil
	case cfg.Series.URL != "":
		return func(context.Context, string) (string, error) {
			return "the store at " + cfg.Series.URL + " is not this process's own: copy it by its own means (vmbackup)", nil
		}
	case !o.series:
		return func(context.Context, string) (string, error) {
			return "not copied (--series copies it): after a restore intervals of 400 days are written again from the ledger", nil
		}
	}
	return func(ctx context.Context, to string) (string, error) {
		err := victoria.CopyFolder(ctx, filepath.Join(cfg.Data, "series"), filepath.Join(cfg.Data, seriesSocket), to)
		return backup.SeriesCopied, err
	}
}

func (m backupMade) print(out io.Writer) error {
	fmt.Fprintf(out, "%s: %d files, %d bytes\n", m.Dir, len(m.Manifest.Files), m.Bytes)
	l := m.Manifest.Ledger
	switch l.Kind {
	case backup.SQLite:
		fmt.Fprintf(out, "  ledger of schema %d, verified\n", l.Schema)
	case backup.PostgreSQL:
		fmt.Fprintf(out, "  ledger of schema %d, dumped from PostgreSQL\n", l.Schema)
	default:
		fmt.Fprintln(out, "  no ledger: this process has none")
	}
	fmt.Fprintf(out, "  series: %s\n", plain(m.Manifest.Series))
	for _, n := range m.Manifest.Notes {
		fmt.Fprintf(out, "  note: %s\n", plain(n))
	}
	for _, r := range m.Removed {
		fmt.Fprintf(out, "  removed: %s\n", plain(r))
	}
	_, err := fmt.Fprintf(out, "to put it back: asue restore %s --into DATA\n", quoted(m.Dir))
	return err
}

// serveSnapshots lets a backup copy the series store while it runs. Where that cannot be,
// everything else goes on.
func (p *process) serveSnapshots(child *victoria.Supervisor) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := child.ServeSnapshots(ctx, p.Path(seriesSocket)); err != nil && !errors.Is(err, context.Canceled) {
			p.Log.Warn("asue backup --series cannot copy the series store while this process runs", "err", err)
		}
		<-ctx.Done()
		return ctx.Err()
	}
}
