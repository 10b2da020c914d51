package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"asue/metering"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options say where a ledger is.
type Options struct {
	// DSN names the server, the database and the user: postgres://user@host:5432/db
	// or host=… dbname=…, with the options of libpq (sslmode, sslrootcert, …) and
	// pool_max_conns.
	DSN string
	// Password, if set, is used instead of the DSN's.
	Password string
	// Schema holds the ledger's tables and is made if it is not there; "asue" if
	// empty. Small letters, digits and '_'.
	Schema string
	// Timeout bounds every statement; 5 minutes if 0.
	Timeout time.Duration
}

// DefaultSchema is the schema of a ledger whose options name none.
const DefaultSchema = "asue"

const (
	defaultTimeout = 5 * time.Minute
	dialTimeout    = 10 * time.Second
	lockTimeout    = time.Minute
	oldestServer   = 150000 // server_version_num
	connections    = 8
)

// Ledger is a metering.Ledger in a database.
type Ledger struct {
	pool   *pgxpool.Pool
	facts  Facts
	months months

	// life is held for reading by every call and for writing by Close.
	life   sync.RWMutex
	closed bool
}

var _ metering.Ledger = (*Ledger)(nil)

// Facts are what was found at the server when the ledger was opened.
type Facts struct {
	Server   string // "10.1.2.3:5432" or a socket's folder
	Database string
	User     string
	Schema   string
	Version  int64  // of the schema
	Release  string // of the server: "15.13"
	TLS      bool
	// Notes are settings of the server that weaken the ledger's promise.
	Notes []string
}

// Facts tells where the ledger is.
func (l *Ledger) Facts() Facts { return l.facts }

// Open connects to the database and brings the ledger's schema up to date.
//
// It fails, with the remedy and never with the password, on a DSN that cannot be
// read, a server that cannot be reached or refuses the user, a database that is
// not there, not in UTF-8, read-only, or of a server older than 15, on missing
// rights, and on a schema that is newer than this program.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	if o.Schema == "" {
		o.Schema = DefaultSchema
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	cfg, err := configure(o)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := &Ledger{facts: factsOf(cfg, o)}
	if err := l.open(ctx, cfg); err != nil {
		if l.pool != nil {
			l.pool.Close()
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("open ledger in database %q at %s: %w", l.facts.Database, l.facts.Server, l.explain(err))
	}
	return l, nil
}

func factsOf(cfg *pgxpool.Config, o Options) Facts {
	return Facts{
		Server: server(cfg), Database: cfg.ConnConfig.Database, User: cfg.ConnConfig.User, Schema: o.Schema,
		TLS: cfg.ConnConfig.TLSConfig != nil,
	}
}

func (l *Ledger) open(ctx context.Context, cfg *pgxpool.Config) (err error) {
	if l.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return err
	}
	if err := l.look(ctx); err != nil {
		return err
	}
	if err := l.migrate(ctx); err != nil {
		return err
	}
	return l.explainNumbers(ctx)
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func configure(o Options) (*pgxpool.Config, error) {
	if !schemaName.MatchString(o.Schema) {
		return nil, fmt.Errorf("schema %q: use small letters, digits and '_', 63 at most", o.Schema)
	}
	cfg, err := pgxpool.ParseConfig(o.DSN)
	if err != nil {
		// The error quotes the text, and where a broken text holds the password
		// nobody can tell.
		return nil, errors.New("the DSN cannot be read: write postgres://user@host:5432/database, " +
			"or host=… port=… user=… dbname=…, and the password in a file of its own; special letters of a URL are written %XX")
	}
	if o.Password != "" {
		cfg.ConnConfig.Password = o.Password
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = dialTimeout
	}
	if pools, err := pgxpool.ParseConfig(""); err == nil && cfg.MaxConns == pools.MaxConns {
		cfg.MaxConns = max(cfg.MaxConns, connections)
	}
	set := cfg.ConnConfig.RuntimeParams
	if set["application_name"] == "" {
		set["application_name"] = "asue"
	}
	set["search_path"] = quoted(o.Schema)
	set["timezone"] = "UTC"
	set["synchronous_commit"] = "on"             // what Commit has answered for is on the disk
	set["plan_cache_mode"] = "force_custom_plan" // tables grow while connections last
	set["statement_timeout"] = millis(o.Timeout)
	set["lock_timeout"] = millis(lockTimeout)
	set["idle_in_transaction_session_timeout"] = millis(o.Timeout)
	cfg.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: time.Second}
	}
	return cfg, nil
}

