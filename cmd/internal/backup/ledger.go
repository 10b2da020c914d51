package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"asue/cmd/internal/settings"
	"asue/metering/postgres"
	"asue/metering/sqlite"
)

// ledger copies the ledger as it stands at one moment, and reads every byte of the
// copy: a copy that nobody has read is a hope.
func (c *copier) ledger(ctx context.Context) error {
	switch {
	case c.Config.Ledger.DSN != "" && (c.Config.Has(settings.RoleMetering) || c.Config.Has(settings.RoleBalancer)):
		return c.dump(ctx)
	case c.Config.Ledger.DSN != "":
		c.m.Ledger.Kind = NoLedger
		return nil
	}
	from := filepath.Join(c.Config.Data, ledgerFile)
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		if c.Config.Has(settings.RoleMetering) {
			return fmt.Errorf("%s is not there: has asue run with this process file yet?", from)
		}
		c.m.Ledger.Kind = NoLedger
		return nil
	}
	name := dataFolder + "/" + ledgerFile
	to := filepath.Join(c.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := sqlite.Copy(ctx, from, to); err != nil {
		return err
	}
	found, err := sqlite.VerifyWith(ctx, to, c.Witness, nil)
	if err != nil {
		return err
	}
	if found.Damaged() {
		return fmt.Errorf("it is damaged, and so would the backup be: %s; see asue verify, keep the older backups", strings.Join(found.Faults, "; "))
	}
	c.m.Ledger = Ledger{Kind: SQLite, Name: name, Schema: found.Schema}
	return c.enter(name, from, "0640")
}

// database copies another database than the ledger.
func (c *copier) database(ctx context.Context, from, name string) error {
	to := filepath.Join(c.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := sqlite.Copy(ctx, from, to); err != nil {
		return err
	}
	return c.enter(name, from, "0640")
}

// enter puts a file that lies in the backup already into the manifest.
func (c *copier) enter(name, from, mode string) error {
	f, err := digest(c.dir, name, from)
	f.Mode = mode
	c.m.Files = append(c.m.Files, f)
	return err
}

// dump lets PostgreSQL's own program copy the schema, in one transaction of its own.
func (c *copier) dump(ctx context.Context) error {
	l := c.Config.Ledger
	g, err := postgres.Inspect(ctx, postgres.Options{DSN: l.DSN, Password: c.Password, Schema: l.Schema})
	if err != nil {
		return err
	}
	if g.Version == 0 {
		return fmt.Errorf("schema %s holds no ledger: has asue run with this process file yet?", l.Schema)
	}
	name := dataFolder + "/" + dumpFile
	to := filepath.Join(c.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	err = run(ctx, c.Password, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--schema="+l.Schema, "--file="+to, "--dbname="+l.DSN)
	if err != nil {
		return err
	}
	c.m.Ledger = Ledger{Kind: PostgreSQL, Name: name, Schema: g.Version, Namespace: l.Schema}
	return c.enter(name, where(l.DSN), "0600")
}

// load puts a dump back into a database whose schema must not be there.
func load(ctx context.Context, dump string, o postgres.Options) error {
	g, err := postgres.Inspect(ctx, o)
	if err != nil {
		return err
	}
	if g.Version != 0 {
		return fmt.Errorf("schema %s of database %q at %s holds a ledger already: nothing is written over; name another database, or rename that schema", g.Schema, g.Database, g.Server)
	}
	return run(ctx, o.Password, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname="+o.DSN, dump)
}

// run runs one of PostgreSQL's programs. The password goes by the environment, which
// other users cannot see.
func run(ctx context.Context, password, program string, args ...string) error {
	path, err := exec.LookPath(program)
	if err != nil {
		return fmt.Errorf("%s is not on this machine, and a ledger in PostgreSQL is copied by it: install postgresql-client of the server's release, "+
			"or let the database's own backup have it", program)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = os.Environ()
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(said.String()))
	}
	return nil
}

// where is a database as it may stand in a file: without options.
func where(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return "a database"
	}
	u.RawQuery = ""
	return u.Redacted()
}
