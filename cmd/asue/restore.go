package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/backup"
	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/metering/postgres"
)

func newRestore() *cobra.Command {
	var o restoreOptions
	cmd := &cobra.Command{
		Use:   "restore BACKUP --into DATA",
		Short: "Check a backup and put it into an empty data folder",
		Long: `Reads every byte of a backup that asue backup has made, refuses it if one is not as the manifest
says, and puts ledger, keys, checkpoints and memories into the folder DATA, which must be empty or
not there. The ledger is brought up to date, its leases are free and in terms that nobody has seen, the
audit says that it was restored, and at the end it is verified as asue verify does.

A ledger that was in PostgreSQL goes into a database in which its schema is not there (--dsn), by
pg_restore.

The configuration lies in BACKUP/config and is not put anywhere. Run it as the user of the
service, so that the files are his.`,
		Example: "  sudo -u asue asue restore /var/backups/asue/asue-aktobe-20261130T020000Z --into /var/lib/asue",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.into == "" {
				return cli.Usagef("restore needs a data folder that is empty or not there: asue restore BACKUP --into DATA")
			}
			return o.run(cmd.Context(), cmd.OutOrStdout(), args[0])
		},
	}
	cmd.Flags().StringVar(&o.into, "into", "", "data folder; empty or not there")
	cmd.Flags().StringVar(&o.database.DSN, "dsn", "", "database for a ledger that was in PostgreSQL: postgres://user@host:5432/database")
	cmd.Flags().StringVar(&o.database.PasswordFile, "password-file", "", "file with the password of the database")
	return cmd
}

type restoreOptions struct {
	into     string
	database settings.Ledger
}

func (o restoreOptions) run(ctx context.Context, out io.Writer, dir string) error {
	var database postgres.Options
	if o.database.DSN != "" {
		var err error
		if database, err = databaseOptions(o.database); err != nil {
			return err
		}
	}
	m, err := backup.Read(dir)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("from a backup of %s, made by asue %s", m.MadeAt.Format("2006-01-02 15:04:05Z"), m.Asue)
	trace := atCommandLine("ledger.restored", string(m.Site), text)
	if m, err = backup.Restore(ctx, dir, backup.Target{Data: o.into, Database: database, Trace: trace}); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is restored %s\n", o.into, text)
	if m.Ledger.Kind != backup.NoLedger {
		w, err := witnessOf(o.into, "", "")
		if err != nil {
			return err
		}
		ledger := o.database
		ledger.Schema = m.Ledger.Namespace
		if err := verifyAll(ctx, o.into, ledger, w, out, progressOn(os.Stderr), false); err != nil {
			return err
		}
	}
	if m.Series != backup.SeriesCopied {
		fmt.Fprintf(out, "series: %s\n", plain(m.Series))
	}
	_, err = fmt.Fprintf(out, `what is left to do:
  configuration   it lies in %s; compare it with what is in use
  start           systemctl start asue, or asue run -c asue.yaml
  collectors      asue replay -c asue.yaml --from %s asks for what they retain and the ledger has not
`, quoted(filepath.Join(dir, "config")), m.MadeAt.Format(time.RFC3339))
	return err
}