// quoted is an identifier for a statement.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func server(cfg *pgxpool.Config) string {
	c := cfg.ConnConfig
	if len(c.Host) > 0 && c.Host[0] == '/' {
		return c.Host
	}
	return fmt.Sprintf("%s:%d", c.Host, c.Port)
}

// look asks the server for what the ledger rests on.
func (l *Ledger) look(ctx context.Context) error {
	var number int
	var encoding, fsync, fullPages string
	var standby bool
	err := l.pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
		current_setting('server_encoding'), current_setting('fsync'), current_setting('full_page_writes')`).
		Scan(&number, &l.facts.Release, &standby, &encoding, &fsync, &fullPages)
	switch {
	case err != nil:
		return err
	case number < oldestServer:
		return fmt.Errorf("the server is PostgreSQL %s: 15 or newer is needed", l.facts.Release)
	case standby:
		return errors.New("the server is a standby, which cannot be written: name the primary")
	case encoding != "UTF8":
		return fmt.Errorf("the database is encoded in %s: create one with ENCODING 'UTF8'", encoding)
	}
	if fsync == "off" || fullPages == "off" {
		l.facts.Notes = append(l.facts.Notes, "the server runs with fsync or full_page_writes off: a power cut can destroy the ledger")
	}
	return nil
}

// migrate makes the schema and its tables, or brings them up to date. Of several
// programs that start at once, one does it and the others wait.
func (l *Ledger) migrate(ctx context.Context) error {
	if err := l.makeSchema(ctx); err != nil {
		return err
	}
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	turn, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120), lock.WithUnlockTimeout(1, 10))
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(l.pool)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, steps, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(turn))
	if err != nil {
		return fmt.Errorf("prepare the schema: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of schema %s: %w", l.facts.Schema, err)
	}
	if have > want {
		return fmt.Errorf("schema %s has version %d and this program knows %d at most: run the newer program that wrote it, or restore a backup", l.facts.Schema, have, want)
	}
	if have < want {
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("bring schema %s from version %d to %d: %w", l.facts.Schema, have, want, err)
		}
	}
	l.facts.Version = want
	return nil
}

func (l *Ledger) makeSchema(ctx context.Context) error {
	var there bool
	err := l.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, l.facts.Schema).Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = l.pool.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+quoted(l.facts.Schema))
	if isCode(err, uniqueViolation, duplicateSchema) { // another process was faster
		return nil
	}
	if err != nil {
		return fmt.Errorf("make schema %s: %w", l.facts.Schema, err)
	}
	return nil
}

// explainNumbers tells the database what channels, methods and flags are called.
func (l *Ledger) explainNumbers(ctx context.Context) error {
	var b pgx.Batch
	for _, c := range metering.AllChannels() {
		b.Queue(`INSERT INTO channel (id, name, unit, medium) VALUES ($1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, unit = excluded.unit, medium = excluded.medium
			WHERE (channel.name, channel.unit, channel.medium) <> (excluded.name, excluded.unit, excluded.medium)`,
			int16(c), c.String(), c.Unit(), string(c.Medium()))
	}
	for n := range 256 {
		m := metering.Method(n)
		if _, known := metering.MethodNamed(m.String()); known {
			b.Queue(`INSERT INTO method (id, name) VALUES ($1, $2)
				ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE method.name <> excluded.name`, int16(m), m.String())
		}
	}
	for bit := range 32 {
		f := metering.Flags(1) << bit
		for _, name := range f.Names() {
			b.Queue(`INSERT INTO flag (bit, name) VALUES ($1, $2)
				ON CONFLICT (bit) DO UPDATE SET name = excluded.name WHERE flag.name <> excluded.name`, int64(f), name)
		}
	}
	return l.pool.SendBatch(ctx, &b).Close()
}

// Close waits for calls under way and closes the connections.
func (l *Ledger) Close() error {
	l.life.Lock()
	defer l.life.Unlock()
	if l.closed {
		return metering.ErrClosed
	}
	l.closed = true
	l.pool.Close()
	return nil
}
