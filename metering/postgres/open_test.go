package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
)

// execute runs statements as the owner of the database, in the ledger's schema.
func execute(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, s := range append([]string{`SET search_path = asue`}, statements...) {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestOpenNamesTheFaultAndTheRemedy(t *testing.T) {
	const secret = "geheim-7%40"
	f := func(what string, o postgres.Options, want ...string) {
		t.Helper()
		l, err := postgres.Open(t.Context(), o)
		if err == nil {
			l.Close()
			t.Errorf("%s: opened", what)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", what, err, w)
			}
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the password is in %q", what, err)
		}
	}
	c := pgtest.Shared(t)
	dsn := pgtest.Database(t)
	for _, broken := range []string{
		"postgres://asue:" + secret + "@127.0.0.1:port/zone", "postgres://asue:" + secret + "@@::1/zone", "host=x password='" + secret, "host=127.0.0.1 password=" + secret + " sslmode=nonsense",
		"postgres://asue:" + secret + "%zz@127.0.0.1/zone", "mysql://asue:" + secret + "@127.0.0.1/zone", "asue:" + secret + "@zone",
	} {
		f(broken, postgres.Options{DSN: broken}, "DSN cannot be read", "postgres://user@host")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	free.Close()
	f("nobody listens", postgres.Options{DSN: "postgres://asue:" + secret + "@" + nobody + "/zone"}, "cannot be reached", "is it running", nobody, `"zone"`)
	f("wrong password", postgres.Options{DSN: "postgres://asue@" + c.Address() + "/postgres", Password: "geheim"}, "refuses the user", "password")
	f("no such database", postgres.Options{DSN: c.DSN("no_such")}, "the database is not there", "create it")
	f("odd schema", postgres.Options{DSN: dsn, Schema: `x"; DROP`}, "schema", "small letters")

	mustOpen(t, dsn).Close()
	execute(t, dsn, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)`)
	f("newer schema", postgres.Options{DSN: dsn}, "version 99", "newer program", "asue")

	execute(t, c.DSN("postgres"), `CREATE ROLE guest LOGIN PASSWORD 'welcome'`)
	f("no right", postgres.Options{DSN: "postgres://guest@" + c.Address() + "/postgres", Password: "welcome"}, "lacks a right", "grant CREATE on the database", "schema asue")
	execute(t, c.DSN("postgres"), `CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`)
	f("another encoding", postgres.Options{DSN: c.DSN("latin")}, "LATIN1", "ENCODING 'UTF8'")
}

func TestOpenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := postgres.Open(ctx, postgres.Options{DSN: pgtest.Database(t)}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want context.Canceled", err)
	}
}

func TestFacts(t *testing.T) {
	c := pgtest.Shared(t)
	dsn := pgtest.Database(t)
	l := mustOpen(t, dsn)
	defer l.Close()
	f := l.Facts()
	if f.Server != c.Address() || f.User != "asue" || f.Schema != "asue" || f.Version != 4 || f.Release == "" || !strings.HasPrefix(f.Database, "zone_") {
		t.Errorf("%+v", f)
	}
	if len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "fsync") { // the test's server does not wait for the disk
		t.Errorf("notes %q", f.Notes)
	}
}

// Several programs that start at once on an empty database make one ledger.
func TestOpenAtOnce(t *testing.T) {
	dsn := pgtest.Database(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			l, err := postgres.Open(t.Context(), postgres.Options{DSN: dsn})
			if err != nil {
				t.Error(err)
				return
			}
			defer l.Close()
			if err := l.SetCursor(t.Context(), "feeder", 1); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// Two zones live in two schemas of one database and know nothing of each other.
func TestTwoSchemas(t *testing.T) {
	dsn := pgtest.Database(t)
	for n, schema := range []string{"north", "south"} {
		l, err := postgres.Open(t.Context(), postgres.Options{DSN: dsn, Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := l.Commit(t.Context(), metering.Commit{ReceivedAt: day, Intervals: []metering.Interval{measured("p", 0, metering.Energy(n))}}); err != nil {
			t.Fatal(err)
		}
		list, err := l.Intervals(t.Context(), metering.IntervalQuery{From: day, To: day.AddDate(0, 0, 1)})
		if err != nil || len(list) != 1 || list[0].Version != 1 || list[0].Energy != metering.Energy(n) {
			t.Errorf("%s: %+v, %v", schema, list, err)
		}
	}
}

// A statement has its bound, and what it was about is not written.
func TestStatementsAreBounded(t *testing.T) {
	dsn := pgtest.Database(t)
	l, err := postgres.Open(t.Context(), postgres.Options{DSN: dsn, Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, s := range []string{`BEGIN`, `LOCK TABLE asue.cursor`} {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.SetCursor(t.Context(), "feeder", 5); err == nil || !strings.Contains(err.Error(), "took too long") {
		t.Errorf("SetCursor behind a lock = %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := l.SetCursor(ctx, "feeder", 5); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("SetCursor with a deadline = %v", err)
	}
	if _, err := conn.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Cursor(t.Context(), "feeder"); n != 0 || err != nil {
		t.Errorf("Cursor = %d, %v", n, err)
	}
}

// What PostgreSQL's text cannot hold does not stop a commit, and coming again it
// is the same.
func TestTextThatCannotBeHeld(t *testing.T) {
	l := mustOpen(t, pgtest.Database(t))
	defer l.Close()
	iv := measured("p", 0, 5)
	iv.Reason = "a\x00b\xffc"
	for range 2 {
		if err := l.Commit(t.Context(), metering.Commit{ReceivedAt: day, Intervals: []metering.Interval{iv}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Quarantine(t.Context(), metering.Poison{At: day, Topic: "\x00", Reason: "\xff"}); err != nil {
		t.Fatal(err)
	}
	list, err := l.History(t.Context(), "p", metering.ChannelActiveImport, day)
	if err != nil || len(list) != 1 || list[0].Reason != "a\uFFFDb\uFFFDc" {
		t.Errorf("%+v, %v", list, err)
	}
}

// Years that no meter has seen would make partitions without end.
func TestYearsOutOfRange(t *testing.T) {
	l := mustOpen(t, pgtest.Database(t))
	defer l.Close()
	for _, year := range []int{1, 1899, 9999, 20_000} {
		iv := measured("p", 0, 5)
		iv.Start = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		if err := l.Commit(t.Context(), metering.Commit{ReceivedAt: day, Intervals: []metering.Interval{iv}}); !errors.Is(err, metering.ErrRefused) || !strings.Contains(fmt.Sprint(err), fmt.Sprint(year)) {
			t.Errorf("year %d: %v", year, err)
		}
	}
}
